"""Receipts: each decision with its grounds, and later its outcome. Outcomes are the evidence for a tier."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workers.store.columns import now
from workers.store.tables import Receipt

Outcome = Literal["accepted", "corrected", "overridden", "rolled_back"]
WRONG: frozenset[Outcome] = frozenset({"corrected", "overridden", "rolled_back"})


@dataclass(frozen=True)
class Evidence:
    """How an automation's decisions turned out so far."""

    decisions: int
    settled: int
    wrong: int

    @property
    def wrong_share(self) -> float | None:
        """Among settled decisions; none while nothing is settled."""
        return self.wrong / self.settled if self.settled else None


def settle(session: Session, receipt_id: int | None, outcome: Outcome, by: str) -> None:
    """Write down how a decision turned out; the last word counts."""
    receipt = session.get(Receipt, receipt_id) if receipt_id is not None else None
    if receipt is not None:
        receipt.outcome, receipt.outcome_by, receipt.outcome_at = outcome, by, now()


def unsettle(session: Session, receipt_id: int | None) -> None:
    """How it turned out is open again: what had settled it was a slip."""
    receipt = session.get(Receipt, receipt_id) if receipt_id is not None else None
    if receipt is not None:
        receipt.outcome = receipt.outcome_by = receipt.outcome_at = None


def evidence(session: Session, workspace: str, automation: str) -> Evidence:
    """Count an automation's decisions and outcomes."""
    query = (
        select(Receipt.outcome, func.count())
        .where(Receipt.workspace == workspace, Receipt.automation == automation)
        .group_by(Receipt.outcome)
    )
    counts = {outcome: number for outcome, number in session.execute(query)}
    settled = sum(number for outcome, number in counts.items() if outcome)
    return Evidence(sum(counts.values()), settled, sum(counts.get(outcome, 0) for outcome in WRONG))


def of_subject(session: Session, subject: str) -> Sequence[Receipt]:
    """The receipts about one message, ticket or run, newest first."""
    return session.scalars(select(Receipt).where(Receipt.subject == subject).order_by(Receipt.id.desc())).all()


def latest_of_thread(session: Session, workspace: str, channel: str, thread_ts: str) -> Receipt | None:
    """The last decision on a message in this thread, its first message included."""
    in_channel = Receipt.subject.startswith(f"message:{channel}/", autoescape=True)
    query = select(Receipt).where(Receipt.workspace == workspace, Receipt.automation == "answer", in_channel)
    recent = session.scalars(query.order_by(Receipt.id.desc()).limit(20))
    first = f"message:{channel}/{thread_ts}"
    return next((row for row in recent if row.subject == first or row.evidence.get("thread") == thread_ts), None)


def question(receipt: Receipt) -> str:
    """What was searched for: the message, with the question before it that it makes clearer."""
    return str(receipt.evidence.get("question") or receipt.seen)


def in_words(receipt: Receipt) -> str:
    """The answer to "Why?"."""
    lines = [receipt.why]
    if receipt.confidence is not None:
        limit = f"{receipt.threshold:.0%}" if receipt.threshold is not None else "no threshold could be set"
        lines.append(f"Confidence {receipt.confidence:.0%}; needed: {limit}.")
    versions = ", ".join(f"{kind} {version}" for kind, version in receipt.versions.items())
    lines.append(f"Tier {receipt.tier}" + (f"; {versions}." if versions else "."))
    if receipt.approved_by:
        lines.append(f"Approved by {receipt.approved_by}.")
    if receipt.outcome:
        lines.append(f"Outcome: {receipt.outcome.replace('_', ' ')}, by {receipt.outcome_by}.")
    return "\n".join(lines)


def as_dict(receipt: Receipt) -> dict[str, Any]:
    """Every field, for a program to read."""
    return {column.name: getattr(receipt, column.name) for column in Receipt.__table__.columns}
