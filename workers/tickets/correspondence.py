"""Words that pass between the employee's thread and the agents' thread; internal ones stay inside."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from workers import sla
from workers.governance import audit
from workers.handbook import Handbook
from workers.redaction import redact
from workers.slack import notices
from workers.store.columns import now
from workers.store.tables import Person, Ticket, TicketEntry
from workers.tickets import states, work
from workers.tickets.history import refresh_card, subject, tell_agents, tell_requester, write
from workers.tickets.opening import Place
from workers.tickets.permissions import must_be_agent, must_be_requester

REPLY_PREFIX = "reply:"  # typed in the agents' thread; without it a message there is an internal note


def from_employee(
    session: Session, handbook: Handbook, ticket: Ticket, person: Person, text: str, place: Place
) -> bool:
    """The employee wrote in their thread: the agents read it below the card. False when it was there already."""
    must_be_requester(person, ticket)
    if _is_known(session, ticket, place):
        return False
    clean = redact(text).text
    write(session, ticket, person.handle, "reply", clean, place.channel, place.ts)
    tell_agents(session, ticket, notices.reply(person, clean))
    if ticket.status == states.ON_HOLD:
        work.carry_on(session, handbook, ticket, person.handle)
    return True


def to_employee(
    session: Session, handbook: Handbook, ticket: Ticket, agent: Person, text: str, place: Place | None = None
) -> bool:
    """An agent answers the employee. False when this message was sent already."""
    must_be_agent(agent)
    if place and _is_known(session, ticket, place):
        return False
    clean = redact(text).text
    write(session, ticket, agent.handle, "reply", clean, *((place.channel, place.ts) if place else ()))
    if ticket.first_response_at is None:
        ticket.first_response_at = now()
        sla.meet(ticket, "first_response")
        refresh_card(session, handbook, ticket)
    tell_requester(session, ticket, notices.reply(agent, clean))
    tell_agents(session, ticket, notices.event_line(f"✉️ {agent.name} to the employee: {clean}"))
    audit.append(session, ticket.workspace, agent.handle, "ticket_replied", subject(ticket))
    return True


def note(session: Session, ticket: Ticket, agent: Person, text: str, place: Place | None = None) -> bool:
    """An internal note; from a form it is shown below the card, from the thread it stands there already."""
    must_be_agent(agent)
    if place and _is_known(session, ticket, place):
        return False
    clean = redact(text).text
    write(session, ticket, agent.handle, "note", clean, *((place.channel, place.ts) if place else ()))
    if place is None:
        tell_agents(session, ticket, notices.note(agent.name, clean))
    return True


def from_agents_thread(
    session: Session, handbook: Handbook, ticket: Ticket, agent: Person, text: str, place: Place
) -> bool:
    """A message below the card: internal, unless it begins with the reply prefix."""
    if text.lower().startswith(REPLY_PREFIX):
        return to_employee(session, handbook, ticket, agent, text[len(REPLY_PREFIX) :].strip(), place)
    return note(session, ticket, agent, text, place)


def _is_known(session: Session, ticket: Ticket, place: Place) -> bool:
    same = (TicketEntry.source_channel == place.channel, TicketEntry.source_ts == place.ts)
    query = select(TicketEntry.id).where(TicketEntry.workspace == ticket.workspace, *same)
    return session.scalar(query) is not None
