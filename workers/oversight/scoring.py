"""Scores new tickets with the models in shadow, after they were routed: by a sweep over the database, never on the way.

Whatever a model in shadow does, no ticket waits for it: one that fails is switched off, with the reason.
"""

from collections.abc import Sequence

import structlog
from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from classifier.model.inference import Prediction
from workers.governance import automations
from workers.oversight import owners, shadows
from workers.service_desk import ServiceDesk, workspaces
from workers.slack import notices
from workers.store.columns import now
from workers.store.tables import Receipt, Shadow, ShadowScore, Ticket
from workers.tickets import states

log = structlog.get_logger(__name__)

AT_ONCE = 16  # tickets in one look, so that a worker is soon free again


def score_new(desk: ServiceDesk) -> int:
    """Score what was routed since the last look; gives the number of scores."""
    with desk.store.read() as session:
        alive, places = shadows.running(session), workspaces(session)
    desk.shadow_models.keep({shadow.version for shadow in alive})
    if not alive:
        return 0
    number = sum(_score(desk, shadow, workspace) for shadow in alive for workspace in places)
    with desk.store.begin() as session:
        shadows.end_overdue(session, places[0], now())
    return number


def _score(desk: ServiceDesk, shadow: Shadow, workspace: str) -> int:
    with desk.store.read() as session:
        limit = automations.permit(session, workspace, "route").risk_limit
        waiting = _waiting(session, shadow, workspace)
    if not waiting or limit <= 0:
        return 0
    try:
        model = desk.shadow_models.get(shadow.version)
        said = model.classify([ticket.text for ticket, _ in waiting], limit, desk.handbook.teams_by_label)
    except Exception as error:  # of whatever kind: a broken challenger must not trouble the desk
        log.exception("shadow_failed", version=shadow.version)
        _switch_off(desk, shadow, workspace, f"It could not score a ticket: {error}")
        return 0
    return sum(_keep(desk, shadow, *one, prediction) for one, prediction in zip(waiting, said, strict=True))


def _waiting(session: Session, shadow: Shadow, workspace: str) -> Sequence[tuple[Ticket, Receipt]]:
    """Tickets that the champion had something to say about, opened since the shadow began, oldest first."""
    done = exists().where(ShadowScore.ticket_id == Ticket.id, ShadowScore.version == shadow.version)
    query = (
        select(Ticket, Receipt)
        .join(Receipt, Ticket.receipt_id == Receipt.id)
        .where(Ticket.workspace == workspace, Ticket.opened_at >= shadow.started_at, Ticket.status != states.NEW)
        .where(Receipt.automation == "route", Receipt.confidence.is_not(None), ~done)
        .order_by(Ticket.id)
        .limit(AT_ONCE)
    )
    return [(ticket, receipt) for ticket, receipt in session.execute(query)]


def _keep(desk: ServiceDesk, shadow: Shadow, ticket: Ticket, receipt: Receipt, prediction: Prediction) -> bool:
    score = ShadowScore(
        workspace=ticket.workspace,
        ticket_id=ticket.id,
        version=shadow.version,
        label=prediction.label,
        confidence=prediction.confidence,
        accepted=prediction.accepted,
        champion=receipt.versions.get("classifier", ""),
        champion_label=receipt.evidence.get("label") or receipt.evidence["top"][0][0],  # older receipts name no label
        champion_confidence=receipt.confidence,
        champion_accepted=bool(receipt.evidence.get("accepted")),
    )
    try:
        with desk.store.begin() as session:
            session.add(score)
    except IntegrityError:
        return False  # another worker has scored it at the same moment
    return True


def _switch_off(desk: ServiceDesk, shadow: Shadow, workspace: str, why: str) -> None:
    with desk.store.begin() as session:
        row = session.get_one(Shadow, shadow.id, with_for_update=True)
        if row.stopped_at is None:
            shadows.end(session, workspace, row, shadows.BY, why)
            owners.tell(session, workspace, notices.shadow_stopped(row.version, why))
    desk.shadow_models.keep(desk.shadow_models.versions - {shadow.version})
