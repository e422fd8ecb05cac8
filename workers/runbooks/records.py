"""What is written down at each move of a run: its state, the audit log, the receipt's outcome, messages."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from workers import outbox
from workers.governance import audit, automations
from workers.runbooks import messages, states
from workers.runbooks.errors import RunbookError
from workers.store.columns import now
from workers.store.tables import RunbookRun

_ENDS = frozenset({states.DONE, states.REFUSED, states.EXPIRED, states.CANCELLED, states.ROLLED_BACK})


def automation_of(run: RunbookRun) -> str:
    """The automation that a run belongs to; also the actor of what happens without a person."""
    return f"runbook:{run.runbook}"


def move(session: Session, run: RunbookRun, step: str, actor: str, action: str, **detail: Any) -> None:
    """Move a run and write the audit line. Raises `states.IllegalMove`."""
    run.state = states.after(run.state, step)
    if run.state in _ENDS:
        run.finished_at = now()
    note(session, run, actor, action, **detail)


def note(session: Session, run: RunbookRun, actor: str, action: str, **detail: Any) -> None:
    """Write an audit line about a run."""
    audit.append(session, run.workspace, actor, action, f"run:{run.id}", **detail)


def get(session: Session, run_id: int, workspace: str | None = None, *, lock: bool = True) -> RunbookRun:
    """The run, locked until the transaction ends. Raises `RunbookError` when there is none in this workspace."""
    query = select(RunbookRun).where(RunbookRun.id == run_id)
    run = session.scalar(query.with_for_update(of=RunbookRun) if lock else query)
    if run is None or workspace not in (None, run.workspace):
        raise RunbookError(f"There is no run {run_id}.")
    return run


def cancel(session: Session, run: RunbookRun, actor: str, why: str) -> None:
    """Stop a live run: its link is dead from now on."""
    run.refused_why = why[:200]
    move(session, run, "cancel", actor, "run_cancelled", why=why)


def may_go_on(session: Session, run: RunbookRun) -> bool:
    """Read switch and tier, now. A live run that may not go on is stopped, and the requester told."""
    permit = automations.permit(session, run.workspace, automation_of(run))
    by_a_person = permit.acts_at("approve") and run.approved_by is not None
    if permit.acts_at("auto") or by_a_person:
        return True
    cancel(session, run, automation_of(run), permit.why)
    tell(session, run, messages.stopped(run))
    return False


def tell(session: Session, run: RunbookRun, message: messages.Message) -> None:
    """Send the requester a direct message, in this transaction."""
    to = f"person:{run.requester_id}"
    outbox.put(session, run.workspace, "chat.postMessage", message | {"to": to}, lane=to)


def tell_channel(session: Session, workspace: str, channel: str, message: messages.Message) -> None:
    """Send a team a message in its channel, in this transaction."""
    to = f"channel:{channel}"
    outbox.put(session, workspace, "chat.postMessage", message | {"to": to}, lane=to)
