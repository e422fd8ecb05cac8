"""Is the limit on wrong answers kept as often as promised? Shown by drawing calibration questions again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge_base.gate import Gate
from knowledge_base.gate_fitting import LabelledRow, outcome_of, reorder
from knowledge_base.risk import DELTA, Outcome, learn_threshold

SPLITS = 400
LIMITS = (0.05, 0.10, 0.15, 0.20)


@dataclass(frozen=True)
class Kept:
    """One limit over all splits."""

    limit: float
    proved: float  # share of splits in which a threshold could be proved
    answered: float  # mean share of the other half that was answered, no threshold counted as none
    wrong: float  # of all that was answered in all splits
    exceeded: float  # share of splits in which the truth lay above the limit


def check(gate: Gate, rows: Sequence[LabelledRow]) -> list[Kept]:
    """Half of the questions, drawn SPLITS times, find the threshold; what it does is looked up on all of them.

    The gate's coefficients have seen none of them. All questions together stand for the truth: a half alone, of a few
    hundred, would exceed a limit by chance where the truth keeps it.
    """
    outcomes = [outcome_of(row, gate) for row in reorder(rows, gate.ranking)]
    said = np.array([outcome.probability for outcome in outcomes])
    right = np.array([outcome.right for outcome in outcomes])
    dice = np.random.default_rng(0)
    draws = [dice.choice(len(outcomes), len(outcomes) // 2, replace=True) for _ in range(SPLITS)]
    return [_over(draws, outcomes, said, right, limit) for limit in LIMITS]


def _over(
    draws: Sequence[np.ndarray], outcomes: Sequence[Outcome], said: np.ndarray, right: np.ndarray, limit: float
) -> Kept:
    shares, wrong, exceeded = [], [], 0
    for draw in draws:
        threshold = learn_threshold([outcomes[at] for at in draw.tolist()], limit)
        if threshold is None:
            shares.append(0.0)
            continue
        answered = said >= threshold
        shares.append(float(answered.mean()))
        wrong.append(float((~right[answered]).mean()))
        exceeded += wrong[-1] > limit
    mean = float(np.mean(wrong)) if wrong else 0.0
    return Kept(limit, len(wrong) / len(draws), float(np.mean(shares)), mean, exceeded / len(draws))


def table(found: dict[str, list[Kept]]) -> list[str]:
    """As Markdown."""
    rows = [
        f"| {name} | {kept.limit:.0%} | {kept.proved:.0%} | {kept.answered:.1%} | {kept.wrong:.1%} "
        f"| {kept.exceeded:.1%} |"
        for name, each in found.items()
        for kept in each
    ]
    return [
        f"### The guarantee: {SPLITS} random draws of calibration questions; promised: exceeded in at most {DELTA:.0%}",
        "",
        "| | limit | a threshold was proved | answered | wrong of the answered | limit exceeded |",
        "|---|---|---|---|---|---|",
        *rows,
    ]
