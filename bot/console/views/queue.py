"""The queue: which tickets are asked for, and how each is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from bot.console.views.promise import next_promise
from bot.console.words import first_line, plain, span
from workers.handbook import Handbook
from workers.labelling import triage
from workers.store.tables import Person, SlaTimer, Ticket
from workers.tickets import states

MOST = 300  # tickets shown at once
EVERY_TEAM, MY_TEAMS = "all", "mine"
URGENT, TEACHING = "urgent", "teaching"
ALL, OPEN, UNCLAIMED, OVERDUE = "all", "open", "unclaimed", "overdue"
STATUSES = (OPEN, UNCLAIMED, OVERDUE, states.TRIAGE, states.ASSIGNED, states.IN_PROGRESS, states.ON_HOLD,
            states.RESOLVED, states.CLOSED, ALL)  # fmt: skip


@dataclass(frozen=True)
class Filters:
    """What is asked for; it stands in the page's address, so that it can be kept and sent to others."""

    team: str = MY_TEAMS
    status: str = OPEN
    only_mine: bool = False
    text: str = ""
    order: str = URGENT

    @classmethod
    def from_query(cls, query: Mapping[str, str], teams: Sequence[str]) -> "Filters":
        """From the address; what is unknown there falls back to the default."""
        team = query.get("team", MY_TEAMS)
        status = query.get("status", OPEN)
        return cls(
            team if team in (MY_TEAMS, EVERY_TEAM, *teams) else MY_TEAMS,
            status if status in STATUSES else OPEN,
            query.get("assigned") == "me",
            query.get("q", "")[:200],
            TEACHING if query.get("order") == TEACHING else URGENT,
        )

    def as_query(self) -> str:
        """The same as an address's query."""
        given = {"team": self.team, "status": self.status, "q": self.text, "assigned": "me" if self.only_mine else ""}
        given["order"] = self.order
        usual = {"team": MY_TEAMS, "status": OPEN, "q": "", "assigned": "", "order": URGENT}
        return urlencode({name: value for name, value in given.items() if value != usual[name]})


@dataclass(frozen=True)
class QueueRow:
    """One line of the queue."""

    id: int
    reference: str
    summary: str
    requester: str
    priority: str
    status: str
    team: str
    label: str
    assignee: str
    due: str
    due_tone: str
    due_order: str
    age: str
    opened: str


@dataclass(frozen=True)
class Queue:
    """What the page shows: the lines, and how many tickets each status has for these teams."""

    filters: Filters
    rows: tuple[QueueRow, ...]
    counts: Mapping[str, int]
    found: int


def look(session: Session, person: Person, handbook: Handbook, filters: Filters, now: datetime) -> Queue:
    """Read the queue; most urgent first, or what teaches the classifier most."""
    scope = _scope(person, handbook, filters)
    counts = _counts(session, scope, now)
    where = [*scope, *_status(filters.status, now)]
    found = session.scalar(select(func.count()).select_from(Ticket).where(*where)) or 0
    tickets = session.scalars(select(Ticket).where(*where).order_by(Ticket.priority, Ticket.id).limit(MOST)).all()
    timers = _timers(session, [ticket.id for ticket in tickets])
    rows = [row_of(ticket, timers.get(ticket.id, []), handbook, now) for ticket in tickets]
    rows.sort(key=lambda row: (row.priority, row.due_order, row.id))
    if filters.order == TEACHING:  # what is not in triage teaches nothing now, and comes after
        places = {ticket.id: place for place, ticket in enumerate(triage.waiting(session, person.workspace))}
        rows.sort(key=lambda row: places.get(row.id, len(places)))
    return Queue(filters, tuple(rows), counts, found)


def row_of(ticket: Ticket, timers: Sequence[SlaTimer], handbook: Handbook, now: datetime) -> QueueRow:
    """One ticket as a line."""
    promise = next_promise(handbook.desk, ticket, timers, now)
    return QueueRow(
        id=ticket.id,
        reference=ticket.reference,
        summary=first_line(ticket.text),
        requester=ticket.requester.name,
        priority=ticket.priority,
        status=plain(ticket.status),
        team=team_name(handbook, ticket.team),
        label=handbook.label_name(ticket.label),
        assignee=ticket.assignee.name if ticket.assignee else "",
        due=promise.words,
        due_tone=promise.tone,
        due_order=promise.order,
        age=span(now - ticket.opened_at),
        opened=ticket.opened_at.isoformat(),
    )


def ordered(rows: Sequence[QueueRow], field: str | None, descending: bool) -> list[QueueRow]:
    """The lines by one column, as the reader chose; without a column most urgent first."""
    return sorted(rows, key=lambda row: getattr(row, field), reverse=descending) if field else list(rows)


def team_name(handbook: Handbook, team: str | None) -> str:
    """A team as people read it; one that the desk does not have any more keeps its id."""
    if team is None:
        return "–"
    return next((known.name for known in handbook.desk.teams if known.id == team), team)


def _scope(person: Person, handbook: Handbook, filters: Filters) -> list[ColumnElement[bool]]:
    where = [Ticket.workspace == person.workspace]
    if filters.team == MY_TEAMS and person.teams:
        mine = Ticket.team.in_(person.teams)
        # A ticket that waits for the classifier has no team yet: those who do triage must not lose sight of it.
        where.append(or_(mine, Ticket.team.is_(None)) if handbook.desk.triage in person.teams else mine)
    elif filters.team not in (MY_TEAMS, EVERY_TEAM):
        where.append(Ticket.team == filters.team)
    if filters.only_mine:
        where.append(Ticket.assignee_id == person.id)
    if filters.text:
        number = filters.text.strip().upper().removeprefix("DESK-")
        same = Ticket.id == (int(number) if number.isdecimal() and len(number) < 10 else -1)
        where.append(or_(Ticket.text.icontains(filters.text.strip(), autoescape=True), same))
    return where


def _status(status: str, now: datetime) -> list[ColumnElement[bool]]:
    if status == ALL:
        return []
    if status == OPEN:
        return [Ticket.status.in_(states.OPEN)]
    if status == UNCLAIMED:
        return [Ticket.status.in_(states.OPEN), Ticket.assignee_id.is_(None)]
    if status == OVERDUE:
        return [Ticket.status.in_(states.OPEN), has_broken_promise(now)]
    return [Ticket.status == status]


def has_broken_promise(now: datetime) -> ColumnElement[bool]:
    """Whether a ticket has a promise that is broken and still waits to be kept."""
    waits = or_(SlaTimer.target == "resolution", Ticket.first_response_at.is_(None))
    late = SlaTimer.state.in_(("running", "breached")) & (SlaTimer.due_at <= now) & waits
    return exists().where(SlaTimer.ticket_id == Ticket.id, late).correlate(Ticket)


def _counts(session: Session, scope: Sequence[ColumnElement[bool]], now: datetime) -> dict[str, int]:
    rows = session.execute(select(Ticket.status, func.count()).where(*scope).group_by(Ticket.status))
    counts: dict[str, int] = {status: number for status, number in rows}

    def number(status: str) -> int:
        return session.scalar(select(func.count()).select_from(Ticket).where(*scope, *_status(status, now))) or 0

    summed = {
        OPEN: sum(counts.get(status, 0) for status in states.OPEN),
        UNCLAIMED: number(UNCLAIMED),
        OVERDUE: number(OVERDUE),
        ALL: sum(counts.values()),
    }
    return {status: summed.get(status, counts.get(status, 0)) for status in STATUSES}


def _timers(session: Session, ids: Sequence[int]) -> dict[int, list[SlaTimer]]:
    found: dict[int, list[SlaTimer]] = {}
    for timer in session.scalars(select(SlaTimer).where(SlaTimer.ticket_id.in_(ids))):
        found.setdefault(timer.ticket_id, []).append(timer)
    return found
