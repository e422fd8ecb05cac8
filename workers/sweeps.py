"""What the timetable does at short intervals, from what the database says."""

from datetime import timedelta

from sqlalchemy import select

from workers import outbox, people, sla
from workers.runbooks import service as runbooks
from workers.service_desk import ServiceDesk
from workers.slack import notices
from workers.store.columns import now
from workers.store.tables import Ticket
from workers.tickets import states, work
from workers.tickets.history import refresh_card, tell_agents

CLOSE_AFTER = timedelta(days=5)


def watch_sla(desk: ServiceDesk) -> int:
    """Say in the agents' thread which promises are broken or near it; gives their number."""
    with desk.store.begin() as session:
        found = sla.sweep(session, desk.handbook.desk)
        for overdue in found:
            ticket = session.get_one(Ticket, overdue.ticket_id)
            team = desk.handbook.team(ticket.team)
            on_call = [people.named(session, ticket.workspace, name) for name in team.on_call]
            mentioned = [person.slack_id for person in on_call if person]
            tell_agents(session, ticket, notices.overdue(ticket, overdue.target, overdue.breached, mentioned))
            refresh_card(session, desk.handbook, ticket)
    return len(found)


def close_resolved(desk: ServiceDesk) -> int:
    """Close tickets that were resolved days ago and that nobody reopened; gives their number."""
    old = (Ticket.status == states.RESOLVED, Ticket.resolved_at < now() - CLOSE_AFTER)
    with desk.store.begin() as session:
        # Locked, so that a reopening at this moment is not overwritten.
        query = select(Ticket).where(*old).limit(200).with_for_update(of=Ticket, skip_locked=True)
        tickets = session.scalars(query).all()
        for ticket in tickets:
            work.close_quietly(session, desk.handbook, ticket)
    return len(tickets)


def see_to_runbooks(desk: ServiceDesk) -> None:
    """Send self-service links that are due and let old ones expire."""
    runbooks.expire_old(desk.store)
    runbooks.deliver_due_links(desk.store, desk.messenger, desk.runbooks, desk.settings.public_url)
    outbox.deliver_due(desk.store, desk.messenger)
