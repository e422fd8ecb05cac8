"""The audit log: append-only, each entry's hash covers the one before, so a change or a gap shows."""

import hashlib
import json
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from workers.store.columns import now
from workers.store.tables import AuditEntry

FIRST_HASH = "0" * 64
_LOCK = 7202  # PostgreSQL advisory lock: entries are chained one after the other


@dataclass(frozen=True)
class Verdict:
    """What `verify` found: how many entries were read, and the first that does not fit, if any."""

    entries: int
    broken_at: int | None = None
    why: str = ""

    @property
    def intact(self) -> bool:
        return self.broken_at is None


def append(session: Session, workspace: str, actor: str, action: str, subject: str, **detail: Any) -> AuditEntry:
    """Add an entry in the caller's transaction: what happened and its record stand or fall together."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    session.flush()
    last = session.execute(select(AuditEntry.seq, AuditEntry.hash).order_by(AuditEntry.seq.desc()).limit(1)).first()
    seq, previous = (last.seq + 1, last.hash) if last else (1, FIRST_HASH)
    at = now()
    entry = AuditEntry(
        seq=seq,
        workspace=workspace,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        detail=detail,
        previous_hash=previous,
        hash=_hash(seq, workspace, at, actor, action, subject, detail, previous),
    )
    session.add(entry)
    session.flush()
    return entry


def verify(session: Session) -> Verdict:
    """Read the whole log and check every hash. The newest hash, kept elsewhere, also shows a cut-off end."""
    previous, expected = FIRST_HASH, 1
    query = select(AuditEntry).order_by(AuditEntry.seq).execution_options(yield_per=1000)
    with closing(session.scalars(query)) as entries:
        for entry in entries:
            if entry.seq != expected:
                return Verdict(expected - 1, entry.seq, f"entry {expected} is missing")
            if entry.previous_hash != previous:
                return Verdict(expected - 1, entry.seq, "does not follow the entry before")
            fields = (entry.seq, entry.workspace, entry.at, entry.actor, entry.action, entry.subject)
            if entry.hash != _hash(*fields, entry.detail, previous):
                return Verdict(expected - 1, entry.seq, "was changed after it was written")
            previous, expected = entry.hash, expected + 1
    return Verdict(expected - 1)


def latest(
    session: Session, subject: str | None = None, limit: int = 100, workspace: str | None = None
) -> list[AuditEntry]:
    """The newest entries first, of one subject or of all."""
    query = select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(limit)
    if workspace:
        query = query.where(AuditEntry.workspace == workspace)
    if subject:
        query = query.where(AuditEntry.subject == subject)
    return list(session.scalars(query))


def count(session: Session) -> int:
    """How many entries there are."""
    return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def _hash(
    seq: int,
    workspace: str,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: dict[str, Any],
    previous: str,
) -> str:
    body = [seq, workspace, at.isoformat(), actor, action, subject, detail, previous]
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
