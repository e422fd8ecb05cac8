"""A study's state, as the pages of replay and drift show it."""

from dataclasses import dataclass
from datetime import datetime

from bot.console.words import ago
from workers.store.tables import Study


@dataclass(frozen=True)
class StudyView:
    """Whether one is under way, and how far."""

    words: str
    alive: bool
    done: float


def state_of(study: Study | None, now: datetime, nothing: str) -> StudyView:
    """The last study in words; `nothing` where there is none."""
    if study is None:
        return StudyView(nothing, False, 0.0)
    if study.state in ("queued", "running"):
        return StudyView(f"{study.done:.0%} · {study.stage}", True, study.done)
    when = f"{ago(study.finished_at or study.requested_at, now)} for {study.requested_by}"
    if study.state == "failed":
        return StudyView(f"Failed {when}: {study.error}", False, 0.0)
    return StudyView(f"Done {when}.", False, 1.0)
