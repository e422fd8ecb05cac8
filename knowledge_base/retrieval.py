"""Question → articles, best first, among those that the person may read.

The audience is applied before anything is scored: hidden articles are in no vector search, no word statistics and
no normalisation, so nothing that comes out can tell that they exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Lock

import numpy as np
import numpy.typing as npt

from knowledge_base.chunking import plain
from knowledge_base.documents import EVERYONE, Article, Passage
from knowledge_base.embedding import Encoder, Vectors
from knowledge_base.index import Index
from knowledge_base.keywords import Keywords, tokenise
from knowledge_base.ranking import Floats, Ranking
from knowledge_base.vectors import Rows, Selection

DEPTH = 1024  # doors fetched; below that many every score is exact, above only the tail is levelled
TITLE_TIMES = 2  # how often a title counts as words


class View:
    """The part of an index that one set of audiences may read."""

    def __init__(self, index: Index, rows: Rows, whole: View | None = None) -> None:
        self.index = index
        self.rows = rows  # of `index.articles`, ascending
        self._whole = whole
        position = np.full(len(index.articles), -1, np.int64)
        position[self.rows] = np.arange(len(self.rows))
        self.doors = np.flatnonzero(position[index.door_articles] >= 0) if index.doors else np.zeros(0, np.int64)
        self._position = position
        self._only = None if len(self.doors) == len(index.doors) else Selection(self.doors, len(index.doors))

    def without(self, index: Index) -> View:
        """The same without what `index`, the same index, has retracted meanwhile; no word is counted again."""
        gone = [index.row_of[id] for id in index.retracted if id in index.row_of]
        return View(index, self.rows[~np.isin(self.rows, gone)], self)

    @cached_property
    def keywords(self) -> Keywords:
        """BM25 over the readable articles alone."""
        if self._whole is None:
            return Keywords([article_tokens(self.index.articles[row]) for row in self.rows])
        gone = np.flatnonzero(~np.isin(self._whole.rows, self.rows)).tolist()
        articles = {at: self.index.articles[int(self._whole.rows[at])] for at in gone}
        return self._whole.keywords.without({at: article_tokens(article) for at, article in articles.items()})

    def cosines(self, question: Vectors) -> Floats:
        """[readable articles, 3]: the best cosine of any door, of a passage, and of the title or an example."""
        best = np.zeros((len(self.rows), 3))
        if len(self.doors) == 0:
            return best
        depth = min(DEPTH, len(self.doors))
        scores, found = self.index.search(question, depth, self._only)
        # What lies below the depth is at most as near as the last door that was fetched.
        best[:] = max(0.0, float(scores[-1])) if depth < len(self.doors) else 0.0
        at = self._position[self.index.door_articles[found]]
        np.maximum.at(best[:, 0], at, scores)
        np.maximum.at(best, (at, self.index.door_columns[found]), scores)
        return np.clip(best, 0.0, 1.0)


def article_tokens(article: Article) -> list[str]:
    """The words by which BM25 finds an article."""
    return tokenise("\n".join([*[article.title] * TITLE_TIMES, *article.ask, plain(article.body)]))


@dataclass(frozen=True)
class Ranked:
    """All readable articles with their scores for one question. Columns of `parts` are `ranking.PARTS`."""

    view: View
    vector: Vectors
    tokens: tuple[str, ...]
    parts: Floats  # [articles, parts]
    scores: Floats  # [articles]
    order: npt.NDArray[np.int64]  # positions, best first
    _sentences: dict[int, float] = field(default_factory=dict)  # worked out so far

    def under(self, ranking: Ranking) -> Ranked:
        """The same question ordered by another ranking."""
        scores = ranking.join(self.parts)
        return replace(self, scores=scores, order=np.argsort(-scores, kind="stable"))

    def article(self, position: int) -> Article:
        """The article at a position of the view."""
        return self.view.index.articles[int(self.view.rows[position])]

    def passage(self, position: int) -> tuple[Passage, float]:
        """The passage of that article that is nearest to the question, with its cosine."""
        row, cosine = self._nearest(position)
        return self.view.index.passages[row], cosine

    def cover(self, position: int) -> float:
        """The share of the question's telling words that stand in that passage or its title path."""
        row, _ = self._nearest(position)
        return self.view.keywords.cover(self.tokens, self.view.index.passage_tokens(row))

    def _nearest(self, position: int) -> tuple[int, float]:
        index = self.view.index
        doors = index.passage_doors[int(self.view.rows[position])]
        cosines = index.matrix[list(doors)] @ self.vector
        at = int(cosines.argmax())
        return index.doors[doors[at]].passage, float(cosines[at])

    def sentence(self, position: int) -> float:
        """The best cosine of any sentence of that article, 0 to 1."""
        if position not in self._sentences:
            vectors = self.view.index.sentences_of(int(self.view.rows[position]))
            best = float((vectors @ self.vector).max()) if len(vectors) else 0.0
            self._sentences[position] = max(0.0, best)
        return self._sentences[position]

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
        """Every readable article, best first; ties go by article id."""
        view = self.view(audiences)
        tokens = tokenise(question)
        vector = self.encoder.encode_question(question)
        cosines = view.cosines(vector)
        parts = np.column_stack([cosines, view.keywords.scores(tokens)]).astype(np.float64)
        scores = ranking.join(parts)
        order = np.argsort(-scores, kind="stable")
        return Ranked(view, vector, tuple(tokens), parts, scores, order)
