"""Which versions score along in shadow: at most one challenger, and for a time the champion before the served one."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workers import serving
from workers.desk import WatchRule
from workers.governance import audit
from workers.store.columns import now
from workers.store.tables import Shadow, ShadowScore
from workers.training.runs import TrainingTrouble

CHALLENGER: Final = "challenger"
PREDECESSOR: Final = "predecessor"
BY: Final = "deskhand"  # what is started or stopped by itself


def running(session: Session) -> list[Shadow]:
    """The shadows that score new tickets now."""
    return list(session.scalars(select(Shadow).where(Shadow.stopped_at.is_(None)).order_by(Shadow.id)))


def latest(session: Session, limit: int = 10) -> list[Shadow]:
    """All that there were, newest first."""
    return list(session.scalars(select(Shadow).order_by(Shadow.id.desc()).limit(limit)))


def start(session: Session, workspace: str, version: str, by: str, why: str) -> Shadow:
    """Let a challenger score along from the next ticket on; the challenger before it stops.

    Whether the version can be loaded is for the caller to check. Raises `TrainingTrouble` for the served one.
    """
    if serving.served(session, "classifier") == version:
        raise TrainingTrouble(f"{version} is served: it decides already, so there is nothing to compare.")
    for shadow in running(session):
        if shadow.version == version and shadow.role == CHALLENGER:
            return shadow
        if shadow.version == version or shadow.role == CHALLENGER:
            end(session, workspace, shadow, by, f"{version} takes its place")
    return _begin(session, workspace, version, CHALLENGER, by, why)


def keep_predecessor(session: Session, workspace: str, version: str, rule: WatchRule, by: str) -> Shadow:
    """After a promotion: the champion before scores along for a time, so that the new one can be compared live."""
    shadow = _begin(session, workspace, version, PREDECESSOR, by, "served before the promotion")
    shadow.until_at, shadow.until_tickets = now() + timedelta(days=rule.days), rule.tickets
    return shadow


def stop(session: Session, workspace: str, by: str, why: str, version: str | None = None) -> list[Shadow]:
    """Stop the shadow of this version, or all of them. Raises `TrainingTrouble` when there is none."""
    found = [shadow for shadow in running(session) if version in (None, shadow.version)]
    if not found:
        raise TrainingTrouble(f"{version} is not in shadow." if version else "No version is in shadow.")
    for shadow in found:
        end(session, workspace, shadow, by, why)
    return found


def end(session: Session, workspace: str, shadow: Shadow, by: str, why: str) -> None:
    """Stop one, and say so in the audit log."""
    shadow.stopped_at, shadow.stopped_by, shadow.stopped_why = now(), by, why[:500]
    audit.append(session, workspace, by, "shadow_stopped", f"classifier:{shadow.version}", role=shadow.role, why=why)


def end_overdue(session: Session, workspace: str, moment: datetime) -> list[Shadow]:
    """Stop those whose time is over or that have scored enough; gives them."""
    overdue = [shadow for shadow in running(session) if _is_over(session, shadow, moment)]
    for shadow in overdue:
        end(session, workspace, shadow, BY, "its time was over")
    return overdue


def _is_over(session: Session, shadow: Shadow, moment: datetime) -> bool:
    if shadow.until_at is not None and shadow.until_at <= moment:
        return True
    return shadow.until_tickets is not None and scored(session, shadow) >= shadow.until_tickets


def scored(session: Session, shadow: Shadow) -> int:
    """How many tickets it has scored since it was started."""
    own = (ShadowScore.version == shadow.version, ShadowScore.at >= shadow.started_at)
    return session.scalar(select(func.count()).select_from(ShadowScore).where(*own)) or 0


def _begin(session: Session, workspace: str, version: str, role: str, by: str, why: str) -> Shadow:
    shadow = Shadow(version=version, role=role, started_by=by, why=why[:500])
    session.add(shadow)
    session.flush()
    audit.append(session, workspace, by, "shadow_started", f"classifier:{version}", role=role, why=why)
    return shadow
