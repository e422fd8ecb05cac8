"""What the timetable does: it tells of broken promises, and closes what was solved long ago."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.workers.office import ANNA, JONAS, Office, at_once
from workers import sweeps
from workers.service_desk import ServiceDesk
from workers.settings import Settings
from workers.store.columns import now
from workers.store.tables import SlaTimer, Ticket
from workers.tickets import states, work


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> ServiceDesk:
    return ServiceDesk(Settings(home=tmp_path), office.store, office.handbook)


def break_promises(office: Office) -> None:
    with office.store.begin() as session:
        session.execute(update(SlaTimer).values(due_at=now() - timedelta(minutes=1)))


def warnings(office: Office, ticket: int) -> list[str]:
    below = office.deliveries(lane=f"ticket:{ticket}")
    return [d.payload["text"] for d in below if d.payload["to"] == f"under-card:{ticket}"]


def test_a_broken_promise_is_told_once_to_whoever_is_on_call(office: Office, desk: ServiceDesk) -> None:
    ticket = office.open_in("network")
    assert sweeps.watch_sla(desk) == 0
    break_promises(office)
    assert sweeps.watch_sla(desk) == 2
    assert sweeps.watch_sla(desk) == 0
    assert warnings(office, ticket) == [
        f"DESK-{ticket}: first response is overdue", f"DESK-{ticket}: resolution is overdue"
    ]  # fmt: skip
    assert "<@U0JONAS>" in str([d.payload for d in office.deliveries(lane=f"ticket:{ticket}")])


def test_on_call_may_be_named_by_slack_id(office: Office, desk: ServiceDesk) -> None:
    teams = [
        team.model_copy(update={"on_call": ("U0INES", "nobody.known")}) if team.id == "network" else team
        for team in office.handbook.desk.teams
    ]
    office.handbook.desk.__dict__["teams"] = tuple(teams)
    try:
        ticket = office.open_in("network")
        break_promises(office)
        sweeps.watch_sla(desk)
        assert "<@U0INES>" in str([d.payload for d in office.deliveries(lane=f"ticket:{ticket}")])
    finally:
        office.handbook.desk.__dict__["teams"] = tuple(
            team.model_copy(update={"on_call": (JONAS,)}) if team.id == "network" else team for team in teams
        )


def test_a_ticket_without_team_or_of_a_team_that_is_gone_stops_no_sweep(office: Office, desk: ServiceDesk) -> None:
    new, gone, kept = office.open(), office.open_in("network"), office.open_in("identity")
    with office.store.begin() as session:
        session.get_one(Ticket, gone).team = "telephony"
    break_promises(office)
    assert sweeps.watch_sla(desk) == 6
    assert [len(warnings(office, ticket)) for ticket in (new, gone, kept)] == [0, 2, 2]


def resolved_long_ago(office: Office) -> int:
    ticket = office.open_in()
    office.do(work.resolve, ticket, JONAS, "Restarted it")
    with office.store.begin() as session:
        session.get_one(Ticket, ticket).resolved_at = now() - sweeps.CLOSE_AFTER - timedelta(minutes=1)
    return ticket


def test_only_what_was_resolved_long_ago_is_closed(office: Office, desk: ServiceDesk) -> None:
    old, fresh, working = resolved_long_ago(office), office.open_in(), office.open_in()
    office.do(work.resolve, fresh, JONAS, "Restarted it")
    office.do(work.claim, working, JONAS)
    assert sweeps.close_resolved(desk) == 1
    assert sweeps.close_resolved(desk) == 0
    assert [office.ticket(ticket).status for ticket in (old, fresh, working)] == [
        states.CLOSED, states.RESOLVED, states.IN_PROGRESS
    ]  # fmt: skip


def test_closing_and_reopening_at_once_never_lose_the_reopening(office: Office, desk: ServiceDesk) -> None:
    tickets = [resolved_long_ago(office) for _ in range(5)]

    def reopen() -> None:
        for ticket in tickets:
            office.do(work.reopen, ticket, ANNA)

    closed, _ = at_once(lambda: sweeps.close_resolved(desk), reopen)
    assert isinstance(closed, int)
    assert {office.ticket(ticket).status for ticket in tickets} == {states.ASSIGNED}
