"""From a model's probabilities to how sure it may be of a team: what the abstention rests on.

Learnt on tickets set aside from training, so that the calibration tickets, on which the promise about misroutes rests,
play no part in it. Needs numpy only; `classifier.learning.doubt_fitting` learns it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Groups = tuple[int, ...]
"""A number for each label, from 0; labels with the same number lead to the same team."""

_LEAST = 1e-5


@dataclass(frozen=True)
class Doubt:
    """Weights of what speaks for a prediction being right, in log-odds."""

    temperature: float = 1.0
    """Logits are divided by it; above 1 the raw model was too sure."""
    factor: float = 1.0
    """Of the log-odds of the best team's probability."""
    familiarity: float = 0.0
    """Of `Scale.of`."""
    by_label: tuple[float, ...] = ()
    """What is added for each predicted label: a threshold for each label, in effect."""
    floor: float = -np.inf
    """Familiarity below which nothing is accepted."""

    def sureness(self, probabilities: Array, familiar: Array, groups: Groups | None = None) -> Array:
        """Chance, 0 to 1, that the best group is right; 0 for a text of a new kind. One number a row."""
        together = by_group(probabilities, groups)
        odds = self.factor * log_odds(together.max(axis=1)) + self.familiarity * familiar
        if self.by_label:
            odds = odds + np.asarray(self.by_label)[best_labels(probabilities, groups)]
        return np.where(familiar < self.floor, 0.0, sigmoid(odds))

    def with_floor(self, floor: float) -> "Doubt":
        """The same with the familiar ending elsewhere."""
        return replace(self, floor=floor)

    def as_json(self) -> dict[str, Any]:
        """Plain values; no floor is null."""
        floor = float(self.floor) if np.isfinite(self.floor) else None
        return {
            "temperature": self.temperature,
            "factor": self.factor,
            "familiarity": self.familiarity,
            "by_label": self.by_label,
            "floor": floor,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Doubt":
        """What `as_json` gave."""
        floor = -np.inf if values["floor"] is None else float(values["floor"])
        temperature, factor, familiarity = (float(values[name]) for name in ("temperature", "factor", "familiarity"))
        return cls(temperature, factor, familiarity, tuple(map(float, values["by_label"])), floor)


def by_group(probabilities: Array, groups: Groups | None) -> Array:
    """The labels' probabilities added up by group: one row a text, one column a group."""
    if groups is None:
        return probabilities
    member = np.zeros((len(groups), max(groups) + 1))
    member[np.arange(len(groups)), groups] = 1.0
    return np.asarray(probabilities @ member)


def best_labels(probabilities: Array, groups: Groups | None) -> npt.NDArray[np.intp]:
    """The most probable label of each row's most probable group."""
    if groups is None:
        return np.asarray(probabilities.argmax(axis=1))
    best = by_group(probabilities, groups).argmax(axis=1)
    return np.asarray(np.where(np.asarray(groups)[None, :] == best[:, None], probabilities, -1.0).argmax(axis=1))


def log_odds(shares: Array | Sequence[float]) -> Array:
    """Of probabilities, kept finite."""
    kept = np.clip(np.asarray(shares, dtype=np.float64), _LEAST, 1 - _LEAST)
    return np.asarray(np.log(kept / (1 - kept)))


def sigmoid(odds: Array) -> Array:
    """Probabilities of log-odds."""
    return np.asarray(1 / (1 + np.exp(-odds)))
