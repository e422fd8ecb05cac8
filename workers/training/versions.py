"""Which version of the classifier is served: a person promotes and rolls back, what is measured live demotes."""

import structlog
from sqlalchemy.orm import Session

from classifier.errors import ClassifierError
from classifier.model.model_folder import verified_manifest
from classifier.model.registry import Registry
from workers import serving
from workers.oversight import owners, shadows
from workers.service_desk import ServiceDesk
from workers.slack import notices
from workers.training import runs
from workers.training.runs import TrainingTrouble

log = structlog.get_logger(__name__)
RECOMMENDED = ("better", "as good")
NOT_COMPARED = "not compared"


def must_be_whole(desk: ServiceDesk, version: str) -> None:
    """Raises `TrainingTrouble` for a version that is not on this machine, or not as it was written."""
    if not (desk.models / version / "report.json").is_file():
        raise TrainingTrouble(f"There is no classifier version {version!r}; `deskhand classifier list` shows all.")
    try:
        verified_manifest(desk.models / version)
    except ClassifierError as error:
        raise TrainingTrouble(str(error)) from error


def can_be_served(desk: ServiceDesk, version: str) -> bool:
    """Whether its files are whole and of a form that this release reads."""
    try:
        must_be_whole(desk, version)
    except TrainingTrouble as trouble:
        log.warning("version_not_loaded", kind="classifier", version=version, why=str(trouble))
        return False
    return True


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
    runs.judge_promoted(session, version, by)
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
    for run in runs.latest(session, workspace, "classifier", limit=200):
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
