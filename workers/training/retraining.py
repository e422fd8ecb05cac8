"""The automation `retrain`: trains a challenger when it is time, as `desk.yaml` says. It never serves one by itself.

On tier `auto` it trains; below that it tells its owner that it is time, with a button. Its switch stops both.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workers.desk import WEEKDAYS, RetrainRule
from workers.governance import automations
from workers.governance.automations import Permit
from workers.service_desk import ServiceDesk, workspaces
from workers.slack import trainings as messages
from workers.store.columns import now
from workers.store.tables import Automation, Receipt, Ticket, TrainingRun
from workers.tickets import states
from workers.training import news, runs
from workers.training.news import AUTOMATION

BY = f"automation:{AUTOMATION}"
WINDOW = timedelta(days=1)  # after its hour on a weekday; a desk that slept longer waits for the next week


@dataclass(frozen=True)
class Facts:
    """What the decision rests on."""

    last_at: datetime
    """When a training was asked for last, or a person was told that it is time; without either, long ago."""
    closed: int
    """Labelled tickets closed since then."""


def why_due(rule: RetrainRule, facts: Facts, moment: datetime, zone: ZoneInfo) -> str:
    """Why it is time, in words; empty when it is not."""
    if rule.after_tickets is not None and facts.closed >= rule.after_tickets:
        return f"{facts.closed} tickets were closed since the last time"
    if facts.closed < rule.at_least:
        return ""
    if rule.every_days is not None:
        at = facts.last_at.astimezone(zone) + timedelta(days=rule.every_days)
        planned = at.replace(hour=rule.hour, minute=0, second=0, microsecond=0)
        if moment >= planned and moment - facts.last_at >= timedelta(days=1):
            return f"every {rule.every_days} days, and {facts.closed} tickets were closed since the last time"
        return ""
    if rule.weekday is None:
        return ""
    planned = last_planned(rule, moment, zone)
    if facts.last_at < planned <= moment < planned + WINDOW:
        return f"it is the weekly hour, and {facts.closed} tickets were closed since the last time"
    return ""


def last_planned(rule: RetrainRule, moment: datetime, zone: ZoneInfo) -> datetime:
    """The last weekly hour that has passed, on the desk's clock."""
    here = moment.astimezone(zone)
    days = (here.weekday() - WEEKDAYS.index(rule.weekday or "sun")) % 7
    planned = (here - timedelta(days=days)).replace(hour=rule.hour, minute=0, second=0, microsecond=0)
    return planned if planned <= here else planned - timedelta(days=7)


def request_due(desk: ServiceDesk) -> list[int]:
    """Ask for the trainings that are due, or tell their owners; gives the runs. Safe in many processes at once."""
    begun = []
    with desk.store.read() as session:
        known = workspaces(session)
    for workspace in known:
        with desk.store.begin() as session:
            locked = (Automation.workspace == workspace, Automation.name == AUTOMATION)
            session.scalar(select(Automation).where(*locked).with_for_update())
            permit = automations.permit(session, workspace, AUTOMATION)
            if permit.allowed and (run_id := _see_to(session, desk, workspace, permit)) is not None:
                begun.append(run_id)
    return begun


def _see_to(session: Session, desk: ServiceDesk, workspace: str, permit: Permit) -> int | None:
    facts = facts_of(session, workspace)
    why = why_due(desk.handbook.desk.retraining, facts, now(), desk.handbook.desk.zone)
    if not why or runs.under_way(session, workspace, "classifier") is not None:
        return None
    if permit.tier != "auto":
        session.add(_receipt(workspace, "training:due", "ask", why, permit, facts))
        for person in news.owners(session, workspace):
            news.put(session, person, messages.due(why))
        return None
    run = runs.request(session, workspace, BY)
    session.add(_receipt(workspace, runs.subject(run.id), "train", why, permit, facts))
    return run.id


def facts_of(session: Session, workspace: str) -> Facts:
    """Read when the last time was, and what has happened since."""
    asked = select(func.max(TrainingRun.requested_at)).where(
        TrainingRun.workspace == workspace, TrainingRun.kind == "classifier"
    )
    told = select(func.max(Receipt.at)).where(Receipt.workspace == workspace, Receipt.automation == AUTOMATION)
    moments = [_moment(session.scalar(query)) for query in (asked, told)]
    last = max((moment for moment in moments if moment is not None), default=now() - timedelta(days=3650))
    done = (Ticket.workspace == workspace, Ticket.status == states.CLOSED, Ticket.label.is_not(None))
    closed = session.scalar(select(func.count()).select_from(Ticket).where(*done, Ticket.closed_at > last))
    return Facts(last, closed or 0)


def _moment(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _receipt(workspace: str, subject: str, decision: str, why: str, permit: Permit, facts: Facts) -> Receipt:
    return Receipt(
        workspace=workspace,
        automation=AUTOMATION,
        subject=subject,
        person=permit.owner or "",
        seen="",
        decision=decision,
        why=f"{why[:1].upper()}{why[1:]}.",
        tier=permit.tier,
        versions={},
        evidence={"closed": facts.closed, "last_at": facts.last_at.isoformat(), "owner": permit.owner},
    )
