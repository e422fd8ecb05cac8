"""The book about studies: a replay, or a look for drift. Asked for, worked on, found again after a crash, ended.

Each runs in a process of its own (`python -m workers.study`): it takes minutes, and its memory is given back.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Any, Literal

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from classifier.errors import ClassifierError
from knowledge_base.embedding import Progress
from knowledge_base.errors import KnowledgeBaseError
from workers.governance import audit
from workers.service_desk import ServiceDesk, workspaces
from workers.store.columns import now
from workers.store.session import Store
from workers.store.tables import ServedVersion, Study
from workers.training.runs import TrainingTrouble

log = structlog.get_logger(__name__)

Kind = Literal["replay", "drift"]
Outcome = tuple[dict[str, Any], bool]  # the report, and whether it is an alarm
Work = Callable[[ServiceDesk, str, dict[str, Any], Progress], Outcome]
TROUBLE = (TrainingTrouble, ClassifierError, KnowledgeBaseError, OSError)  # that ends a study with a sentence

EVERY = timedelta(days=7)
SILENT_AFTER = timedelta(minutes=3)
SAY_EVERY_S = 2.0
TIMETABLE = "timetable"


def request(session: Session, workspace: str, by: str, kind: Kind, **asked: Any) -> Study:
    """Ask for a study. Raises `TrainingTrouble` while another one of this kind is under way."""
    if under_way(session, workspace, kind) is not None:
        raise TrainingTrouble(f"A {kind} is under way already; wait for it.")
    study = Study(workspace=workspace, kind=kind, requested_by=by, asked=asked)
    session.add(study)
    session.flush()
    audit.append(session, workspace, by, f"{kind}_requested", f"study:{study.id}", **asked)
    return study


def under_way(session: Session, workspace: str, kind: Kind) -> Study | None:
    """The study of this kind that waits or runs."""
    alive = (Study.workspace == workspace, Study.kind == kind, Study.state.in_(("queued", "running")))
    return session.scalar(select(Study).where(*alive))


def latest(session: Session, workspace: str, kind: Kind, limit: int = 20) -> list[Study]:
    """The studies of this kind, newest first."""
    query = select(Study).where(Study.workspace == workspace, Study.kind == kind)
    return list(session.scalars(query.order_by(Study.id.desc()).limit(limit)))


def request_due(store: Store) -> None:
    """Ask for the weekly look for drift: a week after the first promotion, then after each look's end."""
    with store.begin() as session:
        first = session.scalar(select(func.min(ServedVersion.at)).where(ServedVersion.kind == "classifier"))
        for workspace in workspaces(session):
            last = next(iter(latest(session, workspace, "drift", limit=1)), None)
            before = last.finished_at if last is not None else first
            if before is not None and before < now() - EVERY:
                request(session, workspace, TIMETABLE, "drift")


def waiting(store: Store) -> list[int]:
    """Studies that nobody works on: new ones, and those whose worker died."""
    silent = now() - SILENT_AFTER
    with store.begin() as session:
        session.execute(
            update(Study)
            .where(Study.state == "running", Study.heartbeat_at < silent)
            .values(state="queued", stage="its worker died; starting again")
        )
        return list(session.scalars(select(Study.id).where(Study.state == "queued")))


def run_apart(store: Store, study_id: int) -> None:
    """Run a study in a process of its own, and wait for it; one that died is not tried again by itself."""
    command = ["nice", "-n", "10", sys.executable, "-m", "workers.study", str(study_id)]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        log.warning("study_died", study=study_id, why=done.stderr[-500:])
        with store.begin() as session:
            died = (Study.id == study_id, Study.state == "running")
            said = {"state": "failed", "error": "Its process died; the log says why.", "finished_at": now()}
            session.execute(update(Study).where(*died).values(said))


def run(desk: ServiceDesk, study_id: int, work: dict[str, Work], progress: Progress | None = None) -> Study | None:
    """Do it and write the report down; none when somebody else does it. Raises one of `TROUBLE`."""
    with desk.store.begin() as session:
        claimed = session.execute(
            update(Study)
            .where(Study.id == study_id, Study.state == "queued")
            .values(state="running", stage="reading tickets", heartbeat_at=now())
            .returning(Study.workspace, Study.kind, Study.asked)
        ).first()
    if claimed is None:
        return None
    try:
        say = _Saying(desk.store, study_id, progress)
        report, alarm = work[claimed.kind](desk, claimed.workspace, dict(claimed.asked), say)
    except TROUBLE as error:
        log.warning("study_failed", study=study_id, why=str(error))
        _end(desk.store, study_id, state="failed", error=str(error)[:500])
        raise
    plain = json.loads(json.dumps(report))  # as whoever reads the row will see it
    return _end(desk.store, study_id, state="done", stage="done", done=1.0, report=plain, alarm=alarm)


class _Saying:
    """Writes the progress down, so that others see it and know that it lives, and shows it to who waits."""

    def __init__(self, store: Store, study_id: int, shown: Progress | None) -> None:
        self._store, self._study_id, self._shown, self._said = store, study_id, shown, float("-inf")

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self._shown is not None:
            self._shown(stage, done, total)
        if monotonic() - self._said < SAY_EVERY_S:
            return
        self._said = monotonic()
        with self._store.begin() as session:
            row = session.get_one(Study, self._study_id)
            row.stage, row.done, row.heartbeat_at = stage, done / max(total, 1), now()


def _end(store: Store, study_id: int, **values: object) -> Study:
    with store.begin() as session:
        row = session.get_one(Study, study_id)
        for name, value in values.items():
            setattr(row, name, value)
        row.finished_at = now()
        return row
