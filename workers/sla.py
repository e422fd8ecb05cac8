"""SLA clocks. Pure arithmetic on working time, and timers kept in the database, watched by a short sweep."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from workers.desk import WEEKDAYS, Desk
from workers.store.columns import now
from workers.store.tables import SlaTimer, Ticket

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
    target = desk.sla[desk.priority(ticket.impact, ticket.urgency)]
    for name, minutes in (("first_response", target.first_response), ("resolution", target.resolution)):
        due = due_at(desk, ticket.opened_at, minutes, target.clock)
        session.add(SlaTimer(workspace=ticket.workspace, ticket_id=ticket.id, target=name, due_at=due))
    session.flush()
    session.refresh(ticket, ["timers"])


def recompute(session: Session, desk: Desk, ticket: Ticket) -> None:
    """After a change of priority: the running promises are counted anew from the opening."""
    target = desk.sla[desk.priority(ticket.impact, ticket.urgency)]
    for timer in ticket.timers:
        if timer.state == "running":
            minutes = target.first_response if timer.target == "first_response" else target.resolution
            timer.due_at, timer.warned = due_at(desk, ticket.opened_at, minutes, target.clock), False


def meet(ticket: Ticket, target: str) -> None:
    """The promise was kept (or had been broken before: then it stays so)."""
    for timer in ticket.timers:
        if timer.target == target and timer.state in ("running", "paused"):
            timer.state = "met"


def pause(desk: Desk, ticket: Ticket) -> None:
    """Stop the resolution clock while the desk waits for the employee."""
    clock = desk.sla[desk.priority(ticket.impact, ticket.urgency)].clock
    for timer in ticket.timers:
        if timer.target == "resolution" and timer.state == "running":
            timer.state, timer.minutes_left = "paused", minutes_between(desk, now(), timer.due_at, clock)


def resume(desk: Desk, ticket: Ticket) -> None:
    """Let the resolution clock go on with what was left, also after a reopening."""
    clock = desk.sla[desk.priority(ticket.impact, ticket.urgency)].clock
    for timer in ticket.timers:
        if timer.target == "resolution" and timer.state == "paused":
            left = max(timer.minutes_left or 0.0, 0.0)
            timer.state, timer.due_at, timer.minutes_left = "running", due_at(desk, now(), left, clock), None
        elif timer.target == "resolution" and timer.state == "met":
            timer.state = "running"


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
        elif not timer.warned and is_near(ticket.opened_at, timer.due_at, moment):
            timer.warned = True
            found.append(Overdue(timer.ticket_id, timer.target, breached=False))
    return found


def is_near(opened: datetime, due: datetime, moment: datetime) -> bool:
    """Whether less than a quarter of the time from opening to due is left."""
    return (due - moment) < (due - opened) * WARN_AT_SHARE_LEFT


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
