"""Labelled questions from JSON Lines."""

from __future__ import annotations

import json
from pathlib import Path

from knowledge_base.documents import AUDIENCES, Question
from knowledge_base.errors import KnowledgeBaseError, unreadable
from knowledge_base.sources.problems import Problem


def read_questions(path: Path) -> tuple[Question, ...]:
    """Labelled questions from JSON Lines. Raises KnowledgeBaseError that names file, line and field."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise KnowledgeBaseError(f"{path} is not UTF-8; save it again with the encoding UTF-8.") from error
    return tuple(_question(line, path, number) for number, line in enumerate(lines, 1) if line.strip())


def _question(line: str, path: Path, number: int) -> Question:
    def wrong(field: str, message: str) -> KnowledgeBaseError:
        return KnowledgeBaseError(str(Problem(str(path), number, field, message)), line=number)

    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise wrong("", "is not one JSON object") from error
    if not isinstance(row, dict):
        raise wrong("", "is not one JSON object")
    text, articles = row.get("question"), row.get("articles")
    if not isinstance(text, str) or not text.strip():
        raise wrong("question", "must be a text")
    if not isinstance(articles, list) or not all(isinstance(item, str) for item in articles):
        raise wrong("articles", "must be a list of article ids; empty where no article answers")
    audience = row.get("audience", list(AUDIENCES))
    audience = [audience] if isinstance(audience, str) else audience
    if not isinstance(audience, list) or not set(audience) <= set(AUDIENCES):
        raise wrong("audience", f"must be of {', '.join(AUDIENCES)}")
    names = {name: row.get(name, "") for name in ("id", "group")}
    for name, value in names.items():
        if not isinstance(value, str):
            raise wrong(name, "must be a text")
    return Question(text, frozenset(articles), frozenset(audience), line=number, **names)
