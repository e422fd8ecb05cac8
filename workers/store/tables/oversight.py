"""What watches the served classifier: models in shadow with what they said, and studies of tickets gone by."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from workers.store.columns import now
from workers.store.tables.base import Base, Name


class Shadow(Base):
    """A version that scores new tickets beside the champion and decides nothing (for all workspaces)."""

    __tablename__ = "shadows"
    __table_args__ = (Index("ix_shadows_stopped", "stopped_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(Name)
    role: Mapped[str] = mapped_column(Name)  # challenger; predecessor: the champion before, kept for comparison
    started_by: Mapped[str] = mapped_column(Name)
    why: Mapped[str] = mapped_column(String(500))
    started_at: Mapped[datetime] = mapped_column(default=now)
    until_at: Mapped[datetime | None]  # stops by itself then, or after so many tickets
    until_tickets: Mapped[int | None]
    stopped_at: Mapped[datetime | None]
    stopped_by: Mapped[str | None] = mapped_column(Name)
    stopped_why: Mapped[str | None] = mapped_column(String(500))


class ShadowScore(Base):
    """What a version in shadow and the champion said about one ticket."""

    __tablename__ = "shadow_scores"
    __table_args__ = (UniqueConstraint("ticket_id", "version"), Index("ix_shadow_scores_version", "version"))

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    version: Mapped[str] = mapped_column(Name)
    label: Mapped[str] = mapped_column(Name)
    confidence: Mapped[float]
    accepted: Mapped[bool]  # it would have routed the ticket by itself
    champion: Mapped[str] = mapped_column(Name)  # the version that decided
    champion_label: Mapped[str] = mapped_column(Name)
    champion_confidence: Mapped[float]
    champion_accepted: Mapped[bool]
    at: Mapped[datetime] = mapped_column(default=now)


class Study(Base):
    """A look at tickets gone by, in a process of its own: a replay with another model, or whether they drift."""

    __tablename__ = "studies"
    __table_args__ = (Index("ix_studies_state", "workspace", "kind", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    kind: Mapped[str] = mapped_column(Name)  # replay, drift
    state: Mapped[str] = mapped_column(Name, default="queued")  # queued, running, done, failed
    requested_by: Mapped[str] = mapped_column(Name)  # a person's handle, or `timetable`
    asked: Mapped[dict[str, Any]] = mapped_column(JSON)  # version, days, limit
    stage: Mapped[str] = mapped_column(String(200), default="waiting for a worker")
    done: Mapped[float] = mapped_column(default=0.0)  # share, 0..1
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    alarm: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str | None] = mapped_column(String(500))
    requested_at: Mapped[datetime] = mapped_column(default=now)
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
