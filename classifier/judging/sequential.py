"""Tests that may be looked at after every ticket: the chance of ever being misled stays below the level. numpy only.

Each is a bet against "nothing is wrong": a fortune that starts at 1 and cannot be expected to grow while that is true.
By Ville's inequality (1939) it then reaches 1 / level at any time with a chance of at most `level`, however often
one looks. The bets: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 2024;
several bet sizes at once, each with a part of the fortune, as in Robbins' mixtures (1970).
"""

from collections.abc import Sequence

import numpy as np

STAKES = np.linspace(0.05, 0.95, 19)
"""Shares of the fortune that are bet each time, side by side."""


def fortune_against_no_loss(losses: Sequence[float], largest: float) -> float:
    """Highest fortune reached against "the mean loss is at most 0"; each loss lies between -largest and largest.

    Losses come in the order in which they became known. Raises `ValueError` for one beyond the largest.
    """
    values = np.asarray(losses, dtype=np.float64) / largest
    if len(values) and np.abs(values).max() > 1:
        raise ValueError(f"a loss lies between -{largest} and {largest}")
    return _highest(np.log1p(np.outer(STAKES, values)))


def fortune_against_share(wrong: Sequence[bool], limit: float) -> float:
    """Highest fortune reached against "the share of wrong outcomes is at most `limit`", which lies between 0 and 1.

    With a stake of s, a wrong outcome multiplies the fortune by 1 + s (1 - limit) / limit, a right one by 1 - s.
    """
    if not 0 < limit < 1:
        raise ValueError(f"a limit is a share between 0 and 1, not {limit}")
    hits = np.asarray(wrong, dtype=bool)
    stakes = STAKES[:, None] * min(1.0, limit / (1 - limit) * 4)  # a rare outcome must not ruin the fortune at once
    return _highest(np.where(hits, np.log1p(stakes * (1 - limit) / limit), np.log1p(-stakes)))


def _highest(logs: np.ndarray) -> float:
    """Of the mean over the stakes' fortunes, after any number of bets; 1 before the first."""
    if logs.shape[1] == 0:
        return 1.0
    paths = np.cumsum(logs, axis=1)
    peak = paths.max()
    together = np.log(np.exp(paths - peak).mean(axis=0)) + peak
    return float(np.exp(min(700.0, max(0.0, together.max()))))
