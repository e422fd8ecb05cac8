"""How articles did in live use: what was shown, chosen and solved, what is too often wrong, what nobody reads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, case, func, select
from sqlalchemy.orm import Session

from knowledge_base.documents import Article
from knowledge_base.risk import upper_bound
from workers.knowledge.shown import CHOICES
from workers.store.columns import now
from workers.store.tables import ShownArticle

PERIOD = timedelta(days=90)
EXPIRES_SOON = timedelta(days=30)  # its owner needs some time to write it anew
STALE_AFTER = timedelta(days=365)  # without a new date in its front matter


@dataclass(frozen=True)
class ArticleHealth:
    """One article in a period. What was shown and judged counts in the period in which it was shown."""

    article_id: str
    title: str
    owner: str
    shown: int  # in answers, suggestions, questions back and offers
    answered: int  # as the one answer
    suggested: int  # among several to choose from
    chosen: int  # of the suggested
    solved: int  # people said that it solved it
    not_solved: int  # people said that it did not
    last_used: datetime | None  # when it was last quoted, in the period; none: not at all
    stale: str  # why its text may be out of date, in words; empty: it is not

    @property
    def never_used(self) -> bool:
        """Whether nobody was shown a word of it in the period."""
        return self.shown == 0

    @property
    def wrong_share(self) -> float | None:
        """Among those where somebody said so; none while nobody has."""
        judged = self.solved + self.not_solved
        return self.not_solved / judged if judged else None

    @property
    def wrong_at_most(self) -> float:
        """Upper 90 % bound of the wrong share (Clopper-Pearson); 1 while nobody has said anything."""
        return upper_bound(self.not_solved, self.solved + self.not_solved)


def article_health(
    session: Session, workspace: str, articles: Iterable[Article], since: datetime | None = None
) -> tuple[ArticleHealth, ...]:
    """Each of these articles, in their order; since 90 days ago unless another moment is given."""
    counted = _counts(session, workspace, since or now() - PERIOD)
    today = now().date()
    return tuple(_health(article, counted, today) for article in articles)


def _counts(session: Session, workspace: str, since: datetime) -> Mapping[str, Row[Any]]:
    """One row an article, added up by the database."""
    row = ShownArticle

    def number(condition: Any) -> Any:
        return func.sum(case((condition, 1), else_=0))

    query = (
        select(
            row.article_id,
            func.count().label("shown"),
            number(row.way == "answer").label("answered"),
            number(row.way.in_(CHOICES)).label("suggested"),
            number(row.way.in_(CHOICES) & row.quoted_at.is_not(None)).label("chosen"),
            number(row.solved.is_(True)).label("solved"),
            number(row.solved.is_(False)).label("not_solved"),
            func.max(row.quoted_at).label("last_used"),
        )
        .where(row.workspace == workspace, row.at >= since)
        .group_by(row.article_id)
    )
    return {found.article_id: found for found in session.execute(query)}


def _health(article: Article, counted: Mapping[str, Row[Any]], today: date) -> ArticleHealth:
    found = counted.get(article.id)
    used: dict[str, Any] = {} if found is None else dict(found._mapping)
    used.pop("article_id", None)
    nothing = dict.fromkeys(("shown", "answered", "suggested", "chosen", "solved", "not_solved"), 0)
    return ArticleHealth(
        article.id, article.title, article.owner, **(nothing | {"last_used": None} | used), stale=stale(article, today)
    )


def stale(article: Article, today: date) -> str:
    """Why an article's text may be out of date, in words; empty when nothing says so."""
    if article.expires is not None and article.expires - today <= EXPIRES_SOON:
        return f"{'expired' if article.expired(today) else 'expires'} on {article.expires:%d %B %Y}"
    age = today - article.updated
    return f"not updated for {age.days} days" if age > STALE_AFTER else ""
