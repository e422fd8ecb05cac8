"""All model versions on disk, and which one is served."""

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from classifier.errors import ClassifierError
from classifier.model.model_folder import MANIFEST_FILE, read_json, verified_manifest, written_aside

POINTER_FILE = "served.json"


@dataclass(frozen=True, slots=True)
class Served:
    """A version, and since when it is the one that is served."""

    version: str
    since: datetime


class Pointer(Protocol):
    """Says which version is served. The product keeps it in the database; `FilePointer` needs none."""

    def read(self) -> str | None:
        """The version that is served; None before the first."""

    def write(self, version: str) -> None:
        """Serve this version from now on, and remember that."""

    def history(self) -> list[Served]:
        """Every change, the oldest first."""


class FilePointer:
    """The pointer in one small JSON file, replaced as a whole at each change."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str | None:
        """The version that is served; None before the first."""
        changes = self.history()
        return changes[-1].version if changes else None

    def write(self, version: str) -> None:
        """Serve this version from now on."""
        changes = [*self.history(), Served(version, datetime.now(UTC))]
        text = json.dumps([{"version": c.version, "since": c.since.isoformat()} for c in changes], indent=1)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _replace(self._path, text + "\n")
        except OSError as error:
            raise ClassifierError(f"{self._path}: cannot be written: {error.strerror or error}.") from error

    def history(self) -> list[Served]:
        """Every change, the oldest first. Raises `ClassifierError` for a damaged file."""
        try:
            entries = json.loads(self._path.read_text(encoding="utf-8"))
            return [Served(str(e["version"]), datetime.fromisoformat(e["since"])) for e in entries]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ClassifierError(
                f"{self._path}: is damaged ({error}). Delete it and promote a version again."
            ) from error


def _replace(path: Path, text: str) -> None:
    descriptor, aside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


class Registry:
    """The folder of all versions, one folder each, and a pointer to the one that is served."""

    def __init__(self, root: Path | str, pointer: Pointer | None = None) -> None:
        self.root = Path(root)
        self._pointer = pointer or FilePointer(self.root / POINTER_FILE)

    def versions(self) -> list[str]:
        """All versions, the oldest first."""
        if not self.root.is_dir():
            return []
        folders = (path.parent for path in self.root.glob(f"*/{MANIFEST_FILE}"))
        return sorted(folder.name for folder in folders if not folder.name.startswith("."))

    def path(self, version: str) -> Path:
        """The folder of a version. Raises `ClassifierError` for an unknown one."""
        if version not in self.versions():
            known = ", ".join(self.versions()) or "none yet"
            raise ClassifierError(f"{self.root}: there is no model version `{version}`. Known: {known}.")
        return self.root / version

    def add(self, folder: Path | str) -> str:
        """Copy a whole, verified model folder in under its version, and say which that is.

        Adding the same version again changes nothing. Raises `ClassifierError` when the folder is damaged, or when
        another model has that version.
        """
        folder = Path(folder)
        version = verified_manifest(folder).version
        if version in self.versions():
            if read_json(folder / MANIFEST_FILE) != read_json(self.path(version) / MANIFEST_FILE):
                raise ClassifierError(f"{self.root}: another model is there as version `{version}` already.")
            return version
        with written_aside(self.root / version) as aside:
            shutil.copytree(folder, aside, dirs_exist_ok=True)
            verified_manifest(aside)
        return version

    def served(self) -> str | None:
        """The version that is served; None before the first."""
        return self._pointer.read()

    def previous(self) -> str | None:
        """The version served last before the one that is served now; None when no other is still here."""
        now, here = self.served(), set(self.versions())
        earlier = (change.version for change in reversed(self._pointer.history()))
        return next((version for version in earlier if version != now and version in here), None)

    def serve(self, version: str) -> None:
        """Promote: serve this version from now on. Raises `ClassifierError`, and changes nothing, if it is damaged."""
        verified_manifest(self.path(version))
        self._pointer.write(version)

    def roll_back(self) -> str:
        """Serve the previous version again, and say which that is. Raises `ClassifierError` when there is none."""
        version = self.previous()
        if version is None:
            raise ClassifierError("There is no earlier model version to go back to.")
        self.serve(version)
        return version
