"""How often a runbook ran lately, and whether that is too often. Counted before anything is sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from workers.runbooks import states
from workers.runbooks.files import Limits
from workers.store.tables import RunbookRun

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True)
class Counts:
    """Runs before this one. Refused runs sent nothing; only `people_last_hour` counts them too."""

    by_requester_last_day: int = 0
    on_account_last_day: int = 0
    total_last_hour: int = 0
    people_last_hour: int = 1  # different requesters, this one among them
    refused_last_day: int = 0  # of this requester


def too_often(counts: Counts, limits: Limits) -> str | None:
    """Which limit this run would break, in words; none when it may run."""
    if counts.by_requester_last_day >= limits.per_requester_per_day:
        return f"asked {counts.by_requester_last_day} times within a day already"
    if counts.on_account_last_day >= limits.per_requester_per_day:
        return f"the account was the target {counts.on_account_last_day} times within a day already"
    if counts.total_last_hour >= limits.total_per_hour:
        return f"{counts.total_last_hour} runs within an hour, all people together"
    return None


def is_burst(counts: Counts, limits: Limits) -> bool:
    """Whether so many different people asked within an hour that somebody may be trying accounts out."""
    return counts.people_last_hour >= limits.alarm_accounts_per_hour


def count(
    session: Session, workspace: str, runbook: str, requester_id: int, account_id: str | None, moment: datetime
) -> Counts:
    """Count this runbook's runs of the last day and hour."""
    mine = (RunbookRun.workspace == workspace, RunbookRun.runbook == runbook)
    refused = RunbookRun.state == states.REFUSED

    def runs(since: timedelta, *where: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(RunbookRun)
        return session.scalar(query.where(*mine, RunbookRun.started_at > moment - since, *where)) or 0

    others = select(func.count(RunbookRun.requester_id.distinct())).where(
        *mine, RunbookRun.started_at > moment - HOUR, RunbookRun.requester_id != requester_id
    )
    by_requester, on_account = RunbookRun.requester_id == requester_id, RunbookRun.account_id == account_id
    return Counts(
        by_requester_last_day=runs(DAY, ~refused, by_requester),
        on_account_last_day=runs(DAY, ~refused, on_account),
        total_last_hour=runs(HOUR, ~refused),
        refused_last_day=runs(DAY, refused, by_requester),
        people_last_hour=(session.scalar(others) or 0) + 1,
    )
