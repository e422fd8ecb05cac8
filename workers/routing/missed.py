"""Routing by ticket id: of one ticket at once, and of those whose task was lost."""

from datetime import timedelta

from workers.governance import automations
from workers.routing.service import route
from workers.service_desk import ServiceDesk
from workers.store.columns import now
from workers.tickets import queries, states

MISSED_AFTER = timedelta(seconds=15)


def route_one(desk: ServiceDesk, ticket_id: int) -> None:
    """Classify outside the transaction, then decide and write in one; does nothing for a ticket routed before."""
    with desk.store.read() as session:
        ticket = queries.get_by_id(session, ticket_id)
        if ticket.status != states.NEW:
            return
        text, workspace = ticket.text, ticket.workspace
        limit = automations.permit(session, workspace, "route").risk_limit
    served = desk.classifier.current()
    prediction = served.thing.classify([text], limit)[0] if served else None
    with desk.store.begin() as session:
        ticket = queries.get(session, workspace, ticket_id, lock=True)
        route(session, desk.handbook, ticket, prediction, served.version if served else None)


def route_missed(desk: ServiceDesk) -> int:
    """Route tickets that should have been by now; gives their number."""
    with desk.store.read() as session:
        late = [t.id for t in queries.unclassified(session) if t.opened_at < now() - MISSED_AFTER]
    for ticket_id in late:
        route_one(desk, ticket_id)
    return len(late)
