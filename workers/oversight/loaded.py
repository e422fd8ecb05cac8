"""The models in shadow as one process holds them: loaded when first needed, let go when they are stopped."""

from collections.abc import Callable, Collection
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

Model = TypeVar("Model")


class ShadowModels(Generic[Model]):
    """Versions by name. `load` opens a version's folder; what it raises is the caller's to handle."""

    def __init__(self, root: Path, load: Callable[[Path], Model]) -> None:
        self._root, self._load = root, load
        self._open: dict[str, Model] = {}
        self._lock = Lock()

    def get(self, version: str) -> Model:
        """The model of this version."""
        with self._lock:
            if version not in self._open:
                self._open[version] = self._load(self._root / version)
            return self._open[version]

    def keep(self, versions: Collection[str]) -> None:
        """Let go of all others, and of their memory."""
        with self._lock:
            for gone in self._open.keys() - set(versions):
                del self._open[gone]

    @property
    def versions(self) -> frozenset[str]:
        """Those that take memory now."""
        return frozenset(self._open)
