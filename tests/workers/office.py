"""A small service desk for tests: the starter's rules and people over one store."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

from sqlalchemy import func, select

from classifier.model.inference import Prediction, Value
from workers import people
from workers.governance import audit, automations
from workers.handbook import Handbook, read_handbook
from workers.store.session import Store
from workers.store.tables import AuditEntry, Delivery, Person, SlaTimer, Ticket
from workers.tickets.opening import Place, open_ticket

STARTER = Path(__file__).parents[2] / "deploy" / "starter"
WORKSPACE = "T0LARK"
ANNA, BEN, GUEST = "anna.lind", "ben.carter", "gus.visitor"  # employees; the guest is from outside
JONAS, INES, MIRA = "jonas.brandt", "ines.duarte", "mira.holt"  # agents of two teams; an admin

_NUMBERS = count(1)


@cache
def starter_handbook() -> Handbook:
    """The starter desk's rules, read once."""
    return read_handbook(STARTER)


@dataclass(frozen=True)
class Office:
    """The desk's rules, its store, and the shortcuts that tests need."""

    store: Store
    handbook: Handbook

    @classmethod
    def set_up(cls, store: Store) -> "Office":
        """People and automations of the starter desk in this store."""
        handbook = starter_handbook()
        with store.begin() as session:
            people.install(session, WORKSPACE, handbook.people)
            automations.install(session, WORKSPACE, handbook.desk)
        return cls(store, handbook)

    def person(self, handle: str) -> Person:
        """The person with this handle, to be read from."""
        with self.store.read() as session:
            found = people.by_handle(session, WORKSPACE, handle)
        assert found is not None, handle
        return found

    def open(self, text: str = "The VPN drops every ten minutes", by: str = ANNA, **options: Any) -> int:
        """A new ticket from a message of its own; gives its id."""
        place = Place("D0ANNA", f"{next(_NUMBERS)}.000100")
        with self.store.begin() as session:
            return open_ticket(session, self.handbook, self.person(by), text, place, **options).ticket.id

    def open_in(self, team: str = "network", **options: Any) -> int:
        """A ticket that is with a team already."""
        return self.open(team=team, **options)

    def do(self, move: Callable[..., Any], ticket_id: int, by: str, *arguments: Any) -> None:
        """One move of `workers.tickets.work` in a transaction of its own."""
        with self.store.begin() as session:
            ticket = session.get_one(Ticket, ticket_id)
            person = people.by_handle(session, WORKSPACE, by)
            move(session, self.handbook, ticket, person, *arguments)

    def ticket(self, ticket_id: int) -> Ticket:
        """The ticket as it is now."""
        with self.store.read() as session:
            return session.get_one(Ticket, ticket_id)

    def timers(self, ticket_id: int) -> dict[str, SlaTimer]:
        """Its promises, by target."""
        with self.store.read() as session:
            rows = session.scalars(select(SlaTimer).where(SlaTimer.ticket_id == ticket_id)).all()
            return {row.target: row for row in rows}

    def deliveries(self, **fields: Any) -> list[Delivery]:
        """The outbox, or the part of it with these field values, in order."""
        query = select(Delivery).order_by(Delivery.id)
        for name, value in fields.items():
            query = query.where(getattr(Delivery, name) == value)
        with self.store.read() as session:
            return list(session.scalars(query))

    def actions(self, subject: str | None = None) -> list[str]:
        """What the audit log says, oldest first."""
        with self.store.read() as session:
            return [entry.action for entry in reversed(audit.latest(session, subject, limit=1000))]

    def audited(self) -> int:
        """How many entries the audit log has."""
        with self.store.read() as session:
            return session.scalar(select(func.count()).select_from(AuditEntry)) or 0

    def suspend(self, name: str) -> None:
        """Switch an automation off."""
        with self.store.begin() as session:
            automations.suspend(session, WORKSPACE, name, MIRA, "a test of the switch")


def prediction(
    label: str = "network_vpn",
    confidence: float = 0.9,
    threshold: float | None = 0.7,
    values: tuple[Value, ...] = (),
) -> Prediction:
    """What a classifier says about a ticket."""
    others = [other for other in ("identity_access", "email_calendar", "printing") if other != label]
    top = ((label, confidence), (others[0], 0.06), (others[1], 0.03))
    accepted = threshold is not None and confidence >= threshold
    return Prediction(label, confidence, accepted, threshold, top, (label, others[0]), values)


def at_once(*functions: Any) -> list[Any]:
    """What each gave, or raised, when all were called at the same moment."""
    ready, outcomes = Barrier(len(functions)), [None] * len(functions)

    def call(place: int) -> None:
        ready.wait()
        try:
            outcomes[place] = functions[place]()
        except Exception as error:
            outcomes[place] = error  # type: ignore[call-overload]  # shown by the assertion

    threads = [Thread(target=call, args=(place,)) for place in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
