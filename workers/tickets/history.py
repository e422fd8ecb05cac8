"""What is written down and shown when a ticket changes: entries, the card, lines in the two threads."""

from typing import Any

from sqlalchemy.orm import Session

from workers import outbox
from workers.handbook import Handbook
from workers.slack import notices
from workers.store.tables import Receipt, Ticket, TicketEntry


def subject(ticket: Ticket) -> str:
    """The ticket's name in audit and receipts."""
    return f"ticket:{ticket.id}"


def lane(ticket: Ticket) -> str:
    """All messages about one ticket keep their order."""
    return subject(ticket)


def write(
    session: Session,
    ticket: Ticket,
    author: str,
    kind: str,
    text: str,
    source_channel: str | None = None,
    source_ts: str | None = None,
) -> TicketEntry:
    """Add an entry to the ticket's history."""
    entry = TicketEntry(
        workspace=ticket.workspace,
        ticket_id=ticket.id,
        author=author,
        kind=kind,
        text=text,
        source_channel=source_channel,
        source_ts=source_ts,
    )
    session.add(entry)
    session.flush()
    return entry


def tell_requester(session: Session, ticket: Ticket, message: dict[str, Any]) -> None:
    """Put a message into the employee's thread."""
    payload = message | {"to": f"thread:{ticket.id}"}
    outbox.put(session, ticket.workspace, "chat.postMessage", payload, lane=lane(ticket))


def tell_agents(session: Session, ticket: Ticket, message: dict[str, Any]) -> None:
    """Put a message into the agents' thread. Before there is a card, what was said waits for it in the history."""
    if ticket.team is None:
        return
    payload = message | {"to": f"under-card:{ticket.id}"}
    outbox.put(session, ticket.workspace, "chat.postMessage", payload, lane=lane(ticket))


def post_first_card(session: Session, handbook: Handbook, ticket: Ticket) -> None:
    """Put the card into the channel of the ticket's team, and below it what was said before."""
    post_card(session, handbook, ticket)
    for entry in ticket.entries:
        if entry.kind != "event":
            tell_agents(session, ticket, notices.said_before(entry.author, entry.kind, entry.text))


def post_card(session: Session, handbook: Handbook, ticket: Ticket) -> None:
    """Put the card into the channel of the ticket's team; its place is kept when it is there."""
    payload = _card(session, handbook, ticket) | {"to": f"channel:{handbook.team(ticket.team).channel}"}
    record = f"card:{ticket.id}"
    outbox.put(session, ticket.workspace, "chat.postMessage", payload, lane=lane(ticket), record=record)


def move_card(session: Session, handbook: Handbook, ticket: Ticket) -> None:
    """Leave a line in the old team's channel and put the card into the new one's."""
    left = notices.moved_card(ticket, handbook.team(ticket.team).name) | {"to": f"card:{ticket.id}"}
    outbox.put(session, ticket.workspace, "chat.update", left, lane=lane(ticket))
    post_card(session, handbook, ticket)


def refresh_card(session: Session, handbook: Handbook, ticket: Ticket) -> None:
    """Bring the card up to date, when there is one."""
    if ticket.team is None:
        return
    payload = _card(session, handbook, ticket) | {"to": f"card:{ticket.id}"}
    outbox.put(session, ticket.workspace, "chat.update", payload, lane=lane(ticket))


def _card(session: Session, handbook: Handbook, ticket: Ticket) -> dict[str, Any]:
    receipt = session.get(Receipt, ticket.receipt_id) if ticket.receipt_id else None
    by_machine = ticket.label_by == "classifier"
    if receipt is not None and by_machine:
        why = receipt.why
    elif ticket.label_by:
        why = f"{ticket.label_by} chose this team."
    else:
        why = receipt.why if receipt else "Handed over by self-service."
    choices = (
        [(label, handbook.label_name(label)) for label, _ in (receipt.evidence.get("top") or [])] if receipt else []
    )
    shown = notices.Card(
        team_name=handbook.team(ticket.team).name,
        label_name=handbook.label_name(ticket.label),
        why=why,
        confidence=_chance_of(ticket.label, receipt) if by_machine else None,
        choices=choices,
        ask=handbook.questions_for(ticket.label),
        clues=(receipt.evidence.get("words") or ()) if receipt else (),
    )
    return notices.card(ticket, shown)


def _chance_of(label: str | None, receipt: Receipt | None) -> float | None:
    """How probable the label itself was; the receipt's own confidence is that of its team."""
    chances = {name: float(chance) for name, chance in (receipt.evidence.get("top") or [])} if receipt else {}
    return chances.get(label or "")
