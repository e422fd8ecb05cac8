"""A look for drift on a real model and the real encoder: the reference, what is new, and who is told."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from classifier.data.ticket import Ticket as ClosedTicket
from classifier.model.base_model import file_sha256
from classifier.model.model_folder import MANIFEST_FILE, REPORT_FILE, read_json, write_json
from classifier.model.provenance import marks
from tests.classifier.small_desk import small_tickets
from tests.workers.office import MIRA, WORKSPACE, Office
from tests.workers.shadow_world import LABELS, ShadowWorld
from workers.oversight import drift, studies
from workers.oversight.topics import free_id
from workers.store.columns import now
from workers.store.tables import ServedVersion
from workers.study import WORK
from workers.tickets import importing
from workers.training.runs import TrainingTrouble

PEOPLE = ("Ada", "Bo", "Cy", "Dee", "Eli", "Fay")
COFFEE = (
    "the coffee machine in the kitchen leaks water", "no coffee, the machine in the canteen shows error 12",
    "coffee machine on floor three grinds but nothing comes out", "please descale the coffee machine, it is slow",
    "the milk foamer of the coffee machine is broken", "coffee machine wants beans though it is full of beans",
)  # fmt: skip


def known() -> list[ClosedTicket]:
    """The small desk's tickets, and more of the same that the model was tested on."""
    mine = [replace(one, label=LABELS[one.label], team="") for one in small_tickets()]
    return mine + [replace(one, id=f"again-{one.id}", text=f"hello, {one.text}") for one in mine]


@pytest.fixture
def world(quick_office: Office, small_model: Path, encoder_dir: Path, tmp_path: Path) -> ShadowWorld:
    """A desk that serves v1, which says that it was tested on half of the desk folder's tickets."""
    made = ShadowWorld.make(quick_office, tmp_path, small_model)
    folder = made.desk.models / made.add_version("v1")
    tickets = known()
    splits = {"train": tickets[:80], "calibrate": tickets[80:120], "test": tickets[120:]}
    report = read_json(folder / REPORT_FILE) | {
        "splits": {side: [marks(ticket) for ticket in part] for side, part in splits.items()}
    }
    write_json(folder / REPORT_FILE, report)
    manifest = read_json(folder / MANIFEST_FILE)
    write_json(folder / MANIFEST_FILE, manifest | {"files": {**manifest["files"], REPORT_FILE: _sha(folder)}})
    made.promote("v1")
    (made.desk.settings.desk / "tickets").mkdir(parents=True)
    rows = [{"id": t.id, "text": t.text, "label": t.label, "opened_at": "2026-01-05"} for t in tickets]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (made.desk.settings.desk / "tickets" / "a.jsonl").write_text(lines, encoding="utf-8")
    made.desk.encoders.mkdir(parents=True)
    (made.desk.encoders / encoder_dir.name).symlink_to(encoder_dir)
    return made


def _sha(folder: Path) -> str:
    return file_sha256(folder / REPORT_FILE)


def come_in(world: ShadowWorld, texts: list[str], name: str) -> None:
    """Tickets of the last days, each of another person."""
    with world.office.store.begin() as session:
        for number, text in enumerate(texts):
            moment = now() - timedelta(hours=number + 1)
            ticket = ClosedTicket(
                f"{name}-{number}", text, "printing", "workplace", "P3", moment, moment, requester=f"{name}{number}"
            )
            importing.add_closed(session, WORKSPACE, ticket)


def as_before(count: int) -> list[str]:
    return [f"{one.text}, says {PEOPLE[n % 6]} since {n}" for n, one in enumerate(known()[:count])]


def look(world: ShadowWorld) -> studies.Study:
    with world.office.store.begin() as session:
        study = studies.request(session, WORKSPACE, MIRA, "drift").id
    done = studies.run(world.desk, study, WORK)
    assert done is not None
    return done


def test_a_topic_that_nobody_knows_is_proposed_with_its_tickets_and_the_owner_told(world: ShadowWorld) -> None:
    come_in(world, as_before(60), "old")
    come_in(world, [f"{text} ({person})" for text in COFFEE for person in PEOPLE[:3]], "new")
    done = look(world)
    assert done.report is not None and done.alarm
    (topic,) = done.report["topics"]
    assert "coffee" in topic["words"] and "coffee" in topic["proposed"]
    assert len(topic["tickets"]) >= 12 and all(ticket.startswith("new-") for ticket in topic["tickets"])
    (told,) = world.office.deliveries(lane="oversight")
    assert "coffee" in json.dumps(told.payload) and "/console/models/drift" in json.dumps(told.payload)
    json.dumps(done.report)


def test_the_reference_is_kept_so_that_later_looks_do_without_the_old_texts(world: ShadowWorld) -> None:
    come_in(world, as_before(60), "old")
    first = look(world)
    assert first.report is not None and first.report["topics"] == []
    assert drift.labels_by_week(world.desk, WORKSPACE, "v1") == (("printing",) * 60,)
    (shares,) = [one for one in first.report["findings"] if one["what"] == "shares"]
    assert shares["alarm"] and shares["detail"].startswith("printing 25.0% → 100.0%")
    (world.desk.settings.desk / "tickets" / "a.jsonl").unlink()
    second = look(world)
    assert second.report is not None and second.report["findings"] == first.report["findings"]
    kept = world.desk.settings.home / "drift" / "v1.safetensors"
    assert kept.stat().st_size < 200_000
    kept.write_bytes(b"damaged")
    with pytest.raises(TrainingTrouble, match="tested on 0 are still here"):
        look(world)


def test_few_tickets_are_said_to_be_few_and_what_the_model_knows_is_not_recent(world: ShadowWorld) -> None:
    come_in(world, [one.text for one in known()[:70]], "same")
    done = look(world)
    assert done.report is not None and not done.alarm
    assert done.report["words"][0].startswith("Only 0 tickets since")
    assert world.office.deliveries(lane="oversight") == []


def test_without_a_classifier_there_is_nothing_to_compare_with(quick_office: Office, tmp_path: Path) -> None:
    world = ShadowWorld.make(quick_office, tmp_path, tmp_path)
    with pytest.raises(TrainingTrouble, match="No classifier is served"):
        drift.run(world.desk, WORKSPACE, {}, lambda *_: None)


def test_a_look_is_asked_for_once_a_week_by_itself(world: ShadowWorld) -> None:
    studies.request_due(world.office.store)
    assert studies.waiting(world.office.store) == []  # promoted just now
    with world.office.store.begin() as session:
        session.execute(update(ServedVersion).values(at=now() - studies.EVERY - timedelta(minutes=1)))
    studies.request_due(world.office.store)
    (study,) = studies.waiting(world.office.store)
    studies.request_due(world.office.store)
    assert studies.waiting(world.office.store) == [study]


@pytest.mark.parametrize(
    ("words", "taken", "free"),
    [(("coffee", "machine"), (), "coffee_machine"), (("coffee", "machine"), ("coffee_machine",), "coffee_machine_2"),
     ((), (), "new_topic"), (("802.1x", "wi-fi"), (), "topic_802_1x_wi_fi"), (("日本",), (), "new_topic")],
)  # fmt: skip
def test_a_proposed_label_has_an_id_that_is_free(words: tuple[str, ...], taken: tuple[str, ...], free: str) -> None:
    assert free_id(words, taken) == free
