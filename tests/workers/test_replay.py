"""What the last days would have looked like with another version or limit."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from classifier.data.ticket import Ticket as ClosedTicket
from classifier.errors import ClassifierError
from classifier.judging.costs import Costs
from classifier.model.prediction import Prediction
from tests.classifier.small_desk import small_tickets
from tests.workers.office import MIRA, WORKSPACE, Office, at_once
from tests.workers.shadow_world import LABELS, ShadowWorld
from workers.oversight import replay, studies
from workers.oversight.tickets_gone_by import gone_by
from workers.store.columns import now
from workers.store.tables import Study
from workers.study import WORK
from workers.tickets import importing
from workers.training.runs import TrainingTrouble

TEXTS = {"network_vpn": "no wifi and no vpn at gate {}", "printing": "toner of printer {} is empty and jammed"}


@pytest.fixture
def world(quick_office: Office, small_model: Path, tmp_path: Path) -> ShadowWorld:
    """A desk that serves v1 and has v2, and where forty tickets were closed in the last days."""
    made = ShadowWorld.make(quick_office, tmp_path, small_model)
    for version in ("v1", "v2"):
        made.add_version(version)
    made.promote("v1")
    for number in range(40):
        label = list(TEXTS)[number % 2]
        bring_in(made, f"N-{number}", TEXTS[label].format(number), label, days=number)
    return made


def bring_in(world: ShadowWorld, id_: str, text: str, label: str, days: float) -> None:
    moment = now() - timedelta(days=days, hours=1)
    closed = ClosedTicket(id_, text, label, world.desk.handbook.team_of(label), "P3", moment, moment)
    with world.office.store.begin() as session:
        importing.add_closed(session, WORKSPACE, closed)


def ask(world: ShadowWorld, **asked: object) -> int:
    with world.office.store.begin() as session:
        return studies.request(session, WORKSPACE, MIRA, "replay", **asked).id


def test_champion_and_challenger_are_replayed_on_the_same_tickets_by_team(world: ShadowWorld) -> None:
    heard: list[tuple[str, int, int]] = []
    done = studies.run(world.desk, ask(world, version="v2", days=30), WORK, lambda *step: heard.append(step))
    assert done is not None and done.report is not None
    report = json.loads(json.dumps(done.report))
    assert (report["tickets"], report["learnt"]) == (30, 0)
    assert (report["champion"]["version"], report["challenger"]["version"]) == ("v1", "v2")
    assert report["champion"]["total"] == report["challenger"]["total"]  # they are the same model
    assert report["hours_gained"] == [0.0, 0.0]
    assert {team: one["tickets"] for team, one in report["challenger"]["by_team"].items()} == {
        "network": 15, "workplace": 15
    }  # fmt: skip
    assert heard[-1][1:] == (60, 60)


def test_another_limit_is_another_policy_and_the_served_one_alone_needs_no_comparison(world: ShadowWorld) -> None:
    report, alarm = replay.run(world.desk, WORKSPACE, {"days": 30}, lambda *_: None)
    assert report["champion"] is None and report["challenger"]["version"] == "v1" and not alarm
    report, _ = replay.run(world.desk, WORKSPACE, {"days": 30, "limit": 0.4}, lambda *_: None)
    assert (report["champion"]["limit"], report["challenger"]["limit"]) == (0.1, 0.4)


def test_tickets_that_a_model_has_learnt_from_are_left_out_and_the_report_says_so(world: ShadowWorld) -> None:
    learnt = [replace(one, label=LABELS[one.label]) for one in small_tickets()[:5]]
    for number, ticket in enumerate(learnt):
        bring_in(world, ticket.id, ticket.text, ticket.label, days=number)
    report, _ = replay.run(world.desk, WORKSPACE, {"version": "v2", "days": 30}, lambda *_: None)
    assert (report["tickets"], report["learnt"]) == (30, 5)
    assert "5 tickets were left out, since one of the two had learnt from them." in report["words"]


def test_where_few_were_closed_here_the_desk_folders_tickets_count_too(world: ShadowWorld) -> None:
    folder = world.desk.settings.desk / "tickets"
    folder.mkdir(parents=True)
    day = (now() - timedelta(days=2)).isoformat()
    rows = [{"id": f"F-{n}", "text": f"scanner {n} is mute", "label": "printing", "opened_at": day} for n in range(3)]
    rows.append({"id": "N-1", "text": "also imported", "label": "printing", "opened_at": day})
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    report, _ = replay.run(world.desk, WORKSPACE, {"days": 30}, lambda *_: None)
    assert (report["tickets"], report["from_folder"]) == (33, 3)
    assert report["challenger"]["by_team"]["workplace"]["tickets"] == 18  # a ticket without a team has its label's


def test_the_days_are_counted_back_from_the_newest_ticket_when_all_are_old(world: ShadowWorld) -> None:
    later = datetime.now(UTC) + timedelta(days=400)
    found = gone_by(world.desk, WORKSPACE, 10, later)
    assert 9 <= len(found.tickets) <= 10


def test_nothing_to_replay_is_said(world: ShadowWorld) -> None:
    with pytest.raises(TrainingTrouble, match="no classifier version 'v9'"):
        studies.run(world.desk, ask(world, version="v9"), WORK)
    with world.office.store.read() as session:
        (failed,) = studies.latest(session, WORKSPACE, "replay")
    assert failed.state == "failed" and "v9" in str(failed.error)


def test_a_broken_file_in_the_desk_folder_is_named_with_its_line(world: ShadowWorld) -> None:
    folder = world.desk.settings.desk / "tickets"
    folder.mkdir(parents=True)
    (folder / "a.jsonl").write_text('{"id": \n', encoding="utf-8")
    with pytest.raises(ClassifierError, match=r"a\.jsonl, line 1"):
        replay.run(world.desk, WORKSPACE, {}, lambda *_: None)


def test_hours_follow_from_the_prices() -> None:
    tickets = [ClosedTicket(str(n), "text", "printing", "workplace") for n in range(10)]
    said = [
        Prediction("printing" if n < 6 else "network_vpn", 0.9, n < 8, 0.5, (), ()) for n in range(10)
    ]  # six rightly routed, two misrouted, two in triage
    side, minutes = replay.side_of("v", 0.1, tickets, said, {"printing": "workplace"}.get, Costs(30, 6))  # type: ignore[arg-type]
    assert (side.total.routed, side.total.misrouted, side.total.minutes) == (8, 2, 72.0)
    assert side.total.hours_saved == pytest.approx((60 - 72) / 60)
    assert minutes.sum() == 72


# the book


def test_one_study_of_a_kind_at_a_time_and_a_doubled_task_does_it_once(world: ShadowWorld) -> None:
    study = ask(world, days=30)
    with pytest.raises(TrainingTrouble, match="under way already"):
        ask(world)
    given = at_once(*[lambda: studies.run(world.desk, study, WORK)] * 2)
    assert sum(one is not None for one in given) == 1
    ask(world)


def test_a_study_whose_worker_fell_silent_is_taken_up_again(world: ShadowWorld) -> None:
    study = ask(world)
    assert studies.waiting(world.office.store) == [study]
    with world.office.store.begin() as session:
        session.execute(update(Study).values(state="running", heartbeat_at=now()))
    assert studies.waiting(world.office.store) == []
    with world.office.store.begin() as session:
        session.execute(update(Study).values(heartbeat_at=now() - studies.SILENT_AFTER - timedelta(seconds=1)))
    assert studies.waiting(world.office.store) == [study]
