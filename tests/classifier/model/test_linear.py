import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import SafetensorError
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from classifier.learning.peers import SLACK, Task, train_linear
from classifier.model.linear import LinearModel, character_grams, word_grams
from tests.classifier.small_desk import small_tickets

TEXTS = [ticket.text for ticket in small_tickets()]
LABELS = sorted({ticket.label for ticket in small_tickets()})
TARGETS = np.array([LABELS.index(ticket.label) for ticket in small_tickets()])

WORDS = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", sublinear_tf=True).fit(TEXTS)
CHARACTERS = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True).fit(TEXTS)
SKLEARN = LinearSVC(C=SLACK, class_weight="balanced", random_state=0).fit(
    hstack([WORDS.transform(TEXTS), CHARACTERS.transform(TEXTS)]), TARGETS
)
OURS = train_linear(TEXTS, [Task(TARGETS, len(LABELS))], seed=0)


@settings(deadline=None)
@given(st.lists(st.sampled_from(" ".join(TEXTS).split()), max_size=20).map(" ".join) | st.text(max_size=80))
def test_margins_are_scikit_learns(text: str) -> None:
    expected = SKLEARN.decision_function(hstack([WORDS.transform([text]), CHARACTERS.transform([text])]))
    np.testing.assert_allclose(OURS.margins([text]), expected, atol=2e-4)


@given(st.text(max_size=80))
def test_terms_are_scikit_learns(text: str) -> None:
    lower = text.lower()
    assert sorted(word_grams(lower)) == sorted(WORDS.build_analyzer()(text))
    assert sorted(character_grams(lower)) == sorted(CHARACTERS.build_analyzer()(text))


def test_a_saved_model_gives_the_same_margins_and_holds_no_code(tmp_path: Path) -> None:
    OURS.save(tmp_path)
    np.testing.assert_array_equal(LinearModel.load(tmp_path).margins(TEXTS), OURS.margins(TEXTS))


def test_pickled_numbers_are_refused(tmp_path: Path) -> None:
    OURS.save(tmp_path)
    (tmp_path / "words.safetensors").write_bytes(pickle.dumps({"weights": np.zeros(3)}))
    with pytest.raises(SafetensorError):
        LinearModel.load(tmp_path)


def test_a_second_task_has_columns_of_its_own_and_learns_from_rows_that_carry_it() -> None:
    alone = Task(TARGETS, len(LABELS))
    urgent = Task(np.where(TARGETS == 0, 1, np.where(TARGETS == 1, 0, -1)), 2, even=False)
    both = train_linear(TEXTS, [alone, urgent], seed=0).margins(TEXTS)
    np.testing.assert_array_equal(both[:, : len(LABELS)], OURS.margins(TEXTS))
    carried = urgent.targets >= 0
    assert (both[carried, len(LABELS) :].argmax(axis=1) == urgent.targets[carried]).all()


def test_two_labels_and_a_label_never_seen_have_margins_too() -> None:
    task = Task(np.array([0, 0, 2, 2]), 3)
    model = train_linear(["printer jam", "printer toner", "vpn down", "vpn slow"], [task], seed=0)
    rows = model.margins(["printer", "vpn"])
    assert rows.argmax(axis=1).tolist() == [0, 2] and (rows[:, 1] < -1).all()


def test_no_text_gives_no_rows() -> None:
    assert OURS.margins([]).shape == (0, 4)
