"""Compare a challenger with the champion on the same later tickets. A person decides; this says what was measured."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from classifier.evaluation import Evaluation, assess, teams_of
from classifier.inference import Classifier
from classifier.paired import Interval, macro_f1_difference, mcnemar
from classifier.prediction import Prediction
from classifier.provenance import unseen
from classifier.ticket import Ticket

Recommendation = Literal["better", "not measurably better", "worse", "too few tickets"]

FEWEST = 50
"""Tickets below which no difference worth having can be told from chance."""
SIGNIFICANT = 0.05
LARGEST_FALL = 0.2
"""How much of a label's recall a challenger may lose, where the label has `FEWEST_OF_LABEL` tickets."""
FEWEST_OF_LABEL = 5


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
    macro_f1_gain: Interval
    """95 % interval of the challenger's gain in macro-F1."""
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
) -> Comparison:
    """Classify the same tickets with both models, and test whether the difference is more than chance.

    Tickets that either model was trained or calibrated on are left out. `limit` is the share of misroutes at which
    automatic routing is compared. Raises `ClassifierError` when a folder is damaged.
    """
    given = list(tickets)
    folders = [Path(champion_folder), Path(challenger_folder)]
    fair = unseen(unseen(given, folders[0]), folders[1])
    champion, challenger = (Classifier.open(folder, threads) for folder in folders)
    texts = [ticket.text for ticket in fair]
    teams = teams_of(given)
    before, after = (model.classify(texts, limit, teams) for model in (champion, challenger))
    return _comparison((champion.version, challenger.version), fair, len(given) - len(fair), before, after, limit)


def _comparison(
    versions: tuple[str, str],
    tickets: Sequence[Ticket],
    seen: int,
    before: Sequence[Prediction],
    after: Sequence[Prediction],
    limit: float,
) -> Comparison:
    truth = [ticket.label for ticket in tickets]
    guesses = [[p.label for p in side] for side in (before, after)]
    hits = [np.array([t == g for t, g in zip(truth, side, strict=True)], dtype=bool) for side in guesses]
    old, new = (assess(tickets, side, limit) for side in (before, after))
    p_value = mcnemar(*hits)
    harmed = harmed_labels(old, new)
    recommendation, reasons = recommend(old, new, p_value, harmed)
    gain = macro_f1_difference(truth, guesses[0], guesses[1]) if truth else Interval(0.0, 0.0)
    return Comparison(*versions, len(tickets), seen, old, new, p_value, gain, harmed, recommendation, reasons)


def harmed_labels(before: Evaluation, after: Evaluation) -> tuple[str, ...]:
    """Labels with enough tickets whose recall falls by more than `LARGEST_FALL`."""
    return tuple(
        label
        for label, sheet in before.by_label.items()
        if sheet.tickets >= FEWEST_OF_LABEL and sheet.recall - after.by_label[label].recall > LARGEST_FALL
    )


def recommend(
    before: Evaluation, after: Evaluation, p_value: float, harmed: Sequence[str]
) -> tuple[Recommendation, tuple[str, ...]]:
    """What to do, and why, in plain words."""
    count = after.tickets
    if count < FEWEST:
        return "too few tickets", (
            f"Only {count} tickets that neither model has learnt from; at least {FEWEST} are needed.",
        )
    reasons = [
        f"Right label for {after.accuracy:.1%} of {count} tickets, {before.accuracy:.1%} with the model that is "
        f"served (p = {p_value:.3f}).",
        f"Routed without a person: {after.auto_routed:.1%}, of which {after.misrouted:.1%} wrong; so far "
        f"{before.auto_routed:.1%}, of which {before.misrouted:.1%} wrong.",
    ]
    if harmed:
        reasons.append(f"Finds far fewer of: {', '.join(harmed)}.")
    if p_value < SIGNIFICANT and after.accuracy < before.accuracy:
        return "worse", tuple(reasons)
    if p_value < SIGNIFICANT and not harmed:
        return "better", tuple(reasons)
    return "not measurably better", tuple(reasons)
