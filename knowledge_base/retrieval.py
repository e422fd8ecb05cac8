"""Question → articles, best first, among those that the person may read.

Two steps: vectors and words each name their nearest articles; those candidates are then looked at closely, sentence by
sentence, and ordered by all parts together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Lock

import numpy as np

from knowledge_base.documents import EVERYONE, Article, Passage
from knowledge_base.embedding import Encoder, Vectors
from knowledge_base.index import Index
from knowledge_base.keywords import tokenise
from knowledge_base.ranking import PARTS, Floats, Ranking
from knowledge_base.vectors import Rows
from knowledge_base.view import View

CANDIDATES = 30  # that vectors, and that words, each name


@dataclass(frozen=True)
class Ranked:
    """All readable articles for one question. Columns of `parts` are `ranking.PARTS`.

    Only candidates have all parts; the others' scores are those of the first step, moved below every candidate's.
    """

    view: View
    vector: Vectors
    tokens: tuple[str, ...]
    candidates: Rows  # positions in the view, ascending
    parts: Floats  # [articles, parts]
    scores: Floats  # [articles]
    order: Rows  # positions of the candidates, best first
    _near: dict[int, tuple[int, float]] = field(default_factory=dict)  # worked out so far

    def under(self, ranking: Ranking) -> Ranked:
        """The same question ordered by another ranking."""
        joined = ranking.join(self.parts[self.candidates])
        first = self.parts[:, PARTS.index("dense")] + self.parts[:, PARTS.index("keyword")]
        scores = first - first.max(initial=0.0) + joined.min(initial=0.0)
        scores[self.candidates] = joined
        likeness = self.likeness if ranking.support else np.zeros((0, 0))
        return replace(self, scores=scores, order=self.candidates[ranking.order(joined, likeness)])

    @cached_property
    def complete_order(self) -> Rows:
        """Positions of all readable articles, best first; ties go by article id."""
        rest = np.setdiff1d(np.arange(len(self.scores)), self.candidates)
        return np.concatenate([self.order, rest[np.argsort(-self.scores[rest], kind="stable")]])

    @cached_property
    def likeness(self) -> Floats:
        """Cosines among the candidates, by the passage of each that is nearest to the question."""
        nearest = [self._nearest_door(at) for at in self.candidates.tolist()]
        vectors = self.view.index.matrix[nearest]
        return np.asarray(vectors @ vectors.T, np.float64)

    def article(self, position: int) -> Article:
        """The article at a position of the view."""
        return self.view.index.articles[int(self.view.rows[position])]

    def passage(self, position: int) -> tuple[Passage, float]:
        """The passage of that article that is nearest to the question, with its cosine."""
        door, cosine = self._nearest(position)
        return self.view.index.passages[self.view.index.doors[door].passage], cosine

    def cover(self, position: int) -> float:
        """The share of the question's telling words that stand in that passage or its title path."""
        passage = self.view.index.doors[self._nearest_door(position)].passage
        return self.view.keywords.cover(self.tokens, self.view.index.passage_tokens(passage))

    def _nearest_door(self, position: int) -> int:
        return self._nearest(position)[0]

    def _nearest(self, position: int) -> tuple[int, float]:
        if position not in self._near:
            doors = self.view.index.passage_doors[int(self.view.rows[position])]
            cosines = self.view.index.matrix[list(doors)] @ self.vector
            at = int(cosines.argmax())
            self._near[position] = doors[at], float(cosines[at])
        return self._near[position]

    def sentences(self, position: int) -> dict[str, float]:
        """The cosine of each sentence of that article."""
        row = int(self.view.rows[position])
        index = self.view.index
        return dict(zip(index.sentences[row], (index.sentences_of(row) @ self.vector).tolist(), strict=True))


class Retriever:
    """Searches one index. Safe to share between threads."""

    def __init__(self, index: Index, encoder: Encoder, whole: Retriever | None = None) -> None:
        self.index = index
        self.encoder = encoder
        self._whole = whole
        self._views: dict[frozenset[str], View] = {}
        self._lock = Lock()

    def without(self, article_ids: Iterable[str]) -> Retriever:
        """The same, but these articles are never found again; what has been worked out serves on."""
        return Retriever(self.index.without(article_ids), self.encoder, self._whole or self)

    def view(self, audiences: frozenset[str]) -> View:
        """The readable part for these audiences, built once."""
        key = audiences | {EVERYONE}
        with self._lock:
            if key not in self._views:
                self._views[key] = self._open(key)
            return self._views[key]

    def _open(self, audiences: frozenset[str]) -> View:
        if self._whole is not None:
            return self._whole.view(audiences).without(self.index)
        return View(self.index, np.array(self.index.readable(audiences), np.int64))

    def rank(self, question: str, audiences: frozenset[str], ranking: Ranking) -> Ranked:
        """The readable articles, best first; ties go by article id."""
        view = self.view(audiences)
        tokens = tokenise(question)
        vector = self.encoder.encode_question(question)
        cosines, meant = view.cosines(vector)
        parts = np.zeros((len(view.rows), len(PARTS)))
        parts[:, :3] = cosines
        parts[:, PARTS.index("keyword")] = view.keywords.evidence(tokens)
        candidates = candidates_of(parts)
        ranked = Ranked(view, vector, tuple(tokens), candidates, parts, np.zeros(len(parts)), candidates)
        for at in candidates.tolist():
            _look_closely(ranked, at, int(meant[at]))
        return ranked.under(ranking)


def candidates_of(parts: Floats) -> Rows:
    """Positions of the articles that are nearest by vectors or by words, ascending."""
    named = [_first(parts[:, PARTS.index(name)]) for name in ("dense", "keyword")]
    return np.unique(np.concatenate(named))


def _first(scores: Floats) -> Rows:
    if len(scores) <= CANDIDATES:
        return np.arange(len(scores))
    # By score and then by place, so that what is hidden behind a tie cannot change who is named.
    floor = np.partition(scores, -CANDIDATES)[-CANDIDATES]
    at_least = np.flatnonzero(scores >= floor)
    return np.asarray(at_least[np.argsort(-scores[at_least], kind="stable")][:CANDIDATES], np.int64)


def _look_closely(ranked: Ranked, position: int, meant: int) -> None:
    """Fill in the parts that are worked out for candidates only."""
    view, row = ranked.view, int(ranked.view.rows[position])
    vectors = view.index.sentences_of(row)
    door, cosine = ranked._nearest(position)
    found = {
        "passage": max(0.0, cosine),
        "sentence": max(0.0, float((vectors @ ranked.vector).max())) if len(vectors) else max(0.0, cosine),
        "generic": view.generic(door),
        "generic_question": view.generic(meant) if meant >= 0 else 0.0,
    }
    for name, value in found.items():
        ranked.parts[position, PARTS.index(name)] = value
