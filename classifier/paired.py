"""Is one method measurably better than another on the same tickets? Needs numpy only."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000

Hits = npt.NDArray[np.bool_]


def mcnemar(first: Hits, second: Hits) -> float:
    """Two-sided exact p-value that both are right equally often, from the tickets on which they differ (McNemar)."""
    only_first, only_second = int((first & ~second).sum()), int((~first & second).sum())
    differing = only_first + only_second
    few = min(only_first, only_second)
    tail = math.fsum(math.comb(differing, k) for k in range(few + 1)) / 2**differing if differing else 1.0
    return min(1.0, 2 * tail)


class Interval(NamedTuple):
    """A 95 % interval."""

    low: float
    high: float


def macro_f1_difference(truth: Sequence[str], first: Sequence[str], second: Sequence[str], seed: int = 0) -> Interval:
    """95 % interval of macro-F1 of the second less that of the first, by paired bootstrap over the tickets."""
    names = sorted({*truth, *first, *second})
    place = {name: number for number, name in enumerate(names)}
    codes = [np.array([place[name] for name in side]) for side in (truth, first, second)]
    draws = np.random.default_rng(seed).integers(0, len(truth), size=(RESAMPLES, len(truth)))
    differences = [_macro_f1(t, b, len(names)) - _macro_f1(t, a, len(names)) for t, a, b in _drawn(codes, draws)]
    low, high = np.quantile(differences, [0.025, 0.975])
    return Interval(float(low), float(high))


def _drawn(
    codes: Sequence[npt.NDArray[np.int64]], draws: npt.NDArray[np.int64]
) -> list[tuple[npt.NDArray[np.int64], ...]]:
    return [tuple(side[draw] for side in codes) for draw in draws]


def _macro_f1(truth: npt.NDArray[np.int64], guessed: npt.NDArray[np.int64], labels: int) -> float:
    actual, claimed = np.bincount(truth, minlength=labels), np.bincount(guessed, minlength=labels)
    hits = np.bincount(truth[truth == guessed], minlength=labels)
    occurring = (actual + claimed) > 0
    return float((2 * hits[occurring] / (actual + claimed)[occurring]).mean())
