"""Is one method measurably better than another on the same questions?"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

RESAMPLES = 2000


def mcnemar(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> float:
    """Two-sided exact p-value that both are right equally often, from the questions on which they differ (McNemar)."""
    only_first, only_second = int((first & ~second).sum()), int((~first & second).sum())
    differing, few = only_first + only_second, min(only_first, only_second)
    tail = math.fsum(math.comb(differing, k) for k in range(few + 1)) / 2**differing if differing else 1.0
    return min(1.0, 2 * tail)


def mean_gain(gains: npt.NDArray[np.float64], seed: int = 0) -> tuple[float, float]:
    """95 % interval of the mean of the questions' own gains, by bootstrap; (0, 0) without questions."""
    if not len(gains):
        return 0.0, 0.0
    draws = np.random.default_rng(seed).integers(0, len(gains), size=(RESAMPLES, len(gains)))
    low, high = np.quantile(gains[draws].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)
