"""Self-service on accounts: runs, and the accounts of the `local` directory."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from workers.store.columns import now
from workers.store.tables.base import Base, Name
from workers.store.tables.people import Person


class RunbookRun(Base):
    """One run of a runbook for one person."""

    __tablename__ = "runbook_runs"
    __table_args__ = (Index("ix_runbook_runs_limits", "workspace", "runbook", "started_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    runbook: Mapped[str] = mapped_column(Name)
    requester_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    account_id: Mapped[str | None] = mapped_column(String(200))  # the directory's stable id; only the requester's own
    state: Mapped[str] = mapped_column(Name, default="requested")  # see runbooks/states.py
    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("receipts.id"))
    approved_by: Mapped[str | None] = mapped_column(Name)
    link_claimed_at: Mapped[datetime | None]  # a sender is delivering the link since then
    link_hash: Mapped[str | None] = mapped_column(String(64), unique=True)  # SHA-256 of the single-use token
    code_hash: Mapped[str | None] = mapped_column(String(128))  # of the code on the second channel
    codes_sent: Mapped[int] = mapped_column(default=0)
    code_attempts: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime | None]
    refused_why: Mapped[str | None] = mapped_column(String(200))
    undo: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    started_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]

    requester: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class DirectoryAccount(Base):
    """An account of the `local` directory; other directories keep their own."""

    __tablename__ = "directory_accounts"

    id: Mapped[str] = mapped_column(String(200), primary_key=True)  # stable id
    slack_id: Mapped[str] = mapped_column(Name, unique=True)
    username: Mapped[str] = mapped_column(Name, unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))  # argon2id
    previous_hash: Mapped[str | None] = mapped_column(String(200))
    locked: Mapped[bool] = mapped_column(default=False)
    privileged: Mapped[bool] = mapped_column(default=False)
    vip: Mapped[bool] = mapped_column(default=False)
    second_channel: Mapped[str | None] = mapped_column(Name)  # Slack id of the person's second local account
    second_channel_changed_at: Mapped[datetime | None]
    password_changed_at: Mapped[datetime | None]
    sessions_ended_at: Mapped[datetime | None]
