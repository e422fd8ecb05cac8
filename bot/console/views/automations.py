"""The automations: who answers for each, how far it may go, and how its decisions turned out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.console.views.receipt import ReceiptView, receipt_of
from bot.console.words import Tone, ago, plain, share
from workers.governance import automations, receipts
from workers.governance.receipts import Evidence
from workers.handbook import Handbook
from workers.store.tables import Automation, Person, Receipt

LATEST = 30
WORDS = {
    "answer": "Answers questions from the articles",
    "route": "Labels tickets and sends them to their team",
    "prioritise": "Sets impact, urgency and priority",
    "incident": "Groups tickets about the same disturbance",
}
TIER_WORDS = {"suggest": "suggests, people do it", "approve": "people approve each", "auto": "acts by itself"}


@dataclass(frozen=True)
class AutomationView:
    """One automation."""

    name: str
    words: str
    owner: str
    tier: str
    tier_words: str
    limit: str
    running: bool
    state: str
    state_tone: Tone
    why: str
    evidence: str
    evidence_tone: Tone
    can_promote: bool
    can_demote: bool


@dataclass(frozen=True)
class AutomationsView:
    """What the page shows."""

    automations: tuple[AutomationView, ...]
    latest: tuple[ReceiptView, ...]


def look(session: Session, person: Person, handbook: Handbook, now: datetime) -> AutomationsView:
    """Read the automations of the visitor's workspace and their latest decisions."""
    rows = automations.all_of(session, person.workspace)
    newest = select(Receipt).where(Receipt.workspace == person.workspace).order_by(Receipt.id.desc()).limit(LATEST)
    return AutomationsView(
        tuple(view_of(row, receipts.evidence(session, person.workspace, row.name), now) for row in rows),
        tuple(receipt_of(receipt, handbook.label_name, now) for receipt in session.scalars(newest)),
    )


def view_of(row: Automation, evidence: Evidence, now: datetime) -> AutomationView:
    """One automation with its evidence."""
    tiers: tuple[str, ...] = automations.TIERS
    place = tiers.index(row.tier) if row.tier in tiers else 0
    state, tone, why = _state(row, now)
    said, said_tone = evidence_in_words(evidence, row.risk_limit)
    return AutomationView(
        name=row.name,
        words=WORDS.get(row.name, f"Self-service: {plain(row.name.removeprefix('runbook:')).lower()}"),
        owner=row.owner or "nobody",
        tier=row.tier,
        tier_words=TIER_WORDS.get(row.tier, row.tier),
        limit=f"{row.risk_limit * 100:g} %",
        running=row.suspended_at is None,
        state=state,
        state_tone=tone,
        why=why,
        evidence=said,
        evidence_tone=said_tone,
        can_promote=place < len(tiers) - 1,
        can_demote=place > 0,
    )


def evidence_in_words(evidence: Evidence, limit: float) -> tuple[str, Tone]:
    """How the decisions turned out, against the limit."""
    wrong = evidence.wrong_share
    if wrong is None:
        return f"{evidence.decisions} decisions, none settled yet", "calm"
    said = f"{evidence.wrong} of {evidence.settled} settled decisions wrong ({share(wrong, 1)})"
    return f"{said}; {evidence.decisions} in all", "bad" if wrong > limit else "good"


def suspended(rows: Sequence[Automation]) -> list[Automation]:
    """Those that are switched off."""
    return [row for row in rows if row.suspended_at is not None]


def _state(row: Automation, now: datetime) -> tuple[str, Tone, str]:
    if row.owner is None:
        return "no owner", "bad", "Give it an owner in desk.yaml; without one it does nothing."
    if row.suspended_at is not None:
        return "suspended", "warn", f"{row.suspended_by}, {ago(row.suspended_at, now)}: {row.suspended_why}"
    return "running", "good", ""
