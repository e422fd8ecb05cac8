"""The book about trainings, whatever is trained: asked for, worked on, cancelled, resumed, found again, ended.

A training is a process of its own (`python -m workers.training.trainer`): its memory is given back, and torch never
enters a serving process. It says each step as a line of JSON, which is also its heartbeat.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Empty, Queue
from tempfile import TemporaryFile
from threading import Thread
from typing import IO, Any, Literal

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from workers.governance import audit, receipts
from workers.store.columns import now
from workers.store.session import Store
from workers.store.tables import TrainingRun

Kind = Literal["classifier", "encoder", "labels"]
ALIVE, RESUMABLE = ("queued", "running"), ("cancelled", "failed")
SILENT_AFTER = timedelta(minutes=3)  # of a worker; it says each few seconds that its trainer lives
QUIET_S = 10.0  # after which that is said for a trainer that says nothing itself
LATE_AFTER = timedelta(seconds=20)  # from when on a task is thought to be lost


class TrainingTrouble(Exception):
    """A training that cannot start or did not end well; the message says why."""


@dataclass(frozen=True)
class Attempt:
    """One process's work on a run. After a cancellation and a resumption another one has the next number, and what
    the first still says counts no more."""

    run_id: int
    workspace: str
    number: int


def request(session: Session, workspace: str, by: str, kind: Kind = "classifier") -> TrainingRun:
    """Ask for a challenger. Raises `TrainingTrouble` while another one of this kind is being trained."""
    _must_be_free(session, workspace, kind)
    return _write_down(session, workspace, by, kind)


def under_way(session: Session, workspace: str, kind: str) -> TrainingRun | None:
    """The training of this kind that waits or runs."""
    alive = (TrainingRun.kind == kind, TrainingRun.state.in_(ALIVE))
    return session.scalar(select(TrainingRun).where(TrainingRun.workspace == workspace, *alive).limit(1))


def _must_be_free(session: Session, workspace: str, kind: str) -> None:
    if under_way(session, workspace, kind) is not None:
        what = "Wrong labels are looked for" if kind == "labels" else "A challenger is being trained"
        raise TrainingTrouble(f"{what} already; wait for it, or cancel it.")


def begin(store: Store, workspace: str, by: str, kind: Kind) -> Attempt:
    """A training that starts at once, in the process that asks for it.

    Whatever else stands in the book: after a crash it may be the rest of this very training.
    """
    with store.begin() as session:
        run = _write_down(session, workspace, by, kind)
        run.state, run.attempt = "running", 1
        run.heartbeat_at = run.started_at = now()
        return Attempt(run.id, workspace, 1)


def _write_down(session: Session, workspace: str, by: str, kind: Kind) -> TrainingRun:
    run = TrainingRun(workspace=workspace, kind=kind, requested_by=by)
    session.add(run)
    session.flush()
    audit.append(session, workspace, by, "training_requested", subject(run.id), kind=kind)
    return run


def cancel(session: Session, workspace: str, run_id: int, by: str) -> bool:
    """Stop a training; the champion is untouched, and what was reached is kept to go on from. False: it had ended."""
    run = the_run(session, workspace, run_id)
    if run.state not in ALIVE:
        return False
    run.state, run.finished_at = "cancelled", now()
    audit.append(session, workspace, by, "training_cancelled", subject(run.id), done=round(run.done, 3))
    judge(session, run.id, "overridden", by)
    return True


def resume(session: Session, workspace: str, run_id: int, by: str) -> TrainingRun:
    """Go on with a training that was cancelled or failed, from what it has kept.

    Raises `TrainingTrouble` for one that ended well or is under way, and while another one of its kind is.
    """
    run = the_run(session, workspace, run_id)
    if run.state not in RESUMABLE:
        raise TrainingTrouble(f"Training {run.id} is {run.state}; only one that was cancelled or failed can go on.")
    _must_be_free(session, workspace, run.kind)
    was = run.state
    run.state, run.stage, run.error, run.finished_at = "queued", "to be continued", None, None
    run.queued_at = now()
    audit.append(session, workspace, by, "training_resumed", subject(run.id), was=was, done=round(run.done, 3))
    return run


def dismiss(session: Session, workspace: str, run_id: int, by: str) -> TrainingRun:
    """Lay the challenger aside that a training made; it stays on disk. Raises `TrainingTrouble` where there is none."""
    run = the_run(session, workspace, run_id)
    if run.version is None:
        raise TrainingTrouble(f"Training {run.id} has made no challenger.")
    if run.dismissed_by is None:
        run.dismissed_by = by
        audit.append(session, workspace, by, "challenger_dismissed", subject(run.id), version=run.version)
        judge(session, run.id, "overridden", by)
    return run


def subject(run_id: int) -> str:
    """A run's name in audit and receipts."""
    return f"training:{run_id}"


def judge(session: Session, run_id: int, outcome: receipts.Outcome, by: str) -> None:
    """What became of a training that the automation began by itself; nothing for one that a person asked for."""
    for receipt in receipts.of_subject(session, subject(run_id)):
        receipts.settle(session, receipt.id, outcome, by)


def judge_promoted(session: Session, version: str, by: str) -> None:
    """The same, when the version that a training made is promoted."""
    for run_id in session.scalars(select(TrainingRun.id).where(TrainingRun.version == version)).all():
        judge(session, run_id, "accepted", by)


def the_run(session: Session, workspace: str, run_id: int) -> TrainingRun:
    """The run, locked until the transaction ends. Raises `TrainingTrouble` where this workspace has none such."""
    query = select(TrainingRun).where(TrainingRun.workspace == workspace, TrainingRun.id == run_id)
    run = session.scalar(query.with_for_update())
    if run is None:
        raise TrainingTrouble(f"There is no training {run_id}.")
    return run


def time_left(run: TrainingRun, moment: datetime) -> timedelta | None:
    """How long it will still take at its speed so far; none before there is a speed to go by."""
    if run.state != "running" or run.started_at is None:
        return None
    since = run.started_from or 0.0
    passed, done = moment - run.started_at, run.done - since
    if done < 0.02 or passed < timedelta(seconds=5) or run.done >= 1:
        return None
    return passed * ((1 - run.done) / done)


def latest(session: Session, workspace: str, kind: Kind, limit: int = 20) -> list[TrainingRun]:
    """The trainings of this kind, newest first."""
    query = select(TrainingRun).where(TrainingRun.workspace == workspace, TrainingRun.kind == kind)
    return list(session.scalars(query.order_by(TrainingRun.id.desc()).limit(limit)))


def of_version(session: Session, workspace: str, version: str) -> TrainingRun | None:
    """The training that made this version."""
    made = (TrainingRun.workspace == workspace, TrainingRun.version == version)
    return session.scalar(select(TrainingRun).where(*made).order_by(TrainingRun.id.desc()).limit(1))


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
        late = (TrainingRun.state == "queued", TrainingRun.queued_at < now() - LATE_AFTER)
        return list(session.scalars(select(TrainingRun.id).where(*late)))


def claim(store: Store, run_id: int, stage: str) -> Attempt | None:
    """A run that is ours from now on; None when somebody else has it: a doubled task trains once."""
    with store.begin() as session:
        claimed = session.execute(
            update(TrainingRun)
            .where(TrainingRun.id == run_id, TrainingRun.state == "queued")
            .values(
                state="running", stage=stage, heartbeat_at=now(), started_at=now(), started_from=None,
                attempt=TrainingRun.attempt + 1,
            )
            .returning(TrainingRun.workspace, TrainingRun.attempt)
        ).first()  # fmt: skip
    return Attempt(run_id, claimed.workspace, claimed.attempt) if claimed else None


def follow(
    store: Store, attempt: Attempt, arguments: Sequence[str], progress: Callable[[float, str], None] | None = None
) -> dict[str, Any]:
    """Run the trainer, write its progress down, and give the line with its result. Raises `TrainingTrouble`."""
    for line in _trainer(arguments):
        if line is None:  # it lives, and says nothing: a long step, or a machine with too much to do
            goes_on = _beat(store, attempt, {})
        elif "share" not in line:
            return line
        else:
            share, message = float(line["share"]), str(line["message"])
            if progress is not None:
                progress(share, message)
            goes_on = heartbeat(store, attempt, share, message)
        if not goes_on:
            raise TrainingTrouble("It was cancelled.")
    raise TrainingTrouble("The training ended without a model.")


def _trainer(arguments: Sequence[str]) -> Iterator[dict[str, Any] | None]:
    """Each line that it says; None when it has said nothing for `QUIET_S`."""
    command = ["nice", "-n", "10", sys.executable, "-m", "workers.training.trainer", *arguments]
    with TemporaryFile("w+") as complaints:  # a pipe that nobody empties would stop a talkative training
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True)
        lines: Queue[str | None] = Queue()
        reader = Thread(target=_read, args=(process.stdout, lines), name="trainer's words", daemon=True)
        reader.start()
        try:
            yield from _said(lines)
            if process.wait() != 0:
                complaints.seek(0)
                raise TrainingTrouble(complaints.read().strip()[-450:] or "the training process died")
        finally:
            process.kill()
            process.wait()
            reader.join(5)  # a grandchild may still hold the pipe


def _read(stdout: IO[str] | None, lines: "Queue[str | None]") -> None:
    assert stdout is not None  # it is a pipe
    with stdout:
        for line in stdout:
            lines.put(line)
    lines.put(None)


def _said(lines: "Queue[str | None]") -> Iterator[dict[str, Any] | None]:
    while True:
        try:
            line = lines.get(timeout=QUIET_S)
        except Empty:
            yield None
            continue
        if line is None:
            return
        if line.startswith("{"):
            yield json.loads(line)


def heartbeat(store: Store, attempt: Attempt, share: float, message: str) -> bool:
    """Write the progress down; false when the run was cancelled meanwhile, or is somebody else's by now."""
    # Where it began is kept: a resumed training does not start from nothing.
    began = func.coalesce(TrainingRun.started_from, share)
    return _beat(store, attempt, {"stage": message[:200], "done": share, "started_from": began})


def _beat(store: Store, attempt: Attempt, values: dict[str, Any]) -> bool:
    with store.begin() as session:
        alive = session.execute(
            update(TrainingRun).where(*_still(attempt)).values(heartbeat_at=now(), **values).returning(TrainingRun.id)
        ).scalar()
    return alive is not None


def _still(attempt: Attempt) -> tuple[ColumnElement[bool], ...]:
    return TrainingRun.id == attempt.run_id, TrainingRun.state == "running", TrainingRun.attempt == attempt.number


def end(
    store: Store, attempt: Attempt, then: Callable[[Session, TrainingRun], object] | None = None, **values: Any
) -> None:
    """Write down how it ended, unless it was cancelled or is somebody else's; `then` adds to the same transaction."""
    with store.begin() as session:
        run = session.scalar(select(TrainingRun).where(*_still(attempt)).with_for_update())
        if run is None:
            return
        for name, value in values.items():
            setattr(run, name, value)
        run.finished_at = now()
        detail = {"version": run.version, "error": run.error}
        audit.append(session, run.workspace, "trainer", f"training_{run.state}", subject(run.id), **detail)
        if then is not None:
            then(session, run)
