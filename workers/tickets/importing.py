"""Closed tickets of another system, kept to be learnt from."""

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.data.dataset import Ticket as ClosedTicket
from workers.people import Profile, meet
from workers.redaction import redact
from workers.store.columns import now
from workers.store.tables import Ticket
from workers.tickets import states

IMPORTED = "imported"  # stands where Slack's ids stand: an imported ticket has no message and no requester here


def add_closed(session: Session, workspace: str, ticket: ClosedTicket) -> bool:
    """Keep one; false when it was imported before."""
    place = (Ticket.source_channel == IMPORTED, Ticket.source_ts == ticket.id[:80])
    if session.scalar(select(Ticket.id).where(Ticket.workspace == workspace, *place)) is not None:
        return False
    requester = meet(session, workspace, Profile(IMPORTED, IMPORTED, "Imported", None, False, "UTC"))
    opened = ticket.opened_at or now()
    session.add(
        Ticket(
            workspace=workspace,
            requester_id=requester.id,
            asked_elsewhere_by=fingerprint(ticket.requester) if ticket.requester else None,
            text=redact(ticket.text).text,
            status=states.CLOSED,
            label=ticket.label or None,
            label_by=IMPORTED if ticket.label else None,
            team=ticket.team or None,
            priority=ticket.priority or "P3",
            source_channel=IMPORTED,
            source_ts=ticket.id[:80],
            resolution=redact(ticket.resolution).text or None,
            opened_at=opened,
            resolved_at=ticket.closed_at or opened,
            closed_at=ticket.closed_at or opened,
        )
    )
    session.flush()
    return True


def fingerprint(name: str) -> str:
    """Stands for a person where people are only counted, so that nobody's name is kept for it."""
    return hashlib.sha256(name.casefold().encode()).hexdigest()[:16]
