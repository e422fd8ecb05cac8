"""Bets that may be looked at after each ticket: rarely misled, and soon sure when something is wrong."""

import numpy as np
import pytest

from classifier.judging.sequential import fortune_against_no_loss, fortune_against_share

LEVEL = 0.05


def _streams(chance: float, length: int = 300, count: int = 400) -> np.ndarray:
    return np.random.default_rng(1).random((count, length)) < chance


def test_a_limit_that_is_just_kept_is_rarely_called_broken_however_often_one_looks() -> None:
    alarms = [fortune_against_share(stream, 0.1) >= 1 / LEVEL for stream in _streams(0.1)]
    assert np.mean(alarms) <= LEVEL


def test_three_times_the_limit_is_found_within_a_hundred_tickets() -> None:
    assert np.mean([fortune_against_share(s, 0.1) >= 1 / LEVEL for s in _streams(0.3, length=100)]) > 0.9


def test_two_models_that_cost_the_same_are_rarely_told_apart() -> None:
    first, second = _streams(0.1), np.random.default_rng(2).random((400, 300)) < 0.1
    losses = 30.0 * first - 30.0 * second
    assert np.mean([fortune_against_no_loss(row, 30) >= 1 / LEVEL for row in losses]) <= LEVEL


def test_a_model_that_errs_where_the_one_before_did_not_is_found() -> None:
    losses = 30.0 * _streams(0.12, length=200) - 30.0 * _streams(0.02, length=200)[::-1]
    assert np.mean([fortune_against_no_loss(row, 30) >= 1 / LEVEL for row in losses]) > 0.9


def test_evidence_that_was_once_there_stays() -> None:
    assert fortune_against_share([True] * 10 + [False] * 500, 0.1) >= fortune_against_share([True] * 10, 0.1) > 1000


def test_nothing_seen_is_no_evidence() -> None:
    assert fortune_against_no_loss([], 30) == fortune_against_share([], 0.1) == 1.0


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="between -30 and 30"):
        fortune_against_no_loss([31], 30)
    with pytest.raises(ValueError, match="share between 0 and 1"):
        fortune_against_share([True], 1.0)
