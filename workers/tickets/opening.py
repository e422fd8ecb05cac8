"""Opening a ticket: ticket, audit line, SLA timers and outgoing messages in one transaction."""

from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from workers import outbox, sla
from workers.governance import audit
from workers.handbook import Handbook
from workers.redaction import redact
from workers.slack import notices
from workers.store.tables import Person, Ticket
from workers.tickets import queries, states
from workers.tickets.history import lane, post_first_card, subject

TEXT_LIMIT = 12_000  # characters kept of what the employee wrote


@dataclass(frozen=True)
class Place:
    """A message in Slack: where a request came from."""

    channel: str
    ts: str
    thread_ts: str | None = None

    @property
    def root(self) -> str:
        """The thread that this message belongs to."""
        return self.thread_ts or self.ts


@dataclass(frozen=True)
class Opened:
    """The ticket, and whether this call made it; a second call for the same message finds the first one's."""

    ticket: Ticket
    is_new: bool


def open_ticket(
    session: Session,
    handbook: Handbook,
    requester: Person,
    text: str,
    place: Place | None = None,
    *,
    team: str | None = None,
    label: str | None = None,
    tried_article: str | None = None,
    by: str | None = None,
) -> Opened:
    """Write a ticket. With a `team` it goes there at once (self-service hands over); else a worker classifies it.

    One message opens one ticket, however often it is asked for.
    """
    if place and (known := queries.by_source(session, requester.workspace, place.channel, place.ts)):
        return Opened(known, is_new=False)
    ticket = Ticket(
        workspace=requester.workspace,
        requester_id=requester.id,
        text=redact(text).text[:TEXT_LIMIT],
        status=states.after(states.NEW, "assign") if team else states.NEW,
        label=label,
        label_by=by if label else None,
        team=team,
        tried_article=tried_article,
        source_channel=place.channel if place else None,
        source_ts=place.ts if place else None,
        thread_channel=place.channel if place else None,
        thread_ts=place.root if place else None,
    )
    try:
        with session.begin_nested():
            session.add(ticket)
    except IntegrityError:
        # Somebody else opened it at this very moment.
        known = queries.by_source(session, requester.workspace, place.channel, place.ts) if place else None
        if known is None:
            raise
        return Opened(known, is_new=False)
    session.refresh(ticket)
    ticket.priority = handbook.desk.priority(ticket.impact, ticket.urgency)
    sla.start_timers(session, handbook.desk, ticket)
    actor = by or requester.handle
    audit.append(session, ticket.workspace, actor, "ticket_opened", subject(ticket), team=team, tried=tried_article)
    _tell_requester(session, ticket, place)
    if team:
        post_first_card(session, handbook, ticket)
    return Opened(ticket, is_new=True)


def _tell_requester(session: Session, ticket: Ticket, place: Place | None) -> None:
    # Opened from a form: there is no message yet, so this notice starts the employee's thread.
    to = f"thread:{ticket.id}"
    record = None if place else f"thread:{ticket.id}"
    payload = notices.opened(ticket) | {"to": to}
    outbox.put(session, ticket.workspace, "chat.postMessage", payload, lane=lane(ticket), record=record)
