"""A model version on disk: an immutable folder whose manifest names every file and its checksum."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from classifier.errors import ClassifierError
from classifier.model.base_model import file_sha256
from classifier.model.fields import Field, FieldName
from classifier.model.parts import Weights

MODEL_FILE, TOKENIZER_FILE = "model.onnx", "tokenizer.json"
CALIBRATION_FILE, REPORT_FILE, MANIFEST_FILE = "calibration.json", "report.json", "manifest.json"
FORMAT = 2


@dataclass(frozen=True)
class Manifest:
    """What a folder says about itself."""

    version: str
    labels: tuple[str, ...]
    weights: Weights
    max_tokens: int
    offsets: tuple[float, ...]
    """What is added to each label's logit: more than nothing for one with few tickets."""
    fields: tuple[Field, ...] = ()
    """What it says beside the label."""


@contextmanager
def written_aside(folder: Path) -> Iterator[Path]:
    """A folder to write into that becomes `folder` at the end, whole or not at all.

    Raises `ClassifierError` when `folder` is there already: a version never changes.
    """
    if folder.exists():
        raise ClassifierError(f"{folder}: is there already. A model never changes: choose another folder.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise ClassifierError(f"{folder}: cannot be written: {error.strerror}.") from error
    try:
        yield aside
        _flush(aside)
        aside.rename(folder)
    except (OSError, SafetensorError) as error:  # safetensors has a type of its own for a full disk
        raise ClassifierError(f"{folder}: cannot be written: {getattr(error, 'strerror', None) or error}.") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _flush(folder: Path) -> None:
    for path in (*folder.iterdir(), folder):
        path.chmod(0o755 if path.is_dir() else 0o644)  # some writers leave files that only their user may read
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def calibration_of(field: FieldName) -> str:
    """The file of a field's calibration."""
    return f"{field}.{CALIBRATION_FILE}"


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write readable JSON."""
    path.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object. Raises `ClassifierError` when the file is missing or is none."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ClassifierError(
            f"{path}: is missing; {path.parent} is no classifier model, or not a whole one."
        ) from error
    except (OSError, ValueError) as error:
        raise ClassifierError(f"{path}: cannot be read: {error}.") from error
    if not isinstance(values, dict):
        raise ClassifierError(f"{path}: must hold one JSON object.")
    return values


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, with the checksum of every file that is in the folder now."""
    files = {path.name: file_sha256(path) for path in sorted(folder.iterdir()) if path.name != MANIFEST_FILE}
    write_json(
        folder / MANIFEST_FILE,
        {
            "format": FORMAT,
            "version": manifest.version,
            "labels": manifest.labels,
            "weights": asdict(manifest.weights),
            "max_tokens": manifest.max_tokens,
            "offsets": manifest.offsets,
            "fields": [field.as_json() for field in manifest.fields],
            "files": files,
        },
    )


def verified_manifest(folder: Path) -> Manifest:
    """The manifest, once every file is the one that was written.

    Raises `ClassifierError` that names the file which is missing or has changed.
    """
    path = folder / MANIFEST_FILE
    values = read_json(path)
    if values.get("format") != FORMAT:
        raise ClassifierError(f"{path}: format {values.get('format')} is not known here; train the model again.")
    try:
        manifest = Manifest(
            str(values["version"]),
            tuple(str(label) for label in values["labels"]),
            Weights(**values["weights"]),
            int(values["max_tokens"]),
            tuple(float(offset) for offset in values["offsets"]),
            tuple(Field.from_json(field) for field in values.get("fields", ())),
        )
        files = dict(values["files"])
    except (KeyError, TypeError, ValueError) as error:
        raise ClassifierError(f"{path}: is damaged ({error!r}); restore the folder or train again.") from error
    for name, sha256 in files.items():
        _verify(folder / name, sha256)
    return manifest


def _verify(path: Path, sha256: object) -> None:
    if not path.is_file():
        raise ClassifierError(f"{path}: is missing; restore the folder or train again.")
    if file_sha256(path) != sha256:
        raise ClassifierError(f"{path}: is not the file that was written (checksum); restore it or train again.")
