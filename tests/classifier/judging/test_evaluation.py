import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import f1_score, roc_auc_score

from classifier.data.dataset import Ticket
from classifier.judging.evaluation import assess, auroc, evaluate, label_sheets
from classifier.judging.paired import macro_f1_difference, mcnemar
from classifier.model.calibration import Calibration, Gauge
from classifier.model.doubt import Doubt
from classifier.model.prediction import Prediction, decide, groups_of
from classifier.model.provenance import own_test_tickets
from tests.classifier.conftest import Trained
from tests.classifier.small_desk import small_tickets

names = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=30)


@given(names)
def test_macro_f1_is_scikit_learns(pairs: list[tuple[str, str]]) -> None:
    truth, guessed = [list(side) for side in zip(*pairs, strict=True)]
    sheets = label_sheets(truth, guessed)
    expected = f1_score(truth, guessed, average="macro", zero_division=0)
    assert np.mean([sheet.f1 for sheet in sheets.values()]) == pytest.approx(expected)


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.4, 0.4, 0.9]), st.booleans()), min_size=2, max_size=30))
def test_auroc_is_scikit_learns(pairs: list[tuple[float, bool]]) -> None:
    scores, right = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs], dtype=bool)
    expected = roc_auc_score(right, scores) if 0 < right.sum() < len(right) else 0.5
    assert auroc(scores[right], scores[~right]) == pytest.approx(expected)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40))
def test_mcnemar_is_the_exact_binomial_test(pairs: list[tuple[bool, bool]]) -> None:
    first, second = (np.array([p[side] for p in pairs], dtype=bool) for side in (0, 1))
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    differing = only_first + only_second
    expected = binomtest(only_first, differing).pvalue if differing else 1.0
    assert mcnemar(first, second) == pytest.approx(expected)


def test_mcnemar_takes_thousands_of_differing_tickets() -> None:
    first = np.arange(5000) < 2600
    assert mcnemar(first, ~first) == pytest.approx(binomtest(2600, 5000).pvalue)


def test_the_interval_of_a_clear_gain_is_above_zero() -> None:
    truth = ["a", "b"] * 50
    low, high = macro_f1_difference(truth, ["a"] * 100, truth)
    assert 0 < low <= high


def _prediction(label: str, confidence: float, accepted: bool) -> Prediction:
    return Prediction(label, confidence, accepted, 0.8, ((label, confidence),), (label,))


def test_shares_are_those_counted_by_hand() -> None:
    tickets = [
        Ticket("1", "", "a", "x"),
        Ticket("2", "", "b", "x"),
        Ticket("3", "", "c", "y"),
        Ticket("4", "", "c", "y"),
    ]
    guesses = [("a", 0.9, True), ("a", 0.9, True), ("c", 0.9, True), ("a", 0.4, False)]
    result = assess(tickets, [_prediction(*guess) for guess in guesses], 0.05)
    assert (result.accuracy, result.auto_routed) == (0.5, 0.75)
    assert result.mislabelled == pytest.approx(1 / 3)
    assert result.misrouted == 0.0  # `a` and `b` belong to the same team
    assert result.right_among_likely == 0.5


def test_no_tickets_give_zeros_and_no_warning() -> None:
    result = assess([], [], 0.05)
    assert (result.tickets, result.accuracy, result.auto_routed, result.macro_f1) == (0, 0.0, 0.0, 0.0)


def test_what_is_measured_is_what_is_served(trained: Trained) -> None:
    own = own_test_tickets(small_tickets(), trained.folder)
    assert evaluate(trained.classifier, own, 0.3).as_json() == trained.report["metrics"]


def test_labels_of_one_team_speak_for_each_other() -> None:
    calibration = Calibration(Doubt(), np.zeros((0, 3)), np.zeros(0), np.zeros(0, dtype=np.int64), 0.0)
    gauge = Gauge(0.5, 1.0, 0.0)
    labels, logits = ("printing", "laptops", "network"), np.log([[0.3, 0.28, 0.42]])
    (alone,) = decide(logits, labels, calibration, gauge, ["it is dead"])
    (together,) = decide(
        logits, labels, calibration, gauge, ["it is dead"], groups_of(labels, {"printing": "desk", "laptops": "desk"})
    )
    assert (alone.label, alone.accepted) == ("network", False)
    assert (together.label, together.accepted) == ("printing", True)
    assert together.confidence == pytest.approx(0.58) and together.top[0][0] == "network"
