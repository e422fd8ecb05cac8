"""`deskhand ask`: the whole decision on a message, without writing anything."""

from dataclasses import dataclass

from bot import conversation
from bot.context import STRICTEST_LIMIT
from bot.knowledge import Knowledge
from workers.governance import automations
from workers.governance.automations import Permit
from workers.redaction import redact
from workers.routing.decision import decide as route
from workers.routing.missed import ask_classifier
from workers.service_desk import NotSetUp, ServiceDesk, workspaces


@dataclass(frozen=True)
class Asked:
    """What would happen; fields that do not apply are none."""

    kind: str
    confidence: float | None
    threshold: float | None
    article: str | None
    passage: str | None
    runbook: str | None
    label: str | None
    team: str | None
    why: str


def ask(desk: ServiceDesk, text: str, readers: frozenset[str]) -> Asked:
    """Decide like the bot and, for a ticket, like the worker."""
    clean = redact(text).text
    answering, routing, runbooks = _permits(desk)
    reply = Knowledge.of(desk).answer(clean, readers, answering.risk_limit or STRICTEST_LIMIT)
    decision = conversation.decide(clean, conversation.Context(reply, answering, runbooks))
    shows_article = decision.kind in ("answer", "self_service", "suggestions", "clarify")
    hit = reply.hits[0] if reply.hits and shows_article else None
    searched = decision.kind not in ("small_talk", "status", "refuse")
    asked = Asked(
        kind=decision.kind,
        confidence=reply.confidence if searched else None,
        threshold=reply.threshold if searched else None,
        article=hit.article_id if hit else None,
        passage=hit.passage if hit else None,
        runbook=decision.runbook if isinstance(decision, conversation.SelfService) else None,
        label=None,
        team=None,
        why=decision.why,
    )
    return _with_route(desk, asked, clean, routing) if decision.kind == "open_ticket" else asked


def _with_route(desk: ServiceDesk, asked: Asked, text: str, permit: Permit) -> Asked:
    prediction, _ = ask_classifier(desk, text, permit.risk_limit)
    decided = route(prediction, permit)
    return Asked(
        **{
            **vars(asked),
            "label": decided.label,
            "team": desk.handbook.team_of(decided.label) if decided.label else desk.handbook.desk.triage,
            "why": f"{asked.why} {decided.why}",
        }
    )


def _permits(desk: ServiceDesk) -> tuple[Permit, Permit, dict[str, Permit]]:
    with desk.store.read() as session:
        known = workspaces(session)
        if not known:
            raise NotSetUp("No Slack workspace has been connected yet. Start `deskhand up` once.")
        team = known[0]
        runbooks = {name: automations.permit(session, team, f"runbook:{name}") for name in desk.runbooks}
        return automations.permit(session, team, "answer"), automations.permit(session, team, "route"), runbooks
