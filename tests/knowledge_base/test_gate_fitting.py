"""On the starter desk's own articles and labelled questions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from knowledge_base.documents import Question
from knowledge_base.embedding import Encoder
from knowledge_base.gate import FEATURES, Gate
from knowledge_base.gate_fitting import fit_coefficients, fit_gate, folds_of, suggest_from
from knowledge_base.index import Index
from knowledge_base.prior import PRIOR
from knowledge_base.sources import read_articles, read_questions

STARTER = Path(__file__).parents[2] / "deploy" / "starter"


@pytest.fixture(scope="module")
def starter(encoder: Encoder) -> Index:
    return Index.build(read_articles(STARTER / "articles").articles, encoder)


@pytest.fixture(scope="module")
def labelled() -> tuple[Question, ...]:
    return read_questions(STARTER / "questions" / "development.jsonl")


@pytest.fixture(scope="module")
def gate(starter: Index, encoder: Encoder, labelled: tuple[Question, ...]) -> Gate:
    return fit_gate(starter, encoder, labelled[::2], labelled[1::2])


def test_the_starter_desk_has_no_broken_article() -> None:
    assert read_articles(STARTER / "articles").problems == ()


def test_a_fit_tells_right_first_hits_from_wrong_ones_it_has_not_seen(
    gate: Gate, labelled: tuple[Question, ...]
) -> None:
    assert gate.fitted_on == len(gate.calibration) == len(labelled)
    right = [outcome.probability for outcome in gate.calibration if outcome.right]
    wrong = [outcome.probability for outcome in gate.calibration if not outcome.right]
    assert np.mean(np.subtract.outer(right, wrong) > 0) > 0.75


def test_a_question_that_counts_more_moves_the_fit_more() -> None:
    dice = np.random.default_rng(1)
    table = dice.normal(0, 1, (400, len(FEATURES)))
    right = table[:, 0] > 0
    doubted = np.arange(400) >= 300
    right[doubted] = ~right[doubted]
    blank = replace(PRIOR, coefficients=(0.0,) * len(FEATURES), intercept=0.0)
    heard, _ = fit_coefficients(table, right, np.ones(400), blank)
    unheard, _ = fit_coefficients(table, right, np.where(doubted, 0.01, 1.0), blank)
    assert unheard[0] > heard[0]


def test_development_questions_alone_prove_no_threshold(
    starter: Index, encoder: Encoder, labelled: tuple[Question, ...]
) -> None:
    alone = fit_gate(starter, encoder, labelled, [])
    assert alone.calibration == ()
    assert alone.threshold_for(0.5) is None


def test_few_questions_keep_the_coefficients_that_come_with_deskhand(
    starter: Index, encoder: Encoder, labelled: tuple[Question, ...]
) -> None:
    few = fit_gate(starter, encoder, labelled[:6], labelled[6:10])
    assert (few.coefficients, few.fitted_on) == (PRIOR.coefficients, 0)
    assert len(few.calibration) == 10


def test_an_index_without_articles_gives_the_prior(encoder: Encoder, labelled: tuple[Question, ...]) -> None:
    assert fit_gate(Index.build([], encoder), encoder, labelled, labelled) == PRIOR


def test_coefficients_are_found_again() -> None:
    dice = np.random.default_rng(0)
    true = np.array([abs(value) for value in dice.normal(0, 3, len(FEATURES))])
    table = dice.normal(0, 1, (4000, len(FEATURES)))
    right = dice.random(4000) < 1 / (1 + np.exp(-(table @ true - 1)))
    blank = replace(PRIOR, coefficients=(0.0,) * len(FEATURES), intercept=0.0)
    found, intercept = fit_coefficients(table, right, np.ones(len(right)), blank)
    assert np.allclose(found, true, atol=0.7)
    assert intercept == pytest.approx(-1, abs=0.4)


def test_suggestions_begin_where_they_tell_best() -> None:
    assert suggest_from([(0.1, False), (0.2, False), (0.4, True), (0.9, True)]) == 0.4
    assert suggest_from([(0.4, True)]) == 0.0


def test_paraphrases_are_judged_by_a_fit_that_saw_none_of_them() -> None:
    asked = [Question(str(n), frozenset(), group="vpn" if n in (3, 11, 12) else "") for n in range(20)]
    folds = folds_of(asked)
    assert folds[3] == folds[11] == folds[12]
    assert {folds.count(fold) for fold in range(5)} <= {3, 4, 5}
