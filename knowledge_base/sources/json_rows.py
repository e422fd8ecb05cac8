"""JSON of other systems, read within bounds."""

from __future__ import annotations

import json
from typing import Any

from knowledge_base.sources.problems import Broken


def read_json(raw: bytes, file: str) -> Any:
    """The value. Raises Broken that names file and line."""
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise Broken(error.lineno, "", f"is not JSON: {error.msg}", file) from error
    except (ValueError, RecursionError) as error:
        raise Broken(1, "", "is not JSON in UTF-8", file) from error


def rows_of(value: Any, *names: str) -> list[dict[str, Any]]:
    """The objects of a list, or of the list under one of these names."""
    if isinstance(value, dict):
        value = [row for name in names if isinstance(value.get(name), list) for row in value[name]]
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def text_of(row: dict[str, Any], *names: str) -> str:
    """The first of these fields that says something, as text."""
    for name in names:
        value = row.get(name)
        if isinstance(value, dict):  # ServiceNow: both what is stored and what is shown
            value = value.get("display_value") or value.get("value")
        if isinstance(value, bool):
            value = "true" if value else "false"
        if isinstance(value, (str, int, float)) and str(value).strip():
            return str(value)
    return ""


def is_true(row: dict[str, Any], name: str) -> bool:
    """A flag, however the other system writes it."""
    return text_of(row, name).casefold() in ("true", "1", "yes")
