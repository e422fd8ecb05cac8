"""`/desk shadow`: which versions score along without deciding anything; an admin starts and stops them."""

from typing import Any

from slack_bolt import Respond
from slack_sdk import WebClient

from bot.context import BotContext
from bot.handlers.acting import acting, refusing
from bot.views import talk
from workers.oversight import outcomes, shadows
from workers.slack import shadows as messages
from workers.slack.shadows import Scoring
from workers.tickets import permissions
from workers.training import versions
from workers.training.runs import TrainingTrouble

NO_REASON = "asked for in Slack"


def shadow(body: dict[str, Any], client: WebClient, respond: Respond, bot: BotContext, words: str) -> None:
    """`shadow`, `shadow start VERSION why`, `shadow stop VERSION why`, or `shadow stop` for all."""
    verb, _, rest = words.partition(" ")
    match verb:
        case "":
            _show(body, client, respond, bot)
        case "start":
            _start(body, client, respond, bot, rest.strip())
        case "stop":
            _stop(body, client, respond, bot, rest.strip())
        case _:
            with refusing(client, body):
                raise TrainingTrouble(f"`{verb}` is nothing that can be done with a shadow. {messages.HOW}")


def _show(body: dict[str, Any], client: WebClient, respond: Respond, bot: BotContext) -> None:
    with acting(bot, client, body) as act:
        permissions.must_be_admin(act.person)
        handbook = bot.desk.handbook
        found = []
        for one in shadows.running(act.session):
            pairs = outcomes.pairs(act.session, handbook, bot.workspace, one.version)
            found.append(Scoring(one, outcomes.tally(pairs, handbook.desk.costs.costs)))
        respond(response_type="ephemeral", **messages.overview(found, bot.desk.settings.public_url))


def _start(body: dict[str, Any], client: WebClient, respond: Respond, bot: BotContext, words: str) -> None:
    version, _, why = words.partition(" ")
    with refusing(client, body):
        person = bot.person(client, body["user_id"])
        permissions.must_be_admin(person)
        if not version:
            raise TrainingTrouble(f"Which version? {messages.HOW}")
        versions.start_shadow(bot.desk, bot.workspace, version, person.handle, why.strip() or NO_REASON)
        line = f"{version} scores the next tickets along and decides nothing. /desk shadow says how it does."
        respond(response_type="ephemeral", **talk.sentence(line))


def _stop(body: dict[str, Any], client: WebClient, respond: Respond, bot: BotContext, words: str) -> None:
    with acting(bot, client, body) as act:
        permissions.must_be_admin(act.person)
        version, _, why = words.partition(" ")  # a word that is no version in shadow is refused: it may be mistyped
        stopped = shadows.stop(act.session, bot.workspace, act.person.handle, why.strip() or NO_REASON, version or None)
        names = ", ".join(one.version for one in stopped)
        respond(response_type="ephemeral", **talk.sentence(f"No longer in shadow: {names}."))
