"""What became of articles: which answer showed which version of one, and the corrections of such answers."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from workers.store.columns import now
from workers.store.tables.base import Base, Name
from workers.store.tables.governance import Receipt

ArticleId = String(120)


class ShownArticle(Base):
    """One article that a decision showed to the person who asked, and what they made of it."""

    __tablename__ = "shown_articles"
    __table_args__ = (
        UniqueConstraint("receipt_id", "article_id"),
        Index("ix_shown_articles_article", "workspace", "article_id", "at"),
        Index("ix_shown_articles_at", "workspace", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipts.id"))
    way: Mapped[str] = mapped_column(Name)  # the decision: answer, suggestions, clarify, self_service
    article_id: Mapped[str] = mapped_column(ArticleId)
    content_hash: Mapped[str] = mapped_column(String(64))  # of the article as it was shown
    audience: Mapped[list[Any]]  # who might read it then
    passage: Mapped[int]  # number of the passage that was nearest, from 1
    place: Mapped[int]  # among what was shown, from 1
    probability: Mapped[float]  # that it answers, by the gate
    propensity: Mapped[float]  # that somebody would look at it in this place; see knowledge/examination.py
    quoted_at: Mapped[datetime | None]  # when its passage was shown: at once for an answer, else when it was chosen
    solved: Mapped[bool | None]  # what the person said; none: nothing
    judged_at: Mapped[datetime | None]
    at: Mapped[datetime] = mapped_column(default=now)

    receipt: Mapped[Receipt] = relationship(lazy="joined", innerjoin=True)


class Correction(Base):
    """A correction that was posted below an answer: once for each answer and each later version of its article."""

    __tablename__ = "corrections"
    __table_args__ = (UniqueConstraint("shown_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    shown_id: Mapped[int] = mapped_column(ForeignKey("shown_articles.id"))
    version: Mapped[str] = mapped_column(String(64))  # content hash of the article then; `gone` for none
    served: Mapped[str | None] = mapped_column(Name)  # the version of the index that the quote was taken from
    audience: Mapped[list[Any]]  # who may read that version; of one that is gone, who might
    by: Mapped[str] = mapped_column(Name)
    at: Mapped[datetime] = mapped_column(default=now)

    shown: Mapped[ShownArticle] = relationship(lazy="joined", innerjoin=True)
