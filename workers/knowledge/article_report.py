"""The report on articles: duplicates, contradictions, stale and never-used ones, among those that answer now."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True)
class Overlaps:
    """Articles that overlap; worked out by a search for gaps, since comparing many takes minutes."""

    duplicates: tuple[Duplicate, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()

    @classmethod
    def of(cls, index: Index, progress: Progress | None = None) -> "Overlaps":
        """Compare an index's articles with each other."""
        return cls(tuple(duplicates(index, progress)), tuple(contradictions(index, progress)))

    @classmethod
    def from_json(cls, kept: Mapping[str, Any] | None) -> "Overlaps":
        """As `asdict` made it."""
        kept = kept or {}
        return cls(
            tuple(Duplicate(**row) for row in kept.get("duplicates", ())),
            tuple(Contradiction(**row) for row in kept.get("contradictions", ())),
        )


def report_on(session: Session, workspace: str, index: Index, overlaps: Overlaps) -> ArticleReport:
    """What is wrong with these articles, and between them."""
    kept = [article for article in index.articles if article.id not in index.retracted]
    health = article_health(session, workspace, kept)
    return ArticleReport(
        overlaps.duplicates,
        overlaps.contradictions,
        stale=tuple(sorted((one for one in health if one.stale), key=lambda one: one.article_id)),
        never_used=tuple(sorted((one for one in health if one.never_used), key=lambda one: one.article_id)),
    )


def served_index(session: Session, bundles: Path) -> Index | None:
    """The articles that may answer now, for a command; none before the first sync."""
    version = serving.served(session, "knowledge")
    index = open_index(bundles / version) if version else None
    return index.without(articles.retracted(session)) if index else None


def readable_ids(index: Index | None, audiences: frozenset[str]) -> frozenset[str]:
    """The articles that these audiences may read; also those that have expired, which answer no more."""
    if index is None:
        return frozenset()
    return frozenset(one.id for one in index.articles if one.id not in index.retracted and one.readable_by(audiences))
