"""ServiceNow Knowledge: rows of `kb_knowledge` as JSON (Table API or JSON processor) or CSV.

https://www.servicenow.com/docs/bundle/xanadu-servicenow-platform/page/product/knowledge-management/
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from knowledge_base.sources.conversion import Kind
from knowledge_base.sources.exports import Document, Export, Found, Misfit
from knowledge_base.sources.fields import said
from knowledge_base.sources.files import decode
from knowledge_base.sources.json_rows import read_json, rows_of, text_of
from knowledge_base.sources.problems import Broken

NEVER = 2100  # ServiceNow's "valid to" of what does not end
MAX_FIELD_CHARACTERS = 5 * 1024 * 1024
PUBLISHED = "published"


def read_servicenow(export: Export) -> Iterator[Found]:
    """All rows; of several versions of one article the newest published one. Raises Broken for an unreadable file."""
    rows = [(export.name(path), *row) for path in export.files("*.json", "*.csv") for row in _rows(export, path)]
    newest = _newest(rows)
    for file, line, row in rows:
        number = text_of(row, "number")
        if not number:
            yield Misfit(file, "", Broken(line, "number", "a row has no number", file))
        elif newest[number] is row:
            yield _article(export, file, line, row, number)


def _rows(export: Export, path: Path) -> list[tuple[int, dict[str, Any]]]:
    name, raw = export.name(path), export.read(path)
    if path.suffix.lower() == ".json":
        return [(1, row) for row in rows_of(read_json(raw, name), "result", "records")]
    try:
        text = decode(raw)
    except Broken as broken:
        raise Broken(broken.line, broken.field, broken.message, name) from broken
    csv.field_size_limit(MAX_FIELD_CHARACTERS)
    reader = csv.DictReader(io.StringIO(text, newline=""))
    rows: list[tuple[int, dict[str, Any]]] = []
    try:
        line = reader.line_num + 1 if reader.fieldnames else 1
        for row in reader:
            rows.append((line, row))
            line = reader.line_num + 1
        return rows
    except csv.Error as error:
        raise Broken(reader.line_num, "", f"is not CSV: {error}", name) from error


def _newest(rows: list[tuple[str, int, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for _, _, row in rows:
        number = text_of(row, "number")
        if number not in found or _rank(row) > _rank(found[number]):
            found[number] = row
    return found


def _rank(row: dict[str, Any]) -> tuple[bool, str]:
    return _state(row) == PUBLISHED, text_of(row, "sys_updated_on")


def _state(row: dict[str, Any]) -> str:
    return text_of(row, "workflow_state").casefold()


def _article(export: Export, file: str, line: int, row: dict[str, Any], number: str) -> Found:
    source = f"servicenow:{number}"
    try:
        own = said(
            file,
            id=f"{export.prefix}-{number}",
            title=text_of(row, "short_description"),
            updated=text_of(row, "sys_updated_on", "published")[:10],
            language=text_of(row, "language"),
            expires=_valid_to(row, line),
        )
        groups = _groups(row)
        values = export.fields(own, _labels(row), [groups] if groups else [])
    except Broken as broken:
        return Misfit(file, source, Broken(line, broken.field, broken.message, broken.file))
    kind, body = _body(row)
    return Document(file, source, kind, body.encode(), values, _why_not(row))


def _body(row: dict[str, Any]) -> tuple[Kind, str]:
    html, wiki = text_of(row, "text"), text_of(row, "wiki")
    return ("wiki", wiki) if wiki and (not html or text_of(row, "article_type") == "wiki") else ("fragment", html)


def _why_not(row: dict[str, Any]) -> str:
    state = _state(row)
    if text_of(row, "active").casefold() == "false":
        return "is not active"
    # An export without the column was made of what is published.
    return f"its state there is {state.replace('_', ' ')}" if state not in ("", PUBLISHED) else ""


def _valid_to(row: dict[str, Any], line: int) -> str:
    text = text_of(row, "valid_to")[:10]
    if not text:
        return ""
    try:
        return "" if date.fromisoformat(text).year >= NEVER else text
    except ValueError as error:
        raise Broken(line, "valid_to", f"'{text}' is not a date like 2026-01-31; export with that format") from error


def _labels(row: dict[str, Any]) -> list[str]:
    pairs = (("category", "kb_category"), ("category", "category"), ("base", "kb_knowledge_base"))
    return [f"{kind}:{text_of(row, name)}" for kind, name in pairs if text_of(row, name)]


def _groups(row: dict[str, Any]) -> list[str]:
    """Roles and user criteria that may read it; none where the knowledge base alone decides."""
    if kept_out := text_of(row, "cannot_read_user_criteria"):
        raise Broken(1, "cannot_read_user_criteria", f"keeps out {kept_out}, which no audience can say")
    pairs = (("role", "roles"), ("criteria", "can_read_user_criteria"))
    return [f"{kind}:{part.strip()}" for kind, name in pairs for part in text_of(row, name).split(",") if part.strip()]
