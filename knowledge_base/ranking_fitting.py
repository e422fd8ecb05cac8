"""Labelled questions → how much each part of the ranking counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from knowledge_base.ranking import PARTS, Floats, Ranking


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
