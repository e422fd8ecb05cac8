"""One ticket as its page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.console.views.audit import AuditLine, line_of
from bot.console.views.promise import Promise, all_promises
from bot.console.views.queue import team_name
from bot.console.views.receipt import ReceiptView, receipt_of
from bot.console.words import ago, clock, plain
from workers.governance import receipts
from workers.handbook import Handbook
from workers.store.tables import AuditEntry, Person, Ticket, TicketEntry
from workers.tickets import queries, states
from workers.tickets.history import subject


@dataclass(frozen=True)
class EntryView:
    """One line of the history. `side` is from-employee, to-employee, note or event."""

    side: str
    author: str
    text: str
    when: str


@dataclass(frozen=True)
class TicketView:
    """Everything on the page."""

    id: int
    reference: str
    text: str
    status: str
    status_words: str
    priority: str
    impact: str
    urgency: str
    team: str | None
    label: str | None
    requester: str
    tried_article: str | None
    details: tuple[tuple[str, str], ...]
    promises: tuple[Promise, ...]
    entries: tuple[EntryView, ...]
    receipts: tuple[ReceiptView, ...]
    audit: tuple[AuditLine, ...]
    moves: frozenset[str]


def look(session: Session, person: Person, handbook: Handbook, ticket_id: int, now: datetime) -> TicketView:
    """Read a ticket of the visitor's workspace. Raises `NoSuchTicket`."""
    ticket = queries.get(session, person.workspace, ticket_id)
    about = select(AuditEntry).where(
        AuditEntry.workspace == person.workspace, AuditEntry.subject == subject(ticket)
    )  # fmt: skip
    lines = session.scalars(about.order_by(AuditEntry.seq.desc()).limit(40))
    return TicketView(
        id=ticket.id,
        reference=ticket.reference,
        text=ticket.text,
        status=ticket.status,
        status_words=plain(ticket.status),
        priority=ticket.priority,
        impact=ticket.impact,
        urgency=ticket.urgency,
        team=ticket.team,
        label=ticket.label,
        requester=ticket.requester.name,
        tried_article=ticket.tried_article,
        details=tuple(_details(ticket, handbook, person, now)),
        promises=all_promises(handbook.desk, ticket, ticket.timers, now),
        entries=tuple(_entries(ticket, _names(session, ticket), now)),
        receipts=tuple(
            receipt_of(receipt, handbook.label_name, now)
            for receipt in sorted(receipts.of_subject(session, subject(ticket)), key=lambda r: r.automation != "route")
        ),
        audit=tuple(line_of(line, person.time_zone) for line in lines),
        moves=moves_from(ticket.status),
    )


def moves_from(status: str) -> frozenset[str]:
    """What can be done with a ticket in this state."""
    return frozenset(move for move, (starts, _end) in states.MOVES.items() if status in starts)


def side_of(entry: TicketEntry, requester: str) -> str:
    """Who reads an entry, and who wrote it."""
    if entry.kind != "reply":
        return "note" if entry.kind == "note" else "event"
    return "from-employee" if entry.author == requester else "to-employee"


def _details(ticket: Ticket, handbook: Handbook, reader: Person, now: datetime) -> list[tuple[str, str]]:
    opened = f"{ago(ticket.opened_at, now)} ({clock(ticket.opened_at, reader.time_zone)})"
    by = f" (by {ticket.label_by})" if ticket.label_by else ""
    rows = [
        ("Employee", ticket.requester.name),
        ("Agent", ticket.assignee.name if ticket.assignee else "nobody yet"),
        ("Team", team_name(handbook, ticket.team)),
        ("Label", handbook.label_name(ticket.label) + by),
        ("Priority", f"{ticket.priority} (impact {ticket.impact}, urgency {ticket.urgency})"),
        ("Opened", opened),
    ]
    if ticket.resolution:
        rows.append(("Resolution", ticket.resolution))
    if ticket.rating is not None:
        rows.append(("Rating", f"{ticket.rating} of 5"))
    return rows


def _entries(ticket: Ticket, names: Mapping[str, str], now: datetime) -> list[EntryView]:
    return [
        EntryView(
            side_of(entry, ticket.requester.handle),
            names.get(entry.author, entry.author),
            entry.text,
            ago(entry.at, now),
        )
        for entry in ticket.entries
    ]


def _names(session: Session, ticket: Ticket) -> dict[str, str]:
    handles = {entry.author for entry in ticket.entries}
    query = select(Person.handle, Person.name).where(Person.workspace == ticket.workspace, Person.handle.in_(handles))
    return {handle: name for handle, name in session.execute(query)}
