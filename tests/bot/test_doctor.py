"""`deskhand doctor` and `deskhand ask`: they say what is wrong and what would happen, and change nothing."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from bot import doctor
from bot.asking import ask
from bot.doctor import Finding
from tests.servers import free_port
from tests.workers.office import STARTER, WORKSPACE
from tests.workers.slack_server import serve_slack
from workers import heartbeat
from workers.service_desk import NotSetUp, ServiceDesk, open_desk
from workers.settings import Settings
from workers.store.tables import AuditEntry, Base
from workers.tickets.opening import Place

EVERYONE = frozenset({"everyone"})


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine where nothing of Deskhand has run; its desk folder may be broken by the test."""
    for name in ("DATABASE_URL", "BROKER_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET",
                 "DESKHAND_PUBLIC_URL", "DESKHAND_DIRECTORY"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    shutil.copytree(STARTER, tmp_path / "desk")
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("DESKHAND_DESK", str(tmp_path / "desk"))
    monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    return tmp_path / "var"


@contextmanager
def set_up() -> Iterator[ServiceDesk]:
    desk = open_desk()
    desk.set_up(WORKSPACE)
    yield desk
    desk.store.close()


def found() -> dict[str, Finding]:
    return {finding.what: finding for finding in doctor.examine()}


def test_before_the_first_start_the_doctor_says_what_is_missing_and_makes_nothing(home: Path) -> None:
    says = found()
    assert says["disk"].state == "ok" and says["desk folder"].state == "ok" and says["runbooks"].state == "ok"
    assert says["database"].state == "warning" and "deskhand up" in says["database"].do
    assert says["queue"].state == "warning" and "Tickets wait in the database" in says["queue"].do
    assert says["served"].state == "warning"
    assert says["slack"].says == "no token: `deskhand up` uses the local Slack"
    assert not home.exists()


def test_a_home_that_is_there_is_not_filled_either(home: Path) -> None:
    home.mkdir()
    found()
    assert list(home.iterdir()) == []


def test_a_desk_that_was_set_up_is_healthy(home: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", redis_url)
    with set_up() as desk:
        heartbeat.consumed(desk.settings)
        says = found()
    assert says["database"].says == "sqlite, schema up to date"
    assert says["audit"].state == "ok" and "chain intact" in says["audit"].says
    assert says["queue"].state == "ok"


def test_a_changed_audit_log_is_found() -> None:
    with set_up() as desk:
        with desk.store.begin() as session:
            session.execute(update(AuditEntry).where(AuditEntry.seq == 2).values(actor="nobody"))
        assert found()["audit"].state == "wrong"
        assert found()["audit"].says == "entry 2 was changed after it was written"


@pytest.mark.parametrize(
    ("file", "what", "says"),
    [("desk.yaml", "desk folder", "desk.yaml:"), ("taxonomy.yaml", "desk folder", "taxonomy.yaml"),
     ("runbooks/password_reset.yaml", "runbooks", "password_reset.yaml"),
     ("articles/account-locked.md", "articles", "account-locked.md")],
)  # fmt: skip
def test_a_broken_file_of_the_desk_is_named(home: Path, file: str, what: str, says: str) -> None:
    (home.parent / "desk" / file).write_text("- ][ broken\n", encoding="utf-8")
    finding = found()[what]
    assert finding.state != "ok" and says in finding.says and finding.do


def test_a_desk_folder_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DESKHAND_DESK", str(tmp_path / "nowhere"))
    says = found()
    assert says["desk folder"].state == "wrong" and "nowhere" in says["desk folder"].says
    assert says["articles"].state != "ok"


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("DATABASE_URL", "no address at all", "database"),
        ("DATABASE_URL", "postgresql://desk@127.0.0.1:1/desk", "database"),
        ("DATABASE_URL", "mysql://desk@127.0.0.1:1/desk", "database"),
        ("REDIS_URL", "no address at all", "queue"),
        ("DESKHAND_PUBLIC_URL", "http://desk.example.com", "public address"),
    ],
)
def test_a_setting_that_leads_nowhere_is_found(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, what: str
) -> None:
    monkeypatch.setenv(name, value)
    finding = found()[what]
    assert finding.state != "ok" and finding.says and finding.do


def test_a_secret_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN_FILE", "/nowhere/token")
    (finding,) = doctor.examine()
    assert (finding.what, finding.state) == ("settings", "wrong")
    assert "SLACK_BOT_TOKEN_FILE names /nowhere/token" in finding.says


def test_a_token_that_slack_does_not_take_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-wrong")
    monkeypatch.setenv("SLACK_API_URL", f"http://127.0.0.1:{free_port()}/api/")
    assert found()["slack"].state == "wrong"
    with serve_slack() as slack:  # knows no auth.test: so does a server that is no Slack
        monkeypatch.setenv("SLACK_API_URL", slack.url)
        finding = found()["slack"]
    assert finding.state == "wrong" and "xoxb-wrong" not in finding.says


def test_secrets_of_an_address_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://desk:tulip-bridge@127.0.0.1:1/desk")
    monkeypatch.setenv("REDIS_URL", "redis://:tulip-bridge@127.0.0.1:1/0")
    assert "tulip-bridge" not in str(doctor.examine())


def rows_of(desk: ServiceDesk) -> dict[str, int]:
    with desk.store.read() as session:
        tables = Base.metadata.sorted_tables
        return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def test_asking_decides_like_the_bot_and_the_worker_and_writes_nothing() -> None:
    with set_up() as desk:
        before = rows_of(desk)
        asked = ask(desk, "my password is Tulip7bridge and the printer jams", EVERYONE)
        assert (asked.kind, asked.team, asked.label, asked.article) == ("open_ticket", "service_desk", None, None)
        assert "No article has been indexed yet." in asked.why and "No classifier can be asked" in asked.why
        assert "Tulip7bridge" not in str(asked)
        greeting = ask(desk, "hi", EVERYONE)
        assert (greeting.kind, greeting.confidence, greeting.team) == ("small_talk", None, None)
        assert rows_of(desk) == before


def test_asking_before_any_workspace_says_what_to_do() -> None:
    desk = open_desk()
    with pytest.raises(NotSetUp, match="deskhand up"):
        ask(desk, "hi", EVERYONE)
    desk.store.close()


def test_a_place_knows_its_thread() -> None:
    assert Place("D1", "1.1").root == "1.1"
    assert Place("D1", "1.1", "1.0").root == "1.0"
    assert Settings().home.name == "var"


@pytest.mark.parametrize(
    ("token", "directory", "reset_offered"),
    [(None, None, True), ("xoxb-real", None, False), ("xoxb-real", "local", True)],
)
def test_with_a_real_slack_the_sample_accounts_reset_nothing_and_people_still_help(
    monkeypatch: pytest.MonkeyPatch, token: str | None, directory: str | None, reset_offered: bool
) -> None:
    for name, value in (("SLACK_BOT_TOKEN", token), ("DESKHAND_DIRECTORY", directory)):
        if value:
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("SLACK_API_URL", "https://slack.com/api/")
    with set_up() as desk:
        assert ("password_reset" in desk.runbooks) == reset_offered
        assert "group_access" in desk.runbooks
    finding = doctor._runbooks(Settings())
    assert (finding.state == "ok") == reset_offered
    assert reset_offered or "password_reset not offered" in finding.says
