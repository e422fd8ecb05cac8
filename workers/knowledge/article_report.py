"""The report on articles: duplicates, contradictions, stale and never-used ones, among those that answer now."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy.orm import Session

from knowledge_base.bundle import open_index
from knowledge_base.embedding import Progress
from knowledge_base.index import Index
from knowledge_base.overlaps import Contradiction, Duplicate, contradictions, duplicates
from workers import serving
from workers.knowledge import articles
from workers.knowledge.health import ArticleHealth, article_health


@dataclass(frozen=True)
class ArticleReport:
    """What people should look at."""

    duplicates: tuple[Duplicate, ...]
    contradictions: tuple[Contradiction, ...]
    stale: tuple[ArticleHealth, ...]
    never_used: tuple[ArticleHealth, ...]  # nobody was shown a word of them for 90 days

    def readable(self, ids: frozenset[str]) -> "ArticleReport":
        """The part of it that tells nothing of any article but these."""
        return ArticleReport(
            tuple(pair for pair in self.duplicates if {pair.first, pair.second} <= ids),
            tuple(pair for pair in self.contradictions if {pair.first, pair.second} <= ids),
            tuple(one for one in self.stale if one.article_id in ids),
            tuple(one for one in self.never_used if one.article_id in ids),
        )


def report_on(session: Session, workspace: str, index: Index, progress: Progress | None = None) -> ArticleReport:
    """What is wrong with these articles, and between them."""
    kept = [article for article in index.articles if article.id not in index.retracted]
    health = article_health(session, workspace, kept)
    return ArticleReport(
        duplicates=tuple(duplicates(index, progress)),
        contradictions=tuple(contradictions(index, progress)),
        stale=tuple(sorted((one for one in health if one.stale), key=lambda one: one.article_id)),
        never_used=tuple(sorted((one for one in health if one.never_used), key=lambda one: one.article_id)),
    )


def served_index(session: Session, bundles: Path) -> Index | None:
    """The articles that may answer now; none before the first sync."""
    version = serving.served(session, "knowledge")
    index = _open(bundles / version) if version else None
    return index.without(articles.retracted(session)) if index else None


@lru_cache(maxsize=1)  # a version never changes
def _open(bundle: Path) -> Index | None:
    return open_index(bundle)


def readable_ids(index: Index | None, audiences: frozenset[str]) -> frozenset[str]:
    """The articles that these audiences may read now."""
    return frozenset(index.articles[row].id for row in index.readable(audiences)) if index else frozenset()
