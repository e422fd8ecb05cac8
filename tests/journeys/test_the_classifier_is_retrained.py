"""Closed tickets → challenger → comparison → promoted by a person → every worker swaps → rolled back."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.journeys.running import ROOT, RunningDesk, running, until
from tests.journeys.words import with_words
from workers.store.tables import Receipt, Ticket, TrainingRun

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]  # trains a model


@pytest.fixture(scope="module")
def small_desk(homes: Path, trained: Path) -> Iterator[RunningDesk]:
    """A desk with three months of tickets: enough to train on, and soon done."""
    folder = homes / "small-desk"
    shutil.copytree(ROOT / "deploy" / "starter", folder)
    for file in sorted((folder / "tickets").glob("*.jsonl"))[:-3]:
        file.unlink()
    with running(homes / "small", "socket", trained, folder) as desk:
        yield desk


def test_an_admin_retrains_promotes_and_rolls_back(small_desk: RunningDesk) -> None:
    desk, mira = small_desk, small_desk.person("mira.holt")
    champion = _served(desk)
    assert _model_that_routes(desk, "the docking station hums and the second screen stays black") == champion

    mira.command("/desk", "retrain")
    until(lambda: with_words(mira.messages(), "challenger is being trained"))
    stages = set()

    def finished() -> TrainingRun | None:
        with desk.store.read() as session:
            run = session.scalars(select(TrainingRun).order_by(TrainingRun.id.desc())).first()
        if run is not None:
            stages.add((run.stage, round(run.done, 1)))
            assert run.state != "failed", run.error
        return run if run is not None and run.state == "done" else None

    run = until(finished, 1200, desk.output)
    assert len(stages) > 3, "an admin sees that it moves"
    assert run.comparison is not None and run.comparison["recommendation"]
    assert _served(desk) == champion, "nothing is promoted without a person"

    assert run.version is not None
    desk.cli("classifier", "promote", run.version, "--why", "trying the challenger")
    assert _model_that_routes(desk, "outlook asks for my password again and again since the update") == run.version
    desk.cli("classifier", "rollback", "--why", "back to what we know")
    assert _model_that_routes(desk, "salesforce shows me the wrong region in the pipeline report") == champion
    actions = [entry["action"] for entry in desk.cli_json("audit", "show")]
    assert "classifier_promoted" in actions and "classifier_rolled_back" in actions


def _served(desk: RunningDesk) -> str:
    rows = [row for row in desk.cli_json("served") if row["kind"] == "classifier"]
    return str(rows[0]["version"])


def _model_that_routes(desk: RunningDesk, words: str) -> str:
    """Which version labelled a new ticket, by its receipt."""
    desk.person("anna.lind").say(f"open a ticket please: {words}")

    def version() -> str | None:
        with desk.store.read() as session:
            ticket = session.scalars(select(Ticket).where(Ticket.text.contains(words))).first()
            receipt = session.get(Receipt, ticket.receipt_id) if ticket and ticket.receipt_id else None
        return str(receipt.versions["classifier"]) if receipt else None

    return until(version, 60, desk.output)
