"""SLA clocks. Pure arithmetic on working time, and timers kept in the database, watched by a short sweep."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from workers.desk import WEEKDAYS, Desk
from workers.store.columns import now
from workers.store.tables import SlaTimer, Ticket

TARGETS = ("first_response", "resolution")
WARN_AT_SHARE_LEFT = 0.25
_HORIZON = timedelta(days=800)


@dataclass(frozen=True)
class Overdue:
    """What a sweep found: a timer that ran out, or one of which a quarter is left."""

    ticket_id: int
    target: str
    breached: bool


def due_at(desk: Desk, start: datetime, minutes: float, clock: str) -> datetime:
    """The moment when `minutes` of the clock's time have passed since `start`."""
    start = start.astimezone(UTC)  # in a zone with summer time, Python would count the clock's hands
    if clock == "always":
        return start + timedelta(minutes=minutes)
    left = timedelta(minutes=minutes)
    for opens, closes in _open_spans(desk, start):
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
    raise ValueError("the business hours of desk.yaml never add up to this target")


def minutes_between(desk: Desk, start: datetime, end: datetime, clock: str) -> float:
    """Minutes of the clock's time from `start` to `end`; negative when `end` lies before `start`."""
    if end < start:
        return -minutes_between(desk, end, start, clock)
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if clock == "always":
        return (end - start) / timedelta(minutes=1)
    total = timedelta()
    for opens, closes in _open_spans(desk, start):
        if opens >= end:
            break
        total += min(closes, end) - opens
    return total / timedelta(minutes=1)


def start_timers(session: Session, desk: Desk, ticket: Ticket) -> None:
    """Start both clocks of a new ticket, counted from its opening."""
    promised = desk.promises(ticket.priority)
    for name in TARGETS:
        due = due_at(desk, ticket.opened_at, promised.minutes(name), promised.clock)
        session.add(SlaTimer(workspace=ticket.workspace, ticket_id=ticket.id, target=name, due_at=due))
    session.flush()
    session.refresh(ticket, ["timers"])


def recompute(desk: Desk, ticket: Ticket, was: str) -> None:
    """After a change of priority from `was`: counted anew from the opening, without the time spent on hold."""
    old, new = desk.promises(was), desk.promises(ticket.priority)
    for timer in ticket.timers:
        before, minutes = old.minutes(timer.target), new.minutes(timer.target)
        if timer.state == "running":
            without_hold = due_at(desk, ticket.opened_at, before, old.clock)
            on_hold = max(minutes_between(desk, without_hold, timer.due_at, old.clock), 0.0)
            timer.due_at, timer.warned = due_at(desk, ticket.opened_at, minutes + on_hold, new.clock), False
        elif timer.state == "paused":
            timer.minutes_left = (timer.minutes_left or 0.0) + minutes - before


def meet(ticket: Ticket, target: str) -> None:
    """The promise was kept (or had been broken before: then it stays so)."""
    for timer in ticket.timers:
        if timer.target == target and timer.state in ("running", "paused"):
            timer.state = "met"


def pause(desk: Desk, ticket: Ticket) -> None:
    """Stop the resolution clock: the desk waits for the employee, or has solved it."""
    clock = desk.promises(ticket.priority).clock
    for timer in ticket.timers:
        if timer.target == "resolution" and timer.state == "running":
            timer.state, timer.minutes_left = "paused", minutes_between(desk, now(), timer.due_at, clock)


def resume(desk: Desk, ticket: Ticket) -> None:
    """Let the resolution clock go on with what was left, also after a reopening."""
    clock = desk.promises(ticket.priority).clock
    for timer in ticket.timers:
        if timer.target == "resolution" and timer.state in ("paused", "met"):
            left = max(timer.minutes_left or 0.0, 0.0)
            timer.state, timer.due_at, timer.minutes_left = "running", due_at(desk, now(), left, clock), None


def sweep(session: Session, desk: Desk) -> list[Overdue]:
    """Mark timers that ran out, and say once which are near it."""
    moment, found = now(), []
    query = select(SlaTimer).where(SlaTimer.state == "running").with_for_update(skip_locked=True)
    for timer in session.scalars(query):
        ticket = session.get(Ticket, timer.ticket_id)
        if ticket is None:
            continue
        if timer.due_at <= moment:
            timer.state = "breached"
            found.append(Overdue(timer.ticket_id, timer.target, breached=True))
        elif not timer.warned and runs_out(desk, ticket, timer.due_at, moment):
            timer.warned = True
            found.append(Overdue(timer.ticket_id, timer.target, breached=False))
    return found


def runs_out(desk: Desk, ticket: Ticket, due: datetime, moment: datetime) -> bool:
    """Whether less than a quarter of the clock's own time is left; no warning on a Sunday of what has Monday left."""
    clock = desk.promises(ticket.priority).clock
    left = minutes_between(desk, moment, due, clock)
    return left < minutes_between(desk, ticket.opened_at, due, clock) * WARN_AT_SHARE_LEFT


def _open_spans(desk: Desk, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The desk's opening times from `start` on, in UTC; wall-clock times, so summer time is respected."""
    hours = desk.business_hours
    day = start.astimezone(desk.zone).date()
    while day <= (start + _HORIZON).date():
        if WEEKDAYS[day.weekday()] in hours.days and day not in hours.holidays:
            opens = datetime.combine(day, hours.opens, desk.zone).astimezone(UTC)
            closes = datetime.combine(day, hours.closes, desk.zone).astimezone(UTC)
            if closes > start:
                yield max(opens, start.astimezone(UTC)), closes
        day += timedelta(days=1)
