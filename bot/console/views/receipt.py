"""A receipt as people read it: the answer to "Why?". Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.console.words import Tone, ago, first_line, plain, share
from workers.store.tables import Receipt

OUTCOME_TONE: dict[str, Tone] = {
    "accepted": "good", "corrected": "warn", "overridden": "warn", "rolled_back": "bad",
}  # fmt: skip


@dataclass(frozen=True)
class ReceiptView:
    """One decision, its grounds and what came of it."""

    id: int
    automation: str
    about: str
    decision: str
    why: str
    facts: tuple[tuple[str, str], ...]
    likely: tuple[tuple[str, float], ...]  # names of the best labels or articles, with their confidence
    outcome: str
    outcome_tone: Tone
    when: str


def receipt_of(receipt: Receipt, name_of: Callable[[str], str], now: datetime) -> ReceiptView:
    """`name_of` gives the words for a label's id."""
    return ReceiptView(
        id=receipt.id,
        automation=plain(receipt.automation.replace(":", ": ")),
        about=_about(receipt),
        decision=plain(name_of(receipt.decision)),
        why=receipt.why,
        facts=tuple(_facts(receipt)),
        likely=tuple((name_of(label), confidence) for label, confidence in _likely(receipt)),
        outcome=_outcome(receipt),
        outcome_tone=OUTCOME_TONE.get(receipt.outcome or "", "calm"),
        when=ago(receipt.at, now),
    )


def _about(receipt: Receipt) -> str:
    """The ticket's reference, or what the person asked."""
    kind, _, number = receipt.subject.partition(":")
    return f"DESK-{number}" if kind == "ticket" else first_line(receipt.seen, 70)


def _facts(receipt: Receipt) -> list[tuple[str, str]]:
    facts: list[tuple[str, str]] = []
    if receipt.confidence is not None:
        needed = share(receipt.threshold) if receipt.threshold is not None else "no threshold could be set"
        facts += [("Confidence", share(receipt.confidence)), ("Needed", needed)]
    facts.append(("Tier", receipt.tier))
    facts += [(plain(kind), str(version)) for kind, version in receipt.versions.items()]
    if owner := receipt.evidence.get("owner"):
        facts.append(("Owner", str(owner)))
    if receipt.approved_by:
        facts.append(("Approved by", receipt.approved_by))
    return facts


def _likely(receipt: Receipt) -> Sequence[tuple[str, float]]:
    top = receipt.evidence.get("top") or []
    return [(str(label), float(confidence)) for label, confidence in top]


def _outcome(receipt: Receipt) -> str:
    if receipt.outcome is None:
        return "No outcome yet"
    return f"{plain(receipt.outcome)} by {receipt.outcome_by}"
