"""What all buttons, forms and commands share: who acts, one transaction, known refusals in plain words."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from slack_sdk import WebClient
from sqlalchemy.orm import Session

from bot.context import BotContext
from workers.governance.automations import AutomationError
from workers.runbooks.errors import RunbookError
from workers.serving import NothingBefore
from workers.store.tables import Person, Ticket
from workers.tickets import queries
from workers.tickets.permissions import NotAllowed
from workers.tickets.queries import NoSuchTicket
from workers.tickets.states import IllegalMove
from workers.training.runs import TrainingTrouble

REFUSALS = (
    NotAllowed,
    IllegalMove,
    NoSuchTicket,
    AutomationError,
    NothingBefore,
    RunbookError,
    TrainingTrouble,
)


@dataclass
class Act:
    """One person's act in one transaction."""

    bot: BotContext
    client: WebClient
    person: Person
    session: Session
    lanes: list[str] = field(default_factory=list)
    new_tickets: list[int] = field(default_factory=list)

    def ticket(self, ticket_id: str) -> Ticket:
        """The ticket that a button or a form means, locked until the end of the act."""
        if not ticket_id.isdigit():
            raise NoSuchTicket("This button belongs to no ticket.")
        found = queries.get(self.session, self.bot.workspace, int(ticket_id), lock=True)
        self.lanes.append(f"ticket:{found.id}")
        return found


@contextmanager
def refusing(client: WebClient, body: dict[str, Any]) -> Iterator[None]:
    """A known refusal is told to the person who acted, alone."""
    try:
        yield
    except REFUSALS as refusal:
        tell(client, body, _actor(body), str(refusal))


@contextmanager
def acting(bot: BotContext, client: WebClient, body: dict[str, Any]) -> Iterator[Act]:
    """Run the block as the person of this payload; afterwards send what it wrote.

    A known refusal is told to that person alone, and nothing has changed.
    """
    with refusing(client, body):
        person = bot.person(client, _actor(body))
        if person.is_outsider:
            raise NotAllowed("Guests and people from other organisations are helped by their own IT.")
        with bot.store.begin() as session:
            act = Act(bot, client, person, session)
            yield act
        bot.send(*dict.fromkeys(act.lanes))
        for ticket_id in act.new_tickets:
            bot.route(ticket_id)


def _actor(body: dict[str, Any]) -> str:
    return str(body.get("user_id") or body["user"]["id"])


def value(body: dict[str, Any]) -> str:
    """What the clicked button carries."""
    return str(body["actions"][0].get("value", ""))


def tell(client: WebClient, body: dict[str, Any], slack_id: str, text: str) -> None:
    """Say something that only this person sees; in their direct messages where the act was not in a channel."""
    channel = body.get("channel_id") or (body.get("channel") or {}).get("id")
    if channel is None:
        client.chat_postMessage(channel=slack_id, text=text)
        return
    thread = (body.get("message") or {}).get("thread_ts")
    client.chat_postEphemeral(channel=channel, user=slack_id, text=text, thread_ts=thread)
