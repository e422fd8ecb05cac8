"""What people do with a ticket. Each checks who asks and what the state allows, then writes everything at once.

Raises `NotAllowed` or `IllegalMove` with a sentence for the person; then nothing has changed.
"""

from sqlalchemy.orm import Session

from workers import sla
from workers.governance import audit, receipts
from workers.handbook import Handbook
from workers.redaction import redact
from workers.slack import notices
from workers.store.columns import now
from workers.store.tables import LabelDecision, Person, Ticket
from workers.tickets import states
from workers.tickets.history import (
    move_card,
    post_first_card,
    refresh_card,
    subject,
    tell_agents,
    tell_requester,
    write,
)
from workers.tickets.permissions import NotAllowed, must_be_agent, must_be_requester


def claim(session: Session, handbook: Handbook, ticket: Ticket, agent: Person) -> None:
    """The agent takes the ticket; the employee hears who works on it."""
    must_be_agent(agent)
    ticket.status = states.after(ticket.status, "claim")
    ticket.assignee_id, ticket.assignee = agent.id, agent
    _respond_first(ticket)
    if ticket.label_by == "classifier":
        receipts.settle(session, ticket.receipt_id, "accepted", agent.handle)
    _record(session, ticket, agent.handle, "ticket_claimed")
    tell_requester(session, ticket, notices.claimed(ticket))
    refresh_card(session, handbook, ticket)


def release(session: Session, handbook: Handbook, ticket: Ticket, agent: Person) -> None:
    """Give a claimed ticket back to the team."""
    must_be_agent(agent)
    _continue_clock(handbook, ticket)
    ticket.status = states.after(ticket.status, "release")
    ticket.assignee_id = ticket.assignee = None
    _record(session, ticket, agent.handle, "ticket_released")
    refresh_card(session, handbook, ticket)


def hold(session: Session, handbook: Handbook, ticket: Ticket, agent: Person) -> None:
    """Wait for the employee; the resolution clock stops."""
    must_be_agent(agent)
    ticket.status = states.after(ticket.status, "hold")
    sla.pause(handbook.desk, ticket)
    _record(session, ticket, agent.handle, "ticket_put_on_hold")
    refresh_card(session, handbook, ticket)


def carry_on(session: Session, handbook: Handbook, ticket: Ticket, by: str) -> None:
    """The wait is over: by an agent's click, or because the employee answered."""
    ticket.status = states.after(ticket.status, "continue")
    sla.resume(handbook.desk, ticket)
    _record(session, ticket, by, "ticket_continued")
    refresh_card(session, handbook, ticket)


def relabel(session: Session, handbook: Handbook, ticket: Ticket, agent: Person, label: str) -> None:
    """A person says what the ticket is about: it goes to that label's team, and the label is a training label."""
    must_be_agent(agent)
    was_label, was_by = ticket.label, ticket.label_by
    if was_by == "classifier" or ticket.status == states.TRIAGE:
        guess = _first_guess(session, ticket)
        receipts.settle(session, ticket.receipt_id, "accepted" if guess == label else "corrected", agent.handle)
    ticket.label, ticket.label_by = label, agent.handle
    decision = LabelDecision(
        workspace=ticket.workspace, ticket_id=ticket.id, label=label, by=agent.handle, was=was_label
    )
    session.add(decision)
    reassign(session, handbook, ticket, agent, handbook.team_of(label))


def back_to_triage(session: Session, handbook: Handbook, ticket: Ticket, agent: Person) -> None:
    """The label was a slip: who gave it takes it back, as long as nobody has claimed the ticket."""
    must_be_agent(agent)
    if ticket.label_by != agent.handle:
        raise NotAllowed("Only the person who gave the label can take it back.")
    ticket.status = states.after(ticket.status, "back_to_triage")
    was_team, was_label = ticket.team, ticket.label
    ticket.team, ticket.label, ticket.label_by = handbook.desk.triage, None, None
    receipts.unsettle(session, ticket.receipt_id)
    _record(session, ticket, agent.handle, "ticket_back_in_triage", was=was_team, label=was_label)
    if was_team == ticket.team:
        refresh_card(session, handbook, ticket)
    else:
        move_card(session, handbook, ticket)


def reassign(session: Session, handbook: Handbook, ticket: Ticket, agent: Person, team: str) -> None:
    """Hand the ticket to a team; within the same team only the card changes."""
    must_be_agent(agent)
    _continue_clock(handbook, ticket)
    was = ticket.team
    ticket.status = states.after(ticket.status, "assign")
    ticket.team = team
    ticket.assignee_id = ticket.assignee = None
    _record(session, ticket, agent.handle, "ticket_reassigned", was=was, now=team, label=ticket.label)
    if was is None:
        post_first_card(session, handbook, ticket)
    elif was != team:
        move_card(session, handbook, ticket)
    else:
        refresh_card(session, handbook, ticket)


def withdraw(session: Session, handbook: Handbook, ticket: Ticket, person: Person) -> None:
    """The employee does not need it any more; it will not be learnt from."""
    must_be_requester(person, ticket)
    ticket.status = states.after(ticket.status, "withdraw")
    ticket.closed_at = now()
    for target in ("first_response", "resolution"):
        sla.meet(ticket, target)
    _record(session, ticket, person.handle, "ticket_withdrawn")
    tell_requester(session, ticket, notices.withdrawn(ticket))
    refresh_card(session, handbook, ticket)


def change_priority(
    session: Session, handbook: Handbook, ticket: Ticket, agent: Person, impact: str, urgency: str
) -> None:
    """A person sets impact and urgency; priority and promises follow."""
    must_be_agent(agent)
    was = ticket.priority
    ticket.impact, ticket.urgency = impact, urgency
    ticket.priority = handbook.desk.priority(impact, urgency)
    sla.recompute(handbook.desk, ticket, was)
    for receipt in receipts.of_subject(session, subject(ticket)):
        if receipt.automation == "prioritise" and receipt.outcome is None:
            same = receipt.decision == ticket.priority
            receipts.settle(session, receipt.id, "accepted" if same else "corrected", agent.handle)
    _record(session, ticket, agent.handle, "ticket_priority_changed", was=was, now=ticket.priority)
    refresh_card(session, handbook, ticket)


def resolve(session: Session, handbook: Handbook, ticket: Ticket, agent: Person, resolution: str) -> None:
    """The agent says how it was solved; the employee is asked whether it was."""
    must_be_agent(agent)
    ticket.status = states.after(ticket.status, "resolve")
    if ticket.assignee is None:
        ticket.assignee_id, ticket.assignee = agent.id, agent
    ticket.resolution = redact(resolution).text
    ticket.resolved_at = now()
    _respond_first(ticket)
    sla.pause(handbook.desk, ticket)  # what is left counts again after a reopening
    sla.meet(ticket, "resolution")
    _record(session, ticket, agent.handle, "ticket_resolved", resolution=ticket.resolution)
    tell_requester(session, ticket, notices.resolved(ticket))
    tell_agents(session, ticket, notices.note(agent.name, f"Resolved: {ticket.resolution}"))
    refresh_card(session, handbook, ticket)


def reopen(session: Session, handbook: Handbook, ticket: Ticket, person: Person) -> None:
    """Not solved after all: back to the team, and the clock goes on."""
    if person.id != ticket.requester_id:
        must_be_agent(person)
    ticket.status = states.after(ticket.status, "reopen")
    ticket.resolved_at = ticket.closed_at = ticket.rating = None
    ticket.assignee_id = ticket.assignee = None
    sla.resume(handbook.desk, ticket)
    _record(session, ticket, person.handle, "ticket_reopened")
    tell_requester(session, ticket, notices.reopened(ticket))
    if ticket.team is None:  # resolved before it had a team
        ticket.team = handbook.desk.triage
        post_first_card(session, handbook, ticket)
    tell_agents(session, ticket, notices.event_line(f"{person.name} reopened it."))
    refresh_card(session, handbook, ticket)


def rate(session: Session, handbook: Handbook, ticket: Ticket, person: Person, stars: int) -> None:
    """The employee rates the help (1–5) and thereby closes the ticket; a later click corrects the number."""
    must_be_requester(person, ticket)
    if not 1 <= stars <= 5:
        raise ValueError(f"a rating is 1 to 5, not {stars}")
    if ticket.status != states.CLOSED:
        _close(session, ticket, person.handle)
    ticket.rating = stars
    _record(session, ticket, person.handle, "ticket_rated", stars=stars)
    refresh_card(session, handbook, ticket)


def close_quietly(session: Session, handbook: Handbook, ticket: Ticket) -> None:
    """Close a resolved ticket that nobody has touched for long."""
    _close(session, ticket, "timetable")
    refresh_card(session, handbook, ticket)


def _close(session: Session, ticket: Ticket, by: str) -> None:
    ticket.status = states.after(ticket.status, "close")
    ticket.closed_at = now()
    _record(session, ticket, by, "ticket_closed")


def _respond_first(ticket: Ticket) -> None:
    if ticket.first_response_at is None:
        ticket.first_response_at = now()
        sla.meet(ticket, "first_response")


def _continue_clock(handbook: Handbook, ticket: Ticket) -> None:
    if ticket.status == states.ON_HOLD:
        sla.resume(handbook.desk, ticket)


def _first_guess(session: Session, ticket: Ticket) -> str | None:
    for receipt in receipts.of_subject(session, subject(ticket)):
        if receipt.automation == "route":
            top = receipt.evidence.get("top") or []
            return str(top[0][0]) if top else None
    return None


def _record(session: Session, ticket: Ticket, by: str, action: str, **detail: object) -> None:
    audit.append(session, ticket.workspace, by, action, subject(ticket), **detail)
    write(session, ticket, by, "event", action.removeprefix("ticket_").replace("_", " "))
