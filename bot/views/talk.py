"""The bot's short sentences, and lists of tickets."""

from collections.abc import Sequence
from typing import Any

from workers.routing.explaining import Why
from workers.slack import notices
from workers.slack.blocks import Block, actions, button, context, cut, escape, section
from workers.store.tables import Ticket

View = dict[str, Any]

PROMPTS = (
    ("I forgot my password", "I forgot my password and can't sign in"),
    ("VPN trouble", "GlobalProtect won't connect from home"),
    ("My tickets", "show my tickets"),
)

_LINES = {
    "greeting": "👋 Hello! Tell me what is wrong or what you need, in a sentence or two.",
    "thanks": "You're welcome. Write to me any time.",
    "help": (
        "I answer IT questions from our articles, reset passwords, and open tickets with the right team. "
        "Tell me what is wrong in a sentence or two, or type `/desk` to see your tickets."
    ),
    "unclear": "I need a bit more to go on: what were you doing, and what happened?",
}


def small_talk(topic: str) -> View:
    """A sentence, and where it helps the way to a person."""
    blocks = [section(_LINES[topic])]
    if topic in ("help", "unclear"):
        blocks.append(actions([_new_ticket("Open a ticket")]))
    return {"text": _LINES[topic], "blocks": blocks}


def refuse(why: str) -> View:
    line = f"I can't help here. {why}"
    return {"text": line, "blocks": [section(escape(line))]}


def ask_for_words() -> View:
    line = "Gladly. Tell the service desk in a few words what it is about:"
    return {"text": line, "blocks": [section(line), actions([_new_ticket("Write to the service desk")])]}


def ticket_list(tickets: Sequence[Ticket]) -> View:
    """The employee's own tickets, open ones first."""
    if not tickets:
        line = "You have no tickets. Write to me what is wrong, and I will find an answer or a person."
        return {"text": line, "blocks": [section(line), actions([_new_ticket("Open a ticket")])]}
    lines = [ticket_line(ticket) for ticket in tickets[:15]]
    heading = f"Your tickets ({len(tickets)})"
    blocks: list[Block] = [section(f"*{heading}*"), *(section(line) for line in lines)]
    return {"text": heading, "blocks": [*blocks, actions([_new_ticket("Open a ticket")])]}


def ticket_line(ticket: Ticket) -> str:
    """One ticket in two lines."""
    with_whom = f" · with {escape(ticket.assignee.name)}" if ticket.assignee else ""
    return (
        f"*{ticket.reference}* · {notices.status_words(ticket.status)}{with_whom} · "
        f"{notices.slack_time(ticket.opened_at)}\n{cut(escape(' '.join(ticket.text.split())), 160)}"
    )


def one_ticket(ticket: Ticket | None) -> View:
    if ticket is None:
        line = "I don't find a ticket of yours with that number. `/desk` lists your tickets."
        return {"text": line, "blocks": [section(line)]}
    return {"text": f"{ticket.reference} is {ticket.status}", "blocks": [section(ticket_line(ticket))]}


def trouble(reference: str) -> View:
    """An unknown error: honest, with a number that is in the log too."""
    line = (
        f"Something went wrong on my side; I have written it down under *{reference}*. "
        "Please try again, or call the service desk and give them this number."
    )
    return {"text": f"Something went wrong ({reference})", "blocks": [section(line)]}


def sentence(text: str) -> View:
    """A plain sentence."""
    return {"text": cut(text, 300), "blocks": [section(escape(text))]}


def closed_ticket(ticket: Ticket) -> View:
    """Somebody writes into the thread of a ticket that is done: never reopen by accident."""
    line = f"{ticket.reference} is {notices.status_words(ticket.status)}. I have kept your message with it."
    again = button("Not solved: reopen", notices.REOPEN, str(ticket.id))
    return {"text": line, "blocks": [section(line), actions([again, _new_ticket("Something new")])]}


def why(lines: str) -> View:
    return {"text": "Why", "blocks": [section(escape(lines)), context("Every decision of the machine has a receipt.")]}


def explained(why: Why) -> str:
    """What speaks for a ticket's label, in a few lines, for agents."""
    lines = [
        f"The model says {why.label_name} ({why.chance:.0%}); the runner-up is {why.runner_up_name} "
        f"({why.runner_up_chance:.0%})."
    ]
    if why.telling:
        lines.append(f"For {why.label_name} speaks: {', '.join(f'“{cut(word, 40)}”' for word in why.telling)}.")
    if why.near:
        near = ", ".join(f"{one.reference} ({one.label_name})" for one in why.near[:3])
        lines.append(f"Nearest closed tickets: {near}.")
    return escape("\n".join(lines))


def _new_ticket(label: str) -> Block:
    return button(label, notices.NEW_TICKET, "new")
