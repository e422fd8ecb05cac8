"""How much each way of finding an article counts: a convex combination, learnt on labelled questions.

Every part lies between 0 and 1 for every question by its own nature (cosine; BM25 as a share of what the question
could reach at most), so a part that has nothing to say about a question also adds nothing to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True)
class RankedQuestion:
    """One labelled question as the fit sees it."""

    parts: Floats  # [articles, parts]
    right: npt.NDArray[np.bool_]  # [articles]


def fit_ranking(questions: Sequence[RankedQuestion], prior: Ranking, strength: float = 4.0) -> Ranking:
    """Weights under which the right articles get most of the belief.

    Conditional logit over the articles of each question, held near `prior` with the given strength (as that many
    questions), so that few questions change little. Questions without a right article are left out.
    """
    from scipy.optimize import minimize

    usable = [question for question in questions if question.right.any() and not question.right.all()]
    if not usable:
        return prior
    start = np.array(prior.weights) * prior.sharpness

    def loss(slopes: Floats) -> tuple[float, Floats]:
        pull = (slopes - start) / max(prior.sharpness, 1e-6)
        total, gradient = strength * float(pull @ pull), 2 * strength * pull / max(prior.sharpness, 1e-6)
        for question in usable:
            value, slope = _surprise(question, slopes)
            total, gradient = total + value, gradient + slope
        return total, gradient

    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(PARTS))
    sharpness = float(found.x.sum())
    if sharpness <= 0:
        return prior
    return Ranking(tuple(float(slope) / sharpness for slope in found.x), sharpness)


def _surprise(question: RankedQuestion, slopes: Floats) -> tuple[float, Floats]:
    """-log of the belief in the right articles together, and its gradient."""
    scores = question.parts @ slopes
    raised = np.exp(scores - scores.max())
    belief = raised / raised.sum()
    right = np.where(question.right, raised, 0.0)
    share = right / right.sum()
    value = -float(np.log(np.maximum(belief[question.right].sum(), 1e-12)))
    return value, np.asarray(question.parts.T @ (belief - share), np.float64)
