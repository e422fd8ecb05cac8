from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from knowledge_base import vectors
from knowledge_base.embedding import Vectors
from knowledge_base.vectors import Kind, Selection, VectorSearch, chosen

KINDS: tuple[Kind, ...] = get_args(Kind)
MEASURED = 0.95  # recall at 10 that docs/BENCHMARKS.md shows for every kind, and tests hold on to


def unit(rows: Vectors) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def make_vectors(count: int, seed: int = 0) -> Vectors:
    """Vectors around forty centres, as articles lie around their subjects."""
    dice = np.random.default_rng(seed)
    centres = dice.standard_normal((40, 32))
    return unit(centres[dice.integers(40, size=count)] + 0.6 * dice.standard_normal((count, 32)))


def nearest(matrix: Vectors, question: Vectors, depth: int, rows: np.ndarray | None = None) -> list[int]:
    """The plain way: every cosine, sorted."""
    rows = np.arange(len(matrix)) if rows is None else rows
    cosines = matrix[rows] @ question
    return [int(row) for row in rows[np.lexsort((rows, -cosines))][:depth]]


@pytest.mark.parametrize("kind", KINDS)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 400), share=st.floats(0, 1), depth=st.integers(1, 60))
@example(seed=45, count=395, share=0.0, depth=51)  # two neighbours at the edge are the same in half precision
@settings(deadline=None, max_examples=25)
def test_a_small_desk_is_searched_exactly_by_every_kind_and_only_in_what_may_be_read(
    kind: Kind, seed: int, count: int, share: float, depth: int
) -> None:
    dice = np.random.default_rng(seed)
    matrix, question = make_vectors(count, seed), make_vectors(1, seed + 1)[0]
    search = VectorSearch.build(matrix, kind)
    readable = np.flatnonzero(dice.random(count) < share)
    for only in (None, Selection(readable, count)):
        scores, rows = search.search(question, depth, only)
        want = nearest(matrix, question, depth, None if only is None else readable)
        assert rows.tolist() == want
        assert np.allclose(scores, matrix[want] @ question, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [1.0, 0.5, 0.1, 0.01])
def test_a_larger_desk_is_searched_as_well_as_measured_however_little_may_be_read(
    kind: Kind, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "EXACT_BELOW", 0)  # or so few would be searched exactly by every kind
    matrix = make_vectors(8_000)
    readable = np.flatnonzero(np.random.default_rng(3).random(len(matrix)) < share)
    search, only = VectorSearch.build(matrix, kind), Selection(readable, len(matrix))
    found = 0
    for question in make_vectors(50, seed=1):
        scores, rows = search.search(question, 10, only)
        assert set(rows) <= set(readable)
        assert np.allclose(scores, matrix[rows] @ question, atol=1e-5), "exact cosines, whatever found the rows"
        found += len(set(rows) & set(nearest(matrix, question, 10, readable)))
    assert found / 500 >= MEASURED


def test_few_readable_vectors_of_a_large_index_are_searched_exactly() -> None:
    matrix = make_vectors(8_000)
    search = VectorSearch.build(matrix, "ivf")
    readable = np.arange(0, 8_000, 3)
    for question in make_vectors(20, seed=1):
        assert search.search(question, 40, Selection(readable, 8_000))[1].tolist() == nearest(
            matrix, question, 40, readable
        )


@pytest.mark.parametrize("kind", KINDS)
def test_a_search_comes_back_from_its_files_as_it_was(tmp_path: Path, kind: Kind) -> None:
    built = VectorSearch.build(make_vectors(2_000), kind)
    files = built.save(tmp_path / "doors.npy", tmp_path / "doors.faiss")
    loaded = VectorSearch.load(tmp_path / "doors.npy", tmp_path / "doors.faiss", built.kind)
    assert sorted(tmp_path.iterdir()) == sorted(files)
    assert not loaded.matrix.flags.writeable
    for question in make_vectors(10, seed=1):
        ours, theirs = loaded.search(question, 20), built.search(question, 20)
        assert ours[1].tolist() == theirs[1].tolist()
        assert np.array_equal(ours[0], theirs[0])


def test_auto_is_exact_until_the_measured_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "EXACT_BELOW", 1_000)
    assert [VectorSearch.build(make_vectors(count), "auto").kind for count in (1_000, 1_001)] == ["exact", "ivf"]


@pytest.mark.parametrize("kind", KINDS)
def test_no_vectors_find_nothing(tmp_path: Path, kind: Kind) -> None:
    empty = VectorSearch.build(np.zeros((0, 32), np.float32), kind)
    assert chosen(kind, 0) == empty.kind == "exact"
    empty.save(tmp_path / "doors.npy", tmp_path / "doors.faiss")
    loaded = VectorSearch.load(tmp_path / "doors.npy", tmp_path / "doors.faiss", empty.kind)
    assert len(loaded.search(make_vectors(1)[0], 10)[1]) == 0
    assert len(empty.search(make_vectors(1)[0], 10, Selection(np.zeros(0, np.int64), 0))[1]) == 0
