"""How sure the bot must be before it answers alone: what was promised, what it rests on, and what came true since."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.console.words import Tone, share
from bot.context import STRICTEST_LIMIT
from knowledge_base import risk
from knowledge_base.gate import Gate
from knowledge_base.proving import Shortfall, shortfall
from knowledge_base.risk import ReliabilityBin, RiskPoint
from workers.governance import automations
from workers.governance.receipts import WRONG
from workers.store.tables import Person, Receipt

LIMITS = (0.01, 0.02, 0.05, 0.10, 0.15)  # offered for "what if"
CURVE_POINTS = 199  # all thresholds that are ever tried
FEW = 30  # with fewer a share says little


@dataclass(frozen=True)
class Promise:
    """What one limit means on the labelled questions."""

    limit: float
    threshold: float | None  # none: suggestions only
    answered: int
    wrong: int
    questions: int
    upper: float  # the wrong share is below this, with the gate's confidence
    shortfall: Shortfall | None  # what is missing where there is no threshold

    @property
    def answered_share(self) -> float:
        """Of the labelled questions, how many would be answered without a person."""
        return self.answered / self.questions if self.questions else 0.0


@dataclass(frozen=True)
class Lived:
    """What employees said about the answers that they were given."""

    answers: int
    solved: int
    not_solved: int
    expected: float  # the mean probability that was said for those that they judged

    @property
    def judged(self) -> int:
        """Answers on which somebody said whether they helped."""
        return self.solved + self.not_solved

    @property
    def wrong_share(self) -> float | None:
        """Of the judged ones; none while nobody has said anything."""
        return self.not_solved / self.judged if self.judged else None


@dataclass(frozen=True)
class Bar:
    """One bin of the reliability diagram with the interval in which its true share lies."""

    count: int
    said: float
    right: float
    low: float
    high: float


@dataclass(frozen=True)
class GateView:
    """What the page shows."""

    version: str
    limit: float
    allowed: bool  # whether the automation `answer` may act on its own
    why_not: str
    fitted_on: int
    calibrated_on: int
    confidence: float  # of the guarantee
    calibration_error: float
    bars: tuple[Bar, ...]
    curve: tuple[RiskPoint, ...]
    promises: tuple[Promise, ...]  # for LIMITS and the desk's own limit, in order
    lived: Lived

    def promise(self, limit: float) -> Promise:
        """What this limit means; it must be one of `promises`."""
        return next(promise for promise in self.promises if promise.limit == limit)


def look(session: Session, person: Person, gate: Gate, version: str) -> GateView:
    """The served gate beside what came of its answers in the visitor's workspace."""
    permit = automations.permit(session, person.workspace, "answer")
    on_its_own, limit = permit.acts_at("auto"), permit.risk_limit or STRICTEST_LIMIT
    return GateView(
        version=version,
        limit=limit,
        allowed=on_its_own,
        why_not="" if on_its_own else permit.why,
        fitted_on=gate.fitted_on,
        calibrated_on=len(gate.calibration),
        confidence=1 - gate.delta,
        calibration_error=risk.calibration_error(gate.calibration),
        bars=tuple(bar_of(part, gate.delta) for part in risk.reliability(gate.calibration)),
        curve=risk.risk_curve(gate.calibration, gate.delta, CURVE_POINTS),
        promises=tuple(promise_of(gate, limit) for limit in sorted({*LIMITS, limit})),
        lived=lived(session, person.workspace),
    )


@lru_cache(maxsize=32)  # a gate never changes, and its shortfall takes a moment
def promise_of(gate: Gate, limit: float) -> Promise:
    """What the gate promises at this limit."""
    threshold = gate.threshold_for(limit)
    questions = len(gate.calibration)
    if threshold is None:
        return Promise(limit, None, 0, 0, questions, 1.0, shortfall(gate.calibration, limit, gate.delta))
    answered = [outcome for outcome in gate.calibration if outcome.probability >= threshold]
    wrong = sum(not outcome.right for outcome in answered)
    upper = risk.upper_bound(wrong, len(answered), gate.delta)
    return Promise(limit, threshold, len(answered), wrong, questions, upper, None)


def bar_of(part: ReliabilityBin, delta: float) -> Bar:
    """A bin with its Clopper-Pearson interval; each end is missed with probability `delta` / 2 at most."""
    right = round(part.right * part.count)
    high = risk.upper_bound(right, part.count, delta / 2)
    low = 1 - risk.upper_bound(part.count - right, part.count, delta / 2)
    return Bar(part.count, part.said, part.right, low, high)


def lived(session: Session, workspace: str) -> Lived:
    """Count the answers that were given alone, and what their askers said."""
    query = (
        select(Receipt.outcome, func.count(), func.sum(Receipt.confidence))
        .where(Receipt.workspace == workspace, Receipt.automation == "answer", Receipt.decision == "answer")
        .group_by(Receipt.outcome)
    )
    counted = {outcome: (number, float(said or 0.0)) for outcome, number, said in session.execute(query)}
    judged = [row for outcome, row in counted.items() if outcome]
    number = sum(count for count, _ in judged)
    not_solved = sum(counted.get(outcome, (0, 0.0))[0] for outcome in WRONG)
    return Lived(
        answers=sum(count for count, _ in counted.values()),
        solved=number - not_solved,
        not_solved=not_solved,
        expected=sum(said for _, said in judged) / number if number else 0.0,
    )


def in_words(view: GateView, limit: float) -> tuple[str, Tone]:
    """What this limit means, in a sentence, and whether it is good news."""
    promise = view.promise(limit)
    if promise.threshold is None:
        return _suggestions_only(promise), "warn"
    said = (
        f"At a limit of {percent(limit)} Deskhand answers on its own from {percent(promise.threshold)} on: "
        f"{share(promise.answered_share)} of questions ({promise.answered:,} of {promise.questions:,} labelled ones, "
        f"{promise.wrong} of them wrong). With {percent(view.confidence)} confidence, at most {percent(limit)} of its "
        "answers to questions of this kind are wrong; about the others it suggests, asks back or opens a ticket."
    )
    return said, "good"


def _suggestions_only(promise: Promise) -> str:
    limit, lack = percent(promise.limit), promise.shortfall
    if promise.questions == 0 or lack is None:
        return (
            f"Suggestions only, because there are no labelled questions yet: to prove that at most {limit} of answers "
            f"would be wrong takes at least {risk.needed(promise.limit):,} that are answered, none of them wrong."
        )
    reason = (
        f"Suggestions only, because {promise.questions:,} labelled questions cannot prove that at most {limit} of "
        "answers would be wrong"
    )
    least = f"{risk.needed(promise.limit):,} that are answered without a mistake prove it, or some more with one"
    if lack.more is None:
        return (
            f"{reason}. More questions alone would hardly help: of the surest {lack.surest:,}, {lack.surest_wrong:,} "
            f"were answered wrong ({least}). Better articles would help, or a higher limit."
        )
    return f"{reason}. At today's accuracy it takes about {rounded(lack.more):,} more ({least})."


def lived_in_words(view: GateView) -> tuple[str, Tone]:
    """Whether what was promised came true, as far as people said so."""
    seen = view.lived
    if seen.wrong_share is None:
        return "Nobody has said yet whether an answer helped." if seen.answers else "Nothing was answered yet.", "calm"
    said = (
        f"Of {seen.answers:,} answers, {seen.judged:,} were judged by those who asked: {seen.solved:,} solved it, "
        f"{seen.not_solved:,} did not ({share(seen.wrong_share, 1)}). Promised was at most {percent(view.limit)}; "
        f"{share(1 - seen.expected, 1)} was expected from what the gate said."
    )
    if seen.wrong_share <= view.limit:
        return said, "good"
    if risk.binomial_at_most(seen.judged - seen.not_solved, seen.judged, 1 - view.limit) > 1 - view.confidence:
        return said + " That is above the limit, but with so few it may be chance.", "warn"
    return said + " That is more than chance explains: lower the tier, or look at the articles.", "bad"


def rounded(number: int) -> int:
    """An estimate with two digits, never rounded down."""
    step: int = 10 ** max(0, len(str(number)) - 2)
    return -(-number // step) * step


def percent(value: float) -> str:
    """A share as percent, with no more digits than it has."""
    return f"{round(value * 100, 1):g}\u00a0%"


def promise_rows(view: GateView) -> list[dict[str, str]]:
    """The table of limits; a row each."""
    return [
        {
            "limit": percent(one.limit) + (" (yours)" if one.limit == view.limit else ""),
            "threshold": "suggests only" if one.threshold is None else percent(one.threshold),
            "answered": "–" if one.threshold is None else f"{share(one.answered_share)} ({one.answered:,})",
            "wrong": "–" if one.threshold is None else f"{one.wrong:,} ({share(one.wrong / one.answered, 1)})",
            "upper": "–" if one.threshold is None else share(one.upper, 1),
            "missing": missing(one),
        }
        for one in view.promises
    ]


def missing(promise: Promise) -> str:
    """How many labelled questions are still needed, in short."""
    if promise.shortfall is None:
        return "" if promise.threshold is not None else f"≥ {risk.needed(promise.limit):,}"
    return "better answers" if promise.shortfall.more is None else f"about {rounded(promise.shortfall.more):,}"


def bar_rows(bars: Sequence[Bar]) -> list[dict[str, str]]:
    """The reliability diagram as numbers."""
    return [
        {
            "said": share(bar.said, 1), "right": share(bar.right, 1), "count": f"{bar.count:,}",
            "between": f"{share(bar.low)} to {share(bar.high)}",
        }
        for bar in bars
    ]  # fmt: skip


def curve_rows(curve: Sequence[RiskPoint], questions: int) -> list[dict[str, str]]:
    """The risk curve as numbers, every tenth point; thresholds that answer nothing are left out."""
    return [
        {
            "threshold": percent(point.threshold),
            "answered": f"{share(point.answered / questions)} ({point.answered:,})",
            "wrong": f"{share(point.wrong / point.answered, 1)} ({point.wrong:,})", "upper": share(point.upper, 1),
        }
        for point in curve[::10]
        if point.answered
    ]  # fmt: skip
