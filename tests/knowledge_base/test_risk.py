"""The guarantee, shown by drawing many sets of calibration questions from a known world."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom

from knowledge_base.risk import (
    DELTA,
    Outcome,
    binomial_at_most,
    calibration_error,
    learn_threshold,
    needed,
    reliability,
    risk_curve,
    upper_bound,
)


@given(st.integers(0, 40), st.integers(1, 400), st.floats(0.001, 0.999))
def test_the_binomial_agrees_with_scipy(wrong: int, answered: int, share: float) -> None:
    expected = 1.0 if wrong >= answered else binom.cdf(wrong, answered, share)
    assert binomial_at_most(wrong, answered, share) == pytest.approx(expected, abs=1e-9)


@given(st.integers(0, 30), st.integers(1, 200))
def test_the_upper_bound_is_clopper_and_pearsons(wrong: int, answered: int) -> None:
    expected = 1.0 if wrong >= answered else beta.ppf(1 - DELTA, wrong + 1, answered - wrong)
    assert upper_bound(wrong, answered) == pytest.approx(expected, abs=1e-6)


def world(count: int, seed: int, honest: float) -> list[Outcome]:
    """Questions whose probability of being right is known: `honest` 1 means that the gate says it truly."""
    dice = np.random.default_rng(seed)
    said = dice.beta(5.0, 1.0, count)
    true = said**honest
    return [Outcome(float(p), bool(dice.random() < q)) for p, q in zip(said, true, strict=True)]


@pytest.mark.parametrize("limit", [0.05, 0.15])
@pytest.mark.parametrize("honest", [1.0, 2.0], ids=["calibrated", "overconfident"])
def test_the_limit_is_broken_no_more_often_than_promised(limit: float, honest: float) -> None:
    population = world(60_000, 1, honest)
    said = np.array([outcome.probability for outcome in population])
    right = np.array([outcome.right for outcome in population])
    broken = trials = 0
    for seed in range(200):
        threshold = learn_threshold(world(250, 1000 + seed, honest), limit)
        trials += 1
        broken += threshold is not None and float((~right[said >= threshold]).mean()) > limit
    # Of 200 trials 20 may break a promise of 10 %; more than 34 would by chance less than once in a thousand.
    assert binom.sf(34, trials, DELTA) < 1e-3
    assert broken <= 34


def test_too_few_questions_prove_nothing() -> None:
    perfect = [Outcome(0.99, True)] * (needed(0.05) - 1)
    assert learn_threshold(perfect, 0.05) is None
    assert learn_threshold([*perfect, Outcome(0.99, True)], 0.05) is not None


def test_a_stricter_limit_never_answers_more() -> None:
    outcomes = world(600, 3, 1.0)
    found = [learn_threshold(outcomes, limit) for limit in (0.05, 0.15, 0.25, 0.35)]
    assert all(threshold is not None for threshold in found[1:])
    strict_to_loose = [1.1 if threshold is None else threshold for threshold in found]
    assert strict_to_loose == sorted(strict_to_loose, reverse=True)


def test_no_outcomes_no_threshold() -> None:
    assert learn_threshold([], 0.1) is None
    assert calibration_error([]) == 0.0


def test_the_calibration_error_sees_overconfidence() -> None:
    assert calibration_error(world(4000, 5, 1.0)) < 0.03
    assert calibration_error(world(4000, 5, 3.0)) > 0.1
    assert sum(part.count for part in reliability(world(4000, 5, 1.0))) == 4000


def test_the_risk_curve_answers_more_as_it_gets_looser() -> None:
    curve = risk_curve(world(500, 7, 1.0))
    assert [point.answered for point in curve] == sorted(point.answered for point in curve)
    assert all(point.wrong / max(point.answered, 1) <= point.upper for point in curve)
