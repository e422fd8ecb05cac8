"""Closed tickets against the rest of the folder, and against themselves."""

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import get_args

from classifier.data.ticket import Ticket
from workers.desk import DeskProblem, Priority
from workers.handbook import Handbook
from workers.redaction import redact

JSON_LINES = (".jsonl", ".ndjson")
WRONG_LABELS = "wrong_labels.jsonl"
"""Tickets that carry a wrong label on purpose, with the right one: for measuring who finds them."""


def check_tickets(folder: Path, handbook: Handbook, tickets: Sequence[Ticket]) -> Iterator[DeskProblem]:
    """Times in order, ways that end at the team, and no secret in what a model will learn.

    A team that the desk does not have (any more) is fine: teams come and go, closed tickets stay.
    """
    places = _places(folder / "tickets")
    for ticket in tickets:
        path, line = places.get(ticket.id, (folder / "tickets", 1))
        for field, said in _wrong(ticket):
            yield DeskProblem(path, line, field, said)
    yield from _wrong_labels(folder / WRONG_LABELS, handbook, tickets)


def _wrong(ticket: Ticket) -> Iterator[tuple[str, str]]:
    if ticket.opened_at and ticket.closed_at and ticket.closed_at < ticket.opened_at:
        yield "closed_at", "is before `opened_at`"
    if ticket.priority and ticket.priority not in get_args(Priority):
        yield "priority", f"{ticket.priority!r} is not one of {', '.join(get_args(Priority))}"
    if secrets := redact(ticket.text).kinds:
        yield "text", f"holds a {', '.join(secrets)}; take it out before a model learns from it"
    yield from _wrong_way(ticket)


def _wrong_way(ticket: Ticket) -> Iterator[tuple[str, str]]:
    moves = ticket.reassignments
    if not moves:
        return
    if ticket.team and moves[-1].target != ticket.team:
        yield "reassignments", f"end at {moves[-1].target!r}, the ticket is with {ticket.team!r}"
    if any(after.source != before.target for before, after in pairwise(moves)):
        yield "reassignments", "do not follow one another: each begins where the last one ended"
    times = [ticket.opened_at, *(move.at for move in moves), ticket.closed_at]
    known = [time for time in times if time is not None]
    if known != sorted(known):
        yield "reassignments", "are not between opening and closing, in order"


def _places(folder: Path) -> dict[str, tuple[Path, int]]:
    """File and line of every ticket, for JSON Lines; a CSV's tickets are named by their file."""
    found: dict[str, tuple[Path, int]] = {}
    for path in sorted(file for file in folder.glob("*") if file.suffix.lower() in JSON_LINES):
        for number, line in enumerate(path.read_text(encoding="utf-8-sig", errors="replace").split("\n"), 1):
            try:
                row = json.loads(line) if line.strip() else {}
            except ValueError:
                continue  # named when the tickets were read
            if isinstance(row, dict):
                found.setdefault(str(row.get("id")), (path, number))
    return found


def _wrong_labels(path: Path, handbook: Handbook, tickets: Sequence[Ticket]) -> Iterator[DeskProblem]:
    """Lines of {"id": a ticket, "label": the right one}."""
    if not path.exists():
        return
    labels = {ticket.id: ticket.label for ticket in tickets}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            ticket, label = str(row["id"]), str(row["label"])
        except (ValueError, KeyError, TypeError):
            yield DeskProblem(path, number, "-", 'must be a line like {"id": "LF-1001", "label": "network_vpn"}')
            continue
        if ticket not in labels:
            yield DeskProblem(path, number, "id", f"there is no ticket {ticket!r}")
        elif label not in handbook.taxonomy.by_id:
            yield DeskProblem(path, number, "label", f"taxonomy.yaml has no label {label!r}")
        elif label == labels[ticket]:
            yield DeskProblem(path, number, "label", f"{ticket} already has this label")
