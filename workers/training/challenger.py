"""A challenger is trained aside from closed tickets, and compared with the champion."""

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.data.dataset import read_tickets
from classifier.errors import ClassifierError
from classifier.judging.promotion import compare
from classifier.model.registry import Registry
from workers import serving
from workers.service_desk import ServiceDesk
from workers.store.tables import TrainingRun
from workers.training import news, runs, versions
from workers.training.known_tickets import write_training_file
from workers.training.runs import Attempt, TrainingTrouble

log = structlog.get_logger(__name__)
STRICT_LIMIT = 0.05  # of a desk that names none


def run_training(desk: ServiceDesk, run_id: int) -> None:
    """Train, compare, write both down. Claims the run first, so that a doubled task trains once."""
    attempt = runs.claim(desk.store, run_id, "reading closed tickets")
    if attempt is None:
        return

    def tell(session: Session, run: TrainingRun) -> None:
        news.tell(session, desk, run)

    try:
        version = _train(desk, attempt)
        comparison = compare_with_champion(desk, attempt.workspace, version)
    except (TrainingTrouble, ClassifierError, OSError) as error:
        log.warning("training_failed", run=run_id, why=str(error))
        runs.end(desk.store, attempt, tell, state="failed", error=str(error)[:500])
        return
    ended = {"state": "done", "stage": "done", "done": 1.0, "version": version, "comparison": comparison}
    runs.end(desk.store, attempt, tell, **ended)
    _tidy(desk, attempt)


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
    costs = desk.handbook.desk.costs.costs
    return asdict(compare(desk.models / champion, desk.models / version, tickets, _limit(desk), costs=costs))


def train_first(desk: ServiceDesk, workspace: str, progress: Callable[[float, str], None]) -> str:
    """Train the first model from the desk folder's tickets and serve it; gives its version."""
    attempt = runs.begin(desk.store, workspace, "deskhand", "classifier")
    try:
        version = _train(desk, attempt, progress)
    except (TrainingTrouble, ClassifierError, OSError) as error:
        runs.end(desk.store, attempt, state="failed", error=str(error)[:500])
        raise
    runs.end(desk.store, attempt, state="done", stage="done", done=1.0, version=version)
    _tidy(desk, attempt)
    versions.promote(desk, workspace, version, "deskhand", "the first model, from the desk folder's tickets")
    return version


def _train(desk: ServiceDesk, attempt: Attempt, progress: Callable[[float, str], None] | None = None) -> str:
    place = _place(desk, attempt.run_id)
    place.work.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(place.out, ignore_errors=True)  # of an attempt that died after its last step
    if not any(place.work.iterdir()) or not place.tickets.is_file():  # one that goes on keeps what it began with
        aside = place.tickets.with_suffix(".partial")
        if write_training_file(desk, attempt.workspace, aside) == 0:
            aside.unlink()
            raise TrainingTrouble("There is no closed ticket to learn from.")
        aside.replace(place.tickets)
    arguments = ("classifier", str(place.tickets), str(place.out), str(_limit(desk)), str(place.work))
    made = runs.follow(desk.store, attempt, arguments, progress)
    return Registry(desk.models).add(Path(made["version_folder"]))


@dataclass(frozen=True)
class _Place:
    """Where a run keeps what it works with."""

    tickets: Path
    work: Path
    """Checkpoints: what a resumed training goes on from."""
    out: Path


def _place(desk: ServiceDesk, run_id: int) -> _Place:
    name, folder = f"run-{run_id}", desk.settings.home / "training"
    return _Place(folder / f"{name}.jsonl", folder / f"{name}.work", folder / name)


def _tidy(desk: ServiceDesk, attempt: Attempt) -> None:
    """Take away what only resuming would need, once a training is done: its own, and that of those given up before."""
    own = (TrainingRun.workspace == attempt.workspace, TrainingRun.kind == "classifier")
    over = (TrainingRun.id <= attempt.run_id, TrainingRun.state.not_in(runs.ALIVE))
    with desk.store.read() as session:
        ended = session.scalars(
            select(TrainingRun.id).where(*own, *over).order_by(TrainingRun.id.desc()).limit(50)
        ).all()
    for run_id in ended:
        place = _place(desk, run_id)
        shutil.rmtree(place.work, ignore_errors=True)
        shutil.rmtree(place.out, ignore_errors=True)
        place.tickets.unlink(missing_ok=True)


def _limit(desk: ServiceDesk) -> float:
    """The share of misroutes that the report is about: the desk's own limit for routing."""
    limits = {rule.name: rule.risk_limit for rule in desk.handbook.desk.automations}
    return limits.get("route", STRICT_LIMIT)
