"""How many more labelled questions it would take to prove a limit, if they turn out like those that are there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from knowledge_base.risk import DELTA, Outcome, binomial_at_most, learn_threshold, needed

MOST_QUESTIONS = 20_000  # beyond that nobody would label them, and the estimate says nothing


@dataclass(frozen=True)
class Shortfall:
    """What keeps a limit from being proved."""

    more: int | None  # labelled questions still needed at today's accuracy; None: no number would be enough
    surest: int  # so many of the surest questions, none of them wrong, are the least that proves it
    surest_wrong: int  # how many of those were wrong


def shortfall(outcomes: Sequence[Outcome], limit: float, delta: float = DELTA) -> Shortfall | None:
    """What is missing to prove `limit`; None when nothing is, or there is nothing to estimate from.

    It is an estimate: further questions are taken to be as hard, and answered as well, as those that are there.
    """
    if not outcomes or learn_threshold(outcomes, limit, delta) is not None:
        return None
    ordered = sorted(outcomes, key=lambda outcome: -outcome.probability)
    wrong = [0, *accumulate(not outcome.right for outcome in ordered)]
    totals = []
    for answered in range(1, len(ordered) + 1):
        # Half a mistake is added: a few right ones in a row do not mean that none will ever be wrong.
        rate = (wrong[answered] + 0.5) / (answered + 1)
        most = MOST_QUESTIONS * answered // len(ordered)
        size = least_answered(rate, limit, delta, most)
        if size is not None:
            totals.append(math.ceil(size * len(ordered) / answered))
    surest = min(needed(limit, delta), len(ordered))
    # Not less than a tenth: the estimate is no better, and a threshold that just missed needs some more too.
    more = max(math.ceil(len(ordered) / 10), min(totals) - len(ordered)) if totals else None
    return Shortfall(more, surest, wrong[surest])


def least_answered(rate: float, limit: float, delta: float, most: int) -> int | None:
    """How many answers, a share of `rate` of them wrong, prove `limit`; None when more than `most`, or none ever."""

    def proves(size: int) -> bool:
        return binomial_at_most(math.floor(rate * size), size, limit) <= delta

    if rate >= limit or not proves(most):
        return None
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if proves(middle) else (middle, high)
    return high
