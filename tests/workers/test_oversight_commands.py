"""`deskhand classifier compare | shadow | disagreements | watch | replay` on a desk on disk."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import build
from classifier.model.model_folder import MANIFEST_FILE, read_json, write_json
from tests.workers.office import STARTER, WORKSPACE
from workers.service_desk import ServiceDesk, open_desk
from workers.settings import Settings


@pytest.fixture
def desk(tmp_path: Path, small_model: Path, monkeypatch: pytest.MonkeyPatch) -> ServiceDesk:
    """The starter desk in a home of its own with two versions, as the commands find it."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path))
    monkeypatch.setenv("DESKHAND_DESK", str(STARTER))
    desk = open_desk(Settings())
    desk.set_up(WORKSPACE)
    for version in ("v1", "v2"):
        folder = desk.models / version
        shutil.copytree(small_model, folder)
        write_json(folder / MANIFEST_FILE, read_json(folder / MANIFEST_FILE) | {"version": version})
    return desk


def call(*arguments: str) -> Result:
    return CliRunner().invoke(build(), ["classifier", *arguments])


def test_from_shadow_to_replay_to_promotion_and_what_is_said_before_anything_is_there(desk: ServiceDesk) -> None:
    assert "Nothing is watched" in call("watch").stdout
    assert "starts one" in call("shadow").stdout
    refused = call("replay")
    assert refused.exit_code == 1 and "no version was named" in refused.stderr
    assert call("promote", "v1").exit_code == 0  # the first one has nobody to beat
    assert "v2" in call("shadow", "v2", "--why", "to see").stdout
    (row,) = json.loads(call("shadow", "--json").stdout)
    assert (row["version"], row["role"], row["scored"], row["stopped"]) == ("v2", "challenger", 0, None)
    assert "none of them solved yet" in call("disagreements").stdout
    assert json.loads(call("disagreements", "--json").stdout)["disagreements"] == []
    replayed = json.loads(call("replay", "v2", "--days", "2", "--json").stdout)
    assert replayed["tickets"] == replayed["from_folder"] > 5 and replayed["champion"]["version"] == "v1"
    assert "Network" in call("replay", "v2", "--days", "2").stdout
    against = call("promote", "v2")
    assert against.exit_code == 1 and "Give a reason" in against.stderr
    assert call("promote", "v2", "--why", "a trial").exit_code == 0
    assert {row["against"] for row in json.loads(call("watch", "--json").stdout)} == {"predecessor", "limit"}
    assert call("shadow", "--stop").exit_code == 0
    stopped = call("shadow", "--stop")
    assert stopped.exit_code == 1 and "No version is in shadow" in stopped.stderr
