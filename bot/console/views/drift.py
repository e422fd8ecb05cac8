"""Looks for drift as their page shows them: the tests, new topics, and what earlier looks found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.console.views.gaps import ticket_path
from bot.console.views.studies import StudyView, state_of
from bot.console.words import Tone, ago
from workers.oversight import studies
from workers.oversight.drift import NAMES
from workers.store.tables import Person, Study

Report = Mapping[str, Any]


@dataclass(frozen=True)
class TestRow:
    """One test in words."""

    name: str
    detail: str
    numbers: str
    word: str
    tone: Tone


@dataclass(frozen=True)
class TopicView:
    """A proposed label; `tickets` with their pages, none for those of another system."""

    proposed: str
    title: str
    examples: tuple[str, ...]
    tickets: tuple[tuple[str, str], ...]
    snippet: str


@dataclass(frozen=True)
class DriftView:
    """What the page shows: the last look that ended well, and the ones before."""

    state: StudyView
    words: tuple[str, ...]
    tests: tuple[TestRow, ...]
    topics: tuple[TopicView, ...]
    history: tuple[tuple[str, str, str, Tone], ...]  # when, for whom, what, tone


def look(session: Session, person: Person, now: datetime) -> DriftView:
    """Read the looks of this workspace."""
    known = studies.latest(session, person.workspace, "drift", limit=30)
    done = [study for study in known if study.state == "done" and study.report]
    report: Report = (done[0].report if done else None) or {}
    return DriftView(
        state=state_of(known[0] if known else None, now, "Nobody has looked yet; it happens once a week."),
        words=tuple(report.get("words") or ()) if not report.get("findings") else (),
        tests=tuple(test_row(finding) for finding in report.get("findings") or ()),
        topics=tuple(topic_of(topic) for topic in report.get("topics") or ()),
        history=tuple(_past(study, now) for study in known if study.state in ("done", "failed")),
    )


def _verdict(alarm: bool, beyond_chance: bool) -> tuple[str, Tone]:
    if alarm:
        return "changed", "bad"
    return ("changed a little", "info") if beyond_chance else ("as before", "good")


def test_row(finding: Mapping[str, Any]) -> TestRow:
    """What one test found."""
    beyond_chance = finding["corrected"] <= 0.05
    word, tone = _verdict(finding["alarm"], beyond_chance)
    numbers = f"p = {finding['corrected']:.3f}, effect {finding['effect']:.2f} (alarm from {finding['least']:g})"
    return TestRow(NAMES[finding["what"]], finding["detail"], numbers, word, tone)


def topic_of(topic: Mapping[str, Any]) -> TopicView:
    """A proposed label, with what to write into the taxonomy."""
    words = ", ".join(topic["words"])
    return TopicView(
        proposed=topic["proposed"],
        title=f"{len(topic['tickets'])} tickets of {topic['people']} people: {words}",
        examples=tuple(topic["examples"]),
        tickets=tuple((reference, ticket_path(reference)) for reference in topic["tickets"]),
        snippet=f"- id: {topic['proposed']}\n  name: …\n  team: …\n  description: … ({words})",
    )


def _past(study: Study, now: datetime) -> tuple[str, str, str, Tone]:
    when = ago(study.finished_at or study.requested_at, now)
    if study.state == "failed":
        return when, study.requested_by, str(study.error), "warn"
    report = study.report or {}
    if not report.get("findings"):
        return when, study.requested_by, "too few tickets", "calm"
    changed = [NAMES[one["what"]].lower() for one in report["findings"] if one["alarm"]]
    topics = [topic["proposed"] for topic in report["topics"]]
    told = [*(f"changed: {name}" for name in changed), *(f"new: {name}" for name in topics)]
    return when, study.requested_by, "; ".join(told) or "as before", "bad" if study.alarm else "good"
