"""Articles and labelled questions from files. What is broken is taken aside and named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from knowledge_base.documents import AUDIENCES, Article, Question, make_article
from knowledge_base.errors import KnowledgeBaseError, unreadable

MAX_ARTICLE_BYTES = 512 * 1024
MAX_FRONT_MATTER_CHARACTERS = 16 * 1024
MAX_TITLE_CHARACTERS = 200
MAX_ASK_CHARACTERS = 400
ARTICLE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
RUNBOOK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")


@dataclass(frozen=True)
class Problem:
    """Why one file was taken aside. `line` counts from 1; `field` is empty for the file as a whole."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        where = f", {self.field}" if self.field else ""
        return f"{self.file}, line {self.line}{where}: {self.message}"


@dataclass(frozen=True)
class ArticleSet:
    """The articles that can be served, and what is wrong with the others."""

    articles: tuple[Article, ...]
    problems: tuple[Problem, ...]


class _Broken(Exception):
    def __init__(self, line: int, field: str, message: str) -> None:
        self.line, self.field, self.message = line, field, message


@dataclass(frozen=True)
class _Value:
    """What stands behind one key of the front matter."""

    line: int
    texts: tuple[str, ...]
    is_list: bool


def read_articles(folder: Path) -> ArticleSet:
    """All Markdown articles under `folder`, sub-folders included, in the order of their paths.

    Raises KnowledgeBaseError when the folder itself is not there.
    """
    if not folder.is_dir():
        raise KnowledgeBaseError(f"{folder} is not a folder of articles. Check DESKHAND_DESK or the path you gave.")
    articles: dict[str, Article] = {}
    problems: list[Problem] = []
    for path in sorted(folder.rglob("*.md")):
        name = path.relative_to(folder).as_posix()
        try:
            article = parse_article(_read_text(path, folder), name)
            if (twin := articles.get(article.id)) is not None:
                raise _Broken(1, "id", f"'{article.id}' is already the id of {twin.path}")
            articles[article.id] = article
        except _Broken as broken:
            problems.append(Problem(name, broken.line, broken.field, broken.message))
    return ArticleSet(tuple(articles.values()), tuple(problems))


def _read_text(path: Path, folder: Path) -> str:
    # A link could point at a secret outside the folder and would be quoted to everybody.
    if not path.resolve().is_relative_to(folder.resolve()):
        raise _Broken(1, "", "is a link to a file outside the articles' folder")
    try:
        size = path.stat().st_size
        if size > MAX_ARTICLE_BYTES:
            raise _Broken(1, "", f"is too big: {size} bytes, the limit is {MAX_ARTICLE_BYTES}")
        raw = path.read_bytes()
    except OSError as error:
        raise _Broken(1, "", str(unreadable(path, error))) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _Broken(line, "", "is not UTF-8; save it again with the encoding UTF-8") from error
    if "\0" in text:
        raise _Broken(text.count("\n", 0, text.index("\0")) + 1, "", "contains a NUL character")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_article(text: str, name: str) -> Article:
    """One article from its text. Raises the private `_Broken`, which `read_articles` turns into a Problem."""
    front, body = _split_front_matter(text)
    values = _read_front_matter(front)
    article = make_article(
        id=_matching(values, "id", ARTICLE_ID, "letters, digits, '.', '_' and '-'"),
        title=_single(values, "title", MAX_TITLE_CHARACTERS),
        owner=_single(values, "owner", MAX_TITLE_CHARACTERS),
        updated=_date(values),
        audience=_audience(values),
        runbook=_matching(values, "runbook", RUNBOOK_ID, "letters, digits, '_' and '-'")
        if "runbook" in values
        else None,
        ask=_ask(values),
        body=body.strip("\n"),
        path=name,
    )
    if not body.strip():
        raise _Broken(text.rstrip().count("\n") + 2, "body", "the article has no text under its front matter")
    return article


def _split_front_matter(text: str) -> tuple[str, str]:
    if not re.match(r"---[ \t]*\n", text):
        raise _Broken(
            1,
            "",
            "does not begin with front matter: a line of '---', then id, title, owner, updated, audience",
        )
    end = re.compile(r"^---[ \t]*$", re.MULTILINE).search(text, text.index("\n"))
    if end is None:
        raise _Broken(1, "", "the front matter has no closing line of '---'")
    front = text[text.index("\n") + 1 : end.start()]
    if len(front) > MAX_FRONT_MATTER_CHARACTERS:
        raise _Broken(1, "", f"the front matter is longer than {MAX_FRONT_MATTER_CHARACTERS} characters")
    return front, text[end.end() :]


def _read_front_matter(front: str) -> dict[str, _Value]:
    try:
        # Composed, not loaded: nodes keep their lines, and nested aliases are never expanded.
        root = yaml.compose(front, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise _Broken(line, "", f"the front matter is not YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise _Broken(1, "", "the front matter is not YAML") from error
    if not isinstance(root, yaml.MappingNode):
        raise _Broken(2, "", "the front matter must be lines of 'field: value'")
    values: dict[str, _Value] = {}
    for key, node in root.value:
        line = key.start_mark.line + 2
        if not isinstance(key, yaml.ScalarNode):
            raise _Broken(line, "", "a field's name must be one word")
        if key.value in values:
            raise _Broken(line, key.value, "stands twice")
        values[key.value] = _Value(line, tuple(_texts(node)), isinstance(node, yaml.SequenceNode))
    return values


def _texts(node: yaml.Node) -> Iterator[str]:
    items = node.value if isinstance(node, yaml.SequenceNode) else [node]
    for item in items:
        if isinstance(item, yaml.ScalarNode) and item.tag != "tag:yaml.org,2002:null":
            yield " ".join(item.value.split())


def _single(values: dict[str, _Value], field: str, limit: int) -> str:
    value = values.get(field)
    if value is None:
        raise _Broken(1, field, "is missing")
    if value.is_list or len(value.texts) != 1 or not value.texts[0]:
        raise _Broken(value.line, field, "must be one line of text")
    if len(value.texts[0]) > limit:
        raise _Broken(value.line, field, f"is longer than {limit} characters")
    return value.texts[0]


def _matching(values: dict[str, _Value], field: str, pattern: re.Pattern[str], allowed: str) -> str:
    text = _single(values, field, 100)
    if not pattern.match(text):
        raise _Broken(values[field].line, field, f"'{text}' may hold only {allowed}")
    return text


def _date(values: dict[str, _Value]) -> date:
    text = _single(values, "updated", 40)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _Broken(values["updated"].line, "updated", f"'{text}' is not a date like 2026-01-31") from error


def _audience(values: dict[str, _Value]) -> tuple[str, ...]:
    value = values.get("audience")
    if value is None or not value.texts:
        raise _Broken(value.line if value else 1, "audience", f"is missing; use one or more of {', '.join(AUDIENCES)}")
    for text in value.texts:
        if text not in AUDIENCES:
            raise _Broken(value.line, "audience", f"'{text}' is not one of {', '.join(AUDIENCES)}")
    return tuple(sorted(set(value.texts)))


def _ask(values: dict[str, _Value]) -> tuple[str, ...]:
    value = values.get("ask")
    if value is None:
        return ()
    for text in value.texts:
        if len(text) > MAX_ASK_CHARACTERS:
            raise _Broken(value.line, "ask", f"a question is longer than {MAX_ASK_CHARACTERS} characters")
    return tuple(dict.fromkeys(text for text in value.texts if text))


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
