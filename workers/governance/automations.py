"""What the machine may decide: each automation with its owner, tier, limit and switch."""

from dataclasses import dataclass
from typing import get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from workers.desk import AutomationRule, Desk, Tier
from workers.governance import audit
from workers.store.columns import now
from workers.store.tables import Automation

TIERS: tuple[Tier, ...] = get_args(Tier)


class AutomationError(Exception):
    """Something asked of an automation that cannot be done; the message says why."""


@dataclass(frozen=True)
class Permit:
    """Whether an automation may act now, and how far. Ask again when the step runs, not only when it is queued."""

    name: str
    allowed: bool
    tier: Tier
    risk_limit: float
    owner: str | None
    why: str

    def acts_at(self, tier: Tier) -> bool:
        """Whether it may act, and stands exactly on this tier."""
        return self.allowed and self.tier == tier


def install(session: Session, workspace: str, desk: Desk) -> None:
    """Bring in the desk file's automations. Owner and limit follow the file; the tier is earned and kept.

    One that is not in the file any more loses its owner, and with it the right to run.
    """
    known = {a.name: a for a in all_of(session, workspace)}
    rules = {rule.name: rule for rule in desk.automations}
    for name, rule in rules.items():
        if name not in known:
            _add(session, workspace, rule)
        else:
            _change(session, workspace, known[name], rule.owner, rule.risk_limit)
    for name in known.keys() - rules.keys():
        _change(session, workspace, known[name], None, known[name].risk_limit)


def _change(session: Session, workspace: str, row: Automation, owner: str | None, risk_limit: float) -> None:
    if (row.owner, row.risk_limit) == (owner, risk_limit):
        return
    row.owner, row.risk_limit = owner, risk_limit
    detail = {"owner": owner, "risk_limit": risk_limit}
    audit.append(session, workspace, "desk.yaml", "automation_changed", _subject(row.name), **detail)


def permit(session: Session, workspace: str, name: str) -> Permit:
    """What this automation may do now. One that nobody set up, or that nobody owns, may do nothing."""
    row = session.scalar(select(Automation).where(Automation.workspace == workspace, Automation.name == name))
    if row is None:
        return Permit(name, False, "suggest", 0.0, None, f"nobody has set up {name} in desk.yaml")
    if row.owner is None:
        why = f"{name} has no owner in desk.yaml"
    elif row.suspended_at is not None:
        why = f"{name} was suspended by {row.suspended_by}: {row.suspended_why}"
    else:
        why = f"{name} runs on tier {row.tier}, owned by {row.owner}"
    allowed = row.owner is not None and row.suspended_at is None
    return Permit(name, allowed, _tier(row.tier), row.risk_limit, row.owner, why)


def all_of(session: Session, workspace: str) -> list[Automation]:
    """Every automation of the workspace, by name."""
    query = select(Automation).where(Automation.workspace == workspace).order_by(Automation.name)
    return list(session.scalars(query))


def suspend(session: Session, workspace: str, name: str, by: str, why: str) -> list[Automation]:
    """Switch one automation off, or all of them with the name `all`."""
    rows = _named(session, workspace, name)
    for row in rows:
        row.suspended_by, row.suspended_why, row.suspended_at = by, why[:500], now()
        audit.append(session, workspace, by, "automation_suspended", _subject(row.name), why=why)
    return rows


def resume(session: Session, workspace: str, name: str, by: str) -> list[Automation]:
    """Switch it on again."""
    rows = _named(session, workspace, name)
    for row in rows:
        row.suspended_by = row.suspended_why = row.suspended_at = None
        audit.append(session, workspace, by, "automation_resumed", _subject(row.name))
    return rows


def move_tier(session: Session, workspace: str, name: str, step: int, by: str, why: str) -> Automation:
    """Promote (`step` 1) or demote (-1) by one tier; a person's decision, with its reason."""
    if name == "all":
        raise AutomationError("a tier belongs to one automation: name it")
    (row,) = _named(session, workspace, name)
    place = TIERS.index(_tier(row.tier)) + step
    if not 0 <= place < len(TIERS):
        raise AutomationError(f"{name} is on tier {row.tier} already; there is none beyond")
    action = "automation_promoted" if step > 0 else "automation_demoted"
    audit.append(session, workspace, by, action, _subject(name), was=row.tier, now=TIERS[place], why=why)
    row.tier = TIERS[place]
    return row


def _named(session: Session, workspace: str, name: str) -> list[Automation]:
    rows = [row for row in all_of(session, workspace) if name in ("all", row.name)]
    if not rows:
        names = ", ".join(row.name for row in all_of(session, workspace)) or "none yet"
        raise AutomationError(f"there is no automation called {name!r}; there are: {names}")
    return rows


def _add(session: Session, workspace: str, rule: AutomationRule) -> None:
    session.add(Automation(workspace=workspace, **rule.model_dump()))
    audit.append(
        session,
        workspace,
        "desk.yaml",
        "automation_added",
        _subject(rule.name),
        **rule.model_dump(exclude={"name"}),
    )


def _tier(value: str) -> Tier:
    return next(tier for tier in TIERS if tier == value)


def _subject(name: str) -> str:
    return f"automation:{name}"
