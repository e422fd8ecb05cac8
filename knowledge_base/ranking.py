"""How much each sign that an article answers counts: a weighted sum, learnt on labelled questions.

Signs that speak for an article have weights that are never negative; the two that speak against it, never positive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PARTS = ("dense", "passage", "question", "sentence", "keyword", "generic", "generic_question")
"""`dense`, `passage`, `question`, `sentence`: the best cosine of any door, of a passage, of the title or a question,
of a sentence. `keyword`: BM25, see `keywords.Keywords.evidence`. `generic`, `generic_question`: how near the passage
and the question that matched lie to everything else, see `view.View.generic`."""
AGAINST = frozenset({"generic", "generic_question"})
SUPPORTERS = 3  # neighbours of an article that support it


@dataclass(frozen=True)
class Ranking:
    """Weights of the parts (those that speak for an article sum to 1), and how sharply the joined score separates.

    `support`: how much the articles nearest to one count for its place below the first. What answers a question is
    often told in several articles; the first place is earned alone.
    """

    weights: tuple[float, ...]
    sharpness: float  # factor on the joined score before a softmax over articles
    support: float = 0.0

    def join(self, parts: Floats) -> Floats:
        """The joined score of each article from [articles, parts]."""
        return np.asarray(parts @ np.array(self.weights), np.float64)

    def mass(self, scores: Floats) -> Floats:
        """The share of the belief that each article gets, sum 1."""
        if scores.size == 0:
            return scores
        raised = np.exp(self.sharpness * (scores - scores.max()))
        return np.asarray(raised / raised.sum(), np.float64)

    def order(self, scores: Floats, likeness: Floats) -> npt.NDArray[np.int64]:
        """Rows of the articles, best first, from their scores and the cosines among them, [articles, articles]."""
        order = np.argsort(-scores, kind="stable")
        if self.support == 0 or len(scores) < 3:
            return order
        helped = scores + self.support * supported(scores, likeness)
        helped[order[0]] = np.inf
        return np.argsort(-helped, kind="stable")

    def to_json(self) -> dict[str, Any]:
        """Names and numbers."""
        weights = dict(zip(PARTS, self.weights, strict=True))
        return {"weights": weights, "sharpness": self.sharpness, "support": self.support}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Ranking:
        """The inverse of `to_json`."""
        weights = tuple(float(row["weights"][name]) for name in PARTS)
        return cls(weights, float(row["sharpness"]), float(row["support"]))


def supported(scores: Floats, likeness: Floats) -> Floats:
    """For each article the mean score of the SUPPORTERS nearest to it, weighted by likeness to the fourth power."""
    others = np.maximum(likeness, 0.0) ** 4
    np.fill_diagonal(others, 0.0)
    count = min(SUPPORTERS, len(scores) - 1)
    floor = np.partition(others, -count, axis=1)[:, -count][:, None]
    others = np.where(others >= floor, others, 0.0)
    return np.asarray(others @ scores / np.maximum(others.sum(1), 1e-9), np.float64)
