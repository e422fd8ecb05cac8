"""Rows of files that hold tickets: CSV, JSON Lines, JSON documents. Read as a stream, with the place of each row."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from classifier.data.json_stream import JsonTrouble, records
from classifier.data.ticket import Problem, Problems
from classifier.errors import ClassifierError

SUFFIXES = (".csv", ".jsonl", ".ndjson", ".json")

LONGEST_CELL = 16_000_000
"""Characters of a CSV field or of a JSON line that are read at all. Above, something else is wrong with the file."""

UTF_8 = "utf-8-sig"

Read = Callable[[int], None]
"""Told how many bytes of the file have been read."""


@dataclass(frozen=True, slots=True)
class Row:
    """The values of one ticket under the file's own names, and where they stand."""

    file: str
    line: int
    values: Mapping[str, Any]
    record: int = 0

    def problem(self, field: str, message: str) -> Problem:
        """A mistake in this row."""
        return Problem(self.file, self.line, field, message, self.record)


def files_of(path: Path) -> list[Path]:
    """The file, or all ticket files of a folder in order of their names. Raises `ClassifierError` without any."""
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


def rows_of(file: Path, problems: Problems, encoding: str = UTF_8, read: Read | None = None) -> Iterator[Row]:
    """One row after the other; what is no row becomes a problem. Raises `ClassifierError` for an unreadable file."""
    kinds = {".csv": _csv_rows, ".json": _document_rows}
    kind = kinds.get(file.suffix.lower(), _line_rows)
    try:
        with file.open("rb") as raw, TextIOWrapper(raw, encoding, newline="" if kind is _csv_rows else "\n") as handle:
            for row in kind(handle, str(file), problems):
                yield row
                if read is not None:
                    read(raw.tell())
    except UnicodeError:
        problems.append(Problem(str(file), _undecodable(file, encoding), "", _not_text(encoding)))
    except OSError as error:
        raise ClassifierError(f"{file}: cannot be read: {error.strerror}.") from error
    except LookupError as error:
        raise ClassifierError(f"{file}: there is no encoding `{encoding}`; say `utf-8` or `windows-1252`.") from error


def _not_text(encoding: str) -> str:
    if encoding == UTF_8:
        return "is not UTF-8 text. Export or save the file as UTF-8, or name its encoding when you import it."
    return f"is not {encoding} text. Export or save the file as UTF-8."


def _undecodable(file: Path, encoding: str) -> int:
    """The first line that is not in this encoding; 0 where lines cannot be told apart without it."""
    with file.open("rb") as handle:
        for number, line in enumerate(handle, 1):
            try:
                line.decode(encoding)
            except UnicodeError:
                return number
    return 0


def _csv_rows(handle: TextIO, file: str, problems: Problems) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)  # our own limit for a ticket's fields is lower and names the field
    reader = csv.reader(handle, strict=True)
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
        hint = "; is a closing quote missing?" if "field limit" in str(error) else "."
        problems.append(Problem(file, line, "", f"is not valid CSV: {error}{hint}"))


def _csv_row(header: list[str], cells: list[str], file: str, line: int, problems: Problems) -> Iterator[Row]:
    if len(cells) != len(header):
        message = f"has {len(cells)} fields where the first line names {len(header)}; is a quote or comma missing?"
        problems.append(Problem(file, line, "", message))
        return
    values: dict[str, str] = {}
    for name, cell in zip(header, cells, strict=True):
        if not values.get(name):  # Jira writes one column for each of several components: the first counts
            values[name] = cell
    yield Row(file, line, values)


def _line_rows(handle: TextIO, file: str, problems: Problems) -> Iterator[Row]:
    number = 0
    while line := handle.readline(LONGEST_CELL):
        number += 1
        if len(line) == LONGEST_CELL:
            problems.append(Problem(file, number, "", f"has more than {LONGEST_CELL:,} characters; drop this ticket."))
            while line and not line.endswith("\n"):
                line = handle.readline(LONGEST_CELL)
        elif line.strip():
            yield from _line_row(line, file, number, problems)


def _line_row(line: str, file: str, number: int, problems: Problems) -> Iterator[Row]:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        problems.append(Problem(file, number, "", f"is not valid JSON: {error}."))
        return
    if isinstance(values, dict):
        yield Row(file, number, values)
    else:
        problems.append(Problem(file, number, "", "must be one JSON object with the fields of a ticket."))


def _document_rows(handle: TextIO, file: str, problems: Problems) -> Iterator[Row]:
    number = 0
    try:
        for line, values in records(handle):
            number += 1
            if isinstance(values, dict):
                yield Row(file, line, values, number)
            else:
                message = "must be a JSON object with the fields of a ticket."
                problems.append(Problem(file, line, "", message, number))
    except JsonTrouble as trouble:
        message = f"{trouble}; nothing behind this place was read."
        problems.append(Problem(file, trouble.line, "", message, number + 1))
