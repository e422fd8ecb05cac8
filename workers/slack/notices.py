"""What is sent later: the agents' card and the messages about a ticket. Every button's id is named here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from workers.slack.blocks import Block, actions, button, context, cut, escape, quote, section
from workers.store.tables import Person, Ticket
from workers.tickets import states

CLAIM: Final = "ticket_claim"
RESOLVE: Final = "ticket_resolve"
REPLY: Final = "ticket_reply"
NOTE: Final = "ticket_note"
REASSIGN: Final = "ticket_reassign"
HOLD: Final = "ticket_hold"
CONTINUE: Final = "ticket_continue"
WHY: Final = "why"  # value: ticket:7 or receipt:9
CHOOSE_LABEL: Final = "ticket_label"  # + "_" + place, so that ids differ; value: <ticket>:<label>
REOPEN: Final = "ticket_reopen"
RATE: Final = "ticket_rate"  # + "_" + stars; value: <ticket>:<stars>
WITHDRAW: Final = "ticket_withdraw"
SOLVED: Final = "answer_solved"  # value: <receipt>:<article>, as for the next three
NOT_SOLVED: Final = "answer_not_solved"
SHOW_ARTICLE: Final = "answer_show"  # + "_" + place
READ_ARTICLE: Final = "article_read"  # opens the whole article
OPEN_TICKET: Final = "ticket_open"  # value: receipt id
RUNBOOK_START: Final = "runbook_start"  # value: <receipt>:<runbook>
NEW_TICKET: Final = "ticket_new"  # opens the form
RUNBOOK_APPROVE: Final = "runbook_approve"
RUNBOOK_DECLINE: Final = "runbook_decline"
RUNBOOK_NOT_ME: Final = "runbook_not_me"

_STATUS_ICON = {
    states.NEW: "🆕",
    states.TRIAGE: "🧭",
    states.ASSIGNED: "📥",
    states.IN_PROGRESS: "🛠️",
    states.ON_HOLD: "⏸️",
    states.RESOLVED: "✅",
    states.CLOSED: "📁",
    states.MERGED: "🔗",
    states.WITHDRAWN: "↩️",
}


@dataclass(frozen=True)
class Card:
    """What a card shows beside the ticket itself."""

    team_name: str
    label_name: str
    why: str
    confidence: float | None = None
    choices: Sequence[tuple[str, str]] = ()  # label id, label name: the triage buttons, best first
    ask: Sequence[str] = ()  # what an agent needs to know first, by the taxonomy
    clues: Sequence[str] = ()  # words that spoke for the first of `choices`


def status_words(status: str) -> str:
    """A status as people read it: 🛠️ in progress."""
    return f"{_STATUS_ICON.get(status, '')} {status.replace('_', ' ')}".strip()


def slack_time(moment: datetime) -> str:
    """A moment in the reader's own time zone (https://api.slack.com/reference/surfaces/formatting#date-formatting)."""
    fallback = moment.strftime("%d %b %H:%M UTC")
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"


def card(ticket: Ticket, shown: Card) -> dict[str, Any]:
    """The agents' card: text, label with confidence and reason, SLA, and what can be done next."""
    who = f"<@{ticket.requester.slack_id}>"
    facts = [
        f"*{ticket.reference}* · {status_words(ticket.status)} · *{ticket.priority}* · from {who}",
        f"*{escape(shown.label_name)}*" + (f" ({shown.confidence:.0%})" if shown.confidence is not None else ""),
    ]
    if ticket.assignee:
        facts.append(f"with <@{ticket.assignee.slack_id}>")
    blocks = [
        section(" · ".join(facts)),
        section(quote(ticket.text)),
        context(f"Why here: {escape(cut(shown.why, 400))}", _sla_line(ticket), _article_line(ticket)),
    ]
    if shown.ask and ticket.status in (states.ASSIGNED, states.IN_PROGRESS):
        blocks.append(context(f"Unless it is said: {cut(escape(' '.join(shown.ask)), 400)}"))
    if shown.choices and ticket.status in (states.NEW, states.TRIAGE):
        if shown.clues:
            words = ", ".join(f"“{cut(word, 40)}”" for word in shown.clues)
            blocks.append(context(f"For {escape(shown.choices[0][1])} speaks: {cut(escape(words), 400)}"))
        blocks.append(_choices(ticket, shown.choices))
    if buttons := _buttons(ticket):
        blocks.append(actions(buttons, block_id=f"ticket-{ticket.id}"))
    return {"text": f"{ticket.reference}: {cut(escape(ticket.text), 150)}", "blocks": blocks}


def moved_card(ticket: Ticket, team_name: str) -> dict[str, Any]:
    """What stays in the old team's channel."""
    line = f"*{ticket.reference}* was moved to *{escape(team_name)}*."
    return {"text": f"{ticket.reference} was moved to {escape(team_name)}", "blocks": [section(line)]}


def opened(ticket: Ticket) -> dict[str, Any]:
    """For the employee, when a ticket was written."""
    due = next((t.due_at for t in ticket.timers if t.target == "first_response"), None)
    promise = f" You will hear from somebody by {slack_time(due)}." if due else ""
    line = f"🎫 I've opened *{ticket.reference}* for you.{promise} Reply here in the thread to add something."
    undo = button("I don't need it any more", WITHDRAW, str(ticket.id))
    said = _said(f"I've opened {ticket.reference} for you.", line)
    return said | {"blocks": [*said["blocks"], actions([undo])]}


def claimed(ticket: Ticket) -> dict[str, Any]:
    agent = ticket.assignee.name if ticket.assignee else "Somebody"
    return _said(f"{agent} is working on it.", f"🛠️ *{escape(agent)}* is working on {ticket.reference}.")


def reply(author: Person, text: str) -> dict[str, Any]:
    """A reply that crosses from one side's thread to the other's."""
    return _said(f"{author.name}: {cut(text, 200)}", f"💬 *{escape(author.name)}*\n{quote(text, 2800)}")


def note(author: str, text: str) -> dict[str, Any]:
    """An internal note, for the agents' thread only."""
    return _said(f"Note by {author}: {cut(text, 200)}", f"🔒 *Internal note* by {escape(author)}\n{quote(text, 2700)}")


def said_before(author: str, kind: str, text: str) -> dict[str, Any]:
    """For the agents' thread: what was written before the ticket had a card."""
    what = "noted" if kind == "note" else "wrote"
    return _said(f"{author} {what}: {cut(text, 200)}", f"💬 *{escape(author)}* {what} before\n{quote(text, 2700)}")


def resolved(ticket: Ticket) -> dict[str, Any]:
    """For the employee: the resolution, how to get it reopened, and the satisfaction question."""
    line = f"✅ *{ticket.reference}* is resolved.\n{quote(ticket.resolution or '', 2500)}"
    stars = [button(f"{'★' * n}", f"{RATE}_{n}", f"{ticket.id}:{n}") for n in range(1, 6)]
    again = button("Not solved: reopen", REOPEN, str(ticket.id))
    return {
        "text": f"{ticket.reference} is resolved: {cut(escape(ticket.resolution or ''), 200)}",
        "blocks": [
            section(line),
            context("How was it?"),
            actions([*stars, again], block_id=f"rate-{ticket.id}"),
        ],
    }


def reopened(ticket: Ticket) -> dict[str, Any]:
    return _said(
        f"{ticket.reference} is open again.",
        f"🔄 *{ticket.reference}* is open again; the team has been told.",
    )


def withdrawn(ticket: Ticket) -> dict[str, Any]:
    return _said(f"{ticket.reference} is withdrawn.", f"↩️ *{ticket.reference}* is withdrawn. Write to me any time.")


def overdue(ticket: Ticket, target: str, breached: bool, on_call: Sequence[str]) -> dict[str, Any]:
    """For the agents' thread: a promise that is broken, or soon will be."""
    what = target.replace("_", " ")
    mentions = " ".join(f"<@{slack_id}>" for slack_id in on_call)
    if breached:
        return _said(
            f"{ticket.reference}: {what} is overdue",
            f"🔴 *{what}* of {ticket.reference} is overdue. {mentions}",
        )
    return _said(
        f"{ticket.reference}: {what} is due soon",
        f"🟠 *{what}* of {ticket.reference} is due soon. {mentions}",
    )


def shadow_stopped(version: str, why: str) -> dict[str, Any]:
    """For the owner of routing: a version in shadow was switched off by itself."""
    line = f"⏹️ The classifier `{escape(version)}` scores no longer in shadow. {escape(why)} Routing is not touched."
    return _said(f"{version} was switched off in shadow.", line)


def classifier_demoted(version: str, before: str, why: str) -> dict[str, Any]:
    """For the owner of routing: a promoted classifier did worse live and was rolled back by itself."""
    line = (
        f"⏪ The classifier `{escape(version)}` did worse than it should, so `{escape(before)}` is served again. "
        f"{escape(why)} The console's Shadow page lists the tickets. Nothing promotes it again by itself."
    )
    return _said(f"The classifier {version} was rolled back.", line)


def classifier_does_worse(version: str, why: str) -> dict[str, Any]:
    """For the owner of routing: the limit on misroutes is broken, and there is nothing better to go back to."""
    line = (
        f"⚠️ The classifier `{escape(version)}` misroutes more than the limit allows. {escape(why)} Nothing changed: "
        "no version that did better is there, or `watch.demote` is off. Retrain, or suspend `route`."
    )
    return _said(f"The classifier {version} misroutes more than its limit.", line)


def drift(words: Sequence[str], public_url: str) -> dict[str, Any]:
    """For the owner of routing: the tickets of now are not like those that the classifier learnt from."""
    lines = "\n".join(f"• {escape(line)}" for line in words)
    line = f"🌊 *Tickets are not as they were.*\n{lines}\n<{public_url}/console/models/drift|Examples in the console>"
    return _said("Tickets are not like those that the classifier learnt from.", line)


def event_line(text: str) -> dict[str, Any]:
    """A short line in the agents' thread about what happened."""
    return {"text": cut(escape(text), 300), "blocks": [context(cut(escape(text), 1900))]}


def _said(plain: str, mrkdwn: str) -> dict[str, Any]:
    return {"text": cut(escape(plain), 300), "blocks": [section(mrkdwn)]}


def _sla_line(ticket: Ticket) -> str:
    names = {"first_response": "first response", "resolution": "resolution"}
    marks = {
        "running": "due",
        "met": "✓ met, was due",
        "breached": "🔴 overdue since",
        "paused": "paused, was due",
    }
    return " · ".join(f"{names[t.target]} {marks[t.state]} {slack_time(t.due_at)}" for t in ticket.timers)


def _article_line(ticket: Ticket) -> str:
    return f"Nearest article: {escape(ticket.tried_article)}" if ticket.tried_article else ""


def _choices(ticket: Ticket, choices: Sequence[tuple[str, str]]) -> Block:
    buttons = [
        button(name, f"{CHOOSE_LABEL}_{place}", f"{ticket.id}:{label}", style="primary" if place == 0 else None)
        for place, (label, name) in enumerate(choices)
    ]
    return actions(buttons, block_id=f"labels-{ticket.id}")


def _buttons(ticket: Ticket) -> list[Block]:
    value = str(ticket.id)
    why = button("Why?", WHY, f"ticket:{ticket.id}")
    if ticket.status in (states.NEW, states.TRIAGE, states.ASSIGNED):
        return [
            button("Claim", CLAIM, value, style="primary"),
            button("Reply", REPLY, value),
            button("Resolve", RESOLVE, value),
            button("Reassign", REASSIGN, value),
            why,
        ]
    if ticket.status in (states.IN_PROGRESS, states.ON_HOLD):
        waiting = ticket.status == states.ON_HOLD
        return [
            button("Reply", REPLY, value, style="primary"),
            button("Internal note", NOTE, value),
            button("Resolve", RESOLVE, value),
            button("Continue", CONTINUE, value) if waiting else button("Wait for employee", HOLD, value),
            button("Reassign", REASSIGN, value),
            why,
        ]
    return [why] if ticket.status in (states.RESOLVED, states.CLOSED) else []
