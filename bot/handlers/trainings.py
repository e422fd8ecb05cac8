"""Trainings of the classifier in Slack: what runs, and an admin's buttons for it."""

from collections.abc import Callable
from typing import Any

from slack_bolt import Ack, Respond
from slack_sdk import WebClient
from sqlalchemy.orm import Session

from bot.context import BotContext
from bot.handlers import home
from bot.handlers.acting import Act, acting, refusing, value
from bot.views import forms
from workers import outbox, tasks
from workers.slack import trainings as messages
from workers.tickets import permissions
from workers.training import news, runs, versions
from workers.training.runs import TrainingTrouble

Listener = Callable[..., None]


def button(do: Callable[[Act, str], tuple[str, list[int]]]) -> Listener:
    """An admin's button; `do` says what was done, and which runs a worker must take up."""

    def on_click(ack: Ack, body: dict[str, Any], client: WebClient, respond: Respond, context: dict[str, Any]) -> None:
        ack()
        began: list[int] | None = None
        with acting(context["bot"], client, body) as act:
            permissions.must_be_admin(act.person)
            line, found = do(act, value(body))
            if line and _is_message(body):
                _settle(act.session, act.bot.workspace, body["channel"]["id"], body["message"], line)
                act.lanes.append(news.LANE)
            began = found
        if began is not None:
            for run_id in began:
                tasks.hand_over(tasks.train, run_id)
            _show_again(context["bot"], client, body, respond)

    return on_click


@button
def start(act: Act, _: str) -> tuple[str, list[int]]:
    """Train a challenger."""
    run = runs.request(act.session, act.bot.workspace, act.person.handle)
    return f"Training {run.id} was asked for by {act.person.name}.", [run.id]


@button
def cancel(act: Act, number: str) -> tuple[str, list[int]]:
    """Stop a training."""
    was_alive = runs.cancel(act.session, act.bot.workspace, _number(number), act.person.handle)
    return f"Cancelled by {act.person.name}." if was_alive else "It had ended before.", []


@button
def resume(act: Act, number: str) -> tuple[str, list[int]]:
    """Go on with one that was cancelled or failed."""
    run = runs.resume(act.session, act.bot.workspace, _number(number), act.person.handle)
    return f"{act.person.name} has it go on.", [run.id]


@button
def refresh(act: Act, _: str) -> tuple[str, list[int]]:
    """Show how far it is now."""
    return "", []


@button
def dismiss(act: Act, number: str) -> tuple[str, list[int]]:
    """Lay a challenger aside."""
    run = runs.dismiss(act.session, act.bot.workspace, _number(number), act.person.handle)
    return f"{run.version} was laid aside by {act.person.name}; what is served goes on.", []


def look(ack: Ack) -> None:
    """The link to the report: Slack opens it, and tells us."""
    ack()


def open_promotion(ack: Ack, body: dict[str, Any], client: WebClient, context: dict[str, Any]) -> None:
    """Ask whether the challenger shall really be served, and why."""
    ack()
    with acting(context["bot"], client, body) as act:
        permissions.must_be_admin(act.person)
        run = runs.the_run(act.session, act.bot.workspace, _number(value(body)))
        if run.version is None:
            raise TrainingTrouble(f"Training {run.id} has made no challenger.")
        advice = news.advice_for(act.session, act.bot.desk, run)
        place = f"{run.id}:{body['channel']['id']}:{body['message']['ts']}"
        client.views_open(trigger_id=body["trigger_id"], view=forms.promote(run.version, advice.headline, place))


def promote(ack: Ack, body: dict[str, Any], view: dict[str, Any], client: WebClient, context: dict[str, Any]) -> None:
    """The form was sent: serve the challenger."""
    why = forms.typed(view["state"]["values"])
    if not why:
        ack(response_action="errors", errors={forms.TEXT: "Please say why, for the audit log."})
        return
    ack()
    bot: BotContext = context["bot"]
    with refusing(client, body):
        person = bot.person(client, body["user"]["id"])
        permissions.must_be_admin(person)
        number, channel, ts = view["private_metadata"].split(":")
        with bot.store.begin() as session:
            version = runs.the_run(session, bot.workspace, _number(number)).version
        if version is None:
            raise TrainingTrouble(f"Training {number} has made no challenger.")
        versions.promote(bot.desk, bot.workspace, version, person.handle, why)
        found = client.conversations_history(channel=channel, latest=ts, oldest=ts, inclusive=True, limit=1)
        line = f"{version} is served since {person.name} promoted it: {why}"
        with bot.store.begin() as session:
            for message in found["messages"]:
                _settle(session, bot.workspace, channel, message, line)
        bot.send(news.LANE)


def _is_message(body: dict[str, Any]) -> bool:
    """Whether the button stands in a message that stays, and not in App Home or an answer to a command."""
    return "message" in body and not (body.get("container") or {}).get("is_ephemeral")


def _show_again(bot: BotContext, client: WebClient, body: dict[str, Any], respond: Respond) -> None:
    if (body.get("view") or {}).get("type") == "home":
        person = bot.person(client, body["user"]["id"])
        client.views_publish(user_id=person.slack_id, view=home.view_for(bot, person))
    elif not _is_message(body):
        with bot.store.read() as session:
            shown = news.overview(session, bot.desk, bot.workspace)
        respond(replace_original=True, **shown)


def _settle(session: Session, workspace: str, channel: str, message: dict[str, Any], line: str) -> None:
    payload = messages.settled(message, line) | {"to": f"channel:{channel}", "ts": message["ts"]}
    outbox.put(session, workspace, "chat.update", payload, lane=news.LANE)


def _number(text: str) -> int:
    if not text.isdigit():
        raise TrainingTrouble("This button belongs to no training.")
    return int(text)
