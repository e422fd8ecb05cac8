"""Runs from the request to the link, and what people decide about them."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from workers.desk import Desk
from workers.directory.port import Account, Directory, DirectoryTrouble
from workers.governance import automations, receipts
from workers.runbooks import eligibility, limits, messages, records, states
from workers.runbooks.errors import RunbookError
from workers.runbooks.files import Runbook
from workers.runbooks.links import deliver_due_links, deliver_link, due_links, expire_old
from workers.runbooks.messages import ALWAYS_THE_SAME_REPLY, approval_card, plan, reply_to
from workers.runbooks.taking_back import SecurityTicket, not_me, roll_back
from workers.store.columns import now
from workers.store.tables import Person, Receipt, RunbookRun
from workers.tickets.permissions import is_agent

__all__ = [
    "ALWAYS_THE_SAME_REPLY",
    "RunbookError",
    "SecurityTicket",
    "Started",
    "approval_card",
    "approve",
    "decline",
    "deliver_due_links",
    "deliver_link",
    "due_links",
    "expire_old",
    "not_me",
    "roll_back",
    "start",
]


@dataclass(frozen=True)
class Started:
    """What came of a request. The requester reads `reply`, always the same words.

    With `open_ticket` the caller opens a ticket with this text for `team`; `note` is for agents' eyes only.
    """

    run_id: int
    reply: str
    open_ticket: str | None
    team: str
    note: str


def start(session: Session, desk: Desk, runbook: Runbook, person: Person, directory: Directory) -> Started:
    """Begin a run on the person's own account, after they were asked and said yes.

    Every request does the same work and gets the same words; what differs happens later and elsewhere.
    """
    # One request of a person at a time, or two at once would both be within the limit.
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update())
    facts = _look_up(session, runbook, person, directory)
    refusal = eligibility.refusal(facts, runbook)
    if refusal is None:
        _stop_older(session, runbook, person)
    run = _written(session, runbook, person, facts, refusal)
    if refusal is not None:
        _refuse(session, desk, runbook, run, refusal, facts)
    elif facts.permit.tier == "approve":
        _ask_approval(session, desk, runbook, run)
    else:
        run.expires_at = now() + limits.HOUR
        records.move(session, run, "grant", runbook.automation, "run_granted", tier=facts.permit.tier)
    hand_over = refusal is not None and refusal.hand_over
    return Started(
        run_id=run.id,
        reply=reply_to(runbook),
        open_ticket=f"{runbook.title}: please help me with this. (Self-service run {run.id})" if hand_over else None,
        team=runbook.team,
        note=_note(runbook, refusal) if refusal else "",
    )


def approve(session: Session, runbook: Runbook, run_id: int, by: Person) -> RunbookRun:
    """A person of the team says yes: the link becomes due, unless the switch is off. Raises `RunbookError`."""
    run = _for_decision(session, runbook, run_id, by)
    run.approved_by = by.handle
    if not records.may_go_on(session, run):
        return run
    run.expires_at = now() + limits.HOUR
    if receipt := session.get(Receipt, run.receipt_id):
        receipt.approved_by = by.handle
    records.move(session, run, "approve", by.handle, "run_approved")
    return run


def decline(session: Session, runbook: Runbook, run_id: int, by: Person) -> RunbookRun:
    """A person of the team says no: nothing is sent, the requester is told. Raises `RunbookError`."""
    run = _for_decision(session, runbook, run_id, by)
    run.refused_why = f"declined by {by.handle}"
    records.move(session, run, "refuse", by.handle, "run_declined")
    receipts.settle(session, run.receipt_id, "overridden", by.handle)
    records.tell(session, run, messages.declined(run))
    return run


def _note(runbook: Runbook, refusal: eligibility.Refusal) -> str:
    """For the agents who take over: why, and what the runbook would have them do."""
    why = f"Self-service did not do it: {refusal.why}. Identify the person first."
    return f"{why}\n{plan(runbook)}" if runbook.for_people else why


def _look_up(session: Session, runbook: Runbook, person: Person, directory: Directory) -> eligibility.Facts:
    account, trouble = _account_of(directory, person)
    moment = now()
    account_id = account.id if account else None
    return eligibility.Facts(
        is_outsider=person.is_outsider,
        role=person.role,
        account=account,
        directory_trouble=trouble,
        permit=automations.permit(session, person.workspace, runbook.automation),
        counts=limits.count(session, person.workspace, runbook.name, person.id, account_id, moment),
        moment=moment,
    )


def _account_of(directory: Directory, person: Person) -> tuple[Account | None, str | None]:
    try:
        return directory.account_of(person.slack_id), None
    except DirectoryTrouble as trouble:
        return None, str(trouble)


def _written(
    session: Session,
    runbook: Runbook,
    person: Person,
    facts: eligibility.Facts,
    refusal: eligibility.Refusal | None,
) -> RunbookRun:
    """The run with its receipt."""
    run = RunbookRun(
        workspace=person.workspace,
        runbook=runbook.name,
        requester_id=person.id,
        account_id=facts.account.id if facts.account else None,
        state=states.REQUESTED,
        started_at=facts.moment,
    )
    session.add(run)
    session.flush()
    records.note(session, run, person.handle, "run_requested", runbook=runbook.name, version=runbook.version)
    receipt = Receipt(
        workspace=person.workspace,
        automation=runbook.automation,
        subject=f"run:{run.id}",
        person=person.handle,
        seen=f"pressed “{runbook.button}”",
        decision=refusal.code if refusal else ("ask" if facts.permit.tier == "approve" else "send_link"),
        why=f"Not done by itself: {refusal.why}." if refusal else "Own account, all checks passed.",
        tier=facts.permit.tier,
        versions={"runbook": runbook.version},
        evidence={"checks": _checks(facts, runbook), "owner": facts.permit.owner},
    )
    session.add(receipt)
    session.flush()
    run.receipt_id = receipt.id
    return run


def _stop_older(session: Session, runbook: Runbook, person: Person) -> None:
    """A link that was sent before must not work beside the new one."""
    live = (RunbookRun.requester_id == person.id, RunbookRun.runbook == runbook.name, RunbookRun.state.in_(states.LIVE))
    for older in session.scalars(select(RunbookRun).where(*live).with_for_update(of=RunbookRun)).all():
        records.cancel(session, older, person.handle, "asked again")


def _refuse(
    session: Session,
    desk: Desk,
    runbook: Runbook,
    run: RunbookRun,
    refusal: eligibility.Refusal,
    facts: eligibility.Facts,
) -> None:
    run.refused_why = refusal.why[:200]
    records.move(session, run, "refuse", runbook.automation, "run_refused", code=refusal.code, why=refusal.why)
    if refusal.code == "burst":
        automations.suspend(session, run.workspace, runbook.automation, runbook.automation, refusal.why)
        alarm = messages.burst_alarm(runbook, facts.counts.people_last_hour, facts.moment)
        records.tell_channel(session, run.workspace, desk.team(desk.security_team).channel, alarm)


def _ask_approval(session: Session, desk: Desk, runbook: Runbook, run: RunbookRun) -> None:
    run.expires_at = now() + timedelta(minutes=runbook.approval_minutes)
    records.move(session, run, "ask_approval", runbook.automation, "run_awaits_approval")
    session.refresh(run)
    receipt = session.get_one(Receipt, run.receipt_id)
    card = approval_card(run, runbook, receipt.evidence["checks"])
    records.tell_channel(session, run.workspace, desk.team(runbook.team).channel, card)


def _for_decision(session: Session, runbook: Runbook, run_id: int, by: Person) -> RunbookRun:
    run = records.get(session, run_id, by.workspace)
    if run.runbook != runbook.name:
        raise RunbookError(f"Run {run_id} belongs to another runbook.")
    if not is_agent(by) or (runbook.team not in by.teams and by.role != "admin"):
        raise RunbookError("Only agents of the team that looks after this runbook can decide this.")
    if by.id == run.requester_id:
        raise RunbookError("Somebody else has to decide this: it is your own request.")
    if run.state != states.AWAITING_APPROVAL or (run.expires_at is not None and run.expires_at < now()):
        raise RunbookError(f"Run {run_id} is not waiting for a decision any more; it is {run.state}.")
    return run


def _checks(facts: eligibility.Facts, runbook: Runbook) -> list[str]:
    """What was looked at, in words; the same list whatever came of it."""
    account = facts.account
    return [
        f"account: {account.username if account else 'none'}",
        f"second channel: {'registered' if account and account.second_channel else 'none'}",
        f"runs in a day: {facts.counts.by_requester_last_day} of {runbook.limits.per_requester_per_day}",
        f"runs in an hour: {facts.counts.total_last_hour} of {runbook.limits.total_per_hour}",
        f"people in an hour: {facts.counts.people_last_hour}, alarm at {runbook.limits.alarm_accounts_per_hour}",
    ]
