"""`deskhand init`: a desk of one's own, begun from the starter."""

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from bot import doctor
from bot.cli import build
from tests.workers.office import STARTER
from workers.folder.check import check
from workers.folder.starting import unchanged
from workers.handbook import read_handbook

ADMIN = "--admin=U0123ABCD:sam.lee:Sam Lee"


def init(folder: Path, *options: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(build(), ["init", str(folder), *options], input=typed)


def test_what_is_asked_stands_in_the_new_desk(tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    answers = ["Hafen IT", "U0123ABCD:sam.lee:Sam Lee", "Europe/Berlin", "07:30-17:00", "de, en", "#service"]
    done = init(folder, typed="\n".join(answers) + "\n" * 12)
    assert done.exit_code == 0, done.output
    desk = read_handbook(folder).desk
    assert (desk.name, desk.time_zone, desk.languages) == ("Hafen IT", "Europe/Berlin", ("de", "en"))
    assert (f"{desk.business_hours.opens:%H:%M}", f"{desk.business_hours.closes:%H:%M}") == ("07:30", "17:00")
    assert [team.channel for team in desk.teams][:2] == ["service", "it-identity"]
    assert {rule.owner for rule in desk.automations} == {"sam.lee"}
    assert {name for team in desk.teams for name in team.on_call} == {"sam.lee"}


def test_the_new_desk_is_right_and_keeps_its_comments(tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    assert init(folder, ADMIN, "--yes", "--name=Ärzte: IT # 1").exit_code == 0
    assert [str(problem) for problem in check(folder).problems] == []
    assert check(folder).counts() == check(STARTER).counts()
    text = (folder / "desk.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text)["name"] == "Ärzte: IT # 1"
    assert "# ITIL: priority from impact × urgency." in text
    (person,) = read_handbook(folder).people
    assert (person.id, person.handle, person.role) == ("U0123ABCD", "sam.lee", "admin")


def test_a_team_that_one_does_not_have_leaves_its_work_to_triage(tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    assert init(folder, ADMIN, "--yes", "--without=platform", "--without=security", "--without=identity").exit_code == 0
    handbook = read_handbook(folder)
    assert {"platform", "security", "identity"}.isdisjoint(team.id for team in handbook.desk.teams)
    assert handbook.team_of("developer_tools") == handbook.team_of("security_phishing") == "service_desk"
    assert handbook.desk.security_team == "service_desk"
    assert [str(problem) for problem in check(folder).problems] == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--yes"], "First admin"),
        (["--yes", "--admin=sam"], "is not like U0123456789:sam.lee:Sam Lee"),
        ([ADMIN, "--yes", "--hours=9 to 5"], "are no business hours"),
        ([ADMIN, "--yes", "--hours=17:00-08:00"], "`from` must be earlier than `to`"),
        ([ADMIN, "--yes", "--time-zone=Berlin"], "no such time zone: Berlin"),
        ([ADMIN, "--yes", "--channel=network"], "is not like network=it-network"),
        ([ADMIN, "--yes", "--channel=telephony=x"], "The starter desk has no team 'telephony'"),
        ([ADMIN, "--yes", "--without=service_desk"], "cannot be left out"),
    ],
)
def test_an_answer_that_cannot_be_leaves_no_folder(tmp_path: Path, options: list[str], says: str) -> None:
    done = init(tmp_path / "ours", *options)
    assert done.exit_code == 1 and says in " ".join(done.output.split())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert "not empty" in " ".join(init(tmp_path, ADMIN, "--yes").output.split())
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_the_doctor_says_what_is_still_the_starters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "ours"
    assert init(folder, ADMIN, "--yes").exit_code == 0
    monkeypatch.setenv("DESKHAND_DESK", str(folder))
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path / "var"))
    articles = len(list((folder / "articles").glob("*.md")))
    finding = _starter()
    assert finding.state == "warning"
    assert "taxonomy.yaml" in finding.says and f"{articles} of the articles" in finding.says
    path = folder / "articles" / "vpn-windows.md"
    path.write_text(path.read_text(encoding="utf-8").replace("GlobalProtect", "AnyConnect"), encoding="utf-8")
    (folder / "articles" / "zoom-webinar.md").unlink()
    assert f"{articles - 2} of the articles" in _starter().says
    for name in unchanged(folder) or []:
        (folder / name).unlink()
    assert _starter().state == "ok"


def test_the_doctor_says_that_the_starter_desk_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKHAND_DESK", str(STARTER))
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    assert _starter().state == "ok" and "deskhand init" in _starter().do
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-real")
    monkeypatch.setenv("SLACK_API_URL", "https://slack.com/api/")
    assert _starter().state == "warning"


def _starter() -> doctor.Finding:
    from workers.settings import Settings

    return doctor._starter(Settings())
