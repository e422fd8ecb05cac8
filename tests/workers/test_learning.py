"""What is learnt from, and the book that is kept about trainings; the training itself is the classifier's matter."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from classifier.data.dataset import Ticket as ClosedTicket
from classifier.data.dataset import read_tickets
from classifier.errors import ClassifierError
from tests.workers.office import ANNA, JONAS, MIRA, STARTER, WORKSPACE, Office, at_once, prediction
from workers.routing.service import route
from workers.service_desk import ServiceDesk
from workers.settings import Settings
from workers.store.columns import now
from workers.store.tables import Ticket, TrainingRun
from workers.tickets import importing, work
from workers.training import challenger, known_tickets, runs, versions
from workers.training.runs import TrainingTrouble

SIGNED_OFF = datetime(2026, 3, 3, 9, tzinfo=UTC)


def desk_of(office: Office, home: Path, files: dict[str, str] | None = None) -> ServiceDesk:
    """A desk whose folder holds these ticket files."""
    folder = home / "desk"
    for name in ("desk.yaml", "people.yaml", "taxonomy.yaml"):
        folder.mkdir(exist_ok=True)
        shutil.copyfile(STARTER / name, folder / name)
    if files is not None:
        (folder / "tickets").mkdir()
        for name, text in files.items():
            (folder / "tickets" / name).write_text(text, encoding="utf-8")
    return ServiceDesk(Settings(home=home, desk=folder), office.store, office.handbook)


def request(office: Office) -> int:
    with office.store.begin() as session:
        return runs.request(session, WORKSPACE, MIRA).id


def run(office: Office, run_id: int) -> TrainingRun:
    with office.store.read() as session:
        return session.get_one(TrainingRun, run_id)


def change(office: Office, **values: object) -> None:
    with office.store.begin() as session:
        session.execute(update(TrainingRun).values(**values))


def closed(office: Office, text: str, label: str | None) -> int:
    """A ticket that the classifier routed, and that was solved and rated."""
    ticket = office.open(text=text)
    with office.store.begin() as session:
        found = session.get_one(Ticket, ticket)
        route(session, office.handbook, found, prediction(label) if label else None, "v1")
    office.do(work.resolve, ticket, JONAS, "Done")
    office.do(work.rate, ticket, ANNA, 5)
    return ticket


def learnt(office: Office) -> list[dict[str, object]]:
    with office.store.read() as session:
        return known_tickets.closed_tickets(session, WORKSPACE)


def test_a_second_training_is_refused_while_one_waits_or_runs(office: Office) -> None:
    first = request(office)
    with pytest.raises(TrainingTrouble, match="being trained already"):
        request(office)
    change(office, state="running")
    with pytest.raises(TrainingTrouble):
        request(office)
    change(office, state="done")
    assert request(office) != first
    assert office.actions(f"training:{first}") == ["training_requested"]


def test_a_cancelled_training_stays_cancelled(office: Office, tmp_path: Path) -> None:
    run_id = request(office)
    with office.store.begin() as session:
        with pytest.raises(TrainingTrouble, match="There is no training"):
            runs.cancel(session, "T0OTHER", run_id, MIRA)
        assert session.get_one(TrainingRun, run_id).state == "queued"  # another workspace's admin may not
        runs.cancel(session, WORKSPACE, run_id, MIRA)
    assert run(office, run_id).finished_at is not None
    challenger.run_training(desk_of(office, tmp_path), run_id)
    assert run(office, run_id).state == "cancelled"
    assert runs.waiting(office.store) == []
    audited = office.audited()
    with office.store.begin() as session:
        runs.cancel(session, WORKSPACE, run_id, MIRA)
    assert office.audited() == audited
    request(office)


def test_a_run_whose_worker_fell_silent_is_queued_again(office: Office) -> None:
    run_id = request(office)
    change(office, state="running", heartbeat_at=now(), queued_at=now() - timedelta(minutes=9))
    assert runs.waiting(office.store) == []
    change(office, heartbeat_at=now() - runs.SILENT_AFTER - timedelta(seconds=1))
    assert runs.waiting(office.store) == [run_id]
    assert run(office, run_id).state == "queued"


def test_a_run_whose_task_was_lost_is_asked_for_again(office: Office) -> None:
    run_id = request(office)
    assert runs.waiting(office.store) == []  # its task is on the way
    change(office, queued_at=now() - timedelta(minutes=1))
    assert runs.waiting(office.store) == [run_id]


def test_without_a_closed_ticket_a_training_fails_in_words(office: Office, tmp_path: Path) -> None:
    run_id = request(office)
    challenger.run_training(desk_of(office, tmp_path), run_id)
    failed = run(office, run_id)
    assert (failed.state, failed.error) == ("failed", "There is no closed ticket to learn from.")
    assert office.actions(f"training:{run_id}")[-1] == "training_failed"


def test_a_doubled_task_trains_once(office: Office, tmp_path: Path) -> None:
    run_id, desk = request(office), desk_of(office, tmp_path)
    at_once(*[lambda: challenger.run_training(desk, run_id)] * 2)
    assert office.actions(f"training:{run_id}").count("training_failed") == 1


def test_a_broken_ticket_file_fails_the_training_with_file_and_line(quick_office: Office, tmp_path: Path) -> None:
    files = {"a.jsonl": '{"id": "1", "text": "VPN", "label": "network_vpn"}\n{"id": \n'}
    run_id = request(quick_office)
    challenger.run_training(desk_of(quick_office, tmp_path, files), run_id)
    failed = run(quick_office, run_id)
    assert failed.state == "failed"
    assert "a.jsonl, line 2" in str(failed.error)


def test_a_first_training_that_fails_says_so(quick_office: Office, tmp_path: Path) -> None:
    with pytest.raises((TrainingTrouble, ClassifierError)):
        challenger.train_first(desk_of(quick_office, tmp_path), WORKSPACE, lambda share, message: None)
    with quick_office.store.read() as session:
        (failed,) = runs.latest(session, WORKSPACE, "classifier")
    assert failed.state == "failed"


def test_tickets_are_learnt_with_the_label_that_they_ended_with(office: Office) -> None:
    bounced = office.open(text="The tunnel drops")
    with office.store.begin() as session:
        route(session, office.handbook, session.get_one(Ticket, bounced), prediction("printing"), "v1")
    office.do(work.relabel, bounced, JONAS, "email_calendar")
    office.do(work.relabel, bounced, JONAS, "network_vpn")
    assert learnt(office) == []
    office.do(work.resolve, bounced, JONAS, "Restarted it")
    assert learnt(office) == []  # the employee may still reopen it
    office.do(work.rate, bounced, ANNA, 4)
    (row,) = learnt(office)
    assert (row["id"], row["text"], row["label"], row["team"]) == (
        f"DESK-{bounced}", "The tunnel drops", "network_vpn", "network"
    )  # fmt: skip
    office.do(work.reopen, bounced, ANNA)
    assert learnt(office) == []


def test_unlabelled_withdrawn_and_foreign_tickets_are_not_learnt(office: Office) -> None:
    closed(office, "Nobody said what it was", None)
    withdrawn = office.open_in(label="printing")
    office.do(work.withdraw, withdrawn, ANNA)
    kept = closed(office, "VPN drops", "network_vpn")
    assert [row["id"] for row in learnt(office)] == [f"DESK-{kept}"]
    with office.store.read() as session:
        assert known_tickets.closed_tickets(session, "T0OTHER") == []


def bring_in(office: Office, id_: str, label: str = "printing", team: str = "workplace") -> bool:
    ticket = ClosedTicket(id_, "Printer jams, password: Tulip7bridge", label, team, "P4", SIGNED_OFF, SIGNED_OFF)
    with office.store.begin() as session:
        return importing.add_closed(session, WORKSPACE, ticket)


def test_tickets_of_another_system_are_imported_once_and_learnt(office: Office) -> None:
    assert bring_in(office, "INC-1")
    assert not bring_in(office, "INC-1")
    (row,) = learnt(office)
    assert (row["label"], row["opened_at"]) == ("printing", SIGNED_OFF.isoformat())
    assert row["text"] == "Printer jams, password: [password removed]"
    assert row["id"] == "INC-1"  # so that the same ticket in the desk folder's files is not learnt twice


def test_an_imported_ticket_without_label_or_team_has_none(office: Office) -> None:
    bring_in(office, "INC-2", label="", team="")
    assert learnt(office) == []
    with office.store.read() as session:
        (ticket,) = session.query(Ticket).all()
    assert (ticket.label, ticket.team) == (None, None)


def test_the_training_file_holds_folder_and_store_in_every_format(quick_office: Office, tmp_path: Path) -> None:
    files = {
        "a.jsonl": json.dumps({"id": "LF-1", "text": "Wi-Fi «slow»", "label": "network_vpn"}) + "\n",
        "b.csv": "id,subject,body,label\nLF-2,Toner,empty again,printing\n",
        "notes.txt": "no tickets",
    }
    kept = closed(quick_office, "VPN drops", "network_vpn")
    bring_in(quick_office, "LF-1")  # also in the folder
    path = tmp_path / "out.jsonl"
    assert known_tickets.write_training_file(desk_of(quick_office, tmp_path, files), WORKSPACE, path) == 3
    read = read_tickets(path)
    assert read.problems == ()
    assert {ticket.id: ticket.text for ticket in read.tickets} == {
        "LF-1": "Wi-Fi «slow»", "LF-2": "Toner\nempty again", f"DESK-{kept}": "VPN drops"
    }  # fmt: skip


@pytest.mark.parametrize("files", [None, {}, {"readme.md": "soon"}])
def test_a_desk_folder_without_tickets_is_no_trouble(
    quick_office: Office, tmp_path: Path, files: dict[str, str] | None
) -> None:
    closed(quick_office, "VPN drops", "network_vpn")
    desk = desk_of(quick_office, tmp_path, files)
    assert known_tickets.write_training_file(desk, WORKSPACE, tmp_path / "out.jsonl") == 1


def test_the_first_challenger_has_nobody_to_beat(quick_office: Office, tmp_path: Path) -> None:
    compared = challenger.compare_with_champion(desk_of(quick_office, tmp_path), WORKSPACE, "v1")
    assert compared["recommendation"] == "better"


def test_a_champion_of_an_earlier_release_or_with_a_damaged_file_cannot_be_served(
    office: Office, tmp_path: Path
) -> None:
    desk = desk_of(office, tmp_path)
    folder = desk.models / "old"
    folder.mkdir(parents=True)
    assert not versions.can_be_served(desk, "old")
    (folder / "manifest.json").write_text(json.dumps({"format": 1, "version": "old", "files": {}}))
    assert not versions.can_be_served(desk, "old")
