"""Closed tickets → challenger → comparison → promoted by a person → every worker swaps → rolled back; in Slack, on the
command line and in the console."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from tests.journeys.running import ROOT, RunningDesk, running, until
from tests.journeys.words import with_words
from workers.slack import trainings
from workers.store.tables import Receipt, Ticket, TrainingRun

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]  # each trains a model

PATIENCE_S = 1500


@pytest.fixture(scope="module")
def small_desk(homes: Path, trained: Path) -> Iterator[RunningDesk]:
    """A desk with three months of tickets: enough to train on, and soon done."""
    folder = homes / "small-desk"
    shutil.copytree(ROOT / "deploy" / "starter", folder)
    for file in sorted((folder / "tickets").glob("*.jsonl"))[:-3]:
        file.unlink()
    with running(homes / "small", "socket", trained, folder) as desk:
        yield desk


def test_in_slack_one_is_cancelled_gone_on_with_promoted_and_rolled_back(small_desk: RunningDesk) -> None:
    desk, mira = small_desk, small_desk.person("mira.holt")
    champion = _served(desk)
    assert _model_that_routes(desk, "the docking station hums and the second screen stays black") == champion

    mira.command("/desk", "retrain")
    until(lambda: with_words(mira.messages(), "challenger is being trained"))
    until(lambda: _run(desk).done > 0.05, PATIENCE_S, desk.output)
    mira.command("/desk", "trainings")
    shown = until(lambda: with_words(mira.messages(), "trainings of the classifier", "running"), 20)
    mira.click(trainings.CANCEL, ts=shown["ts"])
    until(lambda: _run(desk).state == "cancelled", 20)
    reached = _run(desk).done
    changed = until(lambda: with_words(mira.messages(), "cancelled", "Go on with it"), 20)
    mira.click(trainings.RESUME, ts=changed["ts"])

    stages = set()

    def finished() -> TrainingRun | None:
        run = _run(desk)
        stages.add((run.stage, round(run.done, 1)))
        assert run.state in ("queued", "running", "done"), run.error
        return run if run.state == "done" else None

    run = until(finished, PATIENCE_S, desk.output)
    assert run.attempt >= 2 and reached > 0.05, "it went on where it was; a silent machine adds attempts"
    assert len(stages) > 3, "an admin sees that it moves"
    assert run.comparison is not None and run.comparison["recommendation"]
    assert _served(desk) == champion, "nothing is promoted without a person"

    assert run.version is not None
    desk.cli("classifier", "shadow", run.version, "--why", "to see how it does")
    assert _model_that_routes(desk, "the label printer at packing line two prints nothing but blanks") == champion
    until(lambda: desk.cli_json("classifier", "disagreements", str(run.version))["scored"], 90, desk.output)
    replayed = desk.cli_json("classifier", "replay", run.version, "--days", "14")
    assert replayed["challenger"]["version"] == run.version and replayed["tickets"] > 0

    report = until(lambda: with_words(mira.messages(), f"Training {run.id}", "View report"), 30)
    mira.click(trainings.PROMOTE, ts=report["ts"])
    form = mira.wait_for_modal(20, title="Promote a challenger")
    mira.submit(form["id"], {"text": {"text": "trying the challenger"}})
    until(lambda: with_words(mira.messages(), "is served since Mira Holt promoted it"), 30)
    assert run.version is not None
    assert _model_that_routes(desk, "outlook asks for my password again and again since the update") == run.version
    mira.command("/desk", "rollback back to what we know")
    until(lambda: _served(desk) == champion, 20)
    assert _model_that_routes(desk, "salesforce shows me the wrong region in the pipeline report") == champion
    actions = [entry["action"] for entry in desk.cli_json("audit", "show")]
    for action in ("training_cancelled", "training_resumed", "classifier_promoted", "classifier_rolled_back"):
        assert action in actions


def test_on_the_command_line_one_is_watched_read_and_promoted(small_desk: RunningDesk, tmp_path: Path) -> None:
    desk, champion = small_desk, _served(small_desk)
    number = _done(desk) or desk.cli_json("trainings", "start")[0]["id"]
    run = until(lambda: _ended(desk, number), PATIENCE_S, desk.output)
    said = desk.cli("trainings", "watch", str(number))
    assert f"training {number}: done" in said and "To serve it:" in said
    written = desk.cli_json("classifier", "report", str(run.version), "--out", str(tmp_path / "report"))
    assert len([name for name in written["files"] if name.endswith(".svg")]) == 5
    desk.cli("classifier", "shadow", str(run.version))
    assert _model_that_routes(desk, "the badge reader at gate four does not know me any more") == champion
    desk.cli("classifier", "promote", str(run.version), "--why", "trying the challenger")
    assert _model_that_routes(desk, "the projector in room Elm shows everything in green") == run.version
    explained = desk.cli_json("classifier", "explain", "the toner of the printer in Leeds is empty")
    assert explained["words"] and explained["near"] and explained["runner_up"] != explained["label"]
    desk.cli("classifier", "rollback", "--why", "back to what we know")
    assert _model_that_routes(desk, "my phone does not get mail since I changed the SIM") == champion


def test_in_the_console_one_is_trained_looked_at_and_promoted(small_desk: RunningDesk, chromium: Browser) -> None:
    desk, champion = small_desk, _served(small_desk)
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(_link(desk))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/**")
    page.goto(f"{desk.url}/console/models")
    page.wait_for_function("() => window.socket?.connected")
    page.get_by_test_id("train").click()
    expect(page.get_by_test_id("progress")).to_be_visible(timeout=20_000)
    run = until(lambda: _ended(desk, _run(desk).id), PATIENCE_S, desk.output)
    card = page.get_by_test_id(f"version-{run.version}")
    expect(card).to_be_visible(timeout=20_000)
    card.get_by_test_id("look-closer").click()
    for name in ("confusions", "reliability", "risk", "learning", "gains"):
        expect(page.get_by_test_id(f"picture-{name}").get_by_role("img")).to_be_visible(timeout=20_000)
    expect(page.get_by_test_id("advice")).to_be_visible()
    page.go_back()
    page.wait_for_function("() => window.socket?.connected")
    card.get_by_test_id("promote").click()
    page.get_by_test_id("dialog-words").fill("trying the challenger")
    page.get_by_test_id("dialog-yes").click()
    expect(card.get_by_test_id("is-served")).to_be_visible(timeout=20_000)
    ticket = "excel crashes when I open the macro for the monthly close"
    assert _model_that_routes(desk, ticket) == run.version
    with desk.store.read() as session:
        number = session.scalars(select(Ticket.id).where(Ticket.text.contains(ticket))).one()
    page.goto(f"{desk.url}/console/tickets/{number}")
    page.wait_for_function("() => window.socket?.connected")
    page.get_by_test_id("do-explain").click()
    expect(page.get_by_test_id("explanation")).to_contain_text("runner-up", timeout=30_000)
    expect(page.get_by_test_id("near").first).to_be_visible()
    page.goto(f"{desk.url}/console/models")
    page.wait_for_function("() => window.socket?.connected")
    page.get_by_test_id("roll-back").click()
    page.get_by_test_id("dialog-words").fill("back to what we know")
    page.get_by_test_id("dialog-yes").click()
    expect(page.get_by_test_id(f"version-{champion}").get_by_test_id("is-served")).to_be_visible(timeout=20_000)
    assert _model_that_routes(desk, "the wifi in the canteen asks for a certificate") == champion
    page.close()


def _link(desk: RunningDesk) -> str:
    found = re.search(r"http\S+/sign-in/\S+", desk.cli("sign-in", "mira.holt"))
    assert found is not None
    return found[0]


def _run(desk: RunningDesk) -> TrainingRun:
    """The newest training."""
    with desk.store.read() as session:
        return session.scalars(select(TrainingRun).order_by(TrainingRun.id.desc())).first() or TrainingRun()


def _done(desk: RunningDesk) -> int | None:
    """The newest training that has made a challenger, such as the one begun in Slack; to see it takes no other one."""
    with desk.store.read() as session:
        done = select(TrainingRun.id).where(TrainingRun.state == "done", TrainingRun.version.is_not(None))
        return session.scalar(done.order_by(TrainingRun.id.desc()).limit(1))


def _ended(desk: RunningDesk, number: int) -> TrainingRun | None:
    """This training once it is done; an assertion error when it ended otherwise."""
    with desk.store.read() as session:
        run = session.get_one(TrainingRun, number)
    assert run.state in ("queued", "running", "done"), run.error
    return run if run.state == "done" else None


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
