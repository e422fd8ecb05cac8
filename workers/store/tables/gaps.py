"""What no article answers: searches for gaps, the gaps they found, and drafts of the articles that would close them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from workers.store.columns import now
from workers.store.tables.base import Base, Name


class GapSearch(Base):
    """One look for gaps, from the request to its end; the newest says when the next weekly one is due."""

    __tablename__ = "gap_searches"
    __table_args__ = (Index("ix_gap_searches_state", "workspace", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    state: Mapped[str] = mapped_column(Name, default="queued")  # queued, running, done, failed
    requested_by: Mapped[str] = mapped_column(Name)  # a person's handle, or `timetable`
    stage: Mapped[str] = mapped_column(String(200), default="waiting for a worker")
    done: Mapped[float] = mapped_column(default=0.0)  # share, 0..1
    questions: Mapped[int] = mapped_column(default=0)  # that were read
    overlaps: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # duplicates and contradictions that it found
    error: Mapped[str | None] = mapped_column(String(500))
    requested_at: Mapped[datetime] = mapped_column(default=now)
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class KnowledgeGap(Base):
    """Questions of several people that ask the same and that no article answers. It keeps its number as it grows."""

    __tablename__ = "knowledge_gaps"
    __table_args__ = (Index("ix_knowledge_gaps_state", "workspace", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    state: Mapped[str] = mapped_column(Name, default="open")  # see knowledge/gap_states.py
    name: Mapped[str] = mapped_column(Text)  # the most central question, secrets cut out
    words: Mapped[list[Any]]  # that tell it from other gaps
    questions: Mapped[list[Any]]  # {"key", "text", "at", "ticket", "team"}, the most central first
    teams: Mapped[list[Any]]  # whose tickets are among the questions
    people: Mapped[int]  # different ones who asked
    tickets: Mapped[int]
    minutes: Mapped[float]  # of business hours that the tickets were worked on
    unanswered: Mapped[float]  # mean probability that what everybody may read does not answer, 0..1
    weight: Mapped[float]  # by which gaps are ranked
    steps: Mapped[list[Any]]  # {"text", "tickets"}: what resolutions say, the most supported sentences in their order
    nearest: Mapped[dict[str, Any]]  # readers' audiences → {"article", "probability", "missing"}
    owner: Mapped[str | None] = mapped_column(Name)  # suggested: who would write the article
    article_id: Mapped[str | None] = mapped_column(String(120))  # published from it
    settled_by: Mapped[str | None] = mapped_column(Name)  # who published or dismissed it
    settled_why: Mapped[str | None] = mapped_column(String(500))
    settled_at: Mapped[datetime | None]
    found_at: Mapped[datetime] = mapped_column(default=now)
    last_asked_at: Mapped[datetime]

    draft: Mapped["ArticleDraft | None"] = relationship(back_populates="gap", uselist=False)


class ArticleDraft(Base):
    """An article put together from resolutions, for its owner to edit; one a gap."""

    __tablename__ = "article_drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    gap_id: Mapped[int] = mapped_column(ForeignKey("knowledge_gaps.id"), unique=True)
    text: Mapped[str] = mapped_column(Text)  # the whole file: front matter and Markdown
    sources: Mapped[list[Any]]  # the gap's `steps` of the moment when it was put together
    made_by: Mapped[str] = mapped_column(Name)
    made_at: Mapped[datetime] = mapped_column(default=now)
    edited_by: Mapped[str | None] = mapped_column(Name)
    edited_at: Mapped[datetime | None]

    gap: Mapped[KnowledgeGap] = relationship(back_populates="draft")
