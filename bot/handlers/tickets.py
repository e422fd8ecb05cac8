"""Buttons and forms on tickets."""

from collections.abc import Callable
from typing import Any

from slack_bolt import Ack
from slack_sdk import WebClient

from bot.context import BotContext
from bot.handlers.acting import Act, acting, tell, value
from bot.views import forms, talk
from workers.governance import receipts
from workers.routing.explaining import CannotExplain
from workers.store.tables import Person, Receipt, Ticket
from workers.tickets import correspondence, permissions, queries, work
from workers.tickets.opening import Place, open_ticket

Listener = Callable[..., None]


def button(do: Callable[[Act, Ticket], None]) -> Listener:
    """A button whose value is a ticket's id."""

    def on_click(ack: Ack, body: dict[str, Any], client: WebClient, context: dict[str, Any]) -> None:
        ack()
        with acting(context["bot"], client, body) as act:
            do(act, act.ticket(value(body)))

    return on_click


claim = button(lambda act, ticket: work.claim(act.session, act.bot.desk.handbook, ticket, act.person))
hold = button(lambda act, ticket: work.hold(act.session, act.bot.desk.handbook, ticket, act.person))
reopen = button(lambda act, ticket: work.reopen(act.session, act.bot.desk.handbook, ticket, act.person))
withdraw = button(lambda act, ticket: work.withdraw(act.session, act.bot.desk.handbook, ticket, act.person))


@button
def carry_on(act: Act, ticket: Ticket) -> None:
    """An agent goes on with a ticket that was on hold."""
    permissions.must_be_agent(act.person)
    work.carry_on(act.session, act.bot.desk.handbook, ticket, act.person.handle)


def choose_label(ack: Ack, body: dict[str, Any], client: WebClient, context: dict[str, Any]) -> None:
    """A triage button: the label, and with it the team."""
    ack()
    ticket_id, _, label = value(body).partition(":")
    with acting(context["bot"], client, body) as act:
        handbook = act.bot.desk.handbook
        work.relabel(act.session, handbook, act.ticket(ticket_id), act.person, label)


def rate(ack: Ack, body: dict[str, Any], client: WebClient, context: dict[str, Any]) -> None:
    """The stars below a resolution."""
    ack()
    ticket_id, _, stars = value(body).partition(":")
    with acting(context["bot"], client, body) as act:
        work.rate(act.session, act.bot.desk.handbook, act.ticket(ticket_id), act.person, int(stars))
        tell(client, body, act.person.slack_id, "Thank you! Your rating is kept with the ticket.")


def why(ack: Ack, body: dict[str, Any], client: WebClient, context: dict[str, Any]) -> None:
    """The receipt of a decision, for whoever may see its subject."""
    ack()
    kind, _, number = value(body).partition(":")
    said: tuple[Person, str] | None = None
    with acting(context["bot"], client, body) as act:
        if kind == "ticket":
            ticket = act.ticket(number)
            allowed, receipt_id = permissions.may_see(act.person, ticket), ticket.receipt_id
        else:
            receipt_id = int(number)
            receipt = act.session.get(Receipt, receipt_id)
            allowed = receipt is not None and (receipt.person == act.person.handle or permissions.is_agent(act.person))
        if not allowed:
            raise permissions.NotAllowed("Only the person it was about, and agents, can see this.")
        receipt = act.session.get(Receipt, receipt_id) if receipt_id else None
        words = receipts.in_words(receipt) if receipt else "A person decided this; the machine had no part in it."
        said = act.person, words
    if said is not None:  # computing more takes a moment, in which the ticket is not locked any more
        person, words = said
        more = _explained(context["bot"], person, int(number)) if kind == "ticket" else ""
        tell(client, body, person.slack_id, words + more)


def _explained(bot: BotContext, person: Person, ticket_id: int) -> str:
    """What speaks for the label, for agents; nothing while no classifier can be asked."""
    if not permissions.is_agent(person):
        return ""
    try:
        with bot.store.read() as session:
            return "\n" + talk.explained(bot.explainer.ticket(session, person, ticket_id))
    except CannotExplain:
        return ""


def form(view: Callable[[Act, Ticket], dict[str, Any]]) -> Listener:
    """A button that opens a form about a ticket, for agents."""

    def on_click(ack: Ack, body: dict[str, Any], client: WebClient, context: dict[str, Any]) -> None:
        ack()
        with acting(context["bot"], client, body) as act:
            permissions.must_be_agent(act.person)
            client.views_open(trigger_id=body["trigger_id"], view=view(act, act.ticket(value(body))))

    return on_click


open_reply = form(lambda _, ticket: forms.reply(ticket))
open_note = form(lambda _, ticket: forms.note(ticket))
open_resolve = form(lambda _, ticket: forms.resolve(ticket))
open_reassign = form(lambda act, ticket: forms.reassign(ticket, act.bot.desk.handbook))


def submitted(do: Callable[[Act, Ticket, str], None]) -> Listener:
    """A form with one text about a ticket."""

    def on_submit(
        ack: Ack, body: dict[str, Any], view: dict[str, Any], client: WebClient, context: dict[str, Any]
    ) -> None:
        text = forms.typed(view["state"]["values"])
        if not text:
            ack(response_action="errors", errors={forms.TEXT: "Please write a few words."})
            return
        ack()
        with acting(context["bot"], client, body) as act:
            do(act, act.ticket(view["private_metadata"]), text)

    return on_submit


@submitted
def reply(act: Act, ticket: Ticket, text: str) -> None:
    """Send a reply to the employee."""
    correspondence.to_employee(act.session, act.bot.desk.handbook, ticket, act.person, text)


@submitted
def note(act: Act, ticket: Ticket, text: str) -> None:
    """Keep an internal note."""
    correspondence.note(act.session, ticket, act.person, text)


@submitted
def resolve(act: Act, ticket: Ticket, text: str) -> None:
    """Resolve with these words."""
    work.resolve(act.session, act.bot.desk.handbook, ticket, act.person, text)


def reassign(ack: Ack, body: dict[str, Any], view: dict[str, Any], client: WebClient, context: dict[str, Any]) -> None:
    """The form with the labels."""
    label = forms.chosen(view["state"]["values"])
    if label is None:
        ack(response_action="errors", errors={forms.LABEL: "Please choose one."})
        return
    ack()
    with acting(context["bot"], client, body) as act:
        work.relabel(act.session, act.bot.desk.handbook, act.ticket(view["private_metadata"]), act.person, label)


def unknown_button(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
    """A button of an older version, or of nobody."""
    ack()
    tell(client, body, body["user"]["id"], "This button does not work any more. Please write to me instead.")


def open_new(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
    """The form for a new ticket, from a button or App Home."""
    ack()
    client.views_open(trigger_id=body["trigger_id"], view=forms.new_ticket())


def open_from_message(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
    """The message shortcut: a ticket about somebody's message."""
    ack()
    source = f"{body['channel']['id']}/{body['message']['ts']}"
    view = forms.new_ticket(str(body["message"].get("text") or ""), source)
    client.views_open(trigger_id=body["trigger_id"], view=view)


def create(ack: Ack, body: dict[str, Any], view: dict[str, Any], client: WebClient, context: dict[str, Any]) -> None:
    """The form was sent: open the ticket."""
    text = forms.typed(view["state"]["values"])
    if len(text) < 3:
        ack(response_action="errors", errors={forms.TEXT: "Please say in a few words what it is about."})
        return
    ack()
    with acting(context["bot"], client, body) as act:
        handbook = act.bot.desk.handbook
        opened = open_ticket(act.session, handbook, act.person, text, _direct_source(act, view["private_metadata"]))
        act.lanes.append(f"ticket:{opened.ticket.id}")
        if opened.is_new:
            act.new_tickets.append(opened.ticket.id)


def _direct_source(act: Act, source: str) -> Place | None:
    """The message that the form is about, when it is in the person's own direct messages: then the talk goes on there.

    A ticket about a message in a channel talks to its requester in private.
    """
    channel, _, ts = source.partition("/")
    if not ts or not channel.startswith("D"):
        return None
    return None if queries.by_source(act.session, act.bot.workspace, channel, ts) else Place(channel, ts)
