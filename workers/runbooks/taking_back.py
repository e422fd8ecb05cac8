"""“This wasn't me”: everything stops, the account goes back to what it was, Security is told."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from workers.desk import Desk
from workers.directory.port import Directory, DirectoryTrouble
from workers.governance import automations, receipts
from workers.runbooks import messages, records, states
from workers.runbooks.errors import RunbookError
from workers.store.session import Store
from workers.store.tables import Person, Receipt, RunbookRun

_NOTHING_CHANGED = "The run was over before anything was changed."
_OUTCOME = {states.CHANGING: "The password was being changed at that very moment: look at the account now."}


@dataclass(frozen=True)
class SecurityTicket:
    """What the caller opens in the requester's name, for this team."""

    text: str
    team: str
    requester: Person


def not_me(store: Store, directory: Directory, desk: Desk, run_id: int, person: Person) -> SecurityTicket | None:
    """The person whose account it is says so, on either channel. A second press changes nothing, gives none.

    Suspends the runbook for everybody, kills a live link, or puts the old password back and ends all sessions.
    Raises `RunbookError` for anybody else's press.
    """
    with store.read() as session:
        requester = records.get(session, run_id, person.workspace, lock=False).requester
    if person.id != requester.id and person.slack_id not in _other_accounts(directory, requester):
        raise RunbookError("Only the person whose account this is about can press this.")
    with store.begin() as session:
        run = records.get(session, run_id, person.workspace)
        outcome = _OUTCOME.get(run.state, _NOTHING_CHANGED)
        is_first = _report(session, desk, run, person)
    if run.state in (states.DONE, states.ROLLED_BACK):
        outcome = _take_back(store, directory, run, person.handle)
    if not is_first:
        return None
    text = (
        f"“This wasn't me”: {requester.name} says so about {run.runbook.replace('_', ' ')}, run {run_id}. {outcome} "
        f"{records.automation_of(run)} is suspended. Call the person back on the number on record."
    )
    return SecurityTicket(text, desk.security_team, requester)


def roll_back(store: Store, directory: Directory, run_id: int, by: str) -> RunbookRun:
    """Put back what a finished run changed. Raises `RunbookError`, or `DirectoryTrouble` when it cannot be done."""
    with store.read() as session:
        run = records.get(session, run_id, lock=False)
    if run.state == states.ROLLED_BACK:
        return run
    if run.state != states.DONE or run.undo is None:
        raise RunbookError(f"Run {run_id} is {run.state}: there is nothing to put back.")
    directory.restore(run.undo)
    with store.begin() as session:
        run = records.get(session, run_id)
        records.move(session, run, "roll_back", by, "run_rolled_back")
        receipts.settle(session, run.receipt_id, "rolled_back", by)
        return run


def _report(session: Session, desk: Desk, run: RunbookRun, person: Person) -> bool:
    """Write the report down and stop the runbook; tells whether it is the first about this run."""
    receipt = session.get_one(Receipt, run.receipt_id)
    if receipt.outcome == "rolled_back":
        return False
    why = f"“This wasn't me” about run {run.id}"
    records.note(session, run, person.handle, "reported_not_me", was=run.state)
    receipts.settle(session, run.receipt_id, "rolled_back", person.handle)
    automations.suspend(session, run.workspace, records.automation_of(run), person.handle, why)
    alarm = messages.not_me_alarm(run)
    records.tell_channel(session, run.workspace, desk.team(desk.security_team).channel, alarm)
    if run.state in states.LIVE:
        records.cancel(session, run, person.handle, why)
    return True


def _take_back(store: Store, directory: Directory, run: RunbookRun, by: str) -> str:
    """Put the old password back and end all sessions; what came of it, in words for Security."""
    try:
        roll_back(store, directory, run.id, by)
        directory.end_sessions(str(run.account_id))
    except DirectoryTrouble as trouble:
        return f"The old password could not be put back: {trouble}"
    with store.begin() as session:
        records.note(session, run, by, "sessions_ended")
    return "The old password was put back and all sessions were ended."


def _other_accounts(directory: Directory, requester: Person) -> frozenset[str]:
    try:
        account = directory.account_of(requester.slack_id)
    except DirectoryTrouble:
        return frozenset()  # the requester's own account can still stop everything
    return account.other_slack_ids if account else frozenset()
