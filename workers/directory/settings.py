"""Which directory holds the accounts, read from the environment."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class DirectorySettings(BaseSettings):
    """`DESKHAND_DIRECTORY` names the adapter (see `registry.py`)."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True)

    adapter: str = Field("local", validation_alias="DESKHAND_DIRECTORY")
