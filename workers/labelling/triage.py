"""Tickets that wait in triage, in the order in which their labels would teach a model most."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.data.cleaning import clean_text
from classifier.labelling.teaching import doubt_of, teaching_order, word_vectors
from workers.handbook import Handbook
from workers.labelling.reviews import ReviewTrouble
from workers.store.tables import Person, Receipt, Ticket
from workers.tickets import queries, states, work

MOST = 300
"""Tickets that are put into order; of more, the oldest."""

Likely = tuple[tuple[str, float], ...]


def waiting(session: Session, workspace: str) -> list[Ticket]:
    """The tickets in triage, what teaches most first."""
    where = (Ticket.workspace == workspace, Ticket.status == states.TRIAGE)
    found = session.scalars(select(Ticket).where(*where).order_by(Ticket.id).limit(MOST)).all()
    likely = likely_labels(session, found)
    order = _order(tuple((ticket.text, likely[ticket.id]) for ticket in found))
    return [found[place] for place in order]


def likely_labels(session: Session, tickets: Sequence[Ticket]) -> Mapping[int, Likely]:
    """What the classifier thought of each ticket when it came, best first."""
    ids = [ticket.receipt_id for ticket in tickets if ticket.receipt_id is not None]
    rows = session.execute(select(Receipt.id, Receipt.evidence).where(Receipt.id.in_(ids)))
    top = {number: tuple((str(label), float(share)) for label, share in seen.get("top") or ()) for number, seen in rows}
    return {ticket.id: top.get(ticket.receipt_id or 0, ()) for ticket in tickets}


def label(session: Session, handbook: Handbook, ticket_id: int, person: Person, label_id: str) -> None:
    """Send a ticket to its label's team. Raises `NotAllowed`, `NoSuchTicket`, or `ReviewTrouble` when it has left."""
    if label_id not in handbook.taxonomy.by_id:
        raise ReviewTrouble(f"There is no label {label_id!r}.")
    ticket = queries.get(session, person.workspace, ticket_id, lock=True)
    if ticket.status != states.TRIAGE:
        raise ReviewTrouble(f"{ticket.reference} is not in triage any more.")
    work.relabel(session, handbook, ticket, person, label_id)


def take_back(session: Session, handbook: Handbook, ticket_id: int, person: Person) -> None:
    """Undo `label`. Raises `NotAllowed`, or `IllegalMove` once somebody works on the ticket."""
    work.back_to_triage(session, handbook, queries.get(session, person.workspace, ticket_id, lock=True), person)


@lru_cache(maxsize=8)
def _order(requests: tuple[tuple[str, Likely], ...]) -> tuple[int, ...]:
    """Several pages look every few seconds, and mostly at the same tickets."""
    if not requests:
        return ()
    doubts = np.array([doubt_of([share for _, share in likely]) for _, likely in requests])
    return tuple(teaching_order(doubts, word_vectors([clean_text(text) for text, _ in requests])))
