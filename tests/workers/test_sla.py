"""The desk's clocks: business hours, holidays, summer time, pauses, and what a sweep finds."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.workers.office import ANNA, JONAS, STARTER, Office
from workers import sla
from workers.desk import Desk, read_desk
from workers.store.columns import now
from workers.store.tables import SlaTimer, Ticket
from workers.tickets import work

DESK = read_desk(STARTER)  # Monday to Friday, 8 to 18 in London
LONDON = ZoneInfo("Europe/London")
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))
targets = st.integers(1, 4800)


def at(text: str, zone: ZoneInfo = LONDON) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        ("2026-03-03 09:00", 60, "2026-03-03 10:00"),
        ("2026-03-03 06:00", 60, "2026-03-03 09:00"),  # before opening
        ("2026-03-03 17:30", 60, "2026-03-04 08:30"),  # over night
        ("2026-03-03 17:00", 60, "2026-03-03 18:00"),  # to the last minute
        ("2026-03-06 17:00", 120, "2026-03-09 09:00"),  # over a weekend
        ("2026-03-07 12:00", 1, "2026-03-09 08:01"),  # opened on a Saturday
        ("2026-12-24 17:00", 120, "2026-12-29 09:00"),  # Christmas and the day in lieu
        ("2026-03-27 17:00", 120, "2026-03-30 09:00"),  # the clocks go forward that Sunday
        ("2026-10-23 17:00", 120, "2026-10-26 09:00"),  # and back
        ("2026-03-03 08:00", 600, "2026-03-03 18:00"),
        ("2026-03-03 08:00", 601, "2026-03-04 08:01"),
    ],
)
def test_business_minutes_are_counted_while_the_desk_is_open(start: str, minutes: int, due: str) -> None:
    assert sla.due_at(DESK, at(start), minutes, "business") == at(due)
    assert sla.minutes_between(DESK, at(start), at(due), "business") == minutes


def test_a_round_the_clock_promise_runs_at_night_and_on_holidays() -> None:
    assert sla.due_at(DESK, at("2026-12-24 23:00"), 240, "always") == at("2026-12-25 03:00")
    assert sla.minutes_between(DESK, at("2026-12-24 23:00"), at("2026-12-26 23:00"), "always") == 2 * 24 * 60


def test_a_round_the_clock_promise_counts_the_hour_that_summer_time_takes() -> None:
    start = at("2026-03-29 00:30")  # an hour later it is 02:30
    assert sla.due_at(DESK, start, 60, "always").astimezone(UTC) == start.astimezone(UTC) + timedelta(hours=1)
    assert sla.minutes_between(DESK, start, at("2026-03-29 02:30"), "always") == 60


def test_on_the_day_of_the_change_a_night_desk_works_an_hour_less() -> None:
    hours = {"days": ["sun"], "from": "00:00", "to": "06:00"}
    desk = Desk.model_validate(DESK.model_dump(by_alias=True) | {"business_hours": hours})
    day = ("2026-03-29 00:00", "2026-03-29 06:00")
    assert sla.minutes_between(desk, at(day[0]), at(day[1]), "business") == 5 * 60


@given(moments, targets)
def test_due_at_and_minutes_between_undo_each_other(start: datetime, minutes: int) -> None:
    for clock in ("business", "always"):
        due = sla.due_at(DESK, start, minutes, clock)
        assert sla.minutes_between(DESK, start, due, clock) == pytest.approx(minutes)
        assert sla.minutes_between(DESK, due, start, clock) == pytest.approx(-minutes)


@given(moments, targets, st.integers(1, 500), st.timedeltas(timedelta(), timedelta(days=9)))
def test_later_starts_and_longer_targets_are_never_due_earlier(
    start: datetime, minutes: int, more: int, later: timedelta
) -> None:
    for clock in ("business", "always"):
        due = sla.due_at(DESK, start, minutes, clock)
        assert due < sla.due_at(DESK, start, minutes + more, clock)
        assert due <= sla.due_at(DESK, start + later, minutes, clock)


@given(moments, targets)
def test_a_business_promise_is_due_in_business_hours(start: datetime, minutes: int) -> None:
    due = sla.due_at(DESK, start, minutes, "business").astimezone(LONDON)
    hours = DESK.business_hours
    assert due.weekday() < 5 and due.date() not in hours.holidays
    assert hours.opens <= due.time() <= hours.closes


@given(moments, moments, moments)
def test_minutes_add_up(one: datetime, two: datetime, three: datetime) -> None:
    first, second, third = sorted((one, two, three))
    for clock in ("business", "always"):
        parts = sla.minutes_between(DESK, first, second, clock) + sla.minutes_between(DESK, second, third, clock)
        assert sla.minutes_between(DESK, first, third, clock) == pytest.approx(parts)


def test_a_desk_that_never_opens_is_told_so() -> None:
    hours = {"days": ["mon"], "from": "08:00", "to": "08:01", "holidays": []}
    desk = Desk.model_validate(DESK.model_dump(by_alias=True) | {"business_hours": hours})
    with pytest.raises(ValueError, match="never add up"):
        sla.due_at(desk, at("2026-03-03 09:00"), 4800, "business")


def test_a_warning_comes_in_the_last_quarter_of_working_time_not_of_the_weekend() -> None:
    opened = at("2026-03-06 17:00")  # a Friday; the four working hours of P3 end on Monday at 11
    ticket = Ticket(priority="P3", opened_at=opened)
    due = sla.due_at(DESK, opened, 240, "business")
    assert not sla.runs_out(DESK, ticket, due, at("2026-03-08 22:00"))
    assert not sla.runs_out(DESK, ticket, due, at("2026-03-09 09:59"))
    assert sla.runs_out(DESK, ticket, due, at("2026-03-09 10:01"))


def change_timers(office: Office, ticket_id: int, **values: object) -> None:
    with office.store.begin() as session:
        for timer in session.scalars(select(SlaTimer).where(SlaTimer.ticket_id == ticket_id)):
            for name, value in values.items():
                setattr(timer, name, value)


def sweep(office: Office) -> list[sla.Overdue]:
    with office.store.begin() as session:
        return sla.sweep(session, office.handbook.desk)


def test_a_sweep_finds_a_broken_promise_once(office: Office) -> None:
    ticket = office.open_in()
    assert sweep(office) == []
    change_timers(office, ticket, due_at=now() - timedelta(minutes=1))
    assert {(found.target, found.breached) for found in sweep(office)} == {
        ("first_response", True), ("resolution", True)
    }  # fmt: skip
    assert sweep(office) == []
    assert {timer.state for timer in office.timers(ticket).values()} == {"breached"}


def test_a_sweep_warns_once_and_then_finds_the_breach(quick_office: Office) -> None:
    office, opened = quick_office, now() - timedelta(days=30)
    ticket = office.open_in()
    with office.store.begin() as session:
        session.get_one(Ticket, ticket).opened_at = opened
    change_timers(office, ticket, due_at=sla.due_at(office.handbook.desk, now(), 5, "business"))
    assert [found.breached for found in sweep(office)] == [False, False]
    assert sweep(office) == []
    change_timers(office, ticket, due_at=now())
    assert [found.breached for found in sweep(office)] == [True, True]


def test_a_broken_promise_stays_broken(quick_office: Office) -> None:
    office = quick_office
    ticket = office.open_in()
    change_timers(office, ticket, due_at=now() - timedelta(minutes=1))
    sweep(office)
    office.do(work.claim, ticket, JONAS)
    office.do(work.resolve, ticket, JONAS, "Restarted the tunnel")
    office.do(work.reopen, ticket, ANNA)
    assert {timer.state for timer in office.timers(ticket).values()} == {"breached"}


def test_waiting_for_the_employee_stops_the_clock(quick_office: Office) -> None:
    office, desk = quick_office, quick_office.handbook.desk
    ticket = office.open_in()
    office.do(work.claim, ticket, JONAS)
    before = sla.minutes_between(desk, now(), office.timers(ticket)["resolution"].due_at, "business")
    office.do(work.hold, ticket, JONAS)
    paused = office.timers(ticket)["resolution"]
    assert paused.state == "paused" and paused.minutes_left == pytest.approx(before, abs=1)
    change_timers(office, ticket, due_at=now() - timedelta(days=3))  # the wait took long
    assert sweep(office) == []
    office.do(lambda s, h, t, p: work.carry_on(s, h, t, p.handle), ticket, JONAS)
    resumed = office.timers(ticket)["resolution"]
    assert resumed.state == "running" and resumed.minutes_left is None
    assert sla.minutes_between(desk, now(), resumed.due_at, "business") == pytest.approx(before, abs=1)


@pytest.mark.parametrize("waited", [False, True])
def test_a_reopened_ticket_has_the_time_left_that_it_was_resolved_with(quick_office: Office, waited: bool) -> None:
    office, desk = quick_office, quick_office.handbook.desk
    ticket = office.open_in()
    office.do(work.claim, ticket, JONAS)
    before = sla.minutes_between(desk, now(), office.timers(ticket)["resolution"].due_at, "business")
    if waited:
        office.do(work.hold, ticket, JONAS)
    office.do(work.resolve, ticket, JONAS, "Restarted the tunnel")
    assert office.timers(ticket)["resolution"].state == "met"
    change_timers(office, ticket, due_at=now() - timedelta(days=3))  # nobody was waiting for us meanwhile
    office.do(work.reopen, ticket, ANNA)
    timer = office.timers(ticket)["resolution"]
    assert timer.state == "running"
    assert sla.minutes_between(desk, now(), timer.due_at, "business") == pytest.approx(before, abs=1)
    assert sweep(office) == []


def test_a_change_of_priority_counts_anew_from_the_opening(quick_office: Office) -> None:
    office, desk = quick_office, quick_office.handbook.desk
    ticket = office.open_in()
    office.do(work.change_priority, ticket, JONAS, "organisation", "high")
    changed = office.ticket(ticket)
    assert changed.priority == "P1"
    due = {target: timer.due_at for target, timer in office.timers(ticket).items()}
    assert due == {
        "first_response": changed.opened_at + timedelta(minutes=desk.sla["P1"].first_response),
        "resolution": changed.opened_at + timedelta(minutes=desk.sla["P1"].resolution),
    }


def test_a_change_of_priority_does_not_take_back_the_time_that_the_desk_waited(quick_office: Office) -> None:
    office, desk = quick_office, quick_office.handbook.desk
    ticket = office.open_in()
    office.do(work.claim, ticket, JONAS)
    opened = office.ticket(ticket).opened_at
    waited = sla.due_at(desk, opened, desk.sla["P3"].resolution + 300, "business")  # five hours on hold
    change_timers(office, ticket, due_at=waited)
    office.do(work.change_priority, ticket, JONAS, "team", "high")
    due = office.timers(ticket)["resolution"].due_at
    assert due == sla.due_at(desk, opened, desk.sla["P2"].resolution + 300, "business")


def test_a_change_of_priority_while_waiting_changes_what_is_left(quick_office: Office) -> None:
    office, desk = quick_office, quick_office.handbook.desk
    ticket = office.open_in()
    office.do(work.claim, ticket, JONAS)
    office.do(work.hold, ticket, JONAS)
    office.do(work.change_priority, ticket, JONAS, "team", "high")
    left = office.timers(ticket)["resolution"].minutes_left
    assert left == pytest.approx(desk.sla["P2"].resolution, abs=1)
