"""When a training begins by itself, and who hears of how one ended."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.workers.office import ANNA, JONAS, MIRA, WORKSPACE, Office, at_once
from tests.workers.test_learning import change, closed, desk_of, request, run
from workers.desk import RetrainRule
from workers.governance import automations, receipts
from workers.service_desk import ServiceDesk
from workers.slack import trainings as messages
from workers.store.columns import now
from workers.store.tables import Receipt, TrainingRun
from workers.training import news, retraining, runs
from workers.training.retraining import Facts, why_due

LONDON = ZoneInfo("Europe/London")
SUNDAY = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)  # half past three in London
WEEKLY = RetrainRule()


@pytest.mark.parametrize(
    ("moment", "last_at", "closed", "due"),
    [
        (SUNDAY, SUNDAY - timedelta(days=7), 60, True),
        (SUNDAY, SUNDAY - timedelta(days=7), 49, False),  # too few
        (SUNDAY, SUNDAY - timedelta(minutes=20), 60, False),  # was done this Sunday
        (SUNDAY - timedelta(hours=1), SUNDAY - timedelta(days=6), 60, False),  # too early
        (SUNDAY + timedelta(hours=20), SUNDAY - timedelta(days=7), 60, True),  # the desk had slept
        (SUNDAY + timedelta(days=3), SUNDAY - timedelta(days=7), 60, False),  # too late: next Sunday
    ],
)
def test_weekly_it_is_due_at_its_hour_on_the_desks_clock(
    moment: datetime, last_at: datetime, closed: int, due: bool
) -> None:
    assert bool(why_due(WEEKLY, Facts(last_at, closed), moment, LONDON)) is due


def test_in_summer_the_hour_is_that_of_the_clock_on_the_wall() -> None:
    before, after = datetime(2026, 7, 5, 1, 59, tzinfo=UTC), datetime(2026, 7, 5, 2, 1, tzinfo=UTC)
    facts = Facts(before - timedelta(days=5), 60)
    assert not why_due(WEEKLY, facts, before, LONDON)
    assert why_due(WEEKLY, facts, after, LONDON)


def test_every_so_many_days_and_after_so_many_tickets() -> None:
    rule = RetrainRule(every_days=14, after_tickets=300)
    last = SUNDAY - timedelta(days=13)
    assert not why_due(rule, Facts(last, 60), SUNDAY, LONDON)
    assert "every 14 days" in why_due(rule, Facts(last, 60), SUNDAY + timedelta(days=1), LONDON)
    assert "300 tickets were closed" in why_due(rule, Facts(SUNDAY, 300), SUNDAY, LONDON)
    assert not why_due(RetrainRule(weekday=None), Facts(last, 10_000), SUNDAY, LONDON)


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> ServiceDesk:
    """A desk on which three closed tickets are enough, at any time."""
    made = desk_of(office, tmp_path)
    rule = RetrainRule.model_construct(weekday=None, every_days=None, hour=3, at_least=1, after_tickets=3)
    handbook = replace(made.handbook, desk=made.handbook.desk.model_copy(update={"retraining": rule}))
    return replace(made, handbook=handbook)


def close_three(office: Office) -> None:
    for number in range(3):
        closed(office, f"The VPN drops, {number}", "network_vpn")


def test_enough_closed_tickets_begin_a_training_and_leave_a_receipt(office: Office, desk: ServiceDesk) -> None:
    assert retraining.request_due(desk) == []
    close_three(office)
    (run_id,) = [number for found in at_once(*[lambda: retraining.request_due(desk)] * 2) for number in found]
    assert run(office, run_id).requested_by == retraining.BY
    with office.store.read() as session:
        (receipt,) = receipts.of_subject(session, f"training:{run_id}")
    assert (receipt.decision, receipt.why) == ("train", "3 tickets were closed since the last time.")
    change(office, state="done", requested_at=now())
    assert retraining.request_due(desk) == []  # those tickets count no more


def test_a_cancelled_one_counts_against_the_automation(office: Office, desk: ServiceDesk) -> None:
    close_three(office)
    (run_id,) = retraining.request_due(desk)
    with office.store.begin() as session:
        runs.cancel(session, WORKSPACE, run_id, MIRA)
        assert receipts.evidence(session, WORKSPACE, "retrain") == receipts.Evidence(1, 1, 1)
        run_of = session.get_one(TrainingRun, run_id)
        run_of.version = "v2"
        runs.judge_promoted(session, "v2", MIRA)
        assert receipts.evidence(session, WORKSPACE, "retrain").wrong == 0


def test_the_switch_stops_it(office: Office, desk: ServiceDesk) -> None:
    close_three(office)
    office.suspend("retrain")
    assert retraining.request_due(desk) == []
    with office.store.begin() as session:
        automations.resume(session, WORKSPACE, "retrain", MIRA)
    assert len(retraining.request_due(desk)) == 1


def test_nothing_begins_beside_a_training_that_runs(office: Office, desk: ServiceDesk) -> None:
    request(office)
    close_three(office)
    assert retraining.request_due(desk) == []


def test_below_auto_the_owner_is_told_once_that_it_is_time(office: Office, desk: ServiceDesk) -> None:
    close_three(office)
    with office.store.begin() as session:
        automations.move_tier(session, WORKSPACE, "retrain", -1, MIRA, "I want to decide")
    assert retraining.request_due(desk) == retraining.request_due(desk) == []
    (told,) = office.deliveries(lane=news.LANE)
    assert told.payload["to"] == f"person:{office.person(MIRA).id}"
    assert button_ids(told.payload) == [messages.TRAIN]


# how it ended


def button_ids(payload: dict[str, Any]) -> list[str]:
    rows = [block["elements"] for block in payload["blocks"] if block["type"] == "actions"]
    return [element["action_id"] for row in rows for element in row]


def ended(office: Office, desk: ServiceDesk, **values: Any) -> list[dict[str, Any]]:
    """The messages about a training that Jonas, an agent, asked for and that ended so."""
    with office.store.begin() as session:
        run_id = runs.request(session, WORKSPACE, JONAS).id
    attempt = runs.claim(office.store, run_id, "reading")
    assert attempt is not None
    runs.end(office.store, attempt, lambda session, run: news.tell(session, desk, run), **values)
    return [one.payload for one in office.deliveries(lane=news.LANE)]


def test_owner_and_asker_get_the_report_with_a_recommendation_and_buttons(office: Office, desk: ServiceDesk) -> None:
    comparison = {"recommendation": "better", "reasons": ["Macro-F1 .81 instead of .77 on 240 tickets."]}
    told = ended(office, desk, state="done", version="v2", comparison=comparison)
    assert {one["to"] for one in told} == {f"person:{office.person(who).id}" for who in (MIRA, JONAS)}
    assert "Promote it" in told[0]["text"]
    assert ".81 instead of .77" in str(told[0]["blocks"])
    assert button_ids(told[0]) == [messages.REPORT, messages.PROMOTE, messages.DISMISS]


def test_a_failure_is_told_with_the_way_to_go_on(office: Office, desk: ServiceDesk) -> None:
    told = ended(office, desk, state="failed", error="The disk is <full>.")
    assert "&lt;full&gt;" in str(told[0]["blocks"]) and button_ids(told[0]) == [messages.RESUME]


def test_an_employee_who_once_asked_hears_nothing(office: Office) -> None:
    with office.store.read() as session:
        assert [person.handle for person in news.owners(session, WORKSPACE, ANNA)] == [MIRA]


def test_without_an_owner_of_its_own_the_owner_of_routing_hears(quick_office: Office) -> None:
    with quick_office.store.begin() as session:
        rules = tuple(r for r in quick_office.handbook.desk.automations if r.name != "retrain")
        automations.install(session, WORKSPACE, quick_office.handbook.desk.model_copy(update={"automations": rules}))
    with quick_office.store.read() as session:
        assert [person.handle for person in news.owners(session, WORKSPACE)] == [MIRA]
        assert session.query(Receipt).count() == 0
