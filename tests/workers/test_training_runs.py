"""Trainings that are resumed, laid aside, and how long they still take."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.workers.office import JONAS, MIRA, WORKSPACE, Office, at_once
from tests.workers.test_learning import change, desk_of, request, run
from workers.store.tables import TrainingRun
from workers.training import challenger, runs
from workers.training.runs import Attempt, TrainingTrouble

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def cancel(office: Office, run_id: int) -> None:
    with office.store.begin() as session:
        runs.cancel(session, WORKSPACE, run_id, MIRA)


def resume(office: Office, run_id: int, workspace: str = WORKSPACE) -> None:
    with office.store.begin() as session:
        runs.resume(session, workspace, run_id, MIRA)


def claim(office: Office, run_id: int) -> Attempt:
    attempt = runs.claim(office.store, run_id, "reading")
    assert attempt is not None
    return attempt


@pytest.mark.parametrize("state", ["cancelled", "failed"])
def test_one_that_was_given_up_goes_on_with_all_it_has_reached(office: Office, state: str) -> None:
    run_id = request(office)
    runs.heartbeat(office.store, claim(office, run_id), 0.4, "learning")
    change(office, state=state, error="the machine went away", finished_at=NOON)
    resume(office, run_id)
    resumed = run(office, run_id)
    assert (resumed.state, resumed.done, resumed.error, resumed.finished_at) == ("queued", 0.4, None, None)
    assert office.actions(f"training:{run_id}")[-1] == "training_resumed"
    assert claim(office, run_id).number == 2


@pytest.mark.parametrize("state", ["queued", "running", "done"])
def test_one_that_waits_runs_or_is_done_cannot_be_resumed(quick_office: Office, state: str) -> None:
    run_id = request(quick_office)
    change(quick_office, state=state)
    with pytest.raises(TrainingTrouble, match=f"is {state}"):
        resume(quick_office, run_id)


def test_none_is_resumed_beside_another_one_or_from_another_workspace(quick_office: Office) -> None:
    first = request(quick_office)
    cancel(quick_office, first)
    with pytest.raises(TrainingTrouble, match="no training"):
        resume(quick_office, first, "T0OTHER")
    request(quick_office)
    with pytest.raises(TrainingTrouble, match="being trained already"):
        resume(quick_office, first)


def test_the_process_of_before_counts_no_more_once_another_one_goes_on(office: Office) -> None:
    run_id = request(office)
    before = claim(office, run_id)
    cancel(office, run_id)
    resume(office, run_id)
    now = claim(office, run_id)
    assert not runs.heartbeat(office.store, before, 0.9, "still here")
    runs.end(office.store, before, state="done", version="v-old")
    assert runs.heartbeat(office.store, now, 0.5, "learning")
    assert (run(office, run_id).state, run(office, run_id).version) == ("running", None)
    runs.end(office.store, now, state="done", version="v-new")
    assert run(office, run_id).version == "v-new"


def test_a_trainer_that_says_nothing_is_known_to_live_and_can_be_cancelled(
    quick_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "QUIET_S", 0.01)  # a trainer needs seconds to load, and is silent meanwhile
    run_id = request(quick_office)
    attempt = claim(quick_office, run_id)
    change(quick_office, heartbeat_at=NOON)
    arguments = ("classifier", "/nothing/here.jsonl", "/nothing/out", "0.1", "/nothing/work")
    with pytest.raises(TrainingTrouble, match=r"here\.jsonl"):
        runs.follow(quick_office.store, attempt, arguments)
    assert run(quick_office, run_id).heartbeat_at != NOON
    cancel(quick_office, run_id)
    with pytest.raises(TrainingTrouble, match="It was cancelled"):
        runs.follow(quick_office.store, attempt, arguments)


def test_two_who_resume_at_once_begin_it_once(office: Office) -> None:
    run_id = request(office)
    cancel(office, run_id)
    outcomes = at_once(*[lambda: resume(office, run_id)] * 2)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "TrainingTrouble"]
    assert office.actions(f"training:{run_id}").count("training_resumed") == 1


def test_a_resumed_training_keeps_its_tickets_and_its_checkpoints(quick_office: Office, tmp_path: Path) -> None:
    desk = desk_of(quick_office, tmp_path, {"a.jsonl": '{"id": "1", "text": "VPN drops", "label": "network_vpn"}\n'})
    run_id = request(quick_office)
    challenger.run_training(desk, run_id)  # one ticket is too few
    assert run(quick_office, run_id).state == "failed"
    kept, tickets = tmp_path / "training" / f"run-{run_id}.work", tmp_path / "training" / f"run-{run_id}.jsonl"
    (kept / "checkpoint").write_text("half the way")
    was = tickets.read_text()
    (desk.settings.desk / "tickets" / "b.jsonl").write_text('{"id": "2", "text": "Toner", "label": "printing"}\n')
    resume(quick_office, run_id)
    challenger.run_training(desk, run_id)
    assert (kept / "checkpoint").read_text() == "half the way"
    assert tickets.read_text() == was


@pytest.mark.parametrize(
    ("done", "started_from", "minutes", "left"),
    [
        (0.5, 0.0, 10, 10.0),
        (0.5, 0.4, 1, 5.0),  # a resumed one: its own speed counts
        (0.01, 0.0, 10, None),
        (0.5, 0.0, 0, None),
    ],
)
def test_the_time_left_follows_from_the_speed_so_far(
    done: float, started_from: float, minutes: float, left: float | None
) -> None:
    moment = NOON + timedelta(minutes=minutes)
    one = TrainingRun(state="running", done=done, started_at=NOON, started_from=started_from)
    found = runs.time_left(one, moment)
    assert (found and round(found.total_seconds() / 60, 3)) == left
    one.state = "queued"
    assert runs.time_left(one, moment) is None


def test_a_challenger_is_laid_aside_once_and_only_where_there_is_one(quick_office: Office) -> None:
    run_id = request(quick_office)
    with pytest.raises(TrainingTrouble, match="has made no challenger"), quick_office.store.begin() as session:
        runs.dismiss(session, WORKSPACE, run_id, MIRA)
    change(quick_office, state="done", version="v2")
    for who in (MIRA, JONAS):
        with quick_office.store.begin() as session:
            runs.dismiss(session, WORKSPACE, run_id, who)
    assert run(quick_office, run_id).dismissed_by == MIRA
    assert quick_office.actions(f"training:{run_id}").count("challenger_dismissed") == 1
