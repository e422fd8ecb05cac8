"""The SLA promise that matters next, as the queue and the ticket show it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.console.words import Tone, due, span
from workers import sla
from workers.desk import Desk
from workers.store.tables import SlaTimer, Ticket
from workers.tickets import states

NAMES = {"first_response": "First response", "resolution": "Resolution"}
NEVER = datetime.max.isoformat()


@dataclass(frozen=True)
class Promise:
    """Words and colour of one promise; `order` sorts the most pressing first."""

    name: str
    words: str
    tone: Tone
    order: str


NOTHING_DUE = Promise("", "–", "calm", NEVER)


def promise_of(desk: Desk, ticket: Ticket, timer: SlaTimer, now: datetime) -> Promise:
    """One timer in words."""
    name = NAMES.get(timer.target, timer.target)
    if timer.state == "met":
        return Promise(name, "kept", "good", NEVER)
    if timer.state == "paused":  # on hold, or solved: the clock stands until somebody reopens it
        return Promise(name, "paused", "calm", NEVER)
    order = timer.due_at.isoformat()
    if timer.due_at <= now:
        return Promise(name, due(timer.due_at, now), "bad", order)
    tone: Tone = "warn" if sla.runs_out(desk, ticket, timer.due_at, now) else "good"
    return Promise(name, due(timer.due_at, now), tone, order)


def next_promise(desk: Desk, ticket: Ticket, timers: Iterable[SlaTimer], now: datetime) -> Promise:
    """The earliest promise still to be kept; a first response that was given late is no longer due."""
    if ticket.status not in states.OPEN:
        return NOTHING_DUE
    waiting = [
        promise_of(desk, ticket, timer, now)
        for timer in timers
        if timer.state != "met" and not (timer.target == "first_response" and ticket.first_response_at)
    ]
    return min(waiting, key=lambda promise: promise.order, default=NOTHING_DUE)


def all_promises(desk: Desk, ticket: Ticket, timers: Iterable[SlaTimer], now: datetime) -> tuple[Promise, ...]:
    """Both promises of one ticket, the kept and the broken ones too."""
    return tuple(_settled(promise_of(desk, ticket, t, now), t, ticket) for t in timers)


def _settled(promise: Promise, timer: SlaTimer, ticket: Ticket) -> Promise:
    if timer.state == "paused" and ticket.status not in states.OPEN:
        return Promise(promise.name, "kept", "good", NEVER)
    kept_late = ticket.first_response_at if timer.target == "first_response" else ticket.resolved_at
    if promise.tone == "bad" and kept_late:
        late = kept_late - timer.due_at
        return Promise(promise.name, f"kept {span(late)} late", "bad", NEVER)
    return promise
