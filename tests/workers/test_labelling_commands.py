"""`deskhand classifier suspects` and the teaching order of `deskhand tickets list`, on a desk on disk."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import build
from classifier.labelling.suspects import Findings
from tests.workers.office import ANNA, STARTER, WORKSPACE, Office, prediction
from tests.workers.test_labelling import suspect
from workers.labelling import reviews
from workers.routing.service import route
from workers.service_desk import ServiceDesk, open_desk
from workers.settings import Settings
from workers.store.tables import Ticket


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServiceDesk:
    """The starter desk in a home of its own, as the commands find it."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path))
    monkeypatch.setenv("DESKHAND_DESK", str(STARTER))
    desk = open_desk(Settings())
    desk.set_up(WORKSPACE)
    return desk


def call(*arguments: str) -> Result:
    return CliRunner().invoke(build(), list(arguments))


def suspects(*arguments: str) -> Result:
    return call("classifier", "suspects", *arguments)


def test_suspects_are_listed_decided_and_taken_back(desk: ServiceDesk) -> None:
    assert "suspects find" in suspects("list").stdout
    found = (suspect("LF-1039"), suspect("LF-1040"), suspect("LF-1041"))
    with desk.store.begin() as session:
        reviews.keep_findings(session, WORKSPACE, Findings(9, found, (), ()))
    rows = json.loads(suspects("list", "--json").stdout)
    assert [(row["ticket"], row["given"], row["likely"]) for row in rows[:1]] == [
        ("LF-1039", "printing", "network_vpn")
    ]
    assert "learnt as network_vpn" in suspects("decide", "LF-1039", "--label", "network_vpn").stdout
    assert "learnt as printing" in suspects("decide", "LF-1040").stdout
    assert "nothing is learnt from it" in suspects("decide", "LF-1041", "--drop").stdout
    assert json.loads(suspects("list", "--json").stdout) == []
    assert "waits again" in suspects("undo", "LF-1041").stdout
    for arguments, says in (
        (("decide", "LF-1039"), "has decided about LF-1039 already"),
        (("decide", "LF-1041", "--label", "coffee"), "no label 'coffee'"),
        (("decide", "LF-1041", "--label", "printing", "--drop"), "either --label or --drop"),
        (("undo", "LF-9"), "Nobody was asked about LF-9"),
    ):
        refused = suspects(*arguments)
        assert refused.exit_code == 1 and says in refused.stderr


def test_tickets_in_triage_are_listed_by_what_their_label_teaches(desk: ServiceDesk) -> None:
    office = Office(desk.store, desk.handbook)
    known, doubtful, alike = (
        office.open(text=text, by=ANNA)
        for text in ("toner empty", "badge reader at the gate blinks", "badge reader at the gate blinks red")
    )
    for number, confidence in ((known, 0.65), (doubtful, 0.2), (alike, 0.21)):
        with desk.store.begin() as session:
            route(session, desk.handbook, session.get_one(Ticket, number), prediction(confidence=confidence), "v1")
    listed = json.loads(call("tickets", "list", "--teaching", "--json").stdout)
    # The most doubtful one first; the one that says the same waits behind one that is less doubtful.
    assert [row["reference"] for row in listed] == [f"DESK-{doubtful}", f"DESK-{known}", f"DESK-{alike}"]
