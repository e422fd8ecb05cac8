"""The search for doubtful labels: in a process of its own, kept in the book about trainings like any other."""

import json
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy.orm import Session

from classifier.errors import ClassifierError
from classifier.labelling.suspects import Findings
from workers.handbook import Handbook
from workers.labelling import reviews
from workers.service_desk import ServiceDesk
from workers.training import known_tickets, runs
from workers.training.runs import Attempt, TrainingTrouble

log = structlog.get_logger(__name__)

Tell = Callable[[float, str], None]


def run_search(desk: ServiceDesk, run_id: int) -> None:
    """Look for doubtful labels and put them into the book; a doubled task searches once."""
    attempt = runs.claim(desk.store, run_id, "reading closed tickets")
    if attempt is None:
        return
    try:
        _search(desk, attempt)
    except (TrainingTrouble, ClassifierError, OSError) as error:
        log.warning("label_search_failed", run=run_id, why=str(error))
        runs.end(desk.store, attempt, state="failed", error=str(error)[:500])


def search_now(desk: ServiceDesk, workspace: str, by: str, tell: Tell | None = None) -> dict[str, Any]:
    """The same in the process that asks for it; gives what came of it."""
    attempt = runs.begin(desk.store, workspace, by, "labels")
    try:
        return _search(desk, attempt, tell)
    except BaseException as error:
        why = "It was cancelled." if isinstance(error, KeyboardInterrupt) else str(error)
        runs.end(desk.store, attempt, state="failed", error=why[:500])
        raise


def _search(desk: ServiceDesk, attempt: Attempt, tell: Tell | None = None) -> dict[str, Any]:
    folder = desk.settings.home / "training"
    folder.mkdir(parents=True, exist_ok=True)
    tickets, out = folder / f"labels-{attempt.run_id}.jsonl", folder / f"labels-{attempt.run_id}.json"
    try:
        rows = known_tickets.known_tickets(desk, attempt.workspace).values()
        if not rows:
            raise TrainingTrouble("There is no closed ticket to judge.")
        tickets.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        runs.follow(desk.store, attempt, ("labels", str(tickets), str(out)), tell)
        findings = Findings.from_json(json.loads(out.read_text(encoding="utf-8")))
    finally:
        tickets.unlink(missing_ok=True)  # all that people wrote; it is kept elsewhere
        out.unlink(missing_ok=True)
    with desk.store.begin() as session:
        waiting = reviews.keep_findings(session, attempt.workspace, findings)
    came = summary_of(findings) | {"waiting": waiting}
    runs.end(desk.store, attempt, state="done", stage="done", done=1.0, comparison=came)
    return came


def summary_of(findings: Findings) -> dict[str, Any]:
    """What came of a search, in numbers; groups that stand out are named one by one."""
    return {
        "judged": findings.judged,
        "suspects": len(findings.suspects),
        "unlabelled": len(findings.unlabelled),
        "too_few": list(findings.too_few),
        "groups": [
            {"given": g.given, "likely": g.likely, "suspects": g.suspects, "tickets": g.tickets}
            for g in findings.groups
        ],
    }


def in_words(came: dict[str, Any], handbook: Handbook) -> list[str]:
    """A search's outcome as sentences; where a whole group was filed wrongly, it is named."""
    lines = [f"{came['judged']:,} closed tickets were judged; {came['suspects']:,} labels are doubtful."]
    lines += groups_in_words(came, handbook)
    if came["unlabelled"]:
        lines.append(f"{came['unlabelled']:,} closed tickets have no label.")
    if came["too_few"]:
        names = ", ".join(map(handbook.label_name, came["too_few"]))
        lines.append(f"Too few tickets to judge theirs: {names}.")
    return lines


def groups_in_words(came: dict[str, Any], handbook: Handbook) -> list[str]:
    """A sentence for each group of tickets that was perhaps filed wrongly as a whole."""
    return [
        f"{group['suspects']} of {group['tickets']} tickets under “{handbook.label_name(group['given'])}” seem to be "
        f"“{handbook.label_name(group['likely'])}”, more than chance explains. Was a whole group filed wrongly?"
        for group in came["groups"]
    ]


def wrong_groups(session: Session, workspace: str, handbook: Handbook) -> list[str]:
    """What the last search for doubtful labels said of whole groups; nothing before any search."""
    last = next((run for run in runs.latest(session, workspace, "labels", 5) if run.state == "done"), None)
    return groups_in_words(last.comparison, handbook) if last is not None and last.comparison else []
