"""The audit log as lines, what is asked of it, and deliveries that were given up."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.console.words import clock, plain
from workers import outbox
from workers.governance.audit import Verdict
from workers.store.tables import AuditEntry, Delivery, Person

PAGE = 100


@dataclass(frozen=True)
class AuditLine:
    """One entry."""

    seq: int
    when: str
    actor: str
    action: str
    subject: str
    detail: str
    hash: str


@dataclass(frozen=True)
class FailedDelivery:
    """A message that did not reach Slack."""

    id: int
    what: str
    about: str
    error: str
    when: str


@dataclass(frozen=True)
class AuditFilters:
    """What is asked for. Subject and actor match their beginning, the action as a whole."""

    subject: str = ""
    actor: str = ""
    action: str = ""
    before: int | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "AuditFilters":
        """From the address."""
        before = query.get("before", "")
        return cls(
            query.get("subject", "")[:80],
            query.get("actor", "")[:80],
            query.get("action", "")[:80],
            int(before) if before.isdecimal() and len(before) < 10 else None,
        )

    def as_query(self) -> str:
        """The same as an address's query."""
        given = {"subject": self.subject, "actor": self.actor, "action": self.action, "before": self.before}
        return urlencode({name: value for name, value in given.items() if value})


@dataclass(frozen=True)
class AuditView:
    """What the page shows."""

    lines: tuple[AuditLine, ...]
    actions: tuple[str, ...]
    failed: tuple[FailedDelivery, ...]


def look(session: Session, person: Person, filters: AuditFilters) -> AuditView:
    """Read the newest entries of the visitor's workspace that fit."""
    here = AuditEntry.workspace == person.workspace
    query = select(AuditEntry).where(here)
    if filters.subject:
        query = query.where(AuditEntry.subject.startswith(filters.subject, autoescape=True))
    if filters.actor:
        query = query.where(AuditEntry.actor.startswith(filters.actor, autoescape=True))
    if filters.action:
        query = query.where(AuditEntry.action == filters.action)
    if filters.before is not None:
        query = query.where(AuditEntry.seq < filters.before)
    lines = session.scalars(query.order_by(AuditEntry.seq.desc()).limit(PAGE))
    actions = session.scalars(select(AuditEntry.action).where(here).distinct().order_by(AuditEntry.action))
    return AuditView(
        tuple(line_of(line, person.time_zone) for line in lines),
        tuple(actions),
        tuple(_failed(delivery, person) for delivery in outbox.failed(session, person.workspace)),
    )


def line_of(entry: AuditEntry, time_zone: str) -> AuditLine:
    """One entry on the reader's clock."""
    detail = ", ".join(f"{name}: {_value(value)}" for name, value in entry.detail.items() if value is not None)
    return AuditLine(
        entry.seq, clock(entry.at, time_zone), entry.actor, plain(entry.action), entry.subject, detail, entry.hash[:12]
    )


def verdict_in_words(verdict: Verdict) -> str:
    """What `verify` found, as a sentence."""
    if verdict.intact:
        return f"The chain is intact: {verdict.entries:,} entries, each following the one before."
    return f"The chain is broken at entry {verdict.broken_at}: {verdict.why}. {verdict.entries:,} before it fit."


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _failed(delivery: Delivery, reader: Person) -> FailedDelivery:
    to = str(delivery.payload.get("to") or delivery.payload.get("channel") or "")
    about = delivery.lane.replace("ticket:", "DESK-")
    when = clock(delivery.claimed_at or delivery.due_at, reader.time_zone)
    return FailedDelivery(delivery.id, f"{delivery.method} to {to}", about, delivery.error or "no reason given", when)
