"""The view of App Home."""

from collections.abc import Sequence
from typing import Any

from bot.views.talk import ticket_line
from workers.slack import notices
from workers.slack.blocks import Block, actions, button, context, divider, escape, header, section
from workers.store.tables import Automation, Person, Ticket
from workers.tickets.permissions import is_agent


def view(
    desk_name: str,
    person: Person,
    own: Sequence[Ticket],
    queue: Sequence[Ticket],
    automations: Sequence[Automation],
    trainings: Sequence[Block],
    console_url: str,
) -> dict[str, Any]:
    """What this person sees first."""
    blocks = [header(desk_name), section("Write to me in *Messages*, or:")]
    blocks.append(actions([button("Open a ticket", notices.NEW_TICKET, "new", style="primary")]))
    blocks += _tickets("My tickets", own, "You have no tickets. That's a good sign.")
    if is_agent(person):
        blocks += _tickets("Open in my teams", queue, "Nothing waits in your teams' queues.")
        blocks.append(context(f"Console: {console_url} · a link to sign in: `/desk console`"))
    if automations:
        blocks += [divider(), section("*Automations*"), *(section(_automation_line(row)) for row in automations)]
        blocks.append(context("`/desk suspend NAME why` · `/desk resume NAME` · `/desk retrain`"))
    blocks += [divider(), *trainings] if trainings else []
    return {"type": "home", "blocks": blocks[:100]}


def _tickets(title: str, tickets: Sequence[Ticket], empty: str) -> list[Block]:
    lines = [section(ticket_line(ticket)) for ticket in tickets[:10]] or [context(empty)]
    return [divider(), section(f"*{title}*"), *lines]


def _automation_line(row: Automation) -> str:
    state = f"⏸️ suspended by {escape(row.suspended_by or '')}" if row.suspended_at else f"▶️ {row.tier}"
    return f"`{row.name}` · {state} · at most {row.risk_limit:.0%} wrong · owner {escape(row.owner or 'nobody')}"
