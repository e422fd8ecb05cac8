"""Learning from closed tickets: a challenger is trained aside, compared with the champion, and promoted by a person."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.dataset import SUFFIXES, read_tickets, refuse
from classifier.errors import ClassifierError
from classifier.model_folder import verified_manifest
from classifier.promotion import compare
from classifier.registry import Registry
from classifier.ticket import Ticket as ClosedTicket
from workers import serving, training_news, training_runs
from workers.labelling import reviews
from workers.oversight import owners, shadows
from workers.service_desk import ServiceDesk
from workers.slack import notices
from workers.store.tables import Ticket, TrainingRun
from workers.tickets import states
from workers.tickets.importing import IMPORTED
from workers.training_runs import Attempt, TrainingTrouble

log = structlog.get_logger(__name__)

STRICT_LIMIT = 0.05  # of a desk that names none
RECOMMENDED = ("better", "as good")
NOT_COMPARED = "not compared"


def closed_tickets(session: Session, workspace: str) -> list[dict[str, Any]]:
    """Closed tickets with the label they ended with; labels that a bounced ticket had on the way are not used."""
    return [row for row in _stores_tickets(session, workspace) if row["label"] is not None]


def known_tickets(desk: ServiceDesk, workspace: str) -> dict[str, dict[str, Any]]:
    """The desk folder's tickets and the store's closed ones by their ids, with what people decided about labels.

    Some have no label, and all say how they were solved. Raises `ClassifierError` with file and line of every mistake
    in the folder's files.
    """
    rows = {str(row["id"]): row for row in _folders_tickets(desk.settings.desk / "tickets")}
    with desk.store.read() as session:
        for row in _stores_tickets(session, workspace):
            rows.setdefault(str(row["id"]), row)
        return reviews.apply(session, workspace, desk.handbook, rows)


def write_training_file(desk: ServiceDesk, workspace: str, path: Path) -> int:
    """What a model learns from in one JSON Lines file; gives the number of tickets. Raises as `known_tickets` does."""
    rows = [row for row in known_tickets(desk, workspace).values() if row["label"]]
    # Only the last label is learnt, and nothing of what was known afterwards.
    learnt = ({name: value for name, value in row.items() if name != "resolution"} for row in rows)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in learnt), encoding="utf-8")
    return len(rows)


def number_of(ticket: Ticket) -> str:
    """The number of an imported ticket is its old one: it may also lie in the desk folder, and is the same there."""
    return ticket.source_ts or "" if ticket.source_channel == IMPORTED else ticket.reference


def _stores_tickets(session: Session, workspace: str) -> list[dict[str, Any]]:
    done = (Ticket.workspace == workspace, Ticket.status == states.CLOSED)
    return [
        {
            "id": number_of(ticket),
            "text": ticket.text,
            "label": ticket.label,
            "team": ticket.team,
            "priority": ticket.priority,
            "opened_at": ticket.opened_at.isoformat(),
            "closed_at": (ticket.closed_at or ticket.updated_at).isoformat(),
            "resolution": ticket.resolution,
        }
        for ticket in session.scalars(select(Ticket).where(*done).order_by(Ticket.id))
    ]


def as_ticket(row: dict[str, Any]) -> ClosedTicket:
    """A row of `known_tickets` as the classifier knows tickets."""
    id_, text, label, team, priority = (
        str(row.get(name) or "") for name in ("id", "text", "label", "team", "priority")
    )
    return ClosedTicket(id_, text, label, team, priority, _moment(row.get("opened_at")), _moment(row.get("closed_at")))


def _moment(value: str | None) -> datetime | None:
    found = datetime.fromisoformat(value) if value else None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found


def _folders_tickets(folder: Path) -> list[dict[str, Any]]:
    if not folder.is_dir() or not any(file.suffix.lower() in SUFFIXES for file in folder.iterdir()):
        return []
    found = read_tickets(folder)
    refuse(found.problems)
    return [
        asdict(replace(ticket, reassignments=(), requester=""))
        | {name: moment and moment.isoformat() for name, moment in _moments(ticket)}
        for ticket in found.tickets
    ]


def _moments(ticket: ClosedTicket) -> tuple[tuple[str, datetime | None], ...]:
    return ("opened_at", ticket.opened_at), ("closed_at", ticket.closed_at)


def run_training(desk: ServiceDesk, run_id: int) -> None:
    """Train, compare, write both down. Claims the run first, so that a doubled task trains once."""
    attempt = training_runs.claim(desk.store, run_id, "reading closed tickets")
    if attempt is None:
        return

    def tell(session: Session, run: TrainingRun) -> None:
        training_news.tell(session, desk, run)

    try:
        version = _train(desk, attempt)
        comparison = compare_with_champion(desk, attempt.workspace, version)
    except (TrainingTrouble, ClassifierError, OSError) as error:
        log.warning("training_failed", run=run_id, why=str(error))
        training_runs.end(desk.store, attempt, tell, state="failed", error=str(error)[:500])
        return
    ended = {"state": "done", "stage": "done", "done": 1.0, "version": version, "comparison": comparison}
    training_runs.end(desk.store, attempt, tell, **ended)
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


def must_be_whole(desk: ServiceDesk, version: str) -> None:
    """Raises `TrainingTrouble` for a version that is not on this machine, or not as it was written."""
    if not (desk.models / version / "report.json").is_file():
        raise TrainingTrouble(f"There is no classifier version {version!r}; `deskhand classifier list` shows all.")
    try:
        verified_manifest(desk.models / version)
    except ClassifierError as error:
        raise TrainingTrouble(str(error)) from error


def promote(desk: ServiceDesk, workspace: str, version: str, by: str, why: str) -> None:
    """Serve this version; every process swaps within a second, and the champion before goes on in shadow for a time.

    Raises `TrainingTrouble` for an unknown version, and without a reason for one that the test does not recommend.
    """
    must_be_whole(desk, version)
    with desk.store.begin() as session:
        was = serving.served(session, "classifier")
        if was != version:
            _promote(desk, session, workspace, version, was, by, why.strip())
    mark_served(desk, version)


def _promote(
    desk: ServiceDesk, session: Session, workspace: str, version: str, was: str | None, by: str, why: str
) -> None:
    advice = recommendation(session, workspace, version)
    if was is not None and advice not in RECOMMENDED and not why:
        raise TrainingTrouble(f"The promotion test says “{advice}”. Give a reason to serve {version} all the same.")
    why = why or f"the promotion test says {advice}"
    serving.serve(session, workspace, "classifier", version, by, why, recommendation=advice)
    training_runs.judge_promoted(session, version, by)
    _leave_shadows(session, workspace, by, f"{version} was promoted")
    if was is not None and (desk.models / was).is_dir():
        shadows.keep_predecessor(session, workspace, was, desk.handbook.desk.watch, by)


def start_shadow(desk: ServiceDesk, workspace: str, version: str, by: str, why: str) -> None:
    """Let a challenger score along. Raises `TrainingTrouble` for one that is served, unknown or damaged."""
    must_be_whole(desk, version)
    with desk.store.begin() as session:
        shadows.start(session, workspace, version, by, why)


def recommendation(session: Session, workspace: str, version: str) -> str:
    """What the promotion test against the champion of now has said about this version."""
    champion = serving.served(session, "classifier")
    for run in training_runs.latest(session, workspace, "classifier", limit=200):
        if run.version == version and run.comparison and run.comparison.get("champion", champion) == champion:
            return str(run.comparison["recommendation"])
    return NOT_COMPARED


def roll_back(desk: ServiceDesk, workspace: str, by: str, why: str) -> str:
    """Serve the version before again, and say which that is. Raises `NothingBefore`."""
    with desk.store.begin() as session:
        version = serving.roll_back(session, workspace, "classifier", by, why)
        _leave_shadows(session, workspace, by, f"{version} is served again")
    mark_served(desk, version)
    return version


def demote(desk: ServiceDesk, workspace: str, version: str, before: str, why: str) -> None:
    """Roll a version back because it does worse live, and tell the owner; nobody has to be there.

    Raises `TrainingTrouble`, and changes nothing, when another version is served by now, or the one before is damaged.
    """
    must_be_whole(desk, before)
    with desk.store.begin() as session:
        if serving.served(session, "classifier") != version:
            raise TrainingTrouble(f"{version} is not served any more.")
        serving.go_back(session, workspace, "classifier", before, shadows.BY, why, "demoted")
        _leave_shadows(session, workspace, shadows.BY, f"{before} is served again")
        owners.tell(session, workspace, notices.classifier_demoted(version, before, why))
    mark_served(desk, before)


def _leave_shadows(session: Session, workspace: str, by: str, why: str) -> None:
    """A shadow is compared with one champion: when that changes, so does what there is to compare."""
    champion = serving.served(session, "classifier")
    for shadow in shadows.running(session):
        if shadow.role == shadows.PREDECESSOR or shadow.version == champion:
            shadows.end(session, workspace, shadow, by, why)


def mark_served(desk: ServiceDesk, version: str) -> None:
    """For the classifier's own commands, which know no database; every process follows the row."""
    registry = Registry(desk.models)
    try:
        if registry.served() != version:
            registry.serve(version)
    except ClassifierError as error:
        log.warning("pointer_file_not_written", version=version, why=str(error))


def can_be_served(desk: ServiceDesk, version: str) -> bool:
    """Whether its files are whole and of a form that this release reads."""
    try:
        must_be_whole(desk, version)
    except TrainingTrouble as trouble:
        log.warning("version_not_loaded", kind="classifier", version=version, why=str(trouble))
        return False
    return True


def train_first(desk: ServiceDesk, workspace: str, progress: Callable[[float, str], None]) -> str:
    """Train the first model from the desk folder's tickets and serve it; gives its version."""
    attempt = training_runs.begin(desk.store, workspace, "deskhand", "classifier")
    try:
        version = _train(desk, attempt, progress)
    except (TrainingTrouble, ClassifierError, OSError) as error:
        training_runs.end(desk.store, attempt, state="failed", error=str(error)[:500])
        raise
    training_runs.end(desk.store, attempt, state="done", stage="done", done=1.0, version=version)
    _tidy(desk, attempt)
    promote(desk, workspace, version, "deskhand", "the first model, from the desk folder's tickets")
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
    made = training_runs.follow(desk.store, attempt, arguments, progress)
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
    over = (TrainingRun.id <= attempt.run_id, TrainingRun.state.not_in(training_runs.ALIVE))
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
