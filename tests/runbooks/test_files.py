from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.runbooks.world import STARTER
from workers.desk import DeskError, read_desk
from workers.runbooks.files import read_runbooks
from workers.runbooks.steps import BY_MACHINE

ORIGINAL = STARTER / "runbooks" / "password_reset.yaml"


def written(folder: Path, name: str = "password_reset", **changes: Any) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(ORIGINAL.read_text()) | changes, sort_keys=False))
    return path


def problem(folder: Path) -> str:
    with pytest.raises(DeskError) as caught:
        read_runbooks(folder)
    return str(caught.value)


def test_the_starter_runbook_fits_the_starter_desk_and_its_article() -> None:
    desk, runbook = read_desk(STARTER), read_runbooks(STARTER / "runbooks")["password_reset"]
    assert runbook.automation in {rule.name for rule in desk.automations}
    assert desk.team(runbook.team)
    article = (STARTER / "articles" / f"{runbook.article}.md").read_text()
    assert "runbook: password_reset" in article
    assert f"at least {runbook.password.shortest} characters" in article
    assert f"{runbook.link_minutes} minutes" in article


def test_a_desk_without_runbooks_has_none(tmp_path: Path) -> None:
    assert read_runbooks(tmp_path / "none") == {}


def test_the_version_follows_the_text_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path)
    before = read_runbooks(tmp_path)["password_reset"].version
    assert read_runbooks(tmp_path)["password_reset"].version == before
    path.write_text(path.read_text() + "# a comment\n")
    assert read_runbooks(tmp_path)["password_reset"].version != before


def test_a_wrong_value_is_named_with_file_line_and_field(tmp_path: Path) -> None:
    path = tmp_path / "password_reset.yaml"
    path.write_text(ORIGINAL.read_text().replace("link_minutes: 15", "link_minutes: 90"))
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if text.startswith("link_minutes"))
    assert problem(tmp_path).startswith(f"{path}:{line}: link_minutes: ")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"link_minutes": 16}, "less than or equal to 15"),
        ({"code_attempts": 6}, "less than or equal to 5"),
        ({"password": {"shortest": 8}}, "greater than or equal to 12"),
        ({"password": {"blocked_words": ["ab"]}}, "3 letters or more: ab"),
        ({"automation": "runbook:other"}, "automation must be runbook:password_reset"),
        ({"title": ""}, "at least 1 character"),
        ({"unknown": 1}, "Extra inputs are not permitted"),
        ({"steps": []}, "steps must be send_link"),
    ],
)
def test_rules_that_would_make_it_unsafe_are_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    written(tmp_path, **changes)
    assert said in problem(tmp_path)


def test_a_step_with_another_undo_than_its_own_is_refused(tmp_path: Path) -> None:
    steps = [{"do": do, "undo": undo, "says": "x"} for do, undo in BY_MACHINE.items()]
    steps[2]["undo"] = "nothing_to_undo"
    written(tmp_path, steps=steps)
    assert "set_password is undone by restore_password" in problem(tmp_path)


def test_ending_sessions_may_be_left_out_the_other_steps_may_not(tmp_path: Path) -> None:
    steps = [{"do": do, "undo": undo, "says": "x"} for do, undo in BY_MACHINE.items()]
    written(tmp_path, steps=[step for step in steps if step["do"] != "end_sessions"])
    assert not read_runbooks(tmp_path)["password_reset"].ends_sessions
    written(tmp_path, steps=[step for step in steps if step["do"] != "confirm_code"])
    assert "steps must be" in problem(tmp_path)


def test_every_broken_file_is_reported_in_one_go(tmp_path: Path) -> None:
    written(tmp_path, name="one")
    (tmp_path / "two.yaml").write_text("steps: [")
    assert "one.yaml:1: name: must be one" in problem(tmp_path)
    assert "two.yaml:" in problem(tmp_path) and "is not YAML" in problem(tmp_path)
