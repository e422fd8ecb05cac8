"""Confidence that means what it says, and the confidence from which a limit on misroutes is kept.

Temperature scaling (Guo et al. 2017) and a straight line in log-odds (Platt 1999); thresholds by Learn-then-Test with
fixed-sequence testing (Angelopoulos et al. 2021); prediction sets by split conformal prediction (Sadinle et al. 2019).
Needs numpy only.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.errors import ClassifierError
from classifier.model.doubt import Array, Doubt, Groups, by_group, log_odds, sigmoid
from classifier.model.encoder import softmax
from classifier.model.model_folder import read_json, write_json

DELTA = 0.1
"""Chance that the calibration tickets mislead about a limit, accepted for each limit."""

FORGIVEN = 12
"""Errors among the surest tickets that the first threshold tried can bear, where there are tickets enough. Labels that
people gave are wrong in a few of a hundred tickets, however sure the model is: with 5 the search ended at its first
step on the starter desk's calibration tickets."""

COVERAGE = 0.9
"""How often the right label is to be among the likely ones that triage gets as buttons."""

MOST_LIKELY = 3

_GRID = 1 / (1 + np.exp(-np.arange(7.0, -1.01, -0.2)))
"""Thresholds that are tried, strictest first. Fixed beforehand, as the guarantee demands."""


@dataclass(frozen=True)
class Gauge:
    """How sureness reads as confidence, and the confidence from which a limit is kept."""

    threshold: float | None
    slope: float
    offset: float

    def confidence(self, sure: Array) -> Array:
        """How often the best group is right among tickets of that sureness; stays 0 for a text of a new kind."""
        return np.where(sure > 0, sigmoid(self.slope * log_odds(sure) + self.offset), 0.0)


@dataclass(frozen=True)
class Calibration:
    """What the calibration tickets taught about a model's confidence."""

    doubt: Doubt
    """Learnt before, on other tickets."""
    seen: Array
    """Probabilities of the calibration tickets: one row a ticket, one column a label."""
    familiar: Array
    """How like the tickets learnt from each of them is; see `classifier.model.familiarity`."""
    targets: npt.NDArray[np.int64]
    """Column of each one's right label; -1 for a label that the model does not have."""
    likely_floor: float
    """Labels at least this probable belong to the prediction set."""

    @classmethod
    def fit(
        cls,
        logits: npt.NDArray[np.floating],
        targets: npt.NDArray[np.int64],
        doubt: Doubt | None = None,
        familiar: Array | None = None,
    ) -> "Calibration":
        """Learn from logits of tickets that the model was not trained on; a target of -1 is a label it does not have.

        Without a `doubt` learnt elsewhere the temperature comes from these tickets too. Without a ticket nothing is
        ever accepted.
        """
        known = targets >= 0
        if doubt is None:
            doubt = Doubt(fit_temperature(logits[known], targets[known]) if known.any() else 1.0)
        if familiar is None:
            familiar = np.zeros(len(targets))
        if not len(targets):
            return cls(doubt, np.zeros((0, logits.shape[1])), familiar, targets, 0.0)
        probabilities = np.round(softmax(logits / doubt.temperature), 5)
        of_the_right_label = np.where(known, probabilities[np.arange(len(targets)), targets], 0.0)
        floor = conformal_floor(of_the_right_label, COVERAGE)
        return cls(doubt, probabilities, np.round(familiar, 4), targets, floor)

    def sure_and_right(self, groups: Groups | None = None) -> tuple[Array, npt.NDArray[np.bool_]]:
        """For every calibration ticket how sure the model is of the best group, and whether it was the right one.

        `groups` holds a number for each label, the same for labels that lead to the same team; by default every label
        is a group of its own.
        """
        if not len(self.targets):
            return np.zeros(0), np.zeros(0, dtype=bool)
        member = np.asarray(groups if groups is not None else range(self.seen.shape[1]))
        right = np.where(self.targets >= 0, member[self.targets], -1)
        best = by_group(self.seen, groups).argmax(axis=1)
        return self.doubt.sureness(self.seen, self.familiar, groups), best == right

    def gauge_for(self, limit: float, groups: Groups | None = None) -> Gauge:
        """The confidence from which the share of misroutes is at most `limit` (0 to 1); `groups` as above.

        With chance 1 - `DELTA` over the calibration tickets, for tickets like them. A threshold of None = accept
        nothing: there are too few calibration tickets, or too many of them were wrong; `shortfall` says which.
        """
        _check_limit(limit)
        sure, right = self.sure_and_right(groups)
        threshold = learn_then_test(sure, right, limit)
        unfinished = Gauge(None, *straighten(sure, right))
        if threshold is None:
            return unfinished
        return replace(unfinished, threshold=float(unfinished.confidence(np.array([threshold]))[0]))

    def threshold_for(self, limit: float, groups: Groups | None = None) -> float | None:
        """The threshold of `gauge_for`."""
        return self.gauge_for(limit, groups).threshold

    def shortfall(self, limit: float, groups: Groups | None = None) -> str:
        """In plain words, why nothing is accepted at this limit; empty when something is."""
        if self.threshold_for(limit, groups) is not None:
            return ""
        needed, there = tickets_needed(limit, 0), len(self.targets)
        if there < needed:
            return (
                f"A limit of {limit:.1%} misroutes needs at least {needed} calibration tickets; there are {there}. "
                "Everything goes to triage until more tickets are closed, or the limit is raised."
            )
        return (
            f"Even the surest of the {there} calibration tickets were wrong too often to promise at most "
            f"{limit:.1%} misroutes. Everything goes to triage until the model is better, or the limit is raised."
        )

    def probabilities(self, logits: npt.NDArray[np.floating]) -> Array:
        """The labels' probabilities, one row a text."""
        return softmax(logits / self.doubt.temperature)

    def likely(self, probabilities: Array) -> list[int]:
        """The labels to offer to a person, most probable first: one to `MOST_LIKELY` of them."""
        best = np.argsort(-probabilities, kind="stable")[:MOST_LIKELY]
        return [int(place) for place in best if place == best[0] or probabilities[place] >= self.likely_floor]

    def save(self, path: Path) -> None:
        """Write as JSON."""
        values: dict[str, Any] = {
            "doubt": self.doubt.as_json(),
            "likely_floor": self.likely_floor,
            "delta": DELTA,
            "coverage": COVERAGE,
            "seen": [[round(float(value), 5) for value in row] for row in self.seen],
            "familiar": [round(float(value), 4) for value in self.familiar],
            "targets": [int(target) for target in self.targets],
        }
        write_json(path, values)

    @classmethod
    def load(cls, path: Path) -> "Calibration":
        """Read what `save` wrote. Raises `ClassifierError` when it is damaged."""
        values = read_json(path)
        try:
            seen = np.array(values["seen"], dtype=np.float64).reshape(-1, len((values["seen"] or [[0]])[0]))
            targets = np.array(values["targets"], dtype=np.int64)
            familiar = np.array(values["familiar"], dtype=np.float64)
            return cls(Doubt.from_json(values["doubt"]), seen, familiar, targets, float(values["likely_floor"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ClassifierError(f"{path}: is damaged ({error!r}); restore it or train again.") from error


def straighten(sure: Array, right: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset in log-odds such that sureness means what it says (Platt 1999).

    Newton's method on two numbers, held near (1, 0) by as much as one ticket would. Order stays, so that what
    `learn_then_test` promises about the order stays true.
    """
    odds, hits = log_odds(sure[sure > 0]), right[sure > 0]
    aims = np.where(hits, (hits.sum() + 1) / (hits.sum() + 2), 1 / ((~hits).sum() + 2))
    rows = np.stack([odds, np.ones_like(odds)], axis=1)
    start = np.array([1.0, 0.0])
    values = start
    for _ in range(25):
        chance = sigmoid(np.clip(rows @ values, -30, 30))
        slope = rows.T @ (chance - aims) + (values - start)
        bend = rows.T @ (rows * (chance * (1 - chance))[:, None]) + np.eye(2)
        values = values - np.clip(np.linalg.solve(bend, slope), -1, 1)  # tickets all alike would send it far away
    return max(float(values[0]), 0.05), float(values[1])


def fit_temperature(logits: npt.NDArray[np.floating], targets: npt.NDArray[np.int64]) -> float:
    """The temperature that surprises least, between 0.05 and 20 (golden-section search)."""
    ratio = (math.sqrt(5) - 1) / 2
    low, high = math.log(0.05), math.log(20)
    for _ in range(40):
        first, second = high - ratio * (high - low), low + ratio * (high - low)
        if surprise(logits / math.exp(first), targets) < surprise(logits / math.exp(second), targets):
            high = second
        else:
            low = first
    return math.exp((low + high) / 2)


def surprise(logits: npt.NDArray[np.floating], targets: npt.NDArray[np.int64]) -> float:
    """Mean negative log-likelihood in nats; see `surprises`."""
    return float(surprises(logits, targets).mean())


def surprises(logits: npt.NDArray[np.floating], targets: npt.NDArray[np.int64]) -> Array:
    """Each row's negative log-likelihood in nats, of targets that are each in doubt by one in `count + 2`.

    The doubt (Platt 1999) keeps the confidence finite where a few tickets happen to be all right.
    """
    count, labels = logits.shape
    doubt = 1 / (count + 2)
    shifted = np.asarray(logits, dtype=np.float64) - np.max(logits, axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    right = logs[np.arange(count), targets]
    others = (logs.sum(axis=1) - right) / max(labels - 1, 1)
    return np.asarray(-((1 - doubt) * right + doubt * others))


def learn_then_test(sure: Array, right: npt.NDArray[np.bool_], limit: float) -> float | None:
    """The lowest threshold of the grid that passes, going down from the strictest one until one fails.

    A threshold passes when so few errors among the accepted would have a chance of at most `DELTA` if the true share
    of errors were above the limit. The first one tried accepts `first_accepted` tickets, so
    that a single wrong label at the top does not end the search. Which one it is depends on the confidence alone, so
    the guarantee stands as long as a stricter threshold means no larger share of errors.
    """
    least = first_accepted(limit, len(sure))
    passed: float | None = None
    for threshold in _GRID:
        accepted = sure >= threshold
        count = int(accepted.sum())
        if count < least:
            continue
        if chance_of_so_few(int((~right[accepted]).sum()), count, limit) > DELTA:
            break
        passed = float(threshold)
    return passed


def first_accepted(limit: float, tickets: int) -> int:
    """How many tickets the first threshold tried must accept: exactly enough to forgive some errors.

    At most `FORGIVEN`, and no more than two fifths of all tickets can prove; a number between two such steps would
    only make the same errors harder to forgive.
    """
    steps = [tickets_needed(limit, errors) for errors in range(FORGIVEN + 1)]
    return max((step for step in steps if step <= 0.4 * tickets), default=steps[0])


@lru_cache(maxsize=256)
def tickets_needed(limit: float, errors: int) -> int:
    """How many accepted tickets with that many errors show that the share of errors is at most `limit`."""
    count = errors + 1
    while chance_of_so_few(errors, count, limit) > DELTA:
        count += max(1, count // 200)
    return count


def chance_of_so_few(errors: int, count: int, share: float) -> float:
    """Probability of at most `errors` among `count` independent tickets of which each is wrong with chance `share`."""
    if errors >= count:
        return 1.0
    terms = (
        math.lgamma(count + 1)
        - math.lgamma(k + 1)
        - math.lgamma(count - k + 1)
        + k * math.log(share)
        + (count - k) * math.log1p(-share)
        for k in range(errors + 1)
    )
    return min(1.0, math.fsum(math.exp(term) for term in terms))


def conformal_floor(of_the_right_label: Array, coverage: float) -> float:
    """Probability above which a label belongs to the set that holds the right one with chance `coverage`."""
    count = len(of_the_right_label)
    rank = math.floor((count + 1) * (1 - coverage))
    return float(np.sort(of_the_right_label)[rank - 1]) if rank >= 1 else 0.0


def calibration_error(sure: Sequence[float] | Array, right: Sequence[bool] | npt.NDArray[np.bool_]) -> float:
    """Expected calibration error over ten bins of equally many tickets: mean gap between confidence and accuracy."""
    confidence, hits = np.asarray(sure, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if not len(confidence):
        return 0.0
    bins = np.array_split(np.argsort(confidence, kind="stable"), 10)
    gaps = (abs(confidence[part].mean() - hits[part].mean()) * len(part) for part in bins if len(part))
    return float(sum(gaps) / len(confidence))


def _check_limit(limit: float) -> None:
    if not 0 < limit < 1:
        raise ClassifierError(f"A limit on misroutes is a share between 0 and 1, such as 0.05; not {limit}.")
