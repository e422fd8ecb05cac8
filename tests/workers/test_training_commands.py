"""`deskhand trainings` on a desk on disk, with no worker near: what waits is written down."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import build
from tests.workers.office import MIRA, STARTER, WORKSPACE
from workers.service_desk import ServiceDesk, open_desk
from workers.settings import Settings
from workers.store.tables import TrainingRun
from workers.training import runs


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServiceDesk:
    """The starter desk in a home of its own, as the commands find it."""
    for name in ("DATABASE_URL", "REDIS_URL", "BROKER_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path))
    monkeypatch.setenv("DESKHAND_DESK", str(STARTER))
    desk = open_desk(Settings())
    desk.set_up(WORKSPACE)
    return desk


def call(*arguments: str) -> Result:
    return CliRunner().invoke(build(), ["trainings", *arguments])


def test_one_is_started_cancelled_and_resumed(desk: ServiceDesk) -> None:
    assert "Nothing has been trained" in call("list").stdout
    started = call("start")
    assert started.exit_code == 0 and "training 1 asked for" in started.stdout
    assert "a worker takes it up when it is back" in started.stderr
    assert call("start").exit_code == 1
    assert "cancelled" in call("cancel", "1").stdout and "ended before" in call("cancel", "1").stdout
    resumed = json.loads(call("resume", "1", "--json").stdout.splitlines()[-1])  # above it: that the broker is away
    assert (resumed[0]["state"], resumed[0]["stage"]) == ("queued", "to be continued")
    (row,) = json.loads(call("list", "--json").stdout)
    assert (row["id"], row["state"], row["seconds_left"]) == (1, "queued", None)


def test_one_that_is_done_says_what_to_do_with_its_challenger(desk: ServiceDesk) -> None:
    with desk.store.begin() as session:
        run = runs.request(session, WORKSPACE, MIRA)
        run.state, run.version = "done", "v2"
        run.comparison = {"recommendation": "worse", "reasons": ["Macro-F1 fell."]}
    said = call("watch", "1").stdout
    assert "Keep what is served" in said and "Macro-F1 fell." in said and "classifier promote v2" in said
    assert "v2 laid aside" in call("dismiss", "1").stdout
    with desk.store.read() as session:
        assert str(session.get_one(TrainingRun, 1).dismissed_by).startswith("cli:")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("cancel", "7"), "There is no training 7."),
        (("resume", "7"), "There is no training 7."),
        (("watch", "7"), "There is no training 7."),
        (("list", "--kind", "poems"), "'poems' cannot be trained"),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(desk: ServiceDesk, words: tuple[str, ...], says: str) -> None:
    refused = call(*words)
    assert refused.exit_code == 1 and says in refused.stderr
