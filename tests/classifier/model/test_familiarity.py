from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.learning.doubt_fitting import fit_doubt
from classifier.model.calibration import Calibration
from classifier.model.doubt import Doubt, log_odds, sigmoid
from classifier.model.familiarity import Memory, Scale, energy, likeness
from classifier.model.inference import Classifier
from classifier.model.prediction import decide
from tests.classifier.conftest import Trained


def test_a_request_of_another_kind_is_less_familiar_than_any_ticket_learnt_from(trained: Trained) -> None:
    usual = ["my password has expired", "the printer is jammed", "VPN keeps disconnecting", "please order a monitor"]
    strange = ["what is the weather in Lisbon tomorrow", "tell me a joke about penguins", "who won the football match"]
    assert trained.classifier.familiarity(strange).max() < trained.classifier.familiarity(usual).min()
    assert trained.classifier.familiarity([]).shape == (0,)


def test_what_is_like_nothing_learnt_from_goes_to_a_person_however_sure_the_model_is() -> None:
    calibration = Calibration.fit(np.array([[9.0, 0.0]] * 60), np.zeros(60, dtype=np.int64), Doubt(floor=-1.0))
    gauge = calibration.gauge_for(0.1)
    known, new = decide(
        np.array([[9.0, 0.0]] * 2), ("a", "b"), calibration, gauge, ["x", "y"], familiar=np.array([0.0, -1.5])
    )
    assert known.accepted and known.confidence > 0.9
    assert not new.accepted and new.confidence == 0.0 and new.label == "a"


def test_the_energy_is_the_logarithm_of_the_summed_exponentials() -> None:
    assert energy(np.array([[0.0, 0.0], [1000.0, 0.0]])) == pytest.approx([np.log(2), 1000.0])


def test_likeness_is_the_mean_cosine_to_the_nearest() -> None:
    known = np.eye(3, dtype=np.float16)
    vectors = np.array([[1.0, 0.0, 0.0], [0.0, 0.6, 0.8]], dtype=np.float32)
    assert likeness(vectors, known, 2) == pytest.approx([0.5, 0.7], abs=1e-3)
    assert likeness(vectors, known, 10) == pytest.approx([1 / 3, 1.4 / 3], abs=1e-3)


def test_three_of_a_hundred_usual_tickets_count_as_unfamiliar() -> None:
    signs = {"one": np.random.default_rng(0).normal(5, 2, 2000), "two": np.random.default_rng(1).normal(-3, 0.1, 2000)}
    scale = Scale.fit(signs)
    familiar = scale.of(signs)
    assert familiar.mean() == pytest.approx(0, abs=1e-9)
    assert (familiar < scale.floor).mean() == pytest.approx(0.03, abs=0.002)
    assert Scale.from_json(scale.as_json()) == scale


def test_the_memory_survives_a_file(tmp_path: Path) -> None:
    memory = Memory(np.eye(3, dtype=np.float16), -np.eye(3, dtype=np.float16))
    memory.save(tmp_path)
    again = Memory.load(tmp_path)
    np.testing.assert_array_equal(again.tuned, memory.tuned)
    np.testing.assert_array_equal(again.untuned, memory.untuned)


def test_doubt_learns_which_label_to_trust_less_and_that_strange_tickets_go_wrong() -> None:
    rng = np.random.default_rng(2)
    said = rng.integers(0, 3, 900)
    logits = np.full((900, 3), 0.0, dtype=np.float32)
    logits[np.arange(900), said] = 2.0
    familiar = rng.normal(0, 1, 900)
    chance = sigmoid(1.0 + 1.2 * familiar - 2.0 * (said == 2))
    targets = np.where(rng.random(900) < chance, said, (said + 1) % 3)
    doubt = fit_doubt(logits, targets, familiar, None, None)
    assert doubt.familiarity > 0.5
    assert doubt.by_label[2] < min(doubt.by_label[:2]) - 0.8
    assert Doubt.from_json(doubt.as_json()) == doubt


def test_doubt_learnt_from_nothing_is_none() -> None:
    assert (
        fit_doubt(np.zeros((0, 2), dtype=np.float32), np.zeros(0, dtype=np.int64), np.zeros(0), None, None) == Doubt()
    )


@given(st.floats(0, 1), st.floats(-3, 3))
def test_sureness_is_a_share_and_rises_with_the_probability_and_with_familiarity(share: float, familiar: float) -> None:
    doubt = Doubt(familiarity=0.5)
    rows = np.array([[share, 1 - share], [min(1.0, max(share, 1 - share) + 0.01), 0.0]])
    low, high = doubt.sureness(rows, np.array([familiar, familiar]))
    (higher,) = doubt.sureness(rows[:1], np.array([familiar + 1]))
    assert 0 <= low <= high <= 1 and low <= higher


@given(st.floats(0.0001, 0.9999))
def test_log_odds_and_sigmoid_undo_each_other(share: float) -> None:
    assert sigmoid(log_odds([share]))[0] == pytest.approx(share)


def test_a_cheap_peer_is_a_model_like_any_other(words_only: Classifier) -> None:
    predictions = words_only.classify(["my password has expired", "the printer is out of toner"], 0.3)
    assert [prediction.label for prediction in predictions] == ["passwords", "printing"]
    assert words_only.scorer.encoder is None
