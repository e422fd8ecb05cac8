"""Closed tickets from files: CSV, JSON Lines, or a folder of them."""

import csv
import io
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from classifier.cleaning import clean_text
from classifier.errors import ClassifierError
from classifier.splits import Splits, split_by_time
from classifier.ticket import Problem, Reassignment, Ticket, refuse

__all__ = ["Problem", "Splits", "Ticket", "TicketFile", "clean_text", "read_tickets", "refuse", "split_by_time"]

LARGEST_FIELD = 1_000_000
"""Characters in one field; a longer one is a mistake in the export, not a request."""

SUFFIXES = (".csv", ".jsonl", ".ndjson")


@dataclass(frozen=True)
class TicketFile:
    """What was read, and what could not be."""

    tickets: tuple[Ticket, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    file: str
    line: int
    values: Mapping[str, Any]


def read_tickets(path: Path | str, *, labelled: bool = True, known_labels: Collection[str] | None = None) -> TicketFile:
    """Read every ticket of a CSV or JSON Lines file, or of all such files in a folder, in order of their names.

    `labelled=False` for tickets that are still to be classified. With `known_labels`, any other label is a problem.
    Raises `ClassifierError` when the path cannot be read at all; what is wrong inside is in `problems`.
    """
    tickets: list[Ticket] = []
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for file in _files(Path(path)):
        for row in _rows(file, problems):
            ticket = _ticket(row, labelled, known_labels, problems)
            if ticket is None:
                continue
            place = f"{row.file}, line {row.line}"
            if ticket.id in seen:
                message = f"`{ticket.id}` is already used in {seen[ticket.id]}; every id must be unique."
                problems.append(Problem(row.file, row.line, "id", message))
            else:
                seen[ticket.id] = place
                tickets.append(ticket)
    return TicketFile(tuple(tickets), tuple(problems))


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
        if not files:
            raise ClassifierError(f"{path}: holds no {', '.join(SUFFIXES)} file with tickets.")
        return files
    if path.suffix.lower() not in SUFFIXES:
        raise ClassifierError(f"{path}: tickets are read from {', '.join(SUFFIXES)} files; this is none of them.")
    if not path.exists():
        raise ClassifierError(f"{path}: there is no such file.")
    return [path]


def _rows(file: Path, problems: list[Problem]) -> Iterator[_Row]:
    text = _text(file, problems)
    yield from (
        _csv_rows(text, str(file), problems) if file.suffix.lower() == ".csv" else _json_rows(text, str(file), problems)
    )


def _text(file: Path, problems: list[Problem]) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ClassifierError(f"{file}: cannot be read: {error.strerror}.") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        problems.append(Problem(str(file), line, "", "is not UTF-8 text. Export or save the file as UTF-8."))
        return ""


def _csv_rows(text: str, file: str, problems: list[Problem]) -> Iterator[_Row]:
    csv.field_size_limit(max(len(text), 1))  # our own limit names the field; the module's does not
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            if header is None:
                header = [name.strip().lower() for name in cells]
            elif any(cells):
                yield from _csv_row(header, cells, file, line, problems)
            line = reader.line_num + 1
    except csv.Error as error:
        problems.append(Problem(file, line, "", f"is not valid CSV: {error}."))


def _csv_row(header: list[str], cells: list[str], file: str, line: int, problems: list[Problem]) -> Iterator[_Row]:
    if len(cells) != len(header):
        message = f"has {len(cells)} fields where the first line names {len(header)}; is a quote or comma missing?"
        problems.append(Problem(file, line, "", message))
    else:
        yield _Row(file, line, dict(zip(header, cells, strict=True)))


def _json_rows(text: str, file: str, problems: list[Problem]) -> Iterator[_Row]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            problems.append(Problem(file, number, "", f"is not valid JSON: {error}."))
            continue
        if isinstance(values, dict):
            yield _Row(file, number, values)
        else:
            problems.append(Problem(file, number, "", "must be one JSON object with the fields of a ticket."))


def _ticket(row: _Row, labelled: bool, known_labels: Collection[str] | None, problems: list[Problem]) -> Ticket | None:
    before = len(problems)
    id_ = _string(row, "id", problems, required=True)
    text = _request(row, problems)
    label = _string(row, "label", problems, required=labelled)
    if label and known_labels is not None and label not in known_labels:
        message = f"`{label}` is not a label of the taxonomy; known: {', '.join(sorted(known_labels))}."
        problems.append(Problem(row.file, row.line, "label", message))
    opened, closed = (_moment(row, name, problems) for name in ("opened_at", "closed_at"))
    team, priority, requester, resolution = (
        _string(row, name, problems) for name in ("team", "priority", "requester", "resolution")
    )
    moves = _reassignments(row, problems)
    if len(problems) > before:
        return None
    return Ticket(id_, text, label, team, priority, opened, closed, moves, requester, resolution)


def _reassignments(row: _Row, problems: list[Problem]) -> tuple[Reassignment, ...]:
    """The field `reassignments` of a JSON line: [{"at": …, "from": …, "to": …}]."""
    listed = row.values.get("reassignments") or []
    moves = []
    for entry in listed if isinstance(listed, list) else [listed]:
        values = entry if isinstance(entry, dict) else {}
        inner = _Row(row.file, row.line, values)
        at, source, target = _moment(inner, "at", problems), values.get("from"), values.get("to")
        if at is None or not isinstance(source, str) or not isinstance(target, str) or not source or not target:
            message = 'must be a list of {"at": a time, "from": a team, "to": a team}.'
            problems.append(Problem(row.file, row.line, "reassignments", message))
        else:
            moves.append(Reassignment(at, source, target))
    return tuple(moves)


def _request(row: _Row, problems: list[Problem]) -> str:
    if row.values.get("text") not in (None, ""):
        return _string(row, "text", problems, required=True)
    parts = [_string(row, name, problems) for name in ("subject", "body")]
    text = "\n".join(part for part in parts if part)
    if not text:
        problems.append(Problem(row.file, row.line, "text", "is missing; give `text`, or `subject` and `body`."))
    return text


def _string(row: _Row, name: str, problems: list[Problem], *, required: bool = False) -> str:
    value = row.values.get(name)
    if value is None or value == "":
        if required:
            problems.append(Problem(row.file, row.line, name, "is missing."))
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        problems.append(Problem(row.file, row.line, name, f"must be text, not {type(value).__name__}."))
        return ""
    text = str(value)
    if len(text) > LARGEST_FIELD:
        message = f"has {len(text):,} characters; at most {LARGEST_FIELD:,} are read. Cut or drop this ticket."
        problems.append(Problem(row.file, row.line, name, message))
        return ""
    if required and not text.strip():
        problems.append(Problem(row.file, row.line, name, "holds nothing but spaces."))
    return text if name in ("text", "subject", "body") else text.strip()


def _moment(row: _Row, name: str, problems: list[Problem]) -> datetime | None:
    text = _string(row, name, problems)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"`{text[:40]}` is not a date; write it like 2026-03-31T14:05:00+02:00."
        problems.append(Problem(row.file, row.line, name, message))
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
