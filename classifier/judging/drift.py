"""Are the tickets of now still like those that a model learnt from? Four tests, and what is near nothing known.

Inputs: maximum mean discrepancy with permutations (Gretton et al., JMLR 2012). Labels: G-test on predicted labels, on
both sides (Lipton et al., ICML 2018), with Cramér's V. Shares: the label of which most more or fewer tickets ended with
(`label_shares`). Confidence: Kolmogorov and Smirnov. Corrected together by Holm's method; an alarm also asks for an
effect worth a person's time, since with enough tickets every difference is significant. New: groups of tickets that
hold more recent ones than chance allows. numpy and scipy.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from classifier.judging.label_shares import LEAST_CHANGE, largest_shift

Vectors = npt.NDArray[np.float32]
What = Literal["inputs", "labels", "shares", "confidence"]

ALPHA = 0.05
FEWEST = 50
"""Recent tickets below which nothing is tested."""
PERMUTATIONS = 999
NEIGHBOURS = 10
LEAST_EFFECT: dict[What, float] = {"inputs": 0.03, "labels": 0.1, "shares": LEAST_CHANGE, "confidence": 0.1}
"""Excess share of neighbours of the same time; Cramér's V (0.1 is small); change of a share; largest gap between the
distributions."""
SMALLEST_GROUP = 6
MOSTLY = 0.65
"""Share of recent tickets from which a group is a new topic, and not an old one that grows."""


@dataclass(frozen=True)
class Sample:
    """Tickets of one time: unit vectors of their texts, and what the model says about them."""

    vectors: Vectors
    labels: tuple[str, ...]
    """Predicted; may be of fewer tickets than there are vectors."""
    confidence: npt.NDArray[np.float64]
    ended: tuple[tuple[str, ...], ...] = ()
    """The labels that people left on tickets, by week, the newest first; of more tickets than there are vectors, and on
    the reference's side all in one. Not tested where nobody says."""


@dataclass(frozen=True)
class Finding:
    """One test."""

    what: What
    p_value: float
    corrected: float
    """By Holm's method over the tests."""
    effect: float
    least: float
    """Effect from which it is worth an alarm."""
    detail: str

    @property
    def alarm(self) -> bool:
        """Beyond chance, and large enough."""
        return self.corrected <= ALPHA and self.effect >= self.least


def tests(reference: Sample, recent: Sample, seed: int = 0) -> tuple[Finding, ...]:
    """The tests; none where fewer than `FEWEST` tickets stand on a side."""
    if min(len(reference.vectors), len(recent.vectors), len(reference.labels), len(recent.labels)) < FEWEST:
        return ()
    found: list[tuple[What, float, float, str]] = [
        ("inputs", *_inputs(reference.vectors, recent.vectors, seed)),
        ("labels", *_labels(reference.labels, recent.labels)),
        ("confidence", *_confidence(reference.confidence, recent.confidence)),
    ]
    shares = _shares(reference.ended, recent.ended, seed)
    if shares is not None:
        found.insert(2, ("shares", *shares))
    corrected = holm([one[1] for one in found])
    return tuple(
        Finding(what, p_value, fixed, effect, LEAST_EFFECT[what], detail)
        for (what, p_value, effect, detail), fixed in zip(found, corrected, strict=True)
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Each p-value corrected for the others (Holm 1979)."""
    order = np.argsort(p_values, kind="stable")
    fixed, highest = [0.0] * len(p_values), 0.0
    for place, at in enumerate(order):
        highest = max(highest, min(1.0, p_values[at] * (len(p_values) - place)))
        fixed[at] = highest
    return fixed


def _inputs(reference: Vectors, recent: Vectors, seed: int) -> tuple[float, float, str]:
    p_value = mmd(reference, recent, seed)
    excess = float(same_time(reference, recent).mean()) - len(recent) / (len(reference) + len(recent))
    return p_value, excess, f"{excess:+.1%} neighbours of the same time beside chance"


def mmd(reference: Vectors, recent: Vectors, seed: int = 0) -> float:
    """p-value that both come from one distribution: squared MMD under a Gaussian kernel of the median's width."""
    pooled = np.concatenate([reference, recent]).astype(np.float32)
    squared = np.maximum(0.0, 2 - 2 * (pooled @ pooled.T))
    width = np.median(squared[np.triu_indices(len(pooled), 1)])
    kernel = np.exp(-squared / max(float(width), 1e-6)).astype(np.float32)
    sides = np.concatenate([np.full(len(reference), 1 / len(reference)), np.full(len(recent), -1 / len(recent))])
    generator = np.random.default_rng(seed)
    drawn = np.stack([sides, *(generator.permutation(sides) for _ in range(PERMUTATIONS))]).astype(np.float32)
    statistics = ((drawn @ kernel) * drawn).sum(axis=1)
    return float((1 + (statistics[1:] >= statistics[0] - 1e-7).sum()) / (1 + PERMUTATIONS))


def same_time(reference: Vectors, recent: Vectors) -> npt.NDArray[np.float64]:
    """For each recent ticket the share of recent ones among its nearest neighbours (Schilling 1986) but itself."""
    pooled = np.concatenate([reference, recent])
    nearness = recent @ pooled.T
    rows = np.arange(len(recent))
    nearness[rows, len(reference) + rows] = -np.inf
    nearest = np.argpartition(-nearness, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    return np.asarray((nearest >= len(reference)).mean(axis=1))


def new_groups(reference: Vectors, recent: Vectors, seed: int = 0) -> list[tuple[int, ...]]:
    """Groups of recent tickets that are near each other and near hardly anything known; rows of `recent`.

    All tickets are put together by average link without regard to their time; then each group of the tree is asked
    whether it holds more recent ones than chance allows. The smallest chance over all groups is compared with what it
    is when the times are shuffled, so that any group at all is found where nothing is new with a chance of `ALPHA`.
    """
    from scipy.cluster.hierarchy import linkage
    from scipy.stats import hypergeom

    total, now = len(reference) + len(recent), len(recent)
    if min(len(reference), now) < FEWEST:
        return []
    inside = _members(linkage(np.concatenate([reference, recent]).astype(np.float64), "average", "cosine"), total)
    sizes = inside.sum(axis=1).astype(int)
    if not len(sizes):
        return []
    counts = np.arange(sizes.max() + 1)
    chances = {size: hypergeom.sf(counts - 1, total, now, size) for size in set(sizes.tolist())}
    table = np.stack([chances[size] for size in sizes])
    is_recent = np.concatenate([np.zeros(len(reference)), np.ones(now)]).astype(np.float32)
    generator = np.random.default_rng(seed)
    shuffled = np.stack([is_recent, *(generator.permutation(is_recent) for _ in range(PERMUTATIONS))], axis=1)
    held = np.rint(inside @ shuffled).astype(int)
    surprise = np.take_along_axis(table, held, axis=1)
    needed = np.quantile(surprise[:, 1:].min(axis=0), ALPHA)
    mostly_new = held[:, 0] >= MOSTLY * sizes
    found: list[tuple[int, ...]] = []
    taken = np.zeros(total, dtype=bool)
    for node in np.argsort(surprise[:, 0], kind="stable"):
        rows = inside[node].astype(bool)
        if surprise[node, 0] < needed and mostly_new[node] and not taken[rows].any():
            taken |= rows
            found.append(tuple(int(row) - len(reference) for row in np.flatnonzero(rows) if row >= len(reference)))
    return sorted(found, key=lambda rows: (-len(rows), rows))


def _members(tree: npt.NDArray[np.float64], total: int) -> npt.NDArray[np.float32]:
    """Which tickets each group of the tree holds, [groups, tickets]; only groups of a size that may be a topic."""
    members: list[list[int]] = [[row] for row in range(total)]
    for first, second, _, _ in tree:
        members.append(members[int(first)] + members[int(second)])
    kept = [rows for rows in members[total:] if SMALLEST_GROUP <= len(rows) <= total // 8]
    inside = np.zeros((len(kept), total), dtype=np.float32)
    for place, rows in enumerate(kept):
        inside[place, rows] = 1
    return inside


def _labels(reference: Sequence[str], recent: Sequence[str]) -> tuple[float, float, str]:
    from scipy.stats import chi2_contingency

    before, after = Counter(reference), Counter(recent)
    share = len(recent) / (len(reference) + len(recent))
    names = sorted(before | after)
    small = [name for name in names if (before[name] + after[name]) * min(share, 1 - share) < 5]
    kept = [name for name in names if name not in small]
    table = [[counts[name] for name in kept] for counts in (before, after)]
    if small:  # too few of each to be compared: together
        for row, counts in zip(table, (before, after), strict=True):
            row.append(sum(counts[name] for name in small))
    table_ = np.array(table)[:, np.array(table).sum(axis=0) > 0]
    if table_.shape[1] < 2:
        return 1.0, 0.0, "only one label"
    p_value = float(chi2_contingency(table_, lambda_="log-likelihood")[1])
    effect = float(np.sqrt(chi2_contingency(table_, correction=False)[0] / table_.sum()))
    moved = sorted(kept, key=lambda name: -abs(after[name] / len(recent) - before[name] / len(reference)))[:3]
    told = (f"{name} {before[name] / len(reference):.0%} → {after[name] / len(recent):.0%}" for name in moved)
    return p_value, effect, ", ".join(told)


def _shares(
    reference: Sequence[Sequence[str]], weeks: Sequence[Sequence[str]], seed: int
) -> tuple[float, float, str] | None:
    before = [label for part in reference for label in part]
    if min(len(before), sum(map(len, weeks))) < FEWEST:
        return None
    found = largest_shift(before, weeks, seed)
    if found is None:
        return None
    span = f"{found.weeks} weeks" if found.weeks > 1 else "week"
    told = f"{found.label} {found.before:.1%} → {found.after:.1%} of the tickets of the last {span}"
    return found.p_value, found.change, told


def _confidence(reference: npt.NDArray[np.float64], recent: npt.NDArray[np.float64]) -> tuple[float, float, str]:
    from scipy.stats import ks_2samp

    found: Any = ks_2samp(reference, recent)
    told = f"on average {float(np.mean(reference)):.0%} → {float(np.mean(recent)):.0%}"
    return float(found.pvalue), float(found.statistic), told
