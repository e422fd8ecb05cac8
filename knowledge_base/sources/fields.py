"""The fields of an article as YAML says them, each with its place, and the rules for each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import yaml

from knowledge_base.documents import AUDIENCES, ENGLISH, Article, make_article
from knowledge_base.sources.problems import Broken

MAX_TITLE_CHARACTERS = 200
MAX_ASK_CHARACTERS = 400
ARTICLE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
RUNBOOK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}\Z")  # the shape of BCP 47, not its registry
FIELDS = ("id", "title", "owner", "updated", "audience", "language", "expires", "runbook", "ask")


@dataclass(frozen=True)
class Value:
    """What stands behind one key. `file` is empty for the file that is being read; `node` is None for what we set."""

    texts: tuple[str, ...]
    line: int = 1
    file: str = ""
    is_list: bool = False
    node: yaml.Node | None = None
    first_line: int = 1  # of the YAML text in its file

    def broken(self, field: str, message: str) -> Broken:
        """The error that names this place."""
        return Broken(self.line, field, message, self.file)


Values = Mapping[str, Value]


def said(file: str = "", **fields: str) -> dict[str, Value]:
    """Values that an export or a document's properties give; empty ones are left out."""
    return {name: Value((" ".join(text.split()),), file=file) for name, text in fields.items() if text.strip()}


def read_yaml(text: str, first_line: int, what: str, file: str = "") -> dict[str, Value]:
    """The keys of a YAML mapping. `what` names the text in errors; `file` as in `Value`."""
    try:
        # Composed, not loaded: nodes keep their lines, and nested aliases are never expanded.
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + first_line if error.problem_mark else 1
        raise Broken(line, "", f"{what} is not YAML: {error.problem}", file) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise Broken(1, "", f"{what} is not YAML", file) from error
    if not isinstance(root, yaml.MappingNode):
        raise Broken(first_line, "", f"{what} must be lines of 'field: value'", file)
    return _mapping(root, first_line, file)


def entries(field: str, value: Value) -> dict[str, Value]:
    """The keys below a key. Raises Broken where there are none."""
    if value.node is None or not isinstance(value.node, yaml.MappingNode):
        raise value.broken(field, "must be lines of 'name: value'")
    return _mapping(value.node, value.first_line, value.file)


def _mapping(root: yaml.MappingNode, first_line: int, file: str) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for key, node in root.value:
        line = key.start_mark.line + first_line
        if not isinstance(key, yaml.ScalarNode):
            raise Broken(line, "", "a field's name must be one word", file)
        if key.value in values:
            raise Broken(line, key.value, "stands twice", file)
        is_list = isinstance(node, yaml.SequenceNode)
        values[key.value] = Value(tuple(_texts(node)), line, file, is_list, node, first_line)
    return values


def _texts(node: yaml.Node) -> Iterator[str]:
    items = node.value if isinstance(node, yaml.SequenceNode) else [node]
    for item in items:
        if isinstance(item, yaml.ScalarNode) and item.tag != "tag:yaml.org,2002:null":
            yield " ".join(item.value.split())


def article_from(values: Values, body: str, path: str, source: str = "") -> Article:
    """An article from its fields and its Markdown. Raises Broken for the first field that is missing or wrong."""
    return make_article(
        id=matching(values, "id", ARTICLE_ID, "letters, digits, '.', '_' and '-'"),
        title=single(values, "title", MAX_TITLE_CHARACTERS),
        owner=single(values, "owner", MAX_TITLE_CHARACTERS),
        updated=a_date(values, "updated"),
        audience=audience(values),
        runbook=matching(values, "runbook", RUNBOOK_ID, "letters, digits, '_' and '-'")
        if "runbook" in values
        else None,
        ask=_ask(values),
        body=body.strip("\n"),
        path=path,
        language=_language(values),
        expires=a_date(values, "expires") if "expires" in values else None,
        source=source,
    )


def single(values: Values, field: str, limit: int = MAX_TITLE_CHARACTERS) -> str:
    """One line of text. Raises Broken."""
    value = values.get(field)
    if value is None:
        raise Broken(1, field, "is missing")
    if value.is_list or len(value.texts) != 1 or not value.texts[0]:
        raise value.broken(field, "must be one line of text")
    if len(value.texts[0]) > limit:
        raise value.broken(field, f"is longer than {limit} characters")
    return value.texts[0]


def matching(values: Values, field: str, pattern: re.Pattern[str], allowed: str) -> str:
    """One line of text that holds only what is allowed. Raises Broken."""
    text = single(values, field, 100)
    if not pattern.match(text):
        raise values[field].broken(field, f"'{text}' may hold only {allowed}")
    return text


def a_date(values: Values, field: str) -> date:
    """A date like 2026-01-31. Raises Broken."""
    text = single(values, field, 40)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise values[field].broken(field, f"'{text}' is not a date like 2026-01-31") from error


def audience(values: Values) -> tuple[str, ...]:
    """Who may read it; never everyone by default. Raises Broken."""
    value = values.get("audience")
    if value is None or not value.texts:
        where = value or Value(())
        raise where.broken("audience", f"is missing; use one or more of {', '.join(AUDIENCES)}")
    for text in value.texts:
        if text not in AUDIENCES:
            raise value.broken("audience", f"'{text}' is not one of {', '.join(AUDIENCES)}")
    return tuple(sorted(set(value.texts)))


def _language(values: Values) -> str:
    if "language" not in values:
        return ENGLISH
    text = matching(values, "language", LANGUAGE, "a language like en or pt-BR")
    primary, *rest = text.split("-")
    return "-".join([primary.lower(), *(part.upper() if len(part) == 2 else part for part in rest)])


def _ask(values: Values) -> tuple[str, ...]:
    value = values.get("ask")
    if value is None:
        return ()
    for text in value.texts:
        if len(text) > MAX_ASK_CHARACTERS:
            raise value.broken("ask", f"a question is longer than {MAX_ASK_CHARACTERS} characters")
    return tuple(dict.fromkeys(text for text in value.texts if text))
