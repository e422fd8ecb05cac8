"""How much each way of finding an article counts: a convex combination, learnt on labelled questions.

Every part lies between 0 and 1 for every question by its own nature (cosine; BM25 as a share of what the question
could reach at most), so a part that has nothing to say about a question also adds nothing to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PARTS = ("dense", "passage", "question", "keyword")


@dataclass(frozen=True)
class Ranking:
    """Weights of the parts (none negative, sum 1), and how sharply the joined score separates articles."""

    weights: tuple[float, ...]
    sharpness: float  # factor on the joined score before a softmax over articles

    def join(self, parts: Floats) -> Floats:
        """The joined score of each article from [articles, parts]."""
        return np.asarray(parts @ np.array(self.weights), np.float64)

    def mass(self, scores: Floats) -> Floats:
        """The share of the belief that each article gets, sum 1."""
        if scores.size == 0:
            return scores
        raised = np.exp(self.sharpness * (scores - scores.max()))
        return np.asarray(raised / raised.sum(), np.float64)

    def to_json(self) -> dict[str, Any]:
        """Names and numbers."""
        return {"weights": dict(zip(PARTS, self.weights, strict=True)), "sharpness": self.sharpness}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Ranking:
        """The inverse of `to_json`."""
        return cls(tuple(float(row["weights"][name]) for name in PARTS), float(row["sharpness"]))
