"""Questions that ask the same come together, and are called by what tells them apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.clustering import MOST, Words, by_centrality, groups
from knowledge_base.embedding import Encoder, Vectors
from knowledge_base.keywords import tokenise

SCANNER = (
    "scan to folder fails on the third floor",
    "the scanner cannot save to my folder",
    "scanning to a folder fails",
)
BADGE = ("my badge does not open the car park", "car park gate ignores my badge")
ALONE = ("how many holidays do I have left",)


def unit(rows: list[list[float]]) -> Vectors:
    vectors = np.array(rows, np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def test_paraphrases_come_together_and_others_stay_apart(encoder: Encoder) -> None:
    texts = [*SCANNER, *BADGE, *ALONE]
    assert groups(encoder.encode(texts)) == ((0, 1, 2), (3, 4), (5,))


def test_the_order_of_questions_changes_nothing(encoder: Encoder) -> None:
    texts = [*SCANNER, *BADGE, *ALONE]
    found = {frozenset(texts[row] for row in rows) for rows in groups(encoder.encode(texts))}
    turned = texts[::-1]
    assert {frozenset(turned[row] for row in rows) for rows in groups(encoder.encode(turned))} == found


def test_a_chain_of_neighbours_is_not_one_group() -> None:
    angles = np.linspace(0, np.pi / 2, 7)  # each near the next, the ends at a right angle
    chain = unit([[float(np.cos(angle)), float(np.sin(angle))] for angle in angles])
    assert len(groups(chain, 0.9)) > 1


@given(st.lists(st.lists(st.floats(0.1, 1), min_size=3, max_size=3), max_size=12), st.floats(0.1, 0.99))
def test_every_question_is_in_one_group(rows: list[list[float]], threshold: float) -> None:
    found = groups(unit(rows) if rows else np.zeros((0, 3), np.float32), threshold)
    assert sorted(row for group in found for row in group) == list(range(len(rows)))
    assert [len(group) for group in found] == sorted((len(group) for group in found), reverse=True)


def test_too_many_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        groups(np.zeros((MOST + 1, 2), np.float32))


def test_a_group_is_named_by_the_question_nearest_to_all(encoder: Encoder) -> None:
    texts = ["printer prints blank pages", "blank pages from the printer", "it is raining today, and also blank pages"]
    assert by_centrality(encoder.encode(texts), (0, 1, 2))[-1] == 2


def test_telling_words_are_those_that_other_questions_do_not_use() -> None:
    words = Words([*SCANNER, *BADGE, *ALONE])
    assert set(words.telling((3, 4))) == {"badge", "car", "park"}
    assert "scanner" in words.telling((0, 1, 2)) or "scanning" in words.telling((0, 1, 2))


def test_words_that_an_article_holds_are_not_missing() -> None:
    words = Words([*SCANNER, *BADGE])
    assert words.telling((3, 4), without=tokenise("badges")) == ("car", "park")
