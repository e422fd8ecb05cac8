"""The tables. Every row knows its workspace (a Slack team id), so several live in one installation.

Each field has one line of meaning where its name does not say it all. States are plain strings; which
moves are legal is decided in one table beside the code that moves them (`tickets/states.py` and others).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from workers.store.columns import UtcDateTime, now

Name = String(80)


class Base(DeclarativeBase):
    """Common base; constraint names are fixed so that migrations can refer to them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012 - SQLAlchemy's own way


class Person(Base):
    """Somebody in the workspace, bound by Slack's stable id, never by e-mail."""

    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("workspace", "slack_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    slack_id: Mapped[str] = mapped_column(Name)
    handle: Mapped[str] = mapped_column(Name)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(320))
    role: Mapped[str] = mapped_column(Name, default="employee")  # employee, agent, admin
    teams: Mapped[list[Any]] = mapped_column(default=list)  # assignment groups an agent works in
    is_manager: Mapped[bool] = mapped_column(default=False)
    is_outsider: Mapped[bool] = mapped_column(default=False)  # guest or from another organisation (Slack Connect)
    time_zone: Mapped[str] = mapped_column(Name, default="UTC")
    dm_channel: Mapped[str | None] = mapped_column(Name)  # the bot's direct-message channel with this person


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
    tried_article: Mapped[str | None] = mapped_column(Name)  # what the bot had answered before
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


class ServedVersion(Base):
    """The pointer rows: which immutable folder of each kind is served now, and what was before."""

    __tablename__ = "served_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Name, index=True)  # classifier, knowledge
    version: Mapped[str] = mapped_column(Name)
    by: Mapped[str] = mapped_column(Name)
    why: Mapped[str] = mapped_column(String(500))
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
    state: Mapped[str] = mapped_column(Name, default="queued")  # queued, running, done, failed, cancelled
    requested_by: Mapped[str] = mapped_column(Name)
    stage: Mapped[str] = mapped_column(String(200), default="waiting for a worker")
    done: Mapped[float] = mapped_column(default=0.0)  # share, 0..1
    version: Mapped[str | None] = mapped_column(Name)
    comparison: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    error: Mapped[str | None] = mapped_column(String(500))
    requested_at: Mapped[datetime] = mapped_column(default=now)
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


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


class SignInLink(Base):
    """A one-time link to the console, kept as a hash."""

    __tablename__ = "sign_in_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ConsoleSession(Base):
    """Somebody signed in to the console; the cookie's token is kept as a hash."""

    __tablename__ = "console_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    expires_at: Mapped[datetime]

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
