"""Which articles a decision showed to somebody, in which version, and what they said about it.

One row an article and decision (`ShownArticle`). It is what corrections, doors, evidence for the gate and the health
of articles are made from; the receipt's own evidence says why it was decided so.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge_base.answering import Hit
from workers.knowledge import examination
from workers.store.columns import now
from workers.store.tables import Receipt, ShownArticle

CHOICES = ("suggestions", "clarify")  # decisions that show several articles to choose from


def note_shown(session: Session, receipt: Receipt, hits: Sequence[Hit]) -> None:
    """Write down what this decision shows, in order. Only an answer quotes at once."""
    is_choice = receipt.decision in CHOICES
    looked_at = examination.shares(session, receipt.workspace) if is_choice else None
    for place, hit in enumerate(hits, 1):
        session.add(
            ShownArticle(
                workspace=receipt.workspace,
                receipt_id=receipt.id,
                way=receipt.decision,
                article_id=hit.article_id,
                content_hash=hit.content_hash,
                audience=list(hit.audience),
                passage=hit.passage_number,
                place=place,
                probability=hit.probability,
                propensity=looked_at.at(place) if looked_at else 1.0,
                quoted_at=now() if receipt.decision == "answer" else None,
            )
        )


def note_quoted(session: Session, receipt: Receipt, hit: Hit) -> None:
    """The person chose this article, and its passage is quoted now, in the version of this moment."""
    row = _row(session, receipt, hit.article_id)
    if row is not None:
        row.content_hash, row.audience = hit.content_hash, list(hit.audience)
        row.passage, row.quoted_at = hit.passage_number, now()


def note_judged(session: Session, receipt: Receipt, article_id: str, solved: bool) -> None:
    """The person said whether this article's passage solved it; the last word counts."""
    row = _row(session, receipt, article_id)
    if row is not None and row.quoted_at is not None:
        row.solved, row.judged_at = solved, now()


def _row(session: Session, receipt: Receipt, article_id: str) -> ShownArticle | None:
    query = select(ShownArticle).where(ShownArticle.receipt_id == receipt.id, ShownArticle.article_id == article_id)
    return session.scalar(query)
