"""How many more labelled questions it would take to prove a limit."""

from __future__ import annotations

import pytest

from knowledge_base.proving import least_answered, shortfall
from knowledge_base.risk import DELTA, Outcome, binomial_at_most, learn_threshold, needed

LIMITS = (0.01, 0.02, 0.05, 0.1)


def outcomes(right: int, wrong: int, probability: float = 0.95) -> list[Outcome]:
    return [Outcome(probability, number >= wrong) for number in range(right + wrong)]


@pytest.mark.parametrize("limit", LIMITS)
def test_nothing_is_missing_where_a_threshold_is_proved(limit: float) -> None:
    enough = outcomes(needed(limit), 0)
    assert learn_threshold(enough, limit) is not None
    assert shortfall(enough, limit) is None


def test_without_questions_there_is_nothing_to_estimate_from() -> None:
    assert shortfall([], 0.05) is None


def test_as_many_more_as_said_prove_it_when_they_turn_out_the_same() -> None:
    few = outcomes(right=194, wrong=6)
    lack = shortfall(few, 0.05)
    assert lack is not None and lack.more is not None
    times = (len(few) + lack.more) / len(few)
    assert learn_threshold(outcomes(int(194 * times), int(6 * times)), 0.05) is not None
    assert learn_threshold(outcomes(int(194 * (1 + (times - 1) / 4)), int(6 * (1 + (times - 1) / 4))), 0.05) is None


def test_a_looser_limit_never_needs_more() -> None:
    few = [*outcomes(18, 0, 0.97), *outcomes(40, 4, 0.8), *outcomes(20, 30, 0.4)]
    lacks = [shortfall(few, limit) for limit in LIMITS]
    more = [float("inf") if lack.more is None else lack.more for lack in lacks if lack is not None]
    assert more == sorted(more, reverse=True) and len(set(more)) > 1


def test_no_number_of_questions_helps_where_even_the_surest_are_wrong() -> None:
    lack = shortfall(outcomes(right=60, wrong=40), 0.05)
    assert lack is not None
    assert (lack.more, lack.surest, lack.surest_wrong) == (None, needed(0.05), 40)


def test_a_few_right_ones_are_no_promise_that_none_is_ever_wrong() -> None:
    lack = shortfall(outcomes(right=5, wrong=0), 0.01)
    assert lack is not None and lack.more is None


@pytest.mark.parametrize(("rate", "limit"), [(0.03, 0.05), (0.0, 0.05), (0.08, 0.1)])
def test_the_least_number_of_answers_proves_the_limit_and_a_fifth_less_does_not(rate: float, limit: float) -> None:
    size = least_answered(rate, limit, DELTA, 20_000)
    assert size is not None
    assert binomial_at_most(int(rate * size), size, limit) <= DELTA
    fewer = size * 4 // 5
    assert binomial_at_most(int(rate * fewer), fewer, limit) > DELTA


def test_a_rate_above_the_limit_is_never_proved() -> None:
    assert least_answered(0.05, 0.05, DELTA, 20_000) is None
    assert least_answered(0.049, 0.05, DELTA, 20_000) is None
