from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import ClassifierError
from classifier.model.calibration import (
    DELTA,
    Calibration,
    calibration_error,
    chance_of_so_few,
    fit_temperature,
    learn_then_test,
    tickets_needed,
)
from classifier.model.doubt import Doubt
from classifier.model.encoder import softmax


def _drawn(rng: np.random.Generator, count: int, strength: float = 4) -> tuple[np.ndarray, np.ndarray]:
    """Logits of an overconfident model of six labels (twice too sure), and labels drawn as they should be."""
    honest = rng.normal(0, 2, size=(count, 6))
    honest[np.arange(count), rng.integers(0, 6, count)] += strength
    targets = (softmax(honest).cumsum(axis=1) > rng.random((count, 1))).argmax(axis=1)
    return 2 * honest, targets


def test_the_temperature_of_a_model_that_is_twice_too_sure_is_two() -> None:
    assert fit_temperature(*_drawn(np.random.default_rng(0), 4000)) == pytest.approx(2.0, rel=0.08)


def test_calibration_makes_confidence_mean_what_it_says() -> None:
    logits, targets = _drawn(np.random.default_rng(1), 4000)
    calibration = Calibration.fit(logits[:2000], targets[:2000])
    before, after = (softmax(logits[2000:] / t) for t in (1.0, calibration.doubt.temperature))
    errors = [calibration_error(p.max(1), p.argmax(1) == targets[2000:]) for p in (before, after)]
    assert errors[1] < 0.03 < errors[0]


def test_the_limit_on_misroutes_is_kept_in_all_but_the_accepted_share_of_splits() -> None:
    rng = np.random.default_rng(2)
    logits, targets = _drawn(rng, 20_000, strength=7)
    broken = passed = 0
    for _ in range(300):
        rows = rng.choice(len(targets), 300, replace=False)
        calibration = Calibration.fit(logits[rows], targets[rows])
        threshold = calibration.threshold_for(0.05)
        if threshold is not None:
            probabilities = calibration.probabilities(logits)
            sure = calibration.doubt.sureness(probabilities, np.zeros(len(logits)))
            accepted = calibration.gauge_for(0.05).confidence(sure) >= threshold
            broken += bool((probabilities.argmax(axis=1) != targets)[accepted].mean() > 0.05)
            passed += 1
    assert passed > 200  # the promise is not kept by never promising
    assert broken / 300 <= DELTA


def _seen(*right: bool, sure: float = 0.99) -> Calibration:
    """Two labels; the first is always said, with this confidence."""
    rows = np.array([[sure, 1 - sure]] * len(right)).reshape(len(right), 2)
    targets = np.array([0 if hit else 1 for hit in right], dtype=np.int64)
    return Calibration(Doubt(), rows, np.zeros(len(right)), targets, 0.1)


def test_too_few_tickets_accept_nothing_and_say_how_many_are_needed() -> None:
    calibration = _seen(*(True,) * 20)
    assert calibration.threshold_for(0.05) is None
    assert "at least 45 calibration tickets; there are 20" in calibration.shortfall(0.05)
    assert calibration.threshold_for(0.2) is not None and calibration.shortfall(0.2) == ""


def test_a_model_that_is_often_wrong_accepts_nothing_and_says_so() -> None:
    calibration = _seen(*(True, False) * 100)
    assert calibration.threshold_for(0.05) is None
    assert "wrong too often" in calibration.shortfall(0.05)


def test_no_calibration_tickets_accept_nothing() -> None:
    empty = Calibration.fit(np.zeros((0, 3)), np.zeros(0, dtype=np.int64))
    assert empty.threshold_for(0.05) is None


def test_a_label_that_the_model_does_not_have_counts_as_wrong() -> None:
    calibration = Calibration.fit(np.array([[4.0, 0.0], [4.0, 0.0]]), np.array([0, -1]))
    assert list(calibration.sure_and_right()[1]) == [True, False]
    assert list(calibration.sure_and_right((0, 0))[1]) == [True, False]


def test_a_wrong_label_of_the_right_team_is_no_misroute() -> None:
    calibration = _seen(*(True, False) * 100, sure=0.6)
    assert calibration.threshold_for(0.1) is None
    assert calibration.threshold_for(0.1, (0, 0)) is not None
    sure, right = calibration.sure_and_right((0, 0))
    assert sure == pytest.approx(np.ones(200), abs=1e-4) and right.all()


def test_what_was_learnt_survives_a_file(tmp_path: Path) -> None:
    calibration = Calibration.fit(*_drawn(np.random.default_rng(3), 120))
    calibration.save(tmp_path / "calibration.json")
    again = Calibration.load(tmp_path / "calibration.json")
    for groups in (None, (0, 0, 1, 1, 2, 2)):
        assert again.threshold_for(0.3, groups) == calibration.threshold_for(0.3, groups)
    assert (again.doubt, again.likely_floor) == (calibration.doubt, calibration.likely_floor)
    assert np.array_equal(again.seen, calibration.seen) and np.array_equal(again.targets, calibration.targets)


@given(st.integers(0, 5), st.floats(0.01, 0.4))
def test_the_number_of_tickets_needed_is_enough_and_not_many_more(errors: int, limit: float) -> None:
    needed = tickets_needed(limit, errors)
    assert chance_of_so_few(errors, needed, limit) <= DELTA
    assert chance_of_so_few(errors, max(errors, needed - 1 - needed // 100), limit) > DELTA


def test_one_wrong_ticket_among_the_surest_does_not_end_the_search() -> None:
    sure, right = np.linspace(0.999, 0.5, 400), np.ones(400, dtype=bool)
    right[3] = False
    threshold = learn_then_test(sure, right, 0.05)
    assert threshold is not None and (sure >= threshold).mean() > 0.9


@pytest.mark.parametrize("limit", [0.0, 1.0, -0.1, 5.0])
def test_a_limit_that_is_no_share_is_refused(limit: float) -> None:
    with pytest.raises(ClassifierError, match="between 0 and 1"):
        _seen().threshold_for(limit)


def test_the_right_label_is_among_the_likely_ones_nine_times_in_ten() -> None:
    rng = np.random.default_rng(3)
    logits, targets = _drawn(rng, 6000)
    calibration = Calibration.fit(logits[:1000], targets[:1000])
    rows = calibration.probabilities(logits[1000:])
    hits = [target in calibration.likely(row) for row, target in zip(rows, targets[1000:], strict=True)]
    assert 0.87 < np.mean(hits)
    assert all(1 <= len(calibration.likely(row)) <= 3 for row in rows)


def test_a_damaged_calibration_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{"temperature": "hot"}')
    with pytest.raises(ClassifierError, match="is damaged"):
        Calibration.load(tmp_path / "c.json")
