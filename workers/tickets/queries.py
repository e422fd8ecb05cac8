"""Finding tickets."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from workers.store.tables import Person, Ticket
from workers.tickets import states


class NoSuchTicket(Exception):
    """There is no such ticket here."""


def get(session: Session, workspace: str, ticket_id: int, *, lock: bool = False) -> Ticket:
    """The ticket; with `lock` nobody else changes it until the transaction ends. Raises `NoSuchTicket`."""
    query = select(Ticket).where(Ticket.workspace == workspace, Ticket.id == ticket_id)
    ticket = session.scalar(query.with_for_update(of=Ticket) if lock else query)
    if ticket is None:
        raise NoSuchTicket(f"There is no ticket DESK-{ticket_id}.")
    return ticket


def get_by_id(session: Session, ticket_id: int) -> Ticket:
    """The ticket, for the workers' own use: they serve every workspace. Raises `NoSuchTicket`."""
    ticket = session.get(Ticket, ticket_id)
    if ticket is None:
        raise NoSuchTicket(f"There is no ticket DESK-{ticket_id}.")
    return ticket


def by_source(session: Session, workspace: str, channel: str, ts: str) -> Ticket | None:
    """The ticket that was opened from this message."""
    place = (Ticket.source_channel == channel, Ticket.source_ts == ts)
    return session.scalar(select(Ticket).where(Ticket.workspace == workspace, *place))


def by_thread(session: Session, workspace: str, channel: str, thread_ts: str) -> Ticket | None:
    """The newest ticket whose employee's thread this is."""
    return _newest(session, workspace, Ticket.thread_channel == channel, Ticket.thread_ts == thread_ts)


def by_card(session: Session, workspace: str, channel: str, card_ts: str) -> Ticket | None:
    """The ticket whose card this is."""
    return _newest(session, workspace, Ticket.card_channel == channel, Ticket.card_ts == card_ts)


def by_any_thread(session: Session, workspace: str, channel: str, thread_ts: str) -> Ticket | None:
    """The ticket that a thread belongs to, on either side."""
    return by_card(session, workspace, channel, thread_ts) or by_thread(session, workspace, channel, thread_ts)


def of_requester(session: Session, person: Person, limit: int = 20) -> Sequence[Ticket]:
    """The person's own tickets: open ones first, then by age."""
    own = select(Ticket).where(Ticket.workspace == person.workspace, Ticket.requester_id == person.id)
    rows = session.scalars(own.order_by(Ticket.id.desc()).limit(limit)).all()
    return sorted(rows, key=lambda t: t.status not in states.OPEN)


def queue(
    session: Session,
    workspace: str,
    *,
    teams: Sequence[str] | None = None,
    statuses: Sequence[str] | None = None,
    text: str = "",
    limit: int = 200,
) -> Sequence[Ticket]:
    """Tickets for agents: by team and status, searched by text or reference; most urgent first."""
    query = select(Ticket).where(Ticket.workspace == workspace)
    if teams is not None:
        query = query.where(Ticket.team.in_(teams))
    if statuses is not None:
        query = query.where(Ticket.status.in_(statuses))
    if text:
        number = text.upper().removeprefix("DESK-")
        same = Ticket.id == int(number) if number.isdecimal() and len(number) < 10 else Ticket.id == -1
        query = query.where(or_(Ticket.text.icontains(text, autoescape=True), same))
    return session.scalars(query.order_by(Ticket.priority, Ticket.id.desc()).limit(limit)).all()


def unclassified(session: Session, limit: int = 100) -> Sequence[Ticket]:
    """Tickets that still wait for the classifier, oldest first."""
    return session.scalars(select(Ticket).where(Ticket.status == states.NEW).order_by(Ticket.id).limit(limit)).all()


def _newest(session: Session, workspace: str, *place: ColumnElement[bool]) -> Ticket | None:
    query = select(Ticket).where(Ticket.workspace == workspace, *place)
    return session.scalar(query.order_by(Ticket.id.desc()).limit(1))
