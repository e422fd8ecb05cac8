"""Which directory holds the accounts, read from the environment."""

from pydantic import Field

from workers.settings import EnvironmentSettings


class DirectorySettings(EnvironmentSettings):
    """`DESKHAND_DIRECTORY` names the adapter (see `registry.py`)."""

    adapter: str = Field("local", validation_alias="DESKHAND_DIRECTORY")
