"""The power law and what is read from it; the curve of a real training is in `test_report_files`."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import ClassifierError
from classifier.learning.learning_curve import HEAD, LEARNING_FILE, WORDS, learning_curve, read_learning_curve
from classifier.learning.power_law import PowerLaw, fit
from classifier.model.model_folder import write_json
from tests.classifier.small_desk import small_tickets

SIZES = np.array([100.0, 200, 400, 600, 800, 1000])


@given(st.floats(0, 0.3), st.floats(0.5, 5), st.sampled_from([0.2, 0.5, 0.85]))
def test_a_law_is_found_again_from_its_points(a: float, b: float, c: float) -> None:
    errors = PowerLaw(a, b, c).at(SIZES)
    if errors.max() < 1:  # beyond that it is no law any more
        found = fit(SIZES, errors)
        assert np.allclose(found.at(SIZES), errors, atol=1e-6)
        assert float(found.at(4000.0)) == pytest.approx(float(PowerLaw(a, b, c).at(4000.0)), abs=1e-3)


@given(st.lists(st.floats(0, 1), min_size=6, max_size=6))
def test_more_tickets_never_promise_more_errors(errors: list[float]) -> None:
    found = fit(SIZES, np.array(errors))
    assert found.a >= -1e-9 and found.b >= 0
    assert float(found.at(4000.0)) <= float(found.at(1000.0)) + 1e-9


def _curve(tmp_path: Path) -> Path:
    tickets = small_tickets()
    labels = sorted({ticket.label for ticket in tickets})
    targets = np.array([labels.index(ticket.label) for ticket in tickets])
    embeddings = np.random.default_rng(0).normal(size=(80, 8)) + 2 * np.eye(8)[targets]
    texts = [ticket.text for ticket in tickets]
    write_json(tmp_path / LEARNING_FILE, learning_curve(texts, embeddings, targets, labels, range(48), 0))
    return tmp_path


def test_both_cheap_models_are_measured_and_extrapolated(tmp_path: Path) -> None:
    curve = read_learning_curve(_curve(tmp_path))
    assert curve is not None
    assert (curve.sizes, curve.unseen) == ((5, 10, 19, 29, 38, 48), 32)
    assert set(curve.right) == {WORDS, HEAD}
    assert curve.right[HEAD][-1] > curve.right[HEAD][0] and curve.right[HEAD][-1] > 0.8
    ahead = curve.forecast[HEAD]
    assert [one.tickets for one in ahead] == [48, 72, 96, 192]
    assert all(one.low <= one.right <= one.high for one in ahead)
    assert [one.worth for one in curve.gains] == sorted((one.worth for one in curve.gains), reverse=True)
    assert {one.label for one in curve.gains} == {"buying", "network", "passwords", "printing"}
    assert all(one.low <= one.gain <= one.high for one in curve.gains)


def test_too_few_tickets_give_no_curve(tmp_path: Path) -> None:
    write_json(
        tmp_path / LEARNING_FILE, learning_curve(["a"] * 9, np.ones((9, 2)), np.zeros(9, int), ["x"], range(6), 0)
    )
    assert read_learning_curve(tmp_path) is None
    assert read_learning_curve(tmp_path / "nothing") is None


def test_a_damaged_curve_is_named(tmp_path: Path) -> None:
    path = _curve(tmp_path) / LEARNING_FILE
    values = json.loads(path.read_text())
    del values["gains"][0]["low"]
    path.write_text(json.dumps(values))
    with pytest.raises(ClassifierError, match=r"learning_curve\.json: is damaged"):
        read_learning_curve(tmp_path)
