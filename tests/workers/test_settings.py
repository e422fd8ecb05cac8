"""Settings: where they come from, and what is said about one that cannot be used."""

from pathlib import Path

import pytest

from bot.settings import BotSettings
from classifier.settings import ClassifierSettings
from workers.directory.settings import DirectorySettings
from workers.settings import LONGEST_SOCKET_PATH, Settings, SettingsError

NAMES = ("DATABASE_URL", "REDIS_URL", "BROKER_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET",
         "SLACK_API_URL", "DESKHAND_HOME", "DESKHAND_DESK", "DESKHAND_PUBLIC_URL")  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


def test_with_nothing_set_everything_is_on_this_machine() -> None:
    settings = Settings()
    assert settings.database_url == f"sqlite:///{Path('var/deskhand.db').resolve()}"
    assert settings.redis_url == f"redis+socket://{Path('var/redis.sock').resolve()}"
    assert settings.broker_url == settings.redis_url
    assert settings.public_url.startswith("http://127.0.0.1")
    assert settings.slack_bot_token is None


@pytest.mark.parametrize("prefix", ["postgres://", "postgresql://", "postgresql+psycopg://"])
def test_a_postgresql_address_of_any_spelling_is_taken(monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{prefix}desk:secret@db/desk")
    assert Settings().database_url == "postgresql+psycopg://desk:secret@db/desk"


def test_variables_that_are_named_like_a_field_mean_nothing_to_us(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "DESK", "HOST", "PORT", "DATABASE", "REDIS", "BROKER", "ADAPTER", "THREADS"):
        monkeypatch.setenv(name, "7")
    monkeypatch.delenv("DESKHAND_PORT", raising=False)
    assert (Settings().home, Settings().desk, Settings().database) == (Path("var"), Path("deploy/starter"), None)
    assert (BotSettings().host, BotSettings().port) == ("127.0.0.1", 8100)
    assert (ClassifierSettings().home, ClassifierSettings().threads) == (Path("var"), 1)
    assert DirectorySettings().adapter == "local"


def test_another_broker_takes_the_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://cache/0")
    monkeypatch.setenv("BROKER_URL", "amqp://rabbit//")
    assert (Settings().redis_url, Settings().broker_url) == ("redis://cache/0", "amqp://rabbit//")


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("xoxb-1 from a file\n")
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    values = [getattr(value, "get_secret_value", lambda value=value: str(value))() for _, value in Settings()]
    assert "xoxb-1 from a file" in values


def test_the_variable_itself_goes_before_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("redis://file")
    monkeypatch.setenv("REDIS_URL_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("REDIS_URL", "redis://variable")
    assert Settings().redis_url == "redis://variable"


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("SLACK_BOT_TOKEN_FILE", str(path))
    with pytest.raises(SettingsError, match=rf"SLACK_BOT_TOKEN_FILE names {path}, which cannot be read"):
        Settings()


def test_a_folder_in_place_of_a_file_names_its_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path))
    with pytest.raises(SettingsError, match="DATABASE_URL_FILE"):
        Settings()


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.setenv(name, "tulip-bridge")
    assert "tulip-bridge" not in repr(Settings()) + str(Settings()) + Settings().model_dump_json()


def test_a_home_too_deep_for_a_socket_gets_a_short_one_of_its_own(tmp_path: Path) -> None:
    deep, other = Settings(home=tmp_path / ("a" * 120)), Settings(home=tmp_path / ("b" * 120))
    assert len(str(deep.redis_socket)) <= LONGEST_SOCKET_PATH
    assert deep.redis_socket != other.redis_socket
    assert deep.redis_socket == Settings(home=tmp_path / ("a" * 120)).redis_socket
