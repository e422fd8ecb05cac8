"""Adapting to the organisation: a tuned encoder is made aside, compared with what is served, and promoted by a person.

A promotion indexes the articles as they are now with the challenger and serves the two together with the gate fitted
for them; the roll-back of the index brings back the encoder that it was made with.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from knowledge_base import encoders
from knowledge_base.embedding import Progress
from knowledge_base.encoders import UNTUNED
from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.settings import Settings as KnowledgeSettings
from workers import serving
from workers.governance import audit
from workers.knowledge import indexing
from workers.service_desk import ServiceDesk
from workers.training import runs
from workers.training.runs import Attempt, TrainingTrouble

log = structlog.get_logger(__name__)

STRICT_LIMIT = 0.05  # of a desk that names none


@dataclass(frozen=True)
class EncoderVersion:
    """One encoder that can be served."""

    version: str  # `untuned` is the one of the settings
    served: bool
    made_at: datetime | None
    questions: int | None  # that it learnt from


def versions(desk: ServiceDesk) -> list[EncoderVersion]:
    """The tuned encoders, newest first, and the untuned one. Raises `KnowledgeBaseError`."""
    settings = _settings(desk)
    served = served_version(desk)
    tuned = [
        EncoderVersion(
            one.version,
            one.version == served,
            datetime.fromisoformat(one.made_at),
            int(one.provenance.get("questions", 0)),
        )
        for one in encoders.tuned_encoders(settings)
    ]
    return [*tuned, EncoderVersion(UNTUNED, served == UNTUNED, None, None)]


def served_version(desk: ServiceDesk) -> str | None:
    """The encoder of the served index; None before the first sync. Raises `KnowledgeBaseError`."""
    bundle = _served_bundle(desk)
    return None if bundle is None else encoders.tuned_version(bundle, _settings(desk)) or UNTUNED


def run_training(desk: ServiceDesk, run_id: int) -> None:
    """Make a challenger, compare it, write both down. Claims the run first, so that a doubled task trains once."""
    attempt = runs.claim(desk.store, run_id, "reading labelled questions")
    if attempt is not None:
        try:
            _train(desk, attempt)
        except (TrainingTrouble, KnowledgeBaseError, OSError) as error:
            log.warning("adapting_failed", run=run_id, why=str(error))


def adapt_now(
    desk: ServiceDesk, workspace: str, by: str, progress: Callable[[float, str], None] | None = None
) -> dict[str, Any]:
    """Make a challenger in this process's time, and compare it; gives `version`, `bundle` and `comparison`.

    Raises `TrainingTrouble` and `KnowledgeBaseError`; then nothing has changed.
    """
    return _train(desk, runs.begin(desk.store, workspace, by, "encoder"), progress)


def _train(desk: ServiceDesk, attempt: Attempt, progress: Callable[[float, str], None] | None = None) -> dict[str, Any]:
    try:
        champion = _served_bundle(desk)
        if champion is None:
            raise TrainingTrouble("No article is indexed yet. Run `deskhand kb sync` first.")
        folder = desk.settings.home / "training"
        folder.mkdir(parents=True, exist_ok=True)
        request = folder / f"encoder-{attempt.run_id}.json"
        limits = {rule.name: rule.risk_limit for rule in desk.handbook.desk.automations}
        wanted = {
            "home": str(desk.settings.home),
            "desk": str(desk.settings.desk),
            "champion": str(champion),
            "limit": limits.get("answer", STRICT_LIMIT),
        }
        request.write_text(json.dumps(wanted), encoding="utf-8")
        made = runs.follow(desk.store, attempt, ("encoder", str(request)), progress)
    except (TrainingTrouble, KnowledgeBaseError, OSError) as error:
        runs.end(desk.store, attempt, state="failed", error=str(error)[:500])
        raise
    except KeyboardInterrupt:
        runs.end(desk.store, attempt, state="cancelled")  # or a worker would take it for dead, and begin anew
        raise
    found = {"version": made["version"], "comparison": made["comparison"]}
    runs.end(desk.store, attempt, state="done", stage="done", done=1.0, **found)
    return made


def promote(
    desk: ServiceDesk, workspace: str, version: str, by: str, why: str, progress: Progress | None = None
) -> str:
    """Index the articles with this encoder (or the `untuned` one) and serve both; gives the index's version.

    Later syncs go on with it. Raises `KnowledgeBaseError`; then nothing has changed.
    """
    folder = encoders.exported(_settings(desk), None if version == UNTUNED else version)
    done = indexing.sync_articles(
        desk, workspace, by, progress=progress, encoder_dir=folder, why=f"encoder {version}: {why}"
    )
    _promoted(desk, workspace, version, by, why)
    return str(done.version)


def _promoted(desk: ServiceDesk, workspace: str, version: str, by: str, why: str) -> None:
    with desk.store.begin() as session:
        audit.append(session, workspace, by, "encoder_promoted", f"encoder:{version}", why=why)


def promote_ready(desk: ServiceDesk, workspace: str, version: str, by: str, why: str) -> str:
    """The same at once, with the index that was made for the comparison: fit for a process that serves.

    Raises `TrainingTrouble` when the articles have changed since; then it takes `promote`.
    """
    settings = _settings(desk)
    served = _served_bundle(desk)
    folder = encoders.exported(settings, None if version == UNTUNED else version)
    bundle = served and encoders.bundle_of_the_same_articles(settings, served, folder.name)
    if bundle is None:
        raise TrainingTrouble(
            f"The articles have changed since {version} was compared, so they must be indexed with it first: "
            f"deskhand kb promote {version}"
        )
    indexing.serve(desk, workspace, bundle, by, f"encoder {version}: {why}")
    _promoted(desk, workspace, version, by, why)
    return bundle.name


def _served_bundle(desk: ServiceDesk) -> Path | None:
    with desk.store.read() as session:
        version = serving.served(session, "knowledge")
    return desk.bundles / version if version else None


def _settings(desk: ServiceDesk) -> KnowledgeSettings:
    return KnowledgeSettings(home=desk.settings.home, desk=desk.settings.desk)
