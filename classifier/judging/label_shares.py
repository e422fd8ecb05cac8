"""Has a single label's share of the tickets changed, in the last weeks or slowly over many of them?

The overall test spreads its power over all labels; here the largest difference of any label over any window of weeks
counts (a scan for a change point, Page 1955), and chance is what that largest one is when the tickets change places: so
looking at many labels and windows is paid for once. Numpy.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

WINDOWS = (4, 8, 16)
"""Weeks back from now that are compared with the reference: a sudden change shows in the first, a slow one adds up."""
LEAST_CHANGE = 0.03
"""Of all tickets, by which a label's share must have changed to be worth a person's time."""
PERMUTATIONS = 1999

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Shift:
    """The label whose share changed most, beside chance."""

    p_value: float
    label: str
    weeks: int
    before: float
    after: float
    """Its share of all tickets."""

    @property
    def change(self) -> float:
        """Of its share; from `LEAST_CHANGE` on it is worth an alarm."""
        return abs(self.after - self.before)


def largest_shift(reference: Sequence[str], weeks: Sequence[Sequence[str]], seed: int = 0) -> Shift | None:
    """The label whose share changed most; `weeks` are the labels of each week, the newest first.

    None where one side has no ticket, or all have one label.
    """
    names = sorted({*reference, *(label for week in weeks for label in week)})
    parts = [_count([label for week in weeks[start:end] for label in week], names) for start, end in _spans(len(weeks))]
    before = _count(reference, names)
    if len(names) < 2 or not before.sum() or not parts or not parts[0].sum():
        return None
    generator = np.random.default_rng(seed)
    shuffled = _shuffled(before + np.sum(parts, axis=0), [int(part.sum()) for part in parts], generator)
    held = np.concatenate([np.stack(parts)[None], shuffled]).cumsum(axis=1)  # [1 + permutations, windows, labels]
    old = before + np.sum(parts, axis=0) - held[:, -1:, :]
    far = _deviations(old, held)
    most = far.reshape(len(far), -1).max(axis=1)
    window, label = np.unravel_index(int(far[0].argmax()), far[0].shape)
    return Shift(
        p_value=float((1 + (most[1:] >= most[0] - 1e-9).sum()) / len(most)),
        label=names[label],
        weeks=min(WINDOWS[window], len(weeks)),
        before=float(before[label] / before.sum()),
        after=float(held[0, window, label] / held[0, window].sum()),
    )


def _spans(weeks: int) -> list[tuple[int, int]]:
    """The weeks that each window adds to the one before it."""
    starts = (0, *WINDOWS[:-1])
    return [(start, end) for start, end in zip(starts, WINDOWS, strict=True) if start < weeks]


def _count(labels: Sequence[str], names: Sequence[str]) -> Counts:
    counted = Counter(labels)
    return np.array([counted[name] for name in names], dtype=np.int64)


def _shuffled(pooled: Counts, sizes: Sequence[int], generator: np.random.Generator) -> Counts:
    """Labels dealt out to the windows by chance, [permutations, windows, labels]."""
    left = np.repeat(pooled[None], PERMUTATIONS, axis=0)
    dealt = []
    for size in sizes:
        drawn = np.stack([generator.multivariate_hypergeometric(row, size) for row in left])
        left = left - drawn
        dealt.append(drawn)
    return np.stack(dealt, axis=1)


def _deviations(old: Counts, held: Counts) -> npt.NDArray[np.float64]:
    """How far each label's share is from the reference's, in standard errors of the two shares taken as one."""
    before, after = old.sum(axis=-1, keepdims=True), held.sum(axis=-1, keepdims=True)
    pooled = (old + held) / (before + after)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / before + 1 / after))
    return np.asarray(np.abs(held / after - old / before) / np.where(spread > 0, spread, np.inf))
