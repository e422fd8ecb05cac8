"""What people asked and no article solved: unanswered messages to the bot, and tickets that people had to solve."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.data.dataset import SUFFIXES, read_tickets
from classifier.data.ticket import Ticket as ClosedTicket
from workers import sla
from workers.desk import Desk
from workers.redaction import redact
from workers.store.tables import Receipt, Ticket
from workers.tickets import states
from workers.tickets.importing import IMPORTED, fingerprint

SOLVED = (states.RESOLVED, states.CLOSED)
WORKING_DAY_MIN = 480.0
"""At most this much of one ticket counts as handling time: one that lay for a week must not make a gap the largest."""


@dataclass(frozen=True)
class Solution:
    """How people solved a ticket that was opened from a question."""

    ticket: str  # DESK-42, or the number in the system that it came from
    team: str | None
    minutes: float  # business hours from the first response, or from the opening, to the resolution
    resolution: str


@dataclass(frozen=True)
class Unsolved:
    """One question that no article solved."""

    key: str  # receipt:<id>, ticket:<id>, file:<number>: the same at every look
    text: str  # secrets cut out
    person: str  # a fingerprint, for counting
    asked_at: datetime
    answered_wrongly: bool  # an article was shown, and the person said that it did not help
    judged: bool  # the bot has tried; of others only the articles can tell whether they answer
    solution: Solution | None = None


def from_store(session: Session, workspace: str, desk: Desk, since: datetime) -> list[Unsolved]:
    """The workspace's questions and tickets since then, oldest first."""
    tickets = session.scalars(
        select(Ticket).where(Ticket.workspace == workspace, Ticket.opened_at >= since).order_by(Ticket.id)
    ).all()
    receipts = session.scalars(
        select(Receipt)
        .where(Receipt.workspace == workspace, Receipt.automation == "answer", Receipt.at >= since)
        .order_by(Receipt.id)
    ).all()
    opened_from = {_source(ticket): ticket for ticket in tickets if ticket.source_ts}
    judged = {receipt.subject for receipt in receipts}
    asked = [
        _from_receipt(receipt, opened_from.get(receipt.subject), desk)
        for receipt in receipts
        if is_unsolved(receipt, receipt.subject in opened_from)
    ]
    others = [
        _from_ticket(ticket, desk) for ticket in tickets if ticket.status in SOLVED and _source(ticket) not in judged
    ]
    return sorted(asked + others, key=lambda question: question.asked_at)


def is_unsolved(receipt: Receipt, has_ticket: bool) -> bool:
    """Whether this reply left the person without an answer."""
    if receipt.outcome == "accepted":
        return False
    match receipt.decision:
        case "open_ticket":
            return True
        case "answer" | "self_service":
            return receipt.outcome == "overridden"
        case "suggestions":  # one that was chosen and left at that may well have helped
            return has_ticket or not receipt.evidence.get("chosen")
        case _:
            return has_ticket


def from_folder(folder: Path, imported: Iterable[str], desk: Desk, since: datetime) -> Iterator[Unsolved]:
    """The desk folder's closed tickets since then, but those that were imported as well.

    Raises `ClassifierError` when the files cannot be read; a line with a mistake is left out, `deskhand starter check`
    names it.
    """
    known = set(imported)
    for ticket in _closed_in(folder):
        if ticket.id not in known and ticket.opened_at is not None and ticket.opened_at >= since:
            yield _from_file(ticket, ticket.opened_at, desk)


def requesters_in(folder: Path) -> set[str]:
    """Who asked in the desk folder's closed tickets."""
    return {ticket.requester for ticket in _closed_in(folder)}


def _closed_in(folder: Path) -> tuple[ClosedTicket, ...]:
    if not folder.is_dir() or not any(file.suffix.lower() in SUFFIXES for file in folder.iterdir()):
        return ()
    return read_tickets(folder, labelled=False).tickets


def imported_numbers(session: Session, workspace: str) -> set[str]:
    """The other system's numbers of the tickets that were imported."""
    place = (Ticket.workspace == workspace, Ticket.source_channel == IMPORTED)
    return {number for number in session.scalars(select(Ticket.source_ts).where(*place)) if number}


def _source(ticket: Ticket) -> str:
    """The message that a ticket was opened from, as receipts name it."""
    return f"message:{ticket.source_channel}/{ticket.source_ts}"


def _from_receipt(receipt: Receipt, ticket: Ticket | None, desk: Desk) -> Unsolved:
    return Unsolved(
        key=f"receipt:{receipt.id}",
        text=redact(receipt.seen).text,
        person=fingerprint(receipt.person),
        asked_at=receipt.at,
        answered_wrongly=receipt.outcome == "overridden",
        judged=True,
        solution=_solution(ticket, desk) if ticket is not None else None,
    )


def _from_ticket(ticket: Ticket, desk: Desk) -> Unsolved:
    return Unsolved(
        key=f"ticket:{ticket.id}",
        text=ticket.text,
        person=ticket.asked_elsewhere_by or fingerprint(ticket.requester.handle),
        asked_at=ticket.opened_at,
        answered_wrongly=False,
        judged=False,
        solution=_solution(ticket, desk),
    )


def _solution(ticket: Ticket, desk: Desk) -> Solution:
    solved = ticket.status in SOLVED and ticket.resolved_at is not None
    number = ticket.source_ts if ticket.source_channel == IMPORTED and ticket.source_ts else ticket.reference
    return Solution(
        ticket=number,
        team=ticket.team,
        minutes=_handling(desk, ticket.first_response_at or ticket.opened_at, ticket.resolved_at) if solved else 0.0,
        resolution=(ticket.resolution or "") if solved else "",
    )


def _from_file(ticket: ClosedTicket, opened_at: datetime, desk: Desk) -> Unsolved:
    return Unsolved(
        key=f"file:{ticket.id}",
        text=redact(ticket.text).text,
        person=fingerprint(ticket.requester or IMPORTED),
        asked_at=opened_at,
        answered_wrongly=False,
        judged=False,
        solution=Solution(
            ticket.id, ticket.team or None, _handling(desk, opened_at, ticket.closed_at), redact(ticket.resolution).text
        ),
    )


def _handling(desk: Desk, start: datetime, end: datetime | None) -> float:
    if end is None:
        return 0.0
    return min(max(sla.minutes_between(desk, start, end, "business"), 0.0), WORKING_DAY_MIN)
