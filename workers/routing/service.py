"""Labels and routes a new ticket: decision, receipt, audit and card in one transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from classifier.model.inference import Prediction
from workers import sla
from workers.governance import audit, automations
from workers.handbook import Handbook
from workers.routing import priority
from workers.routing.decision import Route, decide
from workers.store.tables import LabelDecision, Receipt, Ticket
from workers.tickets import states
from workers.tickets.history import post_first_card, subject

BY = "classifier"


def route(
    session: Session,
    handbook: Handbook,
    ticket: Ticket,
    prediction: Prediction | None,
    version: str | None,
    words: Sequence[str] = (),
) -> Route:
    """Act on a prediction. The switch is read here, when the step runs; a ticket routed before is left alone.

    `words`: those that spoke for the likeliest label, where people are to choose.
    """
    permit = automations.permit(session, ticket.workspace, "route")
    if ticket.status != states.NEW:
        return Route(ticket.label, "It had been routed already.", ())
    decision = decide(prediction, permit)
    receipt = _receipt(ticket, decision, prediction, permit, version, words)
    session.add(receipt)
    session.flush()
    ticket.receipt_id = receipt.id
    if decision.label is None:
        ticket.status, ticket.team = states.after(ticket.status, "triage"), handbook.desk.triage
    else:
        ticket.status, ticket.team = states.after(ticket.status, "assign"), handbook.team_of(decision.label)
        ticket.label, ticket.label_by = decision.label, BY
        session.add(LabelDecision(workspace=ticket.workspace, ticket_id=ticket.id, label=decision.label, by=BY))
    _prioritise(session, handbook, ticket, prediction, version)
    audit.append(
        session, ticket.workspace, "automation:route", "ticket_routed", subject(ticket),
        team=ticket.team, label=ticket.label, why=decision.why, model=version,
    )  # fmt: skip
    post_first_card(session, handbook, ticket)
    return decision


def _prioritise(
    session: Session, handbook: Handbook, ticket: Ticket, prediction: Prediction | None, version: str | None
) -> None:
    """Impact and urgency, for a ticket in triage too where the classifier is sure of its priority."""
    permit = automations.permit(session, ticket.workspace, "prioritise")
    if prediction is None or not permit.acts_at("auto"):
        return
    label, value = handbook.taxonomy.by_id.get(ticket.label or ""), prediction.value("priority")
    usual = (label.impact, label.urgency) if label else (ticket.impact, ticket.urgency)
    urged = priority.decide(handbook.desk, label.name if label else None, *usual, value)
    if urged is None:
        return
    was = ticket.priority
    ticket.impact, ticket.urgency, ticket.priority = urged.impact, urged.urgency, urged.priority
    sla.recompute(handbook.desk, ticket, was)
    session.add(
        Receipt(
            workspace=ticket.workspace,
            automation="prioritise",
            subject=subject(ticket),
            person=ticket.requester.handle,
            seen=ticket.text,
            decision=ticket.priority,
            why=urged.why,
            confidence=value.confidence if value and urged.by_model else None,
            tier=permit.tier,
            versions={"classifier": version} if version and urged.by_model else {},
            evidence={"impact": urged.impact, "urgency": urged.urgency},
        )
    )


def _receipt(
    ticket: Ticket,
    decision: Route,
    prediction: Prediction | None,
    permit: automations.Permit,
    version: str | None,
    words: Sequence[str],
) -> Receipt:
    return Receipt(
        workspace=ticket.workspace,
        automation="route",
        subject=subject(ticket),
        person=ticket.requester.handle,
        seen=ticket.text,
        decision=decision.label or "triage",
        why=decision.why,
        confidence=prediction.confidence if prediction else None,
        threshold=prediction.threshold if prediction else None,
        tier=permit.tier,
        versions={"classifier": version} if version else {},
        evidence=_evidence(prediction) | {"owner": permit.owner, "words": list(words)},
    )


def _evidence(prediction: Prediction | None) -> dict[str, Any]:
    if prediction is None:
        return {"top": []}
    top = [list(pair) for pair in prediction.top]
    return {"top": top, "label": prediction.label, "accepted": prediction.accepted}
