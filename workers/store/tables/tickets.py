"""Tickets, their history, labels and promises."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from workers.store.columns import now
from workers.store.tables.base import Base, Name
from workers.store.tables.people import Person


class Ticket(Base):
    """A request that a person works on."""

    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("workspace", "source_channel", "source_ts"),  # one message opens one ticket
        Index("ix_tickets_queue", "workspace", "status", "team"),
        Index("ix_tickets_thread", "workspace", "thread_channel", "thread_ts"),
        Index("ix_tickets_card", "workspace", "card_channel", "card_ts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    requester_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    asked_elsewhere_by: Mapped[str | None] = mapped_column(Name)  # fingerprint of an imported ticket's own requester
    text: Mapped[str] = mapped_column(Text)  # as the employee wrote it, secrets cut out
    status: Mapped[str] = mapped_column(Name, default="new")  # see tickets/states.py
    label: Mapped[str | None] = mapped_column(Name)  # taxonomy id, by the classifier or a person
    label_by: Mapped[str | None] = mapped_column(Name)  # `classifier` or a person's handle
    team: Mapped[str | None] = mapped_column(Name)  # assignment group
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    impact: Mapped[str] = mapped_column(Name, default="individual")
    urgency: Mapped[str] = mapped_column(Name, default="medium")
    priority: Mapped[str] = mapped_column(Name, default="P3")
    source_channel: Mapped[str | None] = mapped_column(Name)  # the message that it was opened from
    source_ts: Mapped[str | None] = mapped_column(Name)
    thread_channel: Mapped[str | None] = mapped_column(Name)  # the employee's thread
    thread_ts: Mapped[str | None] = mapped_column(Name)
    card_channel: Mapped[str | None] = mapped_column(Name)  # the agents' card, the root of their thread
    card_ts: Mapped[str | None] = mapped_column(Name)
    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("receipts.id"))  # of the routing decision
    tried_article: Mapped[str | None] = mapped_column(Name)  # the article that the bot showed, or would have shown
    resolution: Mapped[str | None] = mapped_column(Text)
    rating: Mapped[int | None]  # 1 (not solved) … 5
    opened_at: Mapped[datetime] = mapped_column(default=now)
    first_response_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    requester: Mapped[Person] = relationship(foreign_keys=[requester_id], lazy="joined", innerjoin=True)
    assignee: Mapped[Person | None] = relationship(foreign_keys=[assignee_id], lazy="joined")
    timers: Mapped[list["SlaTimer"]] = relationship(order_by="SlaTimer.id")
    entries: Mapped[list["TicketEntry"]] = relationship(order_by="TicketEntry.id")

    @property
    def reference(self) -> str:
        """What people call it, such as DESK-42."""
        return f"DESK-{self.id}"


class TicketEntry(Base):
    """One line of a ticket's history that people wrote or should read."""

    __tablename__ = "ticket_entries"
    __table_args__ = (UniqueConstraint("workspace", "source_channel", "source_ts"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    author: Mapped[str] = mapped_column(Name)  # a person's handle, or the automation's name
    kind: Mapped[str] = mapped_column(Name)  # reply (both sides read it), note (internal), event
    text: Mapped[str] = mapped_column(Text)
    source_channel: Mapped[str | None] = mapped_column(Name)
    source_ts: Mapped[str | None] = mapped_column(Name)
    at: Mapped[datetime] = mapped_column(default=now)


class LabelDecision(Base):
    """A label that somebody gave to a ticket; people's ones train the next model."""

    __tablename__ = "label_decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    label: Mapped[str] = mapped_column(Name)
    by: Mapped[str] = mapped_column(Name)  # `classifier` or a person's handle
    was: Mapped[str | None] = mapped_column(Name)  # the label before
    at: Mapped[datetime] = mapped_column(default=now)


class SlaTimer(Base):
    """One promise on one ticket. Times live here, never in the queue: Redis would run a late task twice."""

    __tablename__ = "sla_timers"
    __table_args__ = (UniqueConstraint("ticket_id", "target"), Index("ix_sla_timers_due", "state", "due_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    target: Mapped[str] = mapped_column(Name)  # first_response, resolution
    state: Mapped[str] = mapped_column(Name, default="running")  # running, paused, met, breached
    due_at: Mapped[datetime]
    minutes_left: Mapped[float | None]  # of working time, while paused
    warned: Mapped[bool] = mapped_column(default=False)
