"""Encoders that were tuned on the desk's questions: trainings, comparisons, versions, and which one is served."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.console.views.models import Metrics, RunView, run_of
from bot.console.words import ago
from knowledge_base.encoders import UNTUNED
from knowledge_base.errors import KnowledgeBaseError
from workers import serving
from workers.knowledge import adapting
from workers.knowledge.adapting import EncoderVersion
from workers.service_desk import ServiceDesk
from workers.store.tables import Person
from workers.training import runs

METRICS: Metrics = (
    ("hit_at_1", "Right article first", "share"),
    ("mrr", "Mean reciprocal rank", "number"),
    ("answered_right", "Answered, and rightly", "share"),
    ("wrong", "Wrong answers", "share"),
)


@dataclass(frozen=True)
class EncoderView:
    """One encoder that can be served."""

    version: str
    served: bool
    about: str


@dataclass(frozen=True)
class EncodersView:
    """What the card shows."""

    runs: tuple[RunView, ...]
    versions: tuple[EncoderView, ...]
    served: str | None  # the index
    can_roll_back: bool
    is_training: bool
    problem: str  # why the versions cannot be listed


def look(session: Session, person: Person, desk: ServiceDesk, now: datetime) -> EncodersView:
    """Read trainings, the versions on disk, and what is served."""
    versions, problem = _versions(desk)
    history = serving.history(session, "knowledge")
    latest = runs.latest(session, person.workspace, "encoder", limit=5)
    shown = tuple(run_of(run, now, METRICS) for run in latest)
    return EncodersView(
        runs=shown,
        versions=tuple(EncoderView(one.version, one.served, about(one, now)) for one in versions),
        served=history[0].version if history else None,
        can_roll_back=any(row.version != history[0].version for row in history),
        is_training=any(run.alive for run in shown),
        problem=problem,
    )


def _versions(desk: ServiceDesk) -> tuple[Sequence[EncoderVersion], str]:
    try:
        return adapting.versions(desk), ""
    except KnowledgeBaseError as error:
        return (), str(error)


def about(one: EncoderVersion, now: datetime) -> str:
    """What it is, in a few words."""
    if one.version == UNTUNED or one.made_at is None:
        return "as it came, not tuned"
    return f"learnt from {one.questions} questions, {ago(one.made_at, now)}"
