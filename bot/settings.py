"""Settings of the processes that people talk to, read from the environment; see `docs/SETTINGS.md`."""

from pydantic import Field

from workers.settings import EnvironmentSettings


class BotSettings(EnvironmentSettings):
    """Where the bot and the console listen."""

    host: str = Field("127.0.0.1", validation_alias="DESKHAND_HOST")
    port: int = Field(8100, ge=1, le=65535, validation_alias="DESKHAND_PORT")
    local_slack_port: int = Field(8101, ge=1, le=65535, validation_alias="DESKHAND_LOCAL_SLACK_PORT")
    local_slack_mode: str = Field("socket", pattern="^(socket|http)$", validation_alias="DESKHAND_LOCAL_SLACK_MODE")
