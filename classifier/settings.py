"""Settings of the classifier, read from the environment; see `docs/SETTINGS.md`."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


class ClassifierSettings(BaseSettings):
    """Where models and the desk folder lie, and how much of the machine the classifier may use."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True)

    home: Path = Field(Path("var"), validation_alias="DESKHAND_HOME", description="Where Deskhand keeps its files")
    desk: Path = Field(
        Path("deploy/starter"), validation_alias="DESKHAND_DESK", description="The desk folder: taxonomy and tickets"
    )
    threads: int = Field(
        1, ge=1, le=64, validation_alias="DESKHAND_CLASSIFIER_THREADS", description="Threads for one prediction"
    )
    training_threads: int | None = Field(
        None,
        ge=1,
        le=256,
        validation_alias="DESKHAND_TRAINING_THREADS",
        description="Threads for training; as many as there are idle cores when unset",
    )
    training_device: str | None = Field(
        None,
        validation_alias="DESKHAND_TRAINING_DEVICE",
        description="What torch trains on, such as `cuda` or `cpu`; a GPU where there is one when unset",
    )
    base_model: Path | None = Field(
        None,
        validation_alias="DESKHAND_BASE_MODEL",
        description="Folder of the encoder to fine-tune; the packaged MiniLM when unset",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # Left to itself, pydantic would also read a variable called as the field is: `home` from HOME.
        env_settings.config = SettingsConfigDict(**{**env_settings.config, "populate_by_name": False})
        return init_settings, env_settings

    @property
    def models(self) -> Path:
        """The folder of all model versions."""
        return self.home / "models" / "classifier"
