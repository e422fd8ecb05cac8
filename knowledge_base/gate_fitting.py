"""Labelled questions → a gate: weights of the ranking, coefficients of the probability, outcomes for the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from knowledge_base.documents import Question
from knowledge_base.embedding import Encoder, Progress
from knowledge_base.gate import Gate, features
from knowledge_base.index import Index
from knowledge_base.prior import PRIOR
from knowledge_base.ranking import Floats, Ranking
from knowledge_base.ranking_fitting import RankedQuestion, fit_ranking
from knowledge_base.retrieval import Ranked, Retriever
from knowledge_base.risk import DELTA, Outcome

MIN_QUESTIONS = 20  # for a fit of its own
MIN_OF_EACH = 5  # answered right and not
FOLDS = 5
# The question's length is no feature on purpose: people who label write long questions, and short ones lost by it.
STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0)


@dataclass(frozen=True)
class LabelledRow:
    """A labelled question with what retrieval made of it."""

    question: Question
    ranked: Ranked
    right: npt.NDArray[np.bool_]  # by position in the view

    def candidates(self) -> RankedQuestion:
        """What the ranking's fit sees of it."""
        found = self.ranked.candidates
        return RankedQuestion(self.ranked.parts[found], self.right[found], self.ranked.likeness, self.question.weight)


def fit_gate(
    index: Index,
    encoder: Encoder,
    development: Sequence[Question],
    calibration: Sequence[Question],
    delta: float = DELTA,
    progress: Progress | None = None,
) -> Gate:
    """A gate for this index.

    Weights and coefficients are fitted on all labelled questions; the threshold comes from the same questions, each
    judged by a fit that has not seen it (FOLDS folds), since with few of them all are needed for both. What the
    guarantee then holds for is the way of fitting; the test questions, seen by neither, check it. With too few for a
    fit the coefficients that come with Deskhand are kept, and with no calibration questions no threshold is claimed:
    development questions alone, which people look at while they tune, prove nothing.
    """
    retriever = Retriever(index, encoder)
    rows = rank_all(retriever, [*development, *calibration], progress)
    # The tables are tiny: the algebra library's threads would only wait for each other.
    with threadpool_limits(1):
        gate = fit_rows(rows, delta)
        return replace(gate, calibration=_out_of_fold(rows, delta)) if calibration else gate


def _out_of_fold(rows: Sequence[LabelledRow], delta: float) -> tuple[Outcome, ...]:
    outcomes: list[Outcome] = []
    folds = folds_of([row.question for row in rows])
    for fold in range(FOLDS):
        gate = fit_rows([row for row, its in zip(rows, folds, strict=True) if its != fold], delta)
        judged = [row for row, its in zip(rows, folds, strict=True) if its == fold and row.question.proves]
        outcomes += [outcome_of(row, gate) for row in reorder(judged, gate.ranking)]
    return tuple(outcomes)


def folds_of(questions: Sequence[Question]) -> list[int]:
    """A fold for each question; paraphrases share one, or a fit would have seen what it is judged on."""
    groups: dict[str, int] = {}
    return [groups.setdefault(question.group or question.text, len(groups)) % FOLDS for question in questions]


def rank_all(
    retriever: Retriever, questions: Sequence[Question], progress: Progress | None = None
) -> list[LabelledRow]:
    """Each question as the prior's ranking orders it; those without a readable article are left out."""
    rows = []
    for done, question in enumerate(questions, 1):
        ranked = retriever.rank(question.text, question.audiences, PRIOR.ranking)
        if len(ranked.order):
            right = np.array([ranked.article(at).id in question.articles for at in range(len(ranked.scores))])
            rows.append(LabelledRow(question, ranked, right))
        if progress is not None:
            progress("questions", done, len(questions))
    return rows


def reorder(rows: Sequence[LabelledRow], ranking: Ranking) -> list[LabelledRow]:
    """The same under another ranking."""
    return [replace(row, ranked=row.ranked.under(ranking)) for row in rows]


def outcome_of(row: LabelledRow, gate: Gate) -> Outcome:
    """How sure the gate is of the first hit, and whether it is right."""
    first = int(row.ranked.order[0])
    return Outcome(gate.probability(row.ranked, first), bool(row.right[first]))


def fit_rows(rows: Sequence[LabelledRow], delta: float = DELTA, prior: Gate = PRIOR) -> Gate:
    """Weights and coefficients held near those of `prior`; its own where there is too little to fit."""
    ranking = fit_ranking([row.candidates() for row in rows], prior.ranking)
    gate = replace(prior, ranking=ranking, delta=delta)
    rows = reorder(rows, ranking)
    firsts = [int(row.ranked.order[0]) for row in rows]
    right = np.array([row.right[first] for row, first in zip(rows, firsts, strict=True)], np.bool_)
    if len(rows) < MIN_QUESTIONS or min(right.sum(), (~right).sum()) < MIN_OF_EACH:
        return gate
    coefficients, intercept = fit_coefficients(table_of(rows, ranking), right, weights_of(rows), gate)
    fitted = replace(gate, coefficients=coefficients, intercept=intercept, fitted_on=len(rows))
    floor = suggest_from([(outcome_of(row, fitted).probability, useful(row)) for row in rows])
    return replace(fitted, suggest_from=floor)


def table_of(rows: Sequence[LabelledRow], ranking: Ranking) -> Floats:
    """The features of each question's first hit, [questions, features]."""
    return np.stack([features(row.ranked, int(row.ranked.order[0]), ranking) for row in rows])


def weights_of(rows: Sequence[LabelledRow]) -> Floats:
    """How much each question counts."""
    return np.array([row.question.weight for row in rows])


def useful(row: LabelledRow) -> bool:
    """Whether one of the three hits that would be suggested is right."""
    return bool(row.right[row.ranked.order[:3]].any())


def suggest_from(outcomes: Sequence[tuple[float, bool]]) -> float:
    """The probability that best tells questions with a useful suggestion from the others (Youden's J)."""
    probabilities = np.array([probability for probability, _ in outcomes])
    good = np.array([right for _, right in outcomes], np.bool_)
    if good.all() or not good.any():
        return 0.0

    def separation(floor: float) -> float:
        return float((probabilities[good] >= floor).mean() - (probabilities[~good] >= floor).mean())

    return float(max(sorted(set(probabilities.tolist())), key=separation))


def fit_coefficients(
    table: Floats, right: npt.NDArray[np.bool_], weights: Floats, prior: Gate
) -> tuple[tuple[float, ...], float]:
    """Logistic regression held near the coefficients of `prior`; `weights` say how much each row counts.

    How strongly is chosen by cross-validation. scikit-learn's own can only be held near zero, which throws the
    prior away just where it is needed: with few questions.
    """
    folds = np.arange(len(right)) % FOLDS
    losses = []
    for strength in STRENGTHS:
        total = 0.0
        for fold in range(FOLDS):
            learn, judge = folds != fold, folds == fold
            slopes = _logistic(table[learn], right[learn], weights[learn], prior, strength)
            total += _log_loss(table[judge], right[judge], weights[judge], slopes)
        losses.append(total)
    slopes = _logistic(table, right, weights, prior, STRENGTHS[int(np.argmin(losses))])
    return tuple(slopes[:-1].tolist()), float(slopes[-1])


def _logistic(table: Floats, right: npt.NDArray[np.bool_], weights: Floats, prior: Gate, strength: float) -> Floats:
    wide = np.column_stack([table, np.ones(len(table))])
    start = np.array([*prior.coefficients, prior.intercept])
    # Pulled by what a change of one standard deviation does, so that a feature's scale does not matter.
    pull = strength * np.append(table.var(axis=0) + 1e-4, 0.01)

    def loss(slopes: Floats) -> tuple[float, Floats]:
        value = wide @ slopes
        away = slopes - start
        error = weights * (1 / (1 + np.exp(-np.clip(value, -40, 40))) - right)
        total = float(weights @ np.logaddexp(0, np.where(right, -value, value)) + pull @ away**2)
        return total, np.asarray(wide.T @ error + 2 * pull * away, np.float64)

    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x, np.float64)


def _log_loss(table: Floats, right: npt.NDArray[np.bool_], weights: Floats, slopes: Floats) -> float:
    value = table @ slopes[:-1] + slopes[-1]
    return float(weights @ np.logaddexp(0, np.where(right, -value, value)))
