"""Tells those who answer for the classifier how a training ended, and when it is time for one."""

import structlog
from sqlalchemy.orm import Session

from classifier.errors import ClassifierError
from classifier.learning.learning_curve import LearningCurve, read_learning_curve
from workers import outbox, people
from workers.governance import automations
from workers.labelling import searching
from workers.service_desk import ServiceDesk
from workers.slack import trainings as messages
from workers.store.columns import now
from workers.store.tables import Person, TrainingRun
from workers.tickets.permissions import is_agent
from workers.training import runs
from workers.training.advice import Advice, advise

log = structlog.get_logger(__name__)

AUTOMATION = "retrain"
LANE = "trainings"
SHOWN = 3  # trainings of an overview


def tell(session: Session, desk: ServiceDesk, run: TrainingRun) -> None:
    """Put the report of a training that has ended into the outbox, for its owner and for who asked for it."""
    if run.state == "failed":
        message = messages.failed(run)
    else:
        message = messages.report(run, advice_for(session, desk, run), desk.settings.public_url)
    told = owners(session, run.workspace, run.requested_by)
    for person in told:
        put(session, person, message)
    if not told:
        log.warning("nobody_to_tell", workspace=run.workspace, about=message["text"])


def overview(session: Session, desk: ServiceDesk, workspace: str) -> messages.Message:
    """The last trainings of the classifier as they are now."""
    moment = now()
    shown = [
        messages.Progress(run, runs.time_left(run, moment))
        for run in runs.latest(session, workspace, "classifier", limit=SHOWN)
    ]
    return messages.overview(shown, desk.settings.public_url)


def put(session: Session, person: Person, message: messages.Message) -> None:
    """A direct message about trainings."""
    payload = message | {"to": f"person:{person.id}"}
    outbox.put(session, person.workspace, "chat.postMessage", payload, lane=LANE)


def advice_for(session: Session, desk: ServiceDesk, run: TrainingRun) -> Advice:
    """What to do with the challenger that this training made, and what may be wrong with what it learnt from."""
    doubts = searching.wrong_groups(session, run.workspace, desk.handbook)
    return advise(run.comparison, curve_of(desk, run.version), desk.handbook.label_name, doubts)


def curve_of(desk: ServiceDesk, version: str | None) -> LearningCurve | None:
    """The learning curve of a version; none where it has none or cannot be read: the advice does without."""
    if version is None:
        return None
    try:
        return read_learning_curve(desk.models / version)
    except ClassifierError as error:
        log.warning("learning_curve_not_read", version=version, why=str(error))
        return None


def owners(session: Session, workspace: str, asked_by: str = "") -> list[Person]:
    """Who hears of trainings: the owner of `retrain`, else of `route`, and who asked, where they work on the desk."""
    named = [automations.permit(session, workspace, name).owner for name in (AUTOMATION, "route")]
    owner = next((name for name in named if name), None)
    wanted = [people.named(session, workspace, name) for name in (owner, asked_by) if name]
    found = {person.id: person for person in wanted if person is not None and is_agent(person)}
    return list(found.values())
