"""The book about trainings, whatever is trained: asked for, worked on, cancelled, found again after a crash, ended.

A training is a process of its own (`python -m workers.trainer`): its memory is given back, and torch never enters a
serving process. It says each step as a line of JSON, which is also its heartbeat.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from tempfile import TemporaryFile
from typing import Any, Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from workers.governance import audit
from workers.store.columns import now
from workers.store.session import Store
from workers.store.tables import TrainingRun

Kind = Literal["classifier", "encoder", "labels"]
SILENT_AFTER = timedelta(minutes=3)  # a training says something every few seconds
LATE_AFTER = timedelta(seconds=20)  # from when on a task is thought to be lost


class TrainingTrouble(Exception):
    """A training that cannot start or did not end well; the message says why."""


def request(session: Session, workspace: str, by: str, kind: Kind = "classifier") -> TrainingRun:
    """Ask for a challenger. Raises `TrainingTrouble` while another one of this kind is being trained."""
    waiting = TrainingRun.state.in_(("queued", "running"))
    busy = select(TrainingRun).where(TrainingRun.workspace == workspace, TrainingRun.kind == kind, waiting)
    if session.scalar(busy) is not None:
        raise TrainingTrouble("A challenger is being trained already; wait for it, or cancel it.")
    return _write_down(session, workspace, by, kind)


def begin(store: Store, workspace: str, by: str, kind: Kind) -> int:
    """A training that starts at once, in the process that asks for it; gives its number.

    Whatever else stands in the book: after a crash it may be the rest of this very training.
    """
    with store.begin() as session:
        run = _write_down(session, workspace, by, kind)
        run.state, run.heartbeat_at = "running", now()
        return run.id


def _write_down(session: Session, workspace: str, by: str, kind: Kind) -> TrainingRun:
    run = TrainingRun(workspace=workspace, kind=kind, requested_by=by)
    session.add(run)
    session.flush()
    audit.append(session, workspace, by, "training_requested", f"training:{run.id}", kind=kind)
    return run


def cancel(session: Session, workspace: str, run_id: int, by: str) -> None:
    """Stop a training; the champion is untouched."""
    run = session.get_one(TrainingRun, run_id)
    if run.workspace == workspace and run.state in ("queued", "running"):
        run.state, run.finished_at = "cancelled", now()
        audit.append(session, workspace, by, "training_cancelled", f"training:{run.id}")


def latest(session: Session, workspace: str, kind: Kind, limit: int = 20) -> list[TrainingRun]:
    """The trainings of this kind, newest first."""
    query = select(TrainingRun).where(TrainingRun.workspace == workspace, TrainingRun.kind == kind)
    return list(session.scalars(query.order_by(TrainingRun.id.desc()).limit(limit)))


def kind_of(store: Store, run_id: int) -> str:
    """What this run trains."""
    with store.read() as session:
        return session.get_one(TrainingRun, run_id).kind


def waiting(store: Store) -> list[int]:
    """Runs that nobody works on: their task was lost, or their worker died."""
    silent = now() - SILENT_AFTER
    with store.begin() as session:
        session.execute(
            update(TrainingRun)
            .where(TrainingRun.state == "running", TrainingRun.heartbeat_at < silent)
            .values(state="queued", stage="its worker died; starting again")
        )
        late = (TrainingRun.state == "queued", TrainingRun.requested_at < now() - LATE_AFTER)
        return list(session.scalars(select(TrainingRun.id).where(*late)))


def claim(store: Store, run_id: int, stage: str) -> str | None:
    """The workspace of a run that is ours from now on; None when somebody else has it: a doubled task trains once."""
    with store.begin() as session:
        return session.execute(
            update(TrainingRun)
            .where(TrainingRun.id == run_id, TrainingRun.state == "queued")
            .values(state="running", stage=stage, heartbeat_at=now())
            .returning(TrainingRun.workspace)
        ).scalar()


def follow(
    store: Store, run_id: int, arguments: Sequence[str], progress: Callable[[float, str], None] | None = None
) -> dict[str, Any]:
    """Run the trainer, write its progress down, and give the line with its result. Raises `TrainingTrouble`."""
    for line in _trainer(arguments):
        if "share" not in line:
            return line
        share, message = float(line["share"]), str(line["message"])
        if progress is not None:
            progress(share, message)
        if not heartbeat(store, run_id, share, message):
            raise TrainingTrouble("It was cancelled.")
    raise TrainingTrouble("The training ended without a model.")


def _trainer(arguments: Sequence[str]) -> Iterator[dict[str, Any]]:
    command = ["nice", "-n", "10", sys.executable, "-m", "workers.trainer", *arguments]
    with TemporaryFile("w+") as complaints:  # a pipe that nobody empties would stop a talkative training
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True)
        assert process.stdout is not None  # it is a pipe
        try:
            yield from (json.loads(line) for line in process.stdout if line.startswith("{"))
            if process.wait() != 0:
                complaints.seek(0)
                raise TrainingTrouble(complaints.read().strip()[-450:] or "the training process died")
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def heartbeat(store: Store, run_id: int, share: float, message: str) -> bool:
    """Write the progress down; false when the run was cancelled meanwhile."""
    with store.begin() as session:
        alive = session.execute(
            update(TrainingRun)
            .where(TrainingRun.id == run_id, TrainingRun.state == "running")
            .values(stage=message[:200], done=share, heartbeat_at=now())
            .returning(TrainingRun.id)
        ).scalar()
    return alive is not None


def end(store: Store, run_id: int, **values: Any) -> None:
    """Write down how it ended, unless it was cancelled."""
    with store.begin() as session:
        run = session.get_one(TrainingRun, run_id)
        if run.state != "running":
            return
        for name, value in values.items():
            setattr(run, name, value)
        run.finished_at = now()
        detail = {"version": run.version, "error": run.error}
        audit.append(session, run.workspace, "trainer", f"training_{run.state}", f"training:{run.id}", **detail)
