"""The part of an index that one set of audiences may read, and what can be said about it before anybody asks.

The audience is applied here, before anything is scored: hidden articles are in no vector search, no word statistics
and no comparison between articles, so nothing that comes out can tell that they exist.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from knowledge_base.chunking import plain
from knowledge_base.documents import Article
from knowledge_base.embedding import Vectors
from knowledge_base.index import Index
from knowledge_base.keywords import Keywords, tokenise
from knowledge_base.ranking import Floats
from knowledge_base.vectors import Rows, Selection

DEPTH = 1024  # doors fetched; below that many every score is exact, above only the tail is levelled
TITLE_TIMES = 2  # how often a title counts as words
BANK = 512  # doors that another one is compared with, to see how generic it is
NEAREST_SHARE = 0.07  # of the bank; the nearest ones count
NEAREST_LEAST = 3


class View:
    """What one set of audiences may read of an index. Safe to share between threads."""

    def __init__(self, index: Index, rows: Rows, whole: View | None = None) -> None:
        self.index = index
        self.rows = rows  # of `index.articles`, ascending
        self._whole = whole
        position = np.full(len(index.articles), -1, np.int64)
        position[self.rows] = np.arange(len(self.rows))
        self.doors = np.flatnonzero(position[index.door_articles] >= 0) if index.doors else np.zeros(0, np.int64)
        self._position = position
        self._only = None if len(self.doors) == len(index.doors) else Selection(self.doors, len(index.doors))
        self._generic: dict[int, float] = {}

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

    def cosines(self, question: Vectors) -> tuple[Floats, Rows]:
        """The best cosine of each readable article by any door, by a passage, and by the title or a question.

        [articles, 3], and for each article the title's or question's door that is meant; -1 where none was fetched.
        """
        best = np.zeros((len(self.rows), 3))
        meant = np.full(len(self.rows), -1, np.int64)
        if len(self.doors) == 0:
            return best, meant
        depth = min(DEPTH, len(self.doors))
        scores, found = self.index.search(question, depth, self._only)
        # What lies below the depth is at most as near as the last door that was fetched.
        best[:] = max(0.0, float(scores[-1])) if depth < len(self.doors) else 0.0
        at = self._position[self.index.door_articles[found]]
        columns = self.index.door_columns[found]
        np.maximum.at(best[:, 0], at, scores)
        np.maximum.at(best, (at, columns), scores)
        asked = np.flatnonzero(columns == 2)[::-1]  # nearest last, so that it stays
        meant[at[asked]] = found[asked]
        return np.clip(best, 0.0, 1.0), meant

    def generic(self, door: int) -> float:
        """How near a door lies to doors of its kind that lead to other articles: the mean cosine of the nearest 7 %.

        What is near to everything is near to a question for no reason of its own: hubs in high-dimensional space
        (Radovanović et al., JMLR 2010), corrected as in CSLS (Conneau et al., ICLR 2018) but against the articles
        themselves, since questions of the same kind may not be known yet. Worked out once for each door.
        """
        if door not in self._generic:
            bank = self._banks[int(self.index.door_columns[door]) - 1]
            others = bank[self.index.door_articles[bank] != self.index.door_articles[door]]
            cosines = self.index.matrix[others] @ self.index.matrix[door]
            count = max(NEAREST_LEAST, int(NEAREST_SHARE * len(others)))
            nearest = np.sort(cosines)[-count:]
            self._generic[door] = max(0.0, float(nearest.mean())) if len(nearest) else 0.0
        return self._generic[door]

    @cached_property
    def _banks(self) -> tuple[Rows, Rows]:
        """Readable doors, evenly taken: passages, and titles and questions."""
        columns = self.index.door_columns[self.doors]
        return _spread(self.doors[columns == 1]), _spread(self.doors[columns == 2])


def _spread(doors: Rows) -> Rows:
    if len(doors) <= BANK:
        return doors
    return doors[np.linspace(0, len(doors) - 1, BANK).astype(np.int64)]


def article_tokens(article: Article) -> list[str]:
    """The words by which BM25 finds an article."""
    return tokenise("\n".join([*[article.title] * TITLE_TIMES, *article.ask, plain(article.body)]))
