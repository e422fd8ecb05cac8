"""Articles that an admin has taken out of service: from the moment the row is there, they answer nobody."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from workers.governance import audit
from workers.store.tables import RetractedArticle


class ArticleTrouble(Exception):
    """Something asked of an article that cannot be done; the message says why."""


def retract(session: Session, workspace: str, article_id: str, by: str, why: str) -> None:
    """Stop an article from answering, at once and everywhere. Raises `ArticleTrouble` without a reason, or twice."""
    if not why.strip():
        raise ArticleTrouble("Say why the article is retracted; others will read it.")
    if session.get(RetractedArticle, article_id) is not None:
        raise ArticleTrouble(f"{article_id} has been retracted already.")
    session.add(RetractedArticle(article_id=article_id, by=by, why=why.strip()[:500]))
    audit.append(session, workspace, by, "article_retracted", _subject(article_id), why=why.strip()[:500])


def restore(session: Session, workspace: str, article_id: str, by: str) -> None:
    """Let it answer again. Raises `ArticleTrouble` for one that was not retracted."""
    row = session.get(RetractedArticle, article_id)
    if row is None:
        raise ArticleTrouble(f"{article_id} is not retracted.")
    session.delete(row)
    audit.append(session, workspace, by, "article_restored", _subject(article_id), was_retracted_by=row.by)


def retracted(session: Session) -> frozenset[str]:
    """The ids that must not answer."""
    return frozenset(session.scalars(select(RetractedArticle.article_id)))


def retractions(session: Session) -> Sequence[RetractedArticle]:
    """Who retracted what, when and why; newest first."""
    return session.scalars(select(RetractedArticle).order_by(RetractedArticle.at.desc())).all()


def _subject(article_id: str) -> str:
    return f"article:{article_id}"[:80]
