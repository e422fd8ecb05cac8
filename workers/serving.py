"""Which model and which index are served: pointer rows to immutable folders, followed by every process at once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Generic, Literal, TypeVar

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.errors import ClassifierError
from knowledge_base.errors import KnowledgeBaseError
from workers.governance import audit
from workers.store.session import Store
from workers.store.tables import ServedVersion

log = structlog.get_logger(__name__)

Kind = Literal["classifier", "knowledge"]
Back = Literal["rolled_back", "demoted"]
LOOK_EVERY_S = 0.5  # a promotion or a roll-back is everywhere within a second

Thing = TypeVar("Thing")


class NothingBefore(Exception):
    """There is no earlier version to go back to."""


@dataclass(frozen=True)
class Open(Generic[Thing]):
    """A loaded version."""

    version: str
    thing: Thing


def history(session: Session, kind: Kind) -> list[ServedVersion]:
    """Every promotion and roll-back, newest first; the first one is served now."""
    query = select(ServedVersion).where(ServedVersion.kind == kind).order_by(ServedVersion.id.desc())
    return list(session.scalars(query))


def served(session: Session, kind: Kind) -> str | None:
    """The version that is served now."""
    query = select(ServedVersion.version).where(ServedVersion.kind == kind).order_by(ServedVersion.id.desc())
    return session.scalar(query.limit(1))


def serve(session: Session, workspace: str, kind: Kind, version: str, by: str, why: str, **detail: object) -> None:
    """Serve this version from now on; `detail` goes into the audit log beside the reason."""
    was = served(session, kind)
    if was == version:
        return
    session.add(ServedVersion(kind=kind, version=version, by=by, why=why[:500]))
    audit.append(session, workspace, by, f"{kind}_promoted", f"{kind}:{version}", was=was, why=why, **detail)


def roll_back(session: Session, workspace: str, kind: Kind, by: str, why: str) -> str:
    """Serve what was served before; raises `NothingBefore`."""
    rows = history(session, kind)
    before = next((row.version for row in rows if row.version != rows[0].version), None)
    if before is None:
        raise NothingBefore(f"there is no earlier {kind} version to go back to")
    go_back(session, workspace, kind, before, by, why)
    return before


def go_back(
    session: Session, workspace: str, kind: Kind, version: str, by: str, why: str, move: Back = "rolled_back"
) -> None:
    """Serve an earlier version again: by a person, or because the one after it did worse."""
    was = served(session, kind)
    session.add(ServedVersion(kind=kind, version=version, by=by, why=why[:500], move=move))
    subject = version if move == "rolled_back" else was
    detail = {"was": was} if move == "rolled_back" else {"now": version}
    audit.append(session, workspace, by, f"{kind}_{move}", f"{kind}:{subject}", **detail, why=why)


class Served(Generic[Thing]):
    """The served version of one kind, loaded once and swapped when the pointer moves.

    A version that cannot be loaded here leaves the one before in service. Loading happens in the caller's thread,
    so call `current` first where waiting does not hurt.
    """

    def __init__(self, store: Store, kind: Kind, root: Path, load: Callable[[Path], Thing]) -> None:
        self._store, self._kind, self._root, self._load = store, kind, root, load
        self._open: Open[Thing] | None = None
        self._looked_at = float("-inf")
        self._lock = Lock()

    def current(self) -> Open[Thing] | None:
        """What is served now; none before anything was built.

        Raises `ClassifierError`, `KnowledgeBaseError` or `OSError` when the first version cannot be loaded.
        """
        with self._lock:
            if monotonic() - self._looked_at < LOOK_EVERY_S:
                return self._open
            with self._store.read() as session:
                version = served(session, self._kind)
            if version is not None and (self._open is None or self._open.version != version):
                self._swap(version)
            self._looked_at = monotonic()
            return self._open

    def _swap(self, version: str) -> None:
        try:
            self._open = Open(version, self._load(self._root / version))
        except (ClassifierError, KnowledgeBaseError, OSError) as error:
            log.error("version_not_loaded", kind=self._kind, version=version, why=str(error))
            if self._open is None:
                raise
        else:
            log.info("version_loaded", kind=self._kind, version=version)
