"""Labelled questions → how much each part of the ranking counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from knowledge_base.ranking import AGAINST, PARTS, Floats, Ranking

SUPPORTS = (0.0, 0.5, 1.0, 2.0)
EARNED = 0.005  # of mean average precision: less is noise, and the simpler order stays


@dataclass(frozen=True)
class RankedQuestion:
    """One labelled question as the fit sees it: its candidates."""

    parts: Floats  # [articles, parts]
    right: npt.NDArray[np.bool_]  # [articles]
    likeness: Floats  # cosines among the articles, [articles, articles]
    weight: float = 1.0

    @property
    def tells(self) -> bool:
        """Whether an order of these articles can be better or worse."""
        return bool(self.right.any() and not self.right.all())


def fit_ranking(questions: Sequence[RankedQuestion], prior: Ranking, strength: float = 4.0) -> Ranking:
    """Weights under which the right articles get most of the belief.

    Conditional logit over the candidates of each question, held near `prior` with the given strength (as that many
    questions), so that few questions change little. Half of the loss asks for one right article (it decides who comes
    first), half for all of them (ListNet, Cao et al., ICML 2007). Questions whose candidates hold no right article
    are left out. Then `support` is kept at zero, unless another value orders the right articles clearly better.
    """
    usable = [question for question in questions if question.tells]
    if not usable:
        return prior
    start = np.array(prior.weights) * prior.sharpness
    scale = max(prior.sharpness, 1e-6)

    def loss(slopes: Floats) -> tuple[float, Floats]:
        pull = (slopes - start) / scale
        total, gradient = strength * float(pull @ pull), 2 * strength * pull / scale
        for question in usable:
            value, slope = _surprise(question, slopes)
            total, gradient = total + question.weight * value, gradient + question.weight * slope
        return total, gradient

    bounds = [(None, 0.0) if name in AGAINST else (0.0, None) for name in PARTS]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    sharpness = float(sum(slope for slope in found.x if slope > 0))
    if sharpness <= 0:
        return prior
    return _with_support(usable, Ranking(tuple(float(slope) / sharpness for slope in found.x), sharpness))


def _surprise(question: RankedQuestion, slopes: Floats) -> tuple[float, Floats]:
    """-log of the belief in the right articles, together and one by one, half each; and the gradient."""
    scores = question.parts @ slopes
    raised = np.exp(scores - scores.max())
    belief = raised / raised.sum()
    together = np.where(question.right, raised, 0.0)
    together /= together.sum()
    each = question.right / question.right.sum()
    logs = np.log(np.maximum(belief, 1e-12))
    value = -0.5 * float(np.log(np.maximum(belief[question.right].sum(), 1e-12))) - 0.5 * float(each @ logs)
    return value, np.asarray(question.parts.T @ (belief - (together + each) / 2), np.float64)


def _with_support(questions: Sequence[RankedQuestion], ranking: Ranking) -> Ranking:
    tried = [replace(ranking, support=support) for support in SUPPORTS]
    gains = [np.mean([_average_precision(question, rule) for question in questions]) for rule in tried]
    best = int(np.argmax(gains))
    return tried[best] if gains[best] >= gains[0] + EARNED else ranking


def _average_precision(question: RankedQuestion, ranking: Ranking) -> float:
    right = question.right[ranking.order(ranking.join(question.parts), question.likeness)]
    places = np.flatnonzero(right) + 1
    return float((np.arange(1, len(places) + 1) / places).mean())
