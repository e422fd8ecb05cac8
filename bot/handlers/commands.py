"""The slash command `/desk`."""

from typing import Any

from slack_bolt import Ack, Respond
from slack_sdk import WebClient

from bot.context import BotContext
from bot.handlers import shadows
from bot.handlers.acting import Act, acting, refusing
from bot.views import forms, talk
from workers import sign_in, tasks
from workers.governance import automations
from workers.tickets import permissions, queries
from workers.training import news, runs, versions

HELP = """*/desk* lists your tickets · */desk new* opens the form for one · */desk help* shows this
Agents: */desk console* gives a link to sign in to the console
Admins: */desk suspend NAME why* · */desk resume NAME* · */desk retrain* · */desk trainings* · */desk rollback why*
*/desk shadow* which versions score along · */desk shadow start VERSION why* · */desk shadow stop [VERSION] why*"""


def desk(ack: Ack, body: dict[str, Any], client: WebClient, respond: Respond, context: dict[str, Any]) -> None:
    """`/desk [new | help | console | suspend NAME why | resume NAME | retrain | trainings | rollback | shadow]`."""
    ack()
    word, _, rest = str(body.get("text") or "").strip().partition(" ")
    if word == "new":
        client.views_open(trigger_id=body["trigger_id"], view=forms.new_ticket(rest))
        return
    if word == "rollback":
        _roll_back(body, client, respond, context["bot"], rest.strip())
        return
    if word == "shadow":
        shadows.shadow(body, client, respond, context["bot"], rest.strip())
        return
    trained: list[int] = []
    with acting(context["bot"], client, body) as act:
        respond(response_type="ephemeral", **_answer(act, word, rest.strip(), trained))
    for run_id in trained:
        tasks.hand_over(tasks.train, run_id)


def _answer(act: Act, word: str, rest: str, trained: list[int]) -> talk.View:
    match word:
        case "" | "status" | "list":
            return talk.ticket_list(queries.of_requester(act.session, act.person))
        case "console":
            return _console(act)
        case "suspend" | "resume":
            return _switch(act, word, rest)
        case "retrain":
            permissions.must_be_admin(act.person)
            run = runs.request(act.session, act.bot.workspace, act.person.handle)
            trained.append(run.id)
            said = talk.sentence("A challenger is being trained. You will get the report as a direct message.")
            shown = news.overview(act.session, act.bot.desk, act.bot.workspace)
            return said | {"blocks": [*said["blocks"], *shown["blocks"]]}
        case "training" | "trainings":
            permissions.must_be_admin(act.person)
            return news.overview(act.session, act.bot.desk, act.bot.workspace)
        case _:
            return {"text": "How to use /desk", "blocks": [{"type": "section", "text": _mrkdwn(HELP)}]}


def _roll_back(body: dict[str, Any], client: WebClient, respond: Respond, bot: BotContext, why: str) -> None:
    with refusing(client, body):
        person = bot.person(client, body["user_id"])
        permissions.must_be_admin(person)
        version = versions.roll_back(bot.desk, bot.workspace, person.handle, why or "asked for in Slack")
        respond(response_type="ephemeral", **talk.sentence(f"The classifier is {version} again."))


def _console(act: Act) -> talk.View:
    permissions.must_be_agent(act.person)
    token = sign_in.make_link(act.session, act.person)
    address = sign_in.link_address(act.bot.desk.settings.public_url, token)
    line = f"Your link to the console, for one use within 15 minutes: {address}"
    return {"text": "A link to the console", "blocks": [{"type": "section", "text": _mrkdwn(line)}]}


def _switch(act: Act, word: str, rest: str) -> talk.View:
    permissions.must_be_admin(act.person)
    name, _, why = rest.partition(" ")
    if word == "resume":
        rows = automations.resume(act.session, act.bot.workspace, name, act.person.handle)
    else:
        why = why or "no reason given"
        rows = automations.suspend(act.session, act.bot.workspace, name, act.person.handle, why)
    state = "suspended" if word == "suspend" else "running again"
    return talk.sentence(f"{', '.join(row.name for row in rows)}: {state}.")


def _mrkdwn(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}
