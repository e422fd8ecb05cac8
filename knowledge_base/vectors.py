"""The nearest of many vectors: exactly, or by a structure that looks at few of them.

Whatever finds the candidates, the scores that come out are exact cosines, worked out from the fp32 vectors; only which
vectors are looked at differs between the kinds. Vectors and structures are files that are mapped into memory, so the
processes of one machine share one copy. docs/BENCHMARKS.md (scale) has the measurements behind the numbers here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import faiss
import numpy as np
import numpy.typing as npt

from knowledge_base.embedding import Vectors
from knowledge_base.errors import unreadable

Kind = Literal["exact", "half", "hnsw", "ivf"]
Wish = Literal["exact", "half", "hnsw", "ivf", "auto"]  # `DESKHAND_SEARCH`
Rows = npt.NDArray[np.int64]

EXACT_BELOW = 200_000
"""Vectors up to which an exact search is quick enough (p99 under 20 ms): `auto` is exact until there, and so is a
search among so few readable vectors of a larger index."""

POINTS_PER_LIST = 64  # IVF: vectors a list that the lists are learnt from
LISTS_PROBED = 128  # IVF, when every vector may be found
SPARE = 16  # fetched beyond the depth: half precision may confuse neighbours at the edge
LINKS, BUILD_WIDTH = 32, 60  # HNSW: neighbours of a vector, candidates looked at to choose them
SEARCH_WIDTH = 256  # HNSW: candidates looked at, at least
SEED = 1


@dataclass(frozen=True)
class Selection:
    """The rows that a search may find, of `total`."""

    rows: Rows
    total: int

    @cached_property
    def faiss(self) -> Any:
        """As FAISS asks for each vector whether it is selected: one bit a vector."""
        chosen = np.zeros(self.total, np.bool_)
        chosen[self.rows] = True
        return faiss.IDSelectorBitmap(np.packbits(chosen, bitorder="little"))


@dataclass(frozen=True)
class VectorSearch:
    """Unit vectors and what finds the nearest of them. Never changes; safe to share between threads."""

    matrix: Vectors  # [vectors, dimensions]; mapped from its file after `load`, not to be written
    kind: Kind
    structure: Any  # FAISS's, over the same rows in half precision; None for an exact search

    @classmethod
    def build(cls, matrix: Vectors, wish: Wish) -> VectorSearch:
        """For these vectors; `auto` is exact below EXACT_BELOW of them and IVF from there on."""
        kind = chosen(wish, len(matrix))
        return cls(matrix, kind, _build(kind, matrix))

    def search(self, question: Vectors, depth: int, only: Selection | None = None) -> tuple[Vectors, Rows]:
        """Cosines and rows of the `depth` nearest vectors, best first, ties by row; fewer when there are no more.

        An approximate search among few selected vectors is exact, among more it looks further the fewer there are.
        """
        allowed = len(self.matrix) if only is None else len(only.rows)
        depth = min(depth, allowed)
        if depth == 0:
            return np.zeros(0, np.float32), np.zeros(0, np.int64)
        vector = np.ascontiguousarray(question, np.float32)
        if self.structure is None or (only is not None and allowed <= EXACT_BELOW):
            scores, rows = self._exact(vector, depth, only)
        else:
            wide = min(depth + SPARE, allowed)
            options = _options(self.kind, self.structure, wide, len(self.matrix) / allowed)
            options.sel = only.faiss if only is not None else None
            rows = self.structure.search(vector[None, :], wide, params=options)[1][0]
            rows = rows[rows >= 0]
            scores = self._cosines(vector, rows)
            if len(rows) < depth:  # it looked where too little may be found
                scores, rows = self._exact(vector, depth, only)
        best = np.lexsort((rows, -scores))[:depth]
        return scores[best], rows[best]

    def _exact(self, vector: Vectors, depth: int, only: Selection | None) -> tuple[Vectors, Rows]:
        scores, rows = np.empty(depth, np.float32), np.empty(depth, np.int64)
        total, dimensions = self.matrix.shape
        # FAISS's own search over a flat index, but on the mapped file instead of a copy of it.
        faiss.knn_inner_product(
            faiss.swig_ptr(vector), faiss.swig_ptr(self.matrix), dimensions, 1, total, depth,
            faiss.swig_ptr(scores), faiss.swig_ptr(rows), only.faiss if only is not None else None,
        )  # fmt: skip
        return scores, rows

    def _cosines(self, vector: Vectors, rows: Rows) -> Vectors:
        scores = np.empty(len(rows), np.float32)
        faiss.fvec_inner_products_by_idx(
            faiss.swig_ptr(scores), faiss.swig_ptr(vector), faiss.swig_ptr(self.matrix), faiss.swig_ptr(rows),
            self.matrix.shape[1], 1, len(rows),
        )  # fmt: skip
        return scores

    def save(self, vectors: Path, structure: Path) -> list[Path]:
        """Write both files, the second only where there is a structure; gives the files written. Raises OSError."""
        np.save(vectors, self.matrix, allow_pickle=False)
        if self.structure is None:
            return [vectors]
        # Through Python's own file calls: FAISS's writer does not say why a disk refused.
        structure.write_bytes(faiss.serialize_index(self.structure))
        return [vectors, structure]

    @classmethod
    def load(cls, vectors: Path, structure: Path, kind: Kind) -> VectorSearch:
        """From files whose checksums have been verified. Raises KnowledgeBaseError."""
        mapped = faiss.read_index(str(structure), faiss.IO_FLAG_MMAP_IFC) if kind != "exact" else None
        return cls(map_vectors(vectors), kind, mapped)


def chosen(wish: Wish, vectors: int) -> Kind:
    """The kind of search for so many vectors."""
    if wish == "auto":
        return "exact" if vectors <= EXACT_BELOW else "ivf"
    return wish if vectors else "exact"


def map_vectors(path: Path) -> Vectors:
    """A file of vectors, read when used and shared with other processes; not to be written."""
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise unreadable(path, error) from error
    return np.asarray(mapped)


def _build(kind: Kind, matrix: Vectors) -> Any:
    if kind == "exact":
        return None
    count, dimensions = matrix.shape
    half, product = faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    if kind == "half":
        structure = faiss.IndexScalarQuantizer(dimensions, half, product)
    elif kind == "hnsw":
        structure = faiss.IndexHNSWSQ(dimensions, half, LINKS, product)
        structure.hnsw.efConstruction = BUILD_WIDTH
    else:
        lists = max(1, min(round(2 * math.sqrt(count)), count // POINTS_PER_LIST))
        coarse = faiss.IndexFlatIP(dimensions)
        structure = faiss.IndexIVFScalarQuantizer(coarse, dimensions, lists, half, product, False)
        structure.cp.seed, structure.cp.max_points_per_centroid = SEED, POINTS_PER_LIST
        structure.cp.min_points_per_centroid = 1  # or it warns about a small desk
    structure.train(matrix)
    structure.add(matrix)
    return structure


def _options(kind: Kind, structure: Any, depth: int, total_to_allowed: float) -> Any:
    """How far to look. What may not be found is passed over, so the more of that, the further."""
    if kind == "ivf":
        probed = min(structure.nlist, math.ceil(LISTS_PROBED * total_to_allowed))
        return faiss.SearchParametersIVF(nprobe=probed)
    if kind == "hnsw":
        return faiss.SearchParametersHNSW(efSearch=math.ceil(max(depth, SEARCH_WIDTH) * total_to_allowed))
    return faiss.SearchParameters()
