"""What the environment may set for the knowledge base."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from `DESKHAND_*`; the defaults run on one machine with no network."""

    model_config = SettingsConfigDict(env_prefix="DESKHAND_", extra="ignore")

    home: Path = Field(Path("var"), description="Where Deskhand keeps what it makes.")
    desk: Path = Field(Path("deploy/starter"), description="The desk folder: articles, questions.")
    encoder: str | None = Field(
        None, description="A sentence-transformers folder or locally cached name; unset: the packaged MiniLM."
    )
    encoder_threads: int = Field(1, ge=1, le=64, description="Threads inside one run of the encoder.")
    search: Literal["exact", "half", "hnsw", "ivf", "auto"] = Field(
        "exact", description="How the nearest vectors are found; takes effect with the next sync or start."
    )

    @property
    def encoder_cache(self) -> Path:
        """Folder that holds one immutable folder per exported encoder."""
        return self.home / "encoder"

    @property
    def tuned_encoders(self) -> Path:
        """Folder that holds one immutable sentence-transformers folder per tuned encoder."""
        return self.home / "encoders"

    @property
    def index_home(self) -> Path:
        """Folder that holds one immutable folder per bundle, and the pointer file `served`."""
        return self.home / "index"

    @property
    def converted(self) -> Path:
        """Folder that keeps what HTML, PDF and Word documents were converted to."""
        return self.home / "converted"
