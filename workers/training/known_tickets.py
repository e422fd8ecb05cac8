"""The closed tickets that are known here: what a model learns from, and what it is measured on."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.data.dataset import SUFFIXES, read_tickets, refuse
from classifier.data.ticket import Ticket as ClosedTicket
from workers.labelling import reviews
from workers.service_desk import ServiceDesk
from workers.store.tables import Ticket
from workers.tickets import states
from workers.tickets.importing import IMPORTED


def closed_tickets(session: Session, workspace: str) -> list[dict[str, Any]]:
    """Closed tickets with the label they ended with; labels that a bounced ticket had on the way are not used."""
    return [row for row in _stores_tickets(session, workspace) if row["label"] is not None]


def known_tickets(desk: ServiceDesk, workspace: str) -> dict[str, dict[str, Any]]:
    """The desk folder's tickets and the store's closed ones by their ids, with what people decided about labels.

    Some have no label, and all say how they were solved. Raises `ClassifierError` with file and line of every mistake
    in the folder's files.
    """
    rows = {str(row["id"]): row for row in _folders_tickets(desk.settings.desk / "tickets")}
    with desk.store.read() as session:
        for row in _stores_tickets(session, workspace):
            rows.setdefault(str(row["id"]), row)
        return reviews.apply(session, workspace, desk.handbook, rows)


def write_training_file(desk: ServiceDesk, workspace: str, path: Path) -> int:
    """What a model learns from in one JSON Lines file; gives the number of tickets. Raises as `known_tickets` does."""
    rows = [row for row in known_tickets(desk, workspace).values() if row["label"]]
    # Only the last label is learnt, and nothing of what was known afterwards.
    learnt = ({name: value for name, value in row.items() if name != "resolution"} for row in rows)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in learnt), encoding="utf-8")
    return len(rows)


def number_of(ticket: Ticket) -> str:
    """The number of an imported ticket is its old one: it may also lie in the desk folder, and is the same there."""
    return ticket.source_ts or "" if ticket.source_channel == IMPORTED else ticket.reference


def _stores_tickets(session: Session, workspace: str) -> list[dict[str, Any]]:
    done = (Ticket.workspace == workspace, Ticket.status == states.CLOSED)
    return [
        {
            "id": number_of(ticket),
            "text": ticket.text,
            "label": ticket.label,
            "team": ticket.team,
            "priority": ticket.priority,
            "opened_at": ticket.opened_at.isoformat(),
            "closed_at": (ticket.closed_at or ticket.updated_at).isoformat(),
            "resolution": ticket.resolution,
        }
        for ticket in session.scalars(select(Ticket).where(*done).order_by(Ticket.id))
    ]


def as_ticket(row: dict[str, Any]) -> ClosedTicket:
    """A row of `known_tickets` as the classifier knows tickets."""
    id_, text, label, team, priority = (
        str(row.get(name) or "") for name in ("id", "text", "label", "team", "priority")
    )
    return ClosedTicket(id_, text, label, team, priority, _moment(row.get("opened_at")), _moment(row.get("closed_at")))


def _moment(value: str | None) -> datetime | None:
    found = datetime.fromisoformat(value) if value else None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found


def _folders_tickets(folder: Path) -> list[dict[str, Any]]:
    if not folder.is_dir() or not any(file.suffix.lower() in SUFFIXES for file in folder.iterdir()):
        return []
    found = read_tickets(folder)
    refuse(found.problems)
    return [
        asdict(replace(ticket, reassignments=(), requester=""))
        | {name: moment and moment.isoformat() for name, moment in _moments(ticket)}
        for ticket in found.tickets
    ]


def _moments(ticket: ClosedTicket) -> tuple[tuple[str, datetime | None], ...]:
    return ("opened_at", ticket.opened_at), ("closed_at", ticket.closed_at)
