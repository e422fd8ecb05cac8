"""What is served and trained: pointer rows, retracted articles, training runs."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from workers.store.columns import now
from workers.store.tables.base import Base, Name


class ServedVersion(Base):
    """The pointer rows: which immutable folder of each kind is served now, and what was before."""

    __tablename__ = "served_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Name, index=True)  # classifier, knowledge
    version: Mapped[str] = mapped_column(Name)
    by: Mapped[str] = mapped_column(Name)
    why: Mapped[str] = mapped_column(String(500))
    move: Mapped[str] = mapped_column(Name, default="promoted", server_default="promoted")  # rolled_back, demoted
    at: Mapped[datetime] = mapped_column(default=now)


class RetractedArticle(Base):
    """An article that must not answer any more, from the moment this row is there."""

    __tablename__ = "retracted_articles"

    article_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    by: Mapped[str] = mapped_column(Name)
    why: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime] = mapped_column(default=now)


class TrainingRun(Base):
    """One training of a challenger, from the request to the comparison with the champion."""

    __tablename__ = "training_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    kind: Mapped[str] = mapped_column(Name, default="classifier")  # classifier, encoder
    state: Mapped[str] = mapped_column(Name, default="queued")  # queued, running, done, failed, cancelled
    requested_by: Mapped[str] = mapped_column(Name)
    stage: Mapped[str] = mapped_column(String(200), default="waiting for a worker")
    done: Mapped[float] = mapped_column(default=0.0)  # share, 0..1
    version: Mapped[str | None] = mapped_column(Name)
    comparison: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    error: Mapped[str | None] = mapped_column(String(500))
    attempt: Mapped[int] = mapped_column(default=0)  # processes that have worked on it, one after the other
    dismissed_by: Mapped[str | None] = mapped_column(Name)  # who laid its challenger aside
    requested_at: Mapped[datetime] = mapped_column(default=now)
    queued_at: Mapped[datetime] = mapped_column(default=now)  # last; a resumed one waits anew
    started_at: Mapped[datetime | None]  # of the last attempt
    started_from: Mapped[float | None]  # its share done then: a resumed one does not start from nothing
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
