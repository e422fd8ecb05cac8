"""Routing by ticket id: of one ticket at once, and of those whose task was lost."""

from datetime import timedelta

import structlog

from classifier.errors import ClassifierError
from classifier.model.fields import FieldName
from classifier.model.inference import Prediction
from workers.governance import automations
from workers.routing import explaining
from workers.routing.service import route
from workers.service_desk import ServiceDesk
from workers.store.columns import now
from workers.tickets import queries, states

log = structlog.get_logger(__name__)

MISSED_AFTER = timedelta(seconds=15)


def route_one(desk: ServiceDesk, ticket_id: int) -> None:
    """Classify outside the transaction, then decide and write in one; does nothing for a ticket routed before."""
    with desk.store.read() as session:
        ticket = queries.get_by_id(session, ticket_id)
        if ticket.status != states.NEW:
            return
        text, workspace = ticket.text, ticket.workspace
        limit, of_priority = (automations.permit(session, workspace, n).risk_limit for n in ("route", "prioritise"))
    prediction, version = ask_classifier(desk, text, limit, of_priority)
    words = _clues(desk, text, prediction)
    with desk.store.begin() as session:
        ticket = queries.get(session, workspace, ticket_id, lock=True)
        route(session, desk.handbook, ticket, prediction, version, words)


def _clues(desk: ServiceDesk, text: str, prediction: Prediction | None) -> tuple[str, ...]:
    """What people in triage are told about the likeliest label; a ticket that finds its team needs no telling."""
    served = desk.classifier.current() if prediction is not None and not prediction.accepted else None
    return explaining.clues(served.thing, text) if served is not None else ()


def ask_classifier(
    desk: ServiceDesk, text: str, limit: float, of_priority: float | None = None
) -> tuple[Prediction | None, str | None]:
    """What is served, and what it says; nothing where it cannot be asked: then the ticket goes to people.

    `limit` is that on misroutes, `of_priority` that on wrong priorities, the same when left out.
    """
    if limit <= 0:  # nobody has set one
        return None, None
    try:
        served = desk.classifier.current()
        if served is None:
            return None, None
        limits: dict[FieldName, float] = {"priority": of_priority} if of_priority else {}
        return served.thing.classify([text], limit, desk.handbook.teams_by_label, limits)[0], served.version
    except (ClassifierError, OSError) as error:
        log.error("classifier_failed", why=str(error))
        return None, None


def route_missed(desk: ServiceDesk) -> int:
    """Route tickets that should have been by now; gives their number."""
    with desk.store.read() as session:
        late = [t.id for t in queries.unclassified(session) if t.opened_at < now() - MISSED_AFTER]
    for ticket_id in late:
        route_one(desk, ticket_id)
    return len(late)
