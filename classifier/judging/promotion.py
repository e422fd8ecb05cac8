"""Compare a challenger with the champion on the same later tickets. A person decides; this says what was measured."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from classifier.data.ticket import Ticket
from classifier.judging.costs import Costs
from classifier.judging.evaluation import Evaluation, assess, teams_of
from classifier.judging.paired import Draw, Hits, Interval, bootstrap, chance_of_loss, macro_f1_difference, mcnemar
from classifier.model.calibration import calibration_error
from classifier.model.inference import Classifier
from classifier.model.prediction import Prediction
from classifier.model.provenance import unseen

Recommendation = Literal["better", "as good", "worse", "cannot tell"]

FEWEST = 50
"""Tickets below which no difference worth having can be told from chance."""
LEVEL = 0.975
"""Of the intervals of macro-F1 and of handling time: either may show a gain, so together they err in 5 %."""
MARGIN = 0.02
"""Macro-F1 that a challenger may lose and still be called as good."""
TOLERATED_MISCALIBRATION = 0.02
"""How much larger the calibration error may become; only more than this, and beyond chance, counts as a loss."""
FEWEST_OF_LABEL = 10
TOLERATED_FALL = 0.05
"""How much of its recall a label may lose; only more than this, and beyond chance, counts as a loss."""
FLOOR_RISK = 0.1
"""Chance that any label at all is called harmed though none is (Holm's correction over the labels)."""


@dataclass(frozen=True)
class Side:
    """One model's decisions about the tickets of a comparison, in their order."""

    version: str
    sheet: Evaluation
    guesses: tuple[str, ...]
    right: Hits
    """Whether the label is right."""
    right_team: Hits
    routed: Hits
    confidence: np.ndarray

    @classmethod
    def of(cls, version: str, tickets: Sequence[Ticket], predictions: Sequence[Prediction], limit: float) -> "Side":
        """What a model said, beside what was true."""
        teams, guesses = teams_of(tickets), tuple(prediction.label for prediction in predictions)
        pairs = [(ticket.label, guess) for ticket, guess in zip(tickets, guesses, strict=True)]
        return cls(
            version,
            assess(tickets, predictions, limit),
            guesses,
            np.array([truth == guess for truth, guess in pairs], dtype=bool),
            np.array([teams.get(truth, truth) == teams.get(guess, guess) for truth, guess in pairs], dtype=bool),
            np.array([prediction.accepted for prediction in predictions], dtype=bool),
            np.array([prediction.confidence for prediction in predictions], dtype=np.float64),
        )


@dataclass(frozen=True)
class Gains:
    """Intervals of what the challenger gains; above 0 is better for it."""

    macro_f1: Interval
    minutes: Interval
    """Of handling saved a ticket."""
    calibration: Interval
    """By how much the calibration error falls."""


@dataclass(frozen=True)
class Comparison:
    """Champion and challenger, side by side."""

    champion: str
    """Version."""
    challenger: str
    tickets: int
    """Compared on: all given, less those that either model was trained or calibrated on."""
    seen: int
    """Left out for that reason."""
    before: Evaluation
    """The champion's."""
    after: Evaluation
    """The challenger's."""
    p_value: float
    """Chance of so large a difference in accuracy if both were equally good (exact McNemar test)."""
    gains: Gains
    minutes: tuple[float, float]
    """Handling that a ticket costs on average, with the champion and with the challenger."""
    costs: Costs
    """What the minutes were reckoned with."""
    harmed: tuple[str, ...]
    """Labels whose recall falls too far."""
    recommendation: Recommendation
    reasons: tuple[str, ...]
    """In plain words."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        values = asdict(self)
        return {**values, "before": self.before.as_json(), "after": self.after.as_json()}


def compare(
    champion_folder: Path | str,
    challenger_folder: Path | str,
    tickets: Iterable[Ticket],
    limit: float = 0.05,
    threads: int = 1,
    costs: Costs | None = None,
) -> Comparison:
    """Classify the same tickets with both models, and test whether the difference is more than chance.

    Tickets that either model was trained or calibrated on are left out. `limit` is the share of misroutes at which
    automatic routing is compared. Raises `ClassifierError` when a folder is damaged.
    """
    given = list(tickets)
    folders = [Path(champion_folder), Path(challenger_folder)]
    fair = unseen(unseen(given, folders[0]), folders[1])
    texts, teams = [ticket.text for ticket in fair], teams_of(given)
    models = [Classifier.open(folder, threads) for folder in folders]
    old, new = (Side.of(model.version, fair, model.classify(texts, limit, teams), limit) for model in models)
    return judge(fair, old, new, len(given) - len(fair), costs or Costs())


def judge(tickets: Sequence[Ticket], old: Side, new: Side, seen: int = 0, costs: Costs | None = None) -> Comparison:
    """Compare what two models said about the same tickets."""
    costs = costs or Costs()
    truth = tuple(ticket.label for ticket in tickets)
    spent = [costs.of(side.routed, side.right_team) for side in (old, new)]
    saved = spent[0] - spent[1]
    gains = Gains(
        macro_f1_difference(truth, old.guesses, new.guesses, LEVEL),
        bootstrap(len(truth), lambda draw: float(saved[draw].mean()), LEVEL),
        bootstrap(len(truth), lambda draw: _miscalibration(old, draw) - _miscalibration(new, draw)),
    )
    minutes = (_mean(spent[0]), _mean(spent[1]))
    harmed = harmed_labels(truth, old.right, new.right)
    verdict = recommend(old.sheet, new.sheet, gains, harmed)
    reasons = tuple(_reasons(old, new, gains, minutes, costs, harmed, verdict))
    p_value = mcnemar(old.right, new.right)
    return Comparison(
        old.version, new.version, len(truth), seen, old.sheet, new.sheet, p_value, gains, minutes, costs, harmed,
        verdict, reasons,
    )  # fmt: skip


def harmed_labels(truth: Sequence[str], before: Hits, after: Hits) -> tuple[str, ...]:
    """Labels with enough tickets that lose more of their recall than is tolerated, beyond chance.

    One-sided exact McNemar test on each label's own tickets, corrected by Holm's method.
    """
    names = np.array(truth, dtype=object)
    chances: list[tuple[float, str]] = []
    for label in sorted(set(truth)):
        own = names == label
        if own.sum() >= FEWEST_OF_LABEL and before[own].mean() - after[own].mean() > TOLERATED_FALL:
            chances.append((chance_of_loss(before[own], after[own]), label))
    tested = sum(int((names == label).sum()) >= FEWEST_OF_LABEL for label in set(truth))
    harmed = []
    for place, (chance, label) in enumerate(sorted(chances)):
        if chance > FLOOR_RISK / (tested - place):
            break
        harmed.append(label)
    return tuple(sorted(harmed))


def recommend(before: Evaluation, after: Evaluation, gains: Gains, harmed: Sequence[str]) -> Recommendation:
    """What to do. A gain in one thing never outweighs a loss in another here: that is for a person to weigh."""
    if after.tickets < FEWEST:
        return "cannot tell"
    better = gains.macro_f1.low > 0 or gains.minutes.low > 0
    miscalibrated = (
        gains.calibration.high < 0 and after.calibration_error - before.calibration_error > TOLERATED_MISCALIBRATION
    )
    worse = gains.macro_f1.high < 0 or gains.minutes.high < 0 or miscalibrated or bool(harmed)
    if worse:
        return "cannot tell" if better else "worse"
    if better:
        return "better"
    return "as good" if gains.macro_f1.low >= -MARGIN else "cannot tell"


def _reasons(
    old: Side,
    new: Side,
    gains: Gains,
    minutes: tuple[float, float],
    costs: Costs,
    harmed: Sequence[str],
    verdict: Recommendation,
) -> Iterator[str]:
    before, after = old.sheet, new.sheet
    if after.tickets < FEWEST:
        yield f"Only {after.tickets} tickets that neither model has learnt from; at least {FEWEST} are needed."
        return
    yield (
        f"Right label for {after.accuracy:.1%} of {after.tickets} tickets, {before.accuracy:.1%} with the model that "
        f"is served; macro-F1 {after.macro_f1:.3f} instead of {before.macro_f1:.3f} ({_range(gains.macro_f1, '+.3f')})."
    )
    yield (
        f"Routed without a person: {after.auto_routed:.1%}, of which {after.misrouted:.1%} wrong; so far "
        f"{before.auto_routed:.1%}, of which {before.misrouted:.1%} wrong."
    )
    yield (
        f"A ticket costs {minutes[1]:.1f} minutes of handling instead of {minutes[0]:.1f}, at "
        f"{costs.misroute_minutes:g} for a misroute and {costs.triage_minutes:g} for triage "
        f"(saves {_range(gains.minutes, '+.1f')})."
    )
    if gains.calibration.high < 0 or gains.calibration.low > 0:
        yield f"Its confidence is off by {after.calibration_error:.1%} instead of {before.calibration_error:.1%}."
    if harmed:
        yield f"Finds measurably fewer of: {', '.join(harmed)}."
    if verdict == "cannot tell":
        mixed = gains.macro_f1.low > 0 or gains.minutes.low > 0
        yield (
            "Better in one thing and worse in another: a person must weigh them."
            if mixed
            else "The tickets are too few to tell a small loss from none; more of them will."
        )


def _range(interval: Interval, form: str) -> str:
    return f"between {interval.low:{form}} and {interval.high:{form}}"


def _miscalibration(side: Side, draw: Draw) -> float:
    return calibration_error(side.confidence[draw], side.right_team[draw])


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else 0.0
