"""Learning from closed tickets: a challenger is trained aside, compared with the champion, and promoted by a person."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from classifier.dataset import SUFFIXES, read_tickets, refuse
from classifier.errors import ClassifierError
from classifier.promotion import compare
from classifier.registry import Registry
from workers import serving
from workers.governance import audit
from workers.service_desk import ServiceDesk
from workers.store.columns import now
from workers.store.session import Store
from workers.store.tables import Ticket, TrainingRun
from workers.tickets import states
from workers.tickets.importing import IMPORTED

log = structlog.get_logger(__name__)

STRICT_LIMIT = 0.05  # of a desk that names none
SILENT_AFTER = timedelta(minutes=3)  # a training says something every few seconds


class TrainingTrouble(Exception):
    """A training that cannot start or did not end well; the message says why."""


def request_training(session: Session, workspace: str, by: str) -> TrainingRun:
    """Ask for a challenger. Raises `TrainingTrouble` while another one is being trained."""
    busy = select(TrainingRun).where(TrainingRun.workspace == workspace, TrainingRun.state.in_(("queued", "running")))
    if session.scalar(busy) is not None:
        raise TrainingTrouble("A challenger is being trained already; wait for it, or cancel it.")
    run = TrainingRun(workspace=workspace, requested_by=by)
    session.add(run)
    session.flush()
    audit.append(session, workspace, by, "training_requested", f"training:{run.id}")
    return run


def cancel(session: Session, workspace: str, run_id: int, by: str) -> None:
    """Stop a training; the champion is untouched."""
    run = session.get_one(TrainingRun, run_id)
    if run.workspace == workspace and run.state in ("queued", "running"):
        run.state, run.finished_at = "cancelled", now()
        audit.append(session, workspace, by, "training_cancelled", f"training:{run.id}")


def runs(session: Session, workspace: str, limit: int = 20) -> list[TrainingRun]:
    """The trainings, newest first."""
    query = select(TrainingRun).where(TrainingRun.workspace == workspace).order_by(TrainingRun.id.desc())
    return list(session.scalars(query.limit(limit)))


def waiting_runs(store: Store) -> list[int]:
    """Runs that nobody works on: their task was lost, or their worker died."""
    silent = now() - SILENT_AFTER
    with store.begin() as session:
        session.execute(
            update(TrainingRun)
            .where(TrainingRun.state == "running", TrainingRun.heartbeat_at < silent)
            .values(state="queued", stage="its worker died; starting again")
        )
        late = (TrainingRun.state == "queued", TrainingRun.requested_at < now() - timedelta(seconds=20))
        return list(session.scalars(select(TrainingRun.id).where(*late)))


def closed_tickets(session: Session, workspace: str) -> list[dict[str, Any]]:
    """Closed tickets with the label they ended with; labels that a bounced ticket had on the way are not used."""
    done = (Ticket.workspace == workspace, Ticket.status == states.CLOSED, Ticket.label.is_not(None))
    return [
        {
            # Under its old number, so that one that also lies in the desk folder is known to be the same.
            "id": ticket.source_ts if ticket.source_channel == IMPORTED else ticket.reference,
            "text": ticket.text,
            "label": ticket.label,
            "team": ticket.team,
            "priority": ticket.priority,
            "opened_at": ticket.opened_at.isoformat(),
            "closed_at": (ticket.closed_at or ticket.updated_at).isoformat(),
        }
        for ticket in session.scalars(select(Ticket).where(*done).order_by(Ticket.id))
    ]


def write_training_file(desk: ServiceDesk, workspace: str, path: Path) -> int:
    """The desk folder's tickets and the store's closed ones in one JSON Lines file; gives their number.

    Raises `ClassifierError` with file and line of every mistake in the folder's files.
    """
    rows = {str(row["id"]): row for row in _folders_tickets(desk.settings.desk / "tickets")}
    with desk.store.read() as session:
        for row in closed_tickets(session, workspace):
            rows.setdefault(str(row["id"]), row)
    lines = (json.dumps(row, ensure_ascii=False, default=datetime.isoformat) + "\n" for row in rows.values())
    path.write_text("".join(lines), encoding="utf-8")
    return len(rows)


def _folders_tickets(folder: Path) -> list[dict[str, Any]]:
    if not folder.is_dir() or not any(file.suffix.lower() in SUFFIXES for file in folder.iterdir()):
        return []
    found = read_tickets(folder)
    refuse(found.problems)
    # Only the last label is learnt, and nothing of what was known afterwards.
    return [asdict(replace(ticket, reassignments=(), requester="", resolution="")) for ticket in found.tickets]


def run_training(desk: ServiceDesk, run_id: int) -> None:
    """Train, compare, write both down. Claims the run first, so that a doubled task trains once."""
    with desk.store.begin() as session:
        claimed = session.execute(
            update(TrainingRun)
            .where(TrainingRun.id == run_id, TrainingRun.state == "queued")
            .values(state="running", stage="reading closed tickets", heartbeat_at=now())
            .returning(TrainingRun.workspace)
        ).scalar()
    if claimed is None:
        return
    try:
        version = _train(desk, claimed, run_id)
        comparison = compare_with_champion(desk, claimed, version)
    except (TrainingTrouble, ClassifierError, OSError) as error:
        log.warning("training_failed", run=run_id, why=str(error))
        _end(desk, run_id, state="failed", error=str(error)[:500])
        return
    _end(desk, run_id, state="done", stage="done", done=1.0, version=version, comparison=comparison)


def compare_with_champion(desk: ServiceDesk, workspace: str, version: str) -> dict[str, Any]:
    """Champion and challenger on the same later tickets that neither has learnt from."""
    with desk.store.read() as session:
        champion = serving.served(session, "classifier")
    if champion is None:
        return {"recommendation": "better", "why": "There is no champion yet."}
    path = desk.settings.home / "training" / f"{version}-compared.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_training_file(desk, workspace, path)
    tickets = read_tickets(path).tickets
    return asdict(compare(desk.models / champion, desk.models / version, tickets))


def promote(desk: ServiceDesk, workspace: str, version: str, by: str, why: str) -> None:
    """Serve this version; every process swaps within a second. Raises `TrainingTrouble` for an unknown one."""
    if not (desk.models / version / "report.json").is_file():
        raise TrainingTrouble(f"There is no classifier version {version!r}; `deskhand classifier list` shows all.")
    with desk.store.begin() as session:
        serving.serve(session, workspace, "classifier", version, by, why)
    _mark_served(desk, version)


def roll_back(desk: ServiceDesk, workspace: str, by: str, why: str) -> str:
    """Serve the version before again, and say which that is. Raises `NothingBefore`."""
    with desk.store.begin() as session:
        version = serving.roll_back(session, workspace, "classifier", by, why)
    _mark_served(desk, version)
    return version


def _mark_served(desk: ServiceDesk, version: str) -> None:
    """For the classifier's own commands, which know no database; every process follows the row."""
    try:
        Registry(desk.models).serve(version)
    except ClassifierError as error:
        log.warning("pointer_file_not_written", version=version, why=str(error))


def train_first(desk: ServiceDesk, workspace: str, progress: Callable[[float, str], None]) -> str:
    """Train the first model from the desk folder's tickets and serve it; gives its version."""
    with desk.store.begin() as session:
        run = TrainingRun(workspace=workspace, requested_by="deskhand", state="running", heartbeat_at=now())
        session.add(run)
    try:
        version = _train(desk, workspace, run.id, progress)
    except (TrainingTrouble, ClassifierError, OSError) as error:
        _end(desk, run.id, state="failed", error=str(error)[:500])
        raise
    _end(desk, run.id, state="done", stage="done", done=1.0, version=version)
    promote(desk, workspace, version, "deskhand", "the first model, from the desk folder's tickets")
    return version


def _train(desk: ServiceDesk, workspace: str, run_id: int, progress: Callable[[float, str], None] | None = None) -> str:
    folder = desk.settings.home / "training"
    folder.mkdir(parents=True, exist_ok=True)
    tickets, out = folder / f"run-{run_id}.jsonl", folder / f"run-{run_id}"
    shutil.rmtree(out, ignore_errors=True)  # of a worker that died
    if write_training_file(desk, workspace, tickets) == 0:
        raise TrainingTrouble("There is no closed ticket to learn from.")
    for line in _training_process(tickets, out, _limit(desk)):
        if "version_folder" in line:
            return Registry(desk.models).add(Path(line["version_folder"]))
        share, message = float(line["share"]), str(line["message"])
        if progress is not None:
            progress(share, message)
        if not _heartbeat(desk, run_id, share, message):
            raise TrainingTrouble("It was cancelled.")
    raise TrainingTrouble("The training ended without a model.")


def _limit(desk: ServiceDesk) -> float:
    """The share of misroutes that the report is about: the desk's own limit for routing."""
    limits = {rule.name: rule.risk_limit for rule in desk.handbook.desk.automations}
    return limits.get("route", STRICT_LIMIT)


def _training_process(tickets: Path, out: Path, limit: float) -> Iterator[dict[str, Any]]:
    """Runs in a process of its own: its memory is given back, and torch never enters a serving process."""
    command = ["nice", "-n", "10", sys.executable, "-m", "workers.trainer", str(tickets), str(out), str(limit)]
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


def _heartbeat(desk: ServiceDesk, run_id: int, share: float, message: str) -> bool:
    """Write the progress down; false when the run was cancelled meanwhile."""
    with desk.store.begin() as session:
        alive = session.execute(
            update(TrainingRun)
            .where(TrainingRun.id == run_id, TrainingRun.state == "running")
            .values(stage=message[:200], done=share, heartbeat_at=now())
            .returning(TrainingRun.id)
        ).scalar()
    return alive is not None


def _end(desk: ServiceDesk, run_id: int, **values: Any) -> None:
    with desk.store.begin() as session:
        run = session.get_one(TrainingRun, run_id)
        if run.state != "running":
            return
        for name, value in values.items():
            setattr(run, name, value)
        run.finished_at = now()
        detail = {"version": run.version, "error": run.error}
        audit.append(session, run.workspace, "trainer", f"training_{run.state}", f"training:{run.id}", **detail)
