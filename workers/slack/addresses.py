"""Where a delivery goes. Places that are only known later are named by what they belong to:

`person:5` that person's direct messages · `channel:it-network` · `thread:7` the employee's thread of ticket 7 ·
`card:7` the card of ticket 7 in its team's channel · `under-card:7` the agents' thread below it ·
`correction:3` the thread of the answer that correction 3 is about.
"""

from typing import Any

from sqlalchemy.orm import Session

from workers.knowledge.readers import may_still_read, thread_of
from workers.slack.messenger import Sent
from workers.store.tables import Correction, Delivery, Person, Ticket


class NowhereToSend(Exception):
    """The place that a delivery was meant for does not exist."""


def resolve(session: Session, delivery: Delivery) -> dict[str, Any]:
    """The payload with Slack's own arguments in place of the address."""
    payload = dict(delivery.payload)
    kind, _, name = str(payload.pop("to")).partition(":")
    match kind:
        case "channel":
            return payload | {"channel": name}
        case "person":
            return payload | _direct(_person(session, int(name)))
        case "thread":
            return payload | _thread(_ticket(session, int(name)))
        case "card" | "under-card":
            ticket = _ticket(session, int(name))
            if ticket.card_channel is None or ticket.card_ts is None:
                raise NowhereToSend(f"{ticket.reference} has no card yet")
            key = "ts" if kind == "card" else "thread_ts"
            return payload | {"channel": ticket.card_channel, key: ticket.card_ts}
        case "correction":
            return _correction(session, int(name), payload)
    raise NowhereToSend(f"unknown address {delivery.payload['to']!r}")


def remember(session: Session, delivery: Delivery, sent: Sent) -> None:
    """Keep the place of a sent message where `record` says."""
    if delivery.record is None:
        return
    kind, _, name = delivery.record.partition(":")
    if kind == "card":
        ticket = _ticket(session, int(name))
        ticket.card_channel, ticket.card_ts = sent.channel, sent.ts
    elif kind == "thread":
        ticket = _ticket(session, int(name))
        ticket.thread_channel, ticket.thread_ts = sent.channel, sent.ts
    elif kind == "dm":
        _person(session, int(name)).dm_channel = sent.channel


def _direct(person: Person) -> dict[str, Any]:
    return {"channel": person.dm_channel} if person.dm_channel else {"dm_with": person.slack_id, "channel": ""}


def _thread(ticket: Ticket) -> dict[str, Any]:
    if ticket.thread_channel and ticket.thread_ts:
        return {"channel": ticket.thread_channel, "thread_ts": ticket.thread_ts}
    return _direct(ticket.requester)


def _correction(session: Session, correction_id: int, payload: dict[str, Any]) -> dict[str, Any]:
    """What may be read there now: who may read an article can have changed while the correction waited."""
    correction = session.get(Correction, correction_id)
    if correction is None:
        raise NowhereToSend(f"there is no correction {correction_id}")
    view: dict[str, Any] = payload["full" if may_still_read(session, correction) else "plain"]
    thread = thread_of(correction.shown.receipt)
    return view | {"channel": thread.channel, "thread_ts": thread.root}


def _person(session: Session, person_id: int) -> Person:
    person = session.get(Person, person_id)
    if person is None:
        raise NowhereToSend(f"there is no person {person_id}")
    return person


def _ticket(session: Session, ticket_id: int) -> Ticket:
    ticket = session.get(Ticket, ticket_id)
    if ticket is None:
        raise NowhereToSend(f"there is no ticket {ticket_id}")
    return ticket
