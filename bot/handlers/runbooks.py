"""Buttons of self-service: the employee's yes, the team's yes or no, and "this wasn't me"."""

from collections.abc import Callable
from typing import Any

from slack_bolt import Ack
from slack_sdk import WebClient
from sqlalchemy.orm import Session

from bot.context import BotContext
from bot.handlers.acting import Act, acting, refusing, value
from bot.handlers.answers import own_receipt, place_of
from bot.views import talk
from workers import outbox
from workers.governance import receipts
from workers.runbooks import service
from workers.runbooks.errors import RunbookError
from workers.runbooks.files import Runbook
from workers.runbooks.messages import decided_card
from workers.slack import notices
from workers.store.tables import Person, Receipt, RunbookRun
from workers.tickets.history import tell_agents, write
from workers.tickets.opening import open_ticket

SELF_SERVICE = "self-service"


def start(ack: Ack, body: dict[str, Any], client: WebClient, context: dict[str, Any]) -> None:
    """The employee said yes. The reply is the same whatever comes of it; the link comes in private."""
    ack()
    receipt_id, _, name = value(body).partition(":")
    bot: BotContext = context["bot"]
    with acting(bot, client, body) as act:
        receipt = own_receipt(act, receipt_id)
        runbook = _runbook(bot, name)
        started = service.start(act.session, bot.desk.handbook.desk, runbook, act.person, bot.desk.directory)
        receipts.settle(act.session, receipt.id, "accepted", act.person.handle)
        place = place_of(receipt)
        lane = f"chat:{place.channel}:{place.root}"
        payload = talk.sentence(started.reply) | {"to": f"channel:{place.channel}", "thread_ts": place.root}
        outbox.put(act.session, bot.workspace, "chat.postMessage", payload, lane=lane)
        act.lanes.append(lane)
        if started.open_ticket:
            _hand_over(act, receipt, started)
    bot.see_to_runbooks()


def approve(ack: Ack, body: dict[str, Any], client: WebClient, context: dict[str, Any]) -> None:
    """The team says yes to a run."""
    _decide(ack, body, client, context["bot"], service.approve)


def decline(ack: Ack, body: dict[str, Any], client: WebClient, context: dict[str, Any]) -> None:
    """The team says no to a run."""
    _decide(ack, body, client, context["bot"], service.decline)


def _decide(
    ack: Ack,
    body: dict[str, Any],
    client: WebClient,
    bot: BotContext,
    do: Callable[[Session, Runbook, int, Person], RunbookRun],
) -> None:
    ack()
    with acting(bot, client, body) as act:
        run_id, runbook = _run(act, value(body))
        run = do(act.session, runbook, run_id, act.person)
        place = {"to": f"channel:{body['channel']['id']}", "ts": body["message"]["ts"]}
        lane = f"run:{run_id}"
        outbox.put(act.session, bot.workspace, "chat.update", decided_card(run, runbook, act.person) | place, lane=lane)
        act.lanes.append(lane)
    bot.see_to_runbooks()


def not_me(ack: Ack, body: dict[str, Any], client: WebClient, context: dict[str, Any]) -> None:
    """Somebody did not ask for this: stop it, take it back, and let security look."""
    ack()
    bot: BotContext = context["bot"]
    desk = bot.desk.handbook.desk
    with refusing(client, body):
        person = bot.person(client, body["user"]["id"])
        run_id = _number(value(body))
        alarm = service.not_me(bot.store, bot.desk.directory, desk, run_id, person)
        if alarm is None:
            return
        with bot.store.begin() as session:
            opened = open_ticket(session, bot.desk.handbook, alarm.requester, alarm.text, team=alarm.team)
        bot.send(f"ticket:{opened.ticket.id}")
    bot.see_to_runbooks()


def _hand_over(act: Act, receipt: Receipt, started: service.Started) -> None:
    """A person of the team takes over, in the employee's own thread; why, only agents read."""
    text = f"{receipt.seen}\n({started.open_ticket})"
    opened = open_ticket(act.session, act.bot.desk.handbook, act.person, text, place_of(receipt), team=started.team)
    if opened.is_new:
        write(act.session, opened.ticket, SELF_SERVICE, "note", started.note)
        tell_agents(act.session, opened.ticket, notices.note(SELF_SERVICE, started.note))
    act.lanes.append(f"ticket:{opened.ticket.id}")


def _run(act: Act, number: str) -> tuple[int, Runbook]:
    run = act.session.get(RunbookRun, _number(number))
    if run is None or run.workspace != act.bot.workspace:
        raise RunbookError("This button belongs to no run.")
    return run.id, _runbook(act.bot, run.runbook)


def _runbook(bot: BotContext, name: str) -> Runbook:
    if name not in bot.runbooks:
        raise RunbookError("This self-service is not offered any more. Please open a ticket.")
    return bot.runbooks[name]


def _number(text: str) -> int:
    if not text.isdigit():
        raise RunbookError("This button belongs to no run.")
    return int(text)
