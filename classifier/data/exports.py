"""Closed tickets out of the exports of ServiceNow, Jira Service Management, Zendesk, or any other table."""

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from classifier.data.dataset import ticket_of
from classifier.data.mapping import Field, FieldMapping, mapping_for
from classifier.data.rows import UTF_8, Row, files_of, rows_of
from classifier.data.ticket import Problem, Problems, Ticket

OPEN, NO_LABEL, TWICE = "not closed", "no label", "another version of the same ticket"
DEEPEST = 40
"""Values inside values that are looked into."""

KEPT_WORDS = 1000
"""Different unknown words that are counted; a free-text column in place of a category would have one a ticket."""


@dataclass
class Export:
    """What was read, and what was left out and why."""

    mapping: FieldMapping | None = None
    """Of the last file."""
    tickets: dict[str, Ticket] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    """Reason → tickets. None of these is a mistake."""
    unknown: dict[str, int] = field(default_factory=dict)
    """Words in the label's place that are no label here → tickets."""
    problems: tuple[Problem, ...] = ()
    rows: int = 0

    def leave_out(self, reason: str) -> None:
        """Count one."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1


def read_export(
    path: Path | str,
    own: Mapping[str, Any] | None = None,
    labels: Mapping[str, str] | None = None,
    read: Callable[[Path, int], None] | None = None,
) -> Export:
    """Read an export, or a folder with its pages.

    `own` are the choices of a mapping file, `labels` the names (and ids) that people use for our labels; without them
    every word counts as a label. `read` is told the file and how many of its bytes are done. Of a ticket that comes
    twice (incremental exports repeat what has changed) the last version counts. Requesters' names are replaced by a
    fingerprint: only how many people asked is of use. Raises `ClassifierError`.
    """
    own, export, problems = own or {}, Export(), Problems()
    names = None if labels is None else {word.casefold(): label for word, label in labels.items()}
    for file in files_of(Path(path)):
        mapping: FieldMapping | None = None
        report = (lambda done, file=file: read(file, done)) if read else None
        for row in rows_of(file, problems, own.get("encoding", UTF_8), report):
            if mapping is None:
                export.mapping = mapping = mapping_for(row.values, own, str(file))
            _take(row, mapping, names, export, problems)
    export.problems = problems.listed()
    return export


def _take(row: Row, mapping: FieldMapping, names: Mapping[str, str] | None, export: Export, problems: Problems) -> None:
    export.rows += 1
    found = {name: _values(row.values, places) for name, places in mapping.fields.items()}
    if not _is_closed(found, mapping):
        export.leave_out(OPEN)
        return
    label = _label(found.get("label", []), mapping, names, export.unknown)
    if not label:
        export.leave_out(NO_LABEL)
        return
    values = {name: _first(found, name) for name in ("id", "subject", "body", "resolution", "opened_at", "closed_at")}
    before = len(problems)
    for name in ("opened_at", "closed_at"):
        values[name] = _moment(row, name, values[name], mapping, problems)
    team, requester = _first(found, "team"), _first(found, "requester")
    values |= {
        "label": label,
        "team": mapping.teams.get(team.casefold(), team),
        "priority": _priority(_first(found, "priority"), mapping),
        "request_type": mapping.types.get(_first(found, "request_type").strip().casefold(), ""),
        "requester": hashlib.sha256(requester.casefold().encode("utf-8", "replace")).hexdigest()[:16]
        if requester
        else "",
    }
    ticket = ticket_of(Row(row.file, row.line, values, row.record), problems)
    if ticket is None or len(problems) > before:
        return
    if ticket.id in export.tickets:
        export.leave_out(TWICE)
    export.tickets[ticket.id] = ticket


def _first(found: Mapping[Field, list[str]], name: Field) -> str:
    return next((value for value in found.get(name, ()) if value.strip()), "")


def _is_closed(found: Mapping[Field, list[str]], mapping: FieldMapping) -> bool:
    """By its state; where the export has none, by having been closed."""
    states = [state.strip().casefold() for state in found.get("state", []) if state.strip()]
    return any(state in mapping.closed for state in states) if states else bool(_first(found, "closed_at"))


def _label(
    words: Collection[str], mapping: FieldMapping, names: Mapping[str, str] | None, unknown: dict[str, int]
) -> str:
    said = [word.strip() for word in words if word.strip()]
    for word in said:
        if ours := mapping.labels.get(word.casefold()):
            return ours
    for word in said:
        if names is None:
            return word
        if ours := names.get(word.casefold()):
            return ours
    if said and (said[0] in unknown or len(unknown) < KEPT_WORDS):
        unknown[said[0]] = unknown.get(said[0], 0) + 1
    return ""


def _priority(word: str, mapping: FieldMapping) -> str:
    """`3 - Moderate`, `Medium` or `P3`; empty for a word that says nothing here."""
    word = word.strip().casefold()
    return mapping.priorities.get(word) or mapping.priorities.get(word.split(" - ")[0]) or ""


def _moment(row: Row, name: Field, text: str, mapping: FieldMapping, problems: Problems) -> str:
    text = text.strip()
    if not text:
        return ""
    moment = _parsed(text, mapping)
    if moment is None:
        place = mapping.fields[name][0]
        message = f"`{text[:40]}` is no time that we know; say how it is written in a mapping's `times`."
        problems.append(row.problem(place, message))
        return ""
    return (moment if moment.tzinfo else moment.replace(tzinfo=mapping.time_zone)).isoformat()


def _parsed(text: str, mapping: FieldMapping) -> datetime | None:
    for form in mapping.times:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _values(record: Mapping[str, Any], places: Collection[str]) -> list[str]:
    """All that stands at these places, in their order."""
    return [text for place in places for text in _texts(record, place)]


def _texts(record: Mapping[str, Any], place: str) -> Iterator[str]:
    if place in record:  # a CSV's column, whose name may hold a dot
        yield from _plain(record[place])
    elif place.lower() in record:
        yield from _plain(record[place.lower()])
    else:
        for value in _walk(record, place.split(".")):
            yield from _plain(value)


def _walk(value: Any, steps: list[str]) -> Iterator[Any]:
    if not steps:
        yield value
    elif isinstance(value, dict):
        for name in [steps[0]] if steps[0] in value else [name for name in value if fnmatchcase(name, steps[0])]:
            yield from _walk(value[name], steps[1:])
    elif isinstance(value, list):
        if any(isinstance(entry, dict) and str(entry.get("id")) == steps[0] and "value" in entry for entry in value):
            for entry in value:
                if isinstance(entry, dict) and str(entry.get("id")) == steps[0]:
                    yield from _walk(entry.get("value"), steps[1:])
        else:
            for entry in value:
                yield from _walk(entry, steps)


def _plain(value: Any, depth: int = 0) -> Iterator[str]:
    """The text of a value: of ServiceNow's references what is displayed, of Atlassian's documents the words."""
    if isinstance(value, bool) or value is None or depth > DEEPEST:
        return
    if isinstance(value, str | int | float):
        yield str(value)
    elif isinstance(value, list):
        for entry in value:
            yield from _plain(entry, depth + 1)
    elif isinstance(value, dict) and value.get("type") == "doc":
        yield re.sub(r"\n{2,}", "\n", "".join(_document(value))).strip()
    elif isinstance(value, dict):
        yield from _plain(
            next((value[name] for name in ("display_value", "name", "value") if value.get(name)), None), depth + 1
        )


def _document(node: Any, depth: int = 0) -> Iterator[str]:
    """The Atlassian Document Format as text, a line a paragraph."""
    if isinstance(node, dict) and depth <= DEEPEST:
        if isinstance(node.get("text"), str):
            yield node["text"]
        elif node.get("type") == "hardBreak":
            yield "\n"
        children = node.get("content")
        for child in children if isinstance(children, list) else []:
            yield from _document(child, depth + 1)
        if node.get("type") in ("paragraph", "heading", "listItem", "codeBlock", "tableRow"):
            yield "\n"
