"""Closed tickets of the last days with the team that had them in the end, for a replay."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from classifier.data.ticket import Ticket as ClosedTicket
from workers.service_desk import ServiceDesk
from workers.training import known_tickets

FEW = 200  # of the store's own below which the desk folder's are taken as well


@dataclass(frozen=True)
class GoneBy:
    """The tickets, oldest first, and where they come from."""

    tickets: tuple[ClosedTicket, ...]
    own: frozenset[str]  # ids of those that were closed here or imported; the others are the desk folder's


def gone_by(desk: ServiceDesk, workspace: str, days: int, until: datetime) -> GoneBy:
    """The labelled tickets that were opened in so many days before `until`.

    Where the newest ticket is older than that, the days are counted back from it. Raises `ClassifierError` with file
    and line of every mistake in the desk folder's files.
    """
    rows = known_tickets.known_tickets(desk, workspace)
    with desk.store.read() as session:
        here = {str(row["id"]) for row in known_tickets.closed_tickets(session, workspace)}
    every = [known_tickets.as_ticket(row) for row in rows.values() if row["label"]]
    own = [ticket for ticket in every if ticket.id in here]
    if len(_within(own, days, until)) >= FEW:
        every = own
    newest = max((opened(ticket) for ticket in every if ticket.opened_at), default=until)
    found = _within(every, days, min(until, newest + timedelta(seconds=1)))
    teams = [replace(ticket, team=ticket.team or desk.handbook.team_of(ticket.label)) for ticket in found]
    return GoneBy(tuple(teams), frozenset(here))


def opened(ticket: ClosedTicket) -> datetime:
    """When it was opened, where that is known."""
    assert ticket.opened_at is not None
    return ticket.opened_at


def _within(tickets: Sequence[ClosedTicket], days: int, until: datetime) -> list[ClosedTicket]:
    since = until - timedelta(days=days)
    return sorted((t for t in tickets if t.opened_at and since <= t.opened_at < until), key=opened)
