"""Closed tickets from files: CSV, JSON Lines, or a folder of them."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from classifier.data.cleaning import clean_text
from classifier.data.rows import SUFFIXES, Row, files_of, rows_of
from classifier.data.splits import Splits, split_by_time
from classifier.data.ticket import Problem, Problems, Reassignment, Ticket, refuse

__all__ = [
    "SUFFIXES",
    "Problem",
    "Splits",
    "Ticket",
    "TicketFile",
    "clean_text",
    "read_tickets",
    "refuse",
    "split_by_time",
    "ticket_of",
]

LARGEST_FIELD = 1_000_000
"""Characters in one field; a longer one is a mistake in the export, not a request."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""NUL bytes and halves of characters: neither a database nor a UTF-8 file takes them."""


@dataclass(frozen=True)
class TicketFile:
    """What was read, and what could not be: the first thousand places, and how many more there are."""

    tickets: tuple[Ticket, ...]
    problems: tuple[Problem, ...]


def read_tickets(path: Path | str, *, labelled: bool = True, known_labels: Collection[str] | None = None) -> TicketFile:
    """Read every ticket of a CSV or JSON Lines file, or of all such files in a folder, in order of their names.

    `labelled=False` for tickets that are still to be classified. With `known_labels`, any other label is a problem.
    Raises `ClassifierError` when the path cannot be read at all; what is wrong inside is in `problems`.
    """
    problems = Problems()
    tickets: dict[str, Ticket] = {}
    places: dict[str, tuple[str, int]] = {}
    for file in files_of(Path(path)):
        for row in rows_of(file, problems):
            ticket = ticket_of(row, problems, labelled=labelled, known_labels=known_labels)
            if ticket is None:
                continue
            if ticket.id in tickets:
                where = "{}, line {}".format(*places[ticket.id])
                problems.append(
                    row.problem("id", f"`{ticket.id}` is already used in {where}; every id must be unique.")
                )
            else:
                tickets[ticket.id], places[ticket.id] = ticket, (row.file, row.line)
    return TicketFile(tuple(tickets.values()), problems.listed())


def ticket_of(
    row: Row, problems: Problems, *, labelled: bool = True, known_labels: Collection[str] | None = None
) -> Ticket | None:
    """The ticket in a row whose values have our names; what is wrong with it becomes problems, and gives none."""
    before = len(problems)
    id_ = _string(row, "id", problems, required=True)
    text = _request(row, problems)
    label = _string(row, "label", problems, required=labelled)
    if label and known_labels is not None and label not in known_labels:
        message = f"`{label}` is not a label of the taxonomy; known: {', '.join(sorted(known_labels))}."
        problems.append(row.problem("label", message))
    opened, closed = (_moment(row, name, problems) for name in ("opened_at", "closed_at"))
    team, priority, requester, resolution, type_ = (
        _string(row, name, problems) for name in ("team", "priority", "requester", "resolution", "request_type")
    )
    moves = _reassignments(row, problems)
    if len(problems) > before:
        return None
    return Ticket(id_, text, label, team, priority, opened, closed, moves, requester, resolution, type_)


def _reassignments(row: Row, problems: Problems) -> tuple[Reassignment, ...]:
    """The field `reassignments` of a JSON line: [{"at": …, "from": …, "to": …}]."""
    listed = row.values.get("reassignments") or []
    moves = []
    for entry in listed if isinstance(listed, list) else [listed]:
        values = entry if isinstance(entry, dict) else {}
        inner = Row(row.file, row.line, values, row.record)
        at, source, target = _moment(inner, "at", problems), values.get("from"), values.get("to")
        if at is None or not isinstance(source, str) or not isinstance(target, str) or not source or not target:
            message = 'must be a list of {"at": a time, "from": a team, "to": a team}.'
            problems.append(row.problem("reassignments", message))
        else:
            moves.append(Reassignment(at, source, target))
    return tuple(moves)


def _request(row: Row, problems: Problems) -> str:
    if row.values.get("text") not in (None, ""):
        return _string(row, "text", problems, required=True)
    parts = [_string(row, name, problems) for name in ("subject", "body")]
    text = "\n".join(part for part in parts if part)
    if not text.strip():
        problems.append(row.problem("text", "is missing; give `text`, or `subject` and `body`."))
    return text


def _string(row: Row, name: str, problems: Problems, *, required: bool = False) -> str:
    value = row.values.get(name)
    if value is None or value == "":
        if required:
            problems.append(row.problem(name, "is missing."))
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        problems.append(row.problem(name, f"must be text, not {type(value).__name__}."))
        return ""
    text = _UNSTORABLE.sub("", str(value))
    if len(text) > LARGEST_FIELD:
        message = f"has {len(text):,} characters; at most {LARGEST_FIELD:,} are read. Cut or drop this ticket."
        problems.append(row.problem(name, message))
        return ""
    if required and not text.strip():
        problems.append(row.problem(name, "holds nothing but spaces."))
    return text if name in ("text", "subject", "body") else text.strip()


def _moment(row: Row, name: str, problems: Problems) -> datetime | None:
    text = _string(row, name, problems)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"`{text[:40]}` is not a date; write it like 2026-03-31T14:05:00+02:00."
        problems.append(row.problem(name, message))
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
