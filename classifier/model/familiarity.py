"""How like the tickets learnt from a text is: what tells a request of a new kind from one that is only hard to place.

The mean of several signs, each standardised on tickets that were not learnt from: the energy of the summed logits (Liu
et al. 2020) and of the untuned part's, and the likeness to the nearest tickets learnt from (Sun et al. 2022) as the
tuned and the untuned encoder see them. Chosen on the validation splits of CLINC150 and Banking77-OOS, where it is the
best of both for what is far and near the best for what is close; beside each sign alone in docs/BENCHMARKS.md. Needs
numpy and safetensors only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from classifier.errors import ClassifierError
from classifier.model.doubt import Array
from classifier.model.linear import Floats
from classifier.model.model_folder import read_json, write_json
from classifier.model.parts import Weights
from classifier.model.scorer import Scored

MEMORY_FILE, SCALE_FILE = "memory.safetensors", "familiarity.json"

NEAREST_TUNED, NEAREST_UNTUNED = 10, 5
"""Tickets learnt from whose likeness counts, in each space."""

KEPT_SHARE = 0.97
"""Share of tickets that were not learnt from which count as familiar."""

Half = npt.NDArray[np.float16]


@dataclass(frozen=True)
class Memory:
    """Vectors of tickets that were learnt from: one row each."""

    tuned: Half
    untuned: Half

    def save(self, folder: Path) -> None:
        """Write as safetensors."""
        save_file({"tuned": self.tuned, "untuned": self.untuned}, folder / MEMORY_FILE)

    @classmethod
    def load(cls, folder: Path) -> "Memory":
        """Read what `save` wrote."""
        numbers = load_file(folder / MEMORY_FILE)
        return cls(numbers["tuned"], numbers["untuned"])


@dataclass(frozen=True)
class Scale:
    """Mean and spread of every sign on tickets that were not learnt from, and where the familiar ends."""

    signs: tuple[str, ...]
    means: tuple[float, ...]
    spreads: tuple[float, ...]
    floor: float
    """Texts below it are of a new kind."""

    def of(self, signs: Mapping[str, Array]) -> Array:
        """One number a text: 0 for the usual ticket, 1 = a spread more familiar than that."""
        rows = [(signs[n] - m) / s for n, m, s in zip(self.signs, self.means, self.spreads, strict=True)]
        return np.asarray(np.mean(rows, axis=0)) if rows else np.zeros(0)

    @classmethod
    def fit(cls, signs: Mapping[str, Array]) -> "Scale":
        """Learn from the signs of tickets that were not learnt from."""
        names = tuple(sorted(signs))
        means = tuple(float(signs[name].mean()) for name in names)
        spreads = tuple(max(float(signs[name].std()), 1e-6) for name in names)
        unfinished = cls(names, means, spreads, 0.0)
        floor = float(np.quantile(unfinished.of(signs), 1 - KEPT_SHARE))
        return cls(names, means, spreads, floor)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"signs": self.signs, "means": self.means, "spreads": self.spreads, "floor": self.floor}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Scale":
        """What `as_json` gave."""
        return cls(tuple(values["signs"]), tuple(values["means"]), tuple(values["spreads"]), float(values["floor"]))


def save_familiarity(folder: Path, scale: Scale, memory: Memory | None) -> None:
    """Write what `load_familiarity` reads."""
    write_json(folder / SCALE_FILE, scale.as_json())
    if memory is not None:
        memory.save(folder)


def load_familiarity(folder: Path, weights: Weights) -> tuple[Scale, Memory | None]:
    """The scale and the memory of a model. Raises `ClassifierError` for damaged files."""
    try:
        scale = Scale.from_json(read_json(folder / SCALE_FILE))
        return scale, Memory.load(folder) if weights.needs_encoder else None
    except (KeyError, TypeError, ValueError, OSError, SafetensorError) as error:
        raise ClassifierError(f"{folder}: cannot be loaded: {error!r}; restore it or train again.") from error


def signs_of(scored: Scored, memory: Memory | None) -> dict[str, Array]:
    """Every sign that this kind of model has, one number a text; higher is more familiar."""
    signs = {"energy": energy(scored.logits)}
    if "untuned" in scored.parts:
        signs["untuned energy"] = energy(scored.parts["untuned"])
    if memory is not None and scored.seen is not None:
        signs["nearest, tuned"] = likeness(scored.seen.tuned, memory.tuned, NEAREST_TUNED)
        signs["nearest, untuned"] = likeness(scored.seen.untuned, memory.untuned, NEAREST_UNTUNED)
    return signs


def likeness(vectors: Floats, known: Half, count: int) -> Array:
    """Mean cosine to the `count` nearest of `known`, of which there is at least one; one number a vector."""
    cosines = vectors @ known.T.astype(np.float32)
    nearest = np.partition(cosines, -min(count, cosines.shape[1]), axis=1)[:, -count:]
    return np.asarray(nearest.mean(axis=1), dtype=np.float64)


def energy(logits: Floats) -> Array:
    """Logarithm of the summed exponentials of each row."""
    highest = logits.max(axis=1, keepdims=True).astype(np.float64)
    return np.asarray((highest + np.log(np.exp(logits - highest).sum(axis=1, keepdims=True)))[:, 0])
