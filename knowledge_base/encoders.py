"""Which encoder belongs to what: the one of a bundle, the one of the next sync, and those that were tuned here.

A tuned encoder is a sentence-transformers folder `DESKHAND_HOME/encoders/VERSION` that never changes. Its version is
the beginning of its weights' SHA-256, and so is the id by which an index names the encoder that made it: a bundle says
by itself which encoder it needs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge_base.bundle import MANIFEST as BUNDLE
from knowledge_base.bundle import encoder_id, open_index
from knowledge_base.encoder_export import MANIFEST, PROVENANCE, WEIGHTS, ensure_encoder, file_sha256, find_model
from knowledge_base.errors import KnowledgeBaseError, unreadable
from knowledge_base.settings import Settings

UNTUNED = "untuned"  # what people call the encoder of the settings
DIGITS = 16  # of the weights' SHA-256, in versions and ids


@dataclass(frozen=True)
class TunedEncoder:
    """One encoder that was tuned here."""

    version: str
    folder: Path
    provenance: Mapping[str, Any]

    @property
    def made_at(self) -> str:
        """ISO time."""
        return str(self.provenance["made_at"])


def tuned_encoders(settings: Settings) -> tuple[TunedEncoder, ...]:
    """All of them, the newest first. Raises KnowledgeBaseError when one is damaged."""
    folders = [path.parent for path in settings.tuned_encoders.glob(f"[!.]*/{PROVENANCE}")]
    found = [tuned_encoder(settings, folder.name) for folder in folders]
    return tuple(sorted(found, key=lambda encoder: encoder.made_at, reverse=True))


def tuned_encoder(settings: Settings, version: str) -> TunedEncoder:
    """The encoder of this version. Raises KnowledgeBaseError when there is none, or it is not what it was."""
    folder = settings.tuned_encoders / version
    if folder.parent != settings.tuned_encoders or not (folder / PROVENANCE).is_file():
        raise KnowledgeBaseError(f"There is no tuned encoder '{version}'; `deskhand kb versions` shows all.")
    try:
        provenance = json.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
        provenance["made_at"], provenance["base_weights_sha256"]
    except OSError as error:
        raise unreadable(folder / PROVENANCE, error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise KnowledgeBaseError(f"{folder / PROVENANCE} is damaged. Delete {folder} and adapt again.") from error
    return TunedEncoder(version, folder, provenance)


def exported(settings: Settings, version: str | None) -> Path:
    """The exported folder of a tuned encoder, or (None) of the one in the settings; exported when it is not yet.

    Raises KnowledgeBaseError when the weights are not those that were tuned.
    """
    if version is None:
        return ensure_encoder(settings.encoder_cache, settings.encoder)
    folder = tuned_encoder(settings, version).folder
    if file_sha256(folder / WEIGHTS)[:DIGITS] != version:
        raise KnowledgeBaseError(f"{folder / WEIGHTS} is damaged. Bring {folder} back from a backup, or adapt again.")
    return ensure_encoder(settings.encoder_cache, str(folder))


def encoder_of(bundle: Path, settings: Settings) -> Path:
    """The exported folder of the encoder that a bundle's index was made with. Raises KnowledgeBaseError."""
    folder = settings.encoder_cache / encoder_id(bundle)
    if (folder / MANIFEST).is_file():
        return folder
    return exported(settings, tuned_version(bundle, settings))


def tuned_version(bundle: Path | None, settings: Settings) -> str | None:
    """The version of the tuned encoder that a bundle uses; None when it is the untuned one, or no bundle."""
    version = encoder_id(bundle)[:DIGITS] if bundle is not None else ""
    return version if version and (settings.tuned_encoders / version / PROVENANCE).is_file() else None


def version_to_sync_with(served: Path | None, settings: Settings) -> str | None:
    """The tuned encoder that the next sync uses: that of the served bundle, as long as it stems from the settings' one.

    None for the untuned one: so a changed `DESKHAND_ENCODER` takes effect.
    """
    try:
        version = tuned_version(served, settings)
    except KnowledgeBaseError:
        return None  # the served bundle is damaged; a sync is what builds it again
    if version is None:
        return None
    base = file_sha256(find_model(settings.encoder) / WEIGHTS)
    return version if tuned_encoder(settings, version).provenance["base_weights_sha256"] == base else None


def bundles_with(settings: Settings, encoder: str) -> list[Path]:
    """The bundles that were made with the encoder of this id, newest first."""
    made = []
    for manifest in settings.index_home.glob(f"[!.]*/{BUNDLE}"):
        try:
            if encoder_id(manifest.parent) == encoder:
                made.append((manifest.stat().st_mtime_ns, manifest.parent))
        except (KnowledgeBaseError, OSError):
            continue  # damaged, or gone meanwhile: another one serves as well, or its texts are encoded again
    return [folder for _, folder in sorted(made, reverse=True)]


def bundle_of_the_same_articles(settings: Settings, served: Path, encoder: str) -> Path | None:
    """A bundle that holds what is served, made with this encoder: it can be served at once. None when there is none."""
    before = open_index(served)
    for folder in bundles_with(settings, encoder):
        index = open_index(folder)
        if before is not None and index is not None and index.articles == before.articles:
            return folder
    return None
