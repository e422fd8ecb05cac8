"""Is one method measurably better than another on the same tickets? Needs numpy only."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000

Hits = npt.NDArray[np.bool_]
Draw = npt.NDArray[np.int64]


def mcnemar(first: Hits, second: Hits) -> float:
    """Two-sided exact p-value that both are right equally often, from the tickets on which they differ (McNemar)."""
    only_first, only_second = int((first & ~second).sum()), int((~first & second).sum())
    return min(1.0, 2 * chance_of_heads(max(only_first, only_second), only_first + only_second))


def chance_of_loss(before: Hits, after: Hits) -> float:
    """One-sided exact p-value that nothing was lost, from the tickets that are right on one side only."""
    lost, gained = int((before & ~after).sum()), int((~before & after).sum())
    return chance_of_heads(lost, lost + gained)


def chance_of_heads(heads: int, tosses: int) -> float:
    """Probability of at least so many heads when a fair coin is tossed."""
    term = math.comb(tosses, heads)
    total = 0
    for k in range(heads, tosses + 1):  # whole numbers: as floats they overflow from a thousand tosses on
        total += term
        term = term * (tosses - k) // (k + 1)
    return float(total / 2**tosses)


class Interval(NamedTuple):
    """Where a difference lies, by the bootstrap; of 95 % unless another level is named."""

    low: float
    high: float


def bootstrap(count: int, difference: Callable[[Draw], float], level: float = 0.95, seed: int = 0) -> Interval:
    """Interval of a difference that is worked out anew for each resample of `count` tickets; (0, 0) without any.

    `difference` gets the rows of a resample: paired, since both sides are read at the same rows.
    """
    if not count:
        return Interval(0.0, 0.0)
    draws = np.random.default_rng(seed).integers(0, count, size=(RESAMPLES, count))
    low, high = np.quantile([difference(draw) for draw in draws], [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def macro_f1_difference(
    truth: Sequence[str], first: Sequence[str], second: Sequence[str], level: float = 0.95, seed: int = 0
) -> Interval:
    """Interval of macro-F1 of the second less that of the first, by paired bootstrap over the tickets."""
    names = sorted({*truth, *first, *second})
    place = {name: number for number, name in enumerate(names)}
    actual, before, after = (np.array([place[name] for name in side], np.int64) for side in (truth, first, second))

    def difference(draw: Draw) -> float:
        own = actual[draw]
        return _macro_f1(own, after[draw], len(names)) - _macro_f1(own, before[draw], len(names))

    return bootstrap(len(truth), difference, level, seed)


def _macro_f1(truth: npt.NDArray[np.int64], guessed: npt.NDArray[np.int64], labels: int) -> float:
    actual, claimed = np.bincount(truth, minlength=labels), np.bincount(guessed, minlength=labels)
    hits = np.bincount(truth[truth == guessed], minlength=labels)
    occurring = (actual + claimed) > 0
    return float((2 * hits[occurring] / (actual + claimed)[occurring]).mean())
