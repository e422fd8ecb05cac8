"""Settings of the workers, read from the environment; see `docs/SETTINGS.md`."""

from functools import cached_property
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as PydanticSettingsError

LONGEST_SOCKET_PATH = 100  # characters; Linux takes 107, macOS 103


class SettingsError(Exception):
    """A setting that cannot be used; the message says what to do."""


class EnvironmentSettings(BaseSettings):
    """Settings that are read from the variables that their fields name as alias, and from no other.

    Left to itself, pydantic would also read a variable called as the field is: `home` from HOME, `port` from PORT.
    """

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        from_files = SecretFileSource(settings_cls)
        for source in (env_settings, from_files):
            source.config = SettingsConfigDict(**{**source.config, "populate_by_name": False})
        return init_settings, env_settings, from_files


class SecretFileSource(EnvSettingsSource):
    """Reads a setting `NAME` from the file that `NAME_FILE` names, as container secrets are mounted.

    A path that cannot be read stops start-up and names the variable.
    """

    def __call__(self) -> dict[str, Any]:
        try:
            return super().__call__()
        except PydanticSettingsError as error:
            if isinstance(error.__cause__, SettingsError):
                raise error.__cause__ from None  # pydantic's own words would hide what to do
            raise

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        name = str(field.validation_alias or field_name)
        path = self.env_vars.get(f"{name}_file".lower())
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").strip(), name, False
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise SettingsError(
                f"{name}_FILE names {path}, which cannot be read: {why}. Correct the path or unset the variable."
            ) from error


class Settings(EnvironmentSettings):
    """Where things are and how to reach Slack, the database and the queue."""

    home: Path = Field(Path("var"), validation_alias="DESKHAND_HOME")
    desk: Path = Field(Path("deploy/starter"), validation_alias="DESKHAND_DESK")
    port: int = Field(8100, ge=1, le=65535, validation_alias="DESKHAND_PORT")
    public_url: str = Field(
        default_factory=lambda data: f"http://127.0.0.1:{data['port']}", validation_alias="DESKHAND_PUBLIC_URL"
    )
    database: SecretStr | None = Field(None, validation_alias="DATABASE_URL")
    redis: SecretStr | None = Field(None, validation_alias="REDIS_URL")
    broker: SecretStr | None = Field(None, validation_alias="BROKER_URL")
    slack_bot_token: SecretStr | None = Field(None, validation_alias="SLACK_BOT_TOKEN")
    slack_app_token: SecretStr | None = Field(None, validation_alias="SLACK_APP_TOKEN")
    slack_signing_secret: SecretStr | None = Field(None, validation_alias="SLACK_SIGNING_SECRET")
    slack_api_url: str = Field("https://slack.com/api/", validation_alias="SLACK_API_URL")
    log_level: str = Field("info", validation_alias="DESKHAND_LOG_LEVEL")

    @property
    def slack_is_local(self) -> bool:
        """Whether Slack is the local one, or another emulator on this machine."""
        return urlsplit(self.slack_api_url).hostname in ("127.0.0.1", "localhost", "::1")

    @property
    def slack_is_real(self) -> bool:
        """Whether a Slack elsewhere is used; without a token it is the local one."""
        return self.slack_bot_token is not None and not self.slack_is_local

    @cached_property
    def database_url(self) -> str:
        """SQLAlchemy URL: PostgreSQL when given, else SQLite under `home`."""
        if self.database is None:
            return f"sqlite:///{(self.home / 'deskhand.db').resolve()}"
        url = self.database.get_secret_value()
        for prefix in ("postgres://", "postgresql://"):
            if url.startswith(prefix):
                return "postgresql+psycopg://" + url.removeprefix(prefix)
        return url

    @cached_property
    def redis_url(self) -> str:
        """The broker's Redis when given, else the embedded one's Unix socket under `home`."""
        if self.redis is not None:
            return self.redis.get_secret_value()
        return f"redis+socket://{self.redis_socket}"

    @cached_property
    def redis_socket(self) -> Path:
        """The embedded Redis's Unix socket. A path that the system could not take is replaced by a short one."""
        path = (self.home / "redis.sock").resolve()
        if len(str(path)) <= LONGEST_SOCKET_PATH:
            return path
        return Path(gettempdir()) / f"deskhand-{sha256(str(path).encode()).hexdigest()[:16]}.sock"

    @cached_property
    def broker_url(self) -> str:
        """Where Celery's queues are: `BROKER_URL` (for RabbitMQ) or Redis."""
        return self.broker.get_secret_value() if self.broker else self.redis_url
