"""Messages on their way in and out."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from workers.store.columns import now
from workers.store.tables.base import Base, Name


class InboxMessage(Base):
    """A message that was claimed before Slack got its acknowledgement; unique, so that it is handled once."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("workspace", "channel", "ts"),
        Index("ix_inbox_state", "state", "claimed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    channel: Mapped[str] = mapped_column(Name)
    ts: Mapped[str] = mapped_column(Name)
    event_id: Mapped[str] = mapped_column(Name)
    event: Mapped[dict[str, Any]]  # Slack's event, secrets cut out
    state: Mapped[str] = mapped_column(Name, default="claimed")  # claimed, done, failed
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[datetime] = mapped_column(default=now)  # of the latest attempt
    error: Mapped[str | None] = mapped_column(String(40))  # reference number, as in the reply and the log


class Delivery(Base):
    """A message on its way to Slack: written with what caused it, sent after, once."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "state", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    method: Mapped[str] = mapped_column(Name)  # Web API method, such as chat.postMessage
    lane: Mapped[str] = mapped_column(Name)  # deliveries of one lane (a channel) keep their order
    payload: Mapped[dict[str, Any]]
    record: Mapped[str | None] = mapped_column(Name)  # where the sent message's ts is kept: card:7, thread:7
    state: Mapped[str] = mapped_column(Name, default="waiting")  # waiting, sending, sent, failed
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(default=now)
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(500))
