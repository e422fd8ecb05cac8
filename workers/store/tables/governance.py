"""What machines decide and what people make of it: automations, receipts, audit."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from workers.store.columns import now
from workers.store.tables.base import Base, Name


class Automation(Base):
    """Something that the machine decides, with the person accountable for it."""

    __tablename__ = "automations"
    __table_args__ = (UniqueConstraint("workspace", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    name: Mapped[str] = mapped_column(Name)  # answer, route, prioritise, runbook:<name>
    owner: Mapped[str | None] = mapped_column(Name)  # a person's handle; without one it does not run
    tier: Mapped[str] = mapped_column(Name, default="suggest")  # suggest, approve, auto
    risk_limit: Mapped[float] = mapped_column(default=0.05)  # highest share of wrong outcomes accepted, 0..1
    suspended_by: Mapped[str | None] = mapped_column(Name)
    suspended_why: Mapped[str | None] = mapped_column(String(500))
    suspended_at: Mapped[datetime | None]


class Receipt(Base):
    """One decision of an automation: what it saw, on what grounds it decided, and what came of it."""

    __tablename__ = "receipts"
    __table_args__ = (Index("ix_receipts_evidence", "workspace", "automation", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    automation: Mapped[str] = mapped_column(Name)
    subject: Mapped[str] = mapped_column(Name)  # message:<channel>/<ts>, ticket:<id>, run:<id>
    person: Mapped[str] = mapped_column(Name)  # handle of the person it was about
    seen: Mapped[str] = mapped_column(Text)  # the text, secrets cut out
    decision: Mapped[str] = mapped_column(Name)  # answer, suggestions, label id, …
    why: Mapped[str] = mapped_column(Text)  # in words
    confidence: Mapped[float | None]
    threshold: Mapped[float | None]
    tier: Mapped[str] = mapped_column(Name)
    versions: Mapped[dict[str, Any]]  # of model, index, articles
    evidence: Mapped[dict[str, Any]]  # hits with scores, labels with confidences
    approved_by: Mapped[str | None] = mapped_column(Name)
    outcome: Mapped[str | None] = mapped_column(Name)  # accepted, corrected, overridden, rolled_back
    outcome_by: Mapped[str | None] = mapped_column(Name)
    outcome_at: Mapped[datetime | None]
    at: Mapped[datetime] = mapped_column(default=now)


class AuditEntry(Base):
    """Append-only: each entry's hash covers the one before, so that a change or a gap shows."""

    __tablename__ = "audit"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    workspace: Mapped[str] = mapped_column(Name)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(Name)  # a person's handle or an automation's name
    action: Mapped[str] = mapped_column(Name)  # past tense: ticket_opened, automation_suspended
    subject: Mapped[str] = mapped_column(Name, index=True)
    detail: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
