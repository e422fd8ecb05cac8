"""What happens to everything that Slack sends, before a handler sees it: claim, ignore, put the context in place."""

from collections.abc import Callable
from typing import Any

from slack_bolt import BoltResponse

from bot import metrics
from bot.context import BotContext
from workers import inbox
from workers.redaction import redact
from workers.tickets import queries

Middleware = Callable[..., BoltResponse | None]

# Edits, deletions, joins and the like: nothing that a person said to us.
_SAID = {None, "file_share", "thread_broadcast"}

# Without an explicit 200, Bolt answers 404 for what no listener takes, and Slack sends it again.
LEFT_ALONE = BoltResponse(status=200, body="")


def give_context(bot: BotContext) -> Middleware:
    """Handlers find the wired objects under `context["bot"]`."""

    def middleware(context: dict[str, Any], next: Callable[[], None]) -> None:
        context["bot"] = bot
        next()

    return middleware


def claim(
    context: dict[str, Any], body: dict[str, Any], event: dict[str, Any], next: Callable[[], None]
) -> BoltResponse | None:
    """For messages: go on only with one that is meant for us and that nobody has claimed yet.

    The claim is in the database before Slack gets its acknowledgement. When it cannot be written, this raises,
    Slack gets no acknowledgement and sends the event again.
    """
    bot: BotContext = context["bot"]
    if not is_for_us(bot, event):
        return LEFT_ALONE
    kept = {key: event[key] for key in ("type", "channel", "channel_type", "user", "ts", "thread_ts") if event.get(key)}
    kept["text"] = event["text"] = redact(str(event.get("text") or "")).text
    inbox_id = inbox.claim(bot.store, bot.workspace, event["channel"], event["ts"], str(body.get("event_id", "")), kept)
    if inbox_id is None:
        metrics.REPEATED.inc()
        return LEFT_ALONE
    context["inbox_id"] = inbox_id
    next()
    return None


def is_for_us(bot: BotContext, event: dict[str, Any]) -> bool:
    """Whether a message is said by a person, to the bot or in a ticket's thread.

    Bolt leaves out only the bot's own messages: other bots, Slack's own bot, edits and link previews are left out here.
    """
    user = event.get("user")
    if event.get("subtype") not in _SAID or event.get("bot_id") or user in (None, "USLACKBOT", bot.user_id):
        return False
    if event.get("channel_type") == "im" or f"<@{bot.user_id}>" in str(event.get("text") or ""):
        return True
    thread = event.get("thread_ts")
    if thread is None:
        return False
    with bot.store.read() as session:
        return queries.by_any_thread(session, bot.workspace, event["channel"], thread) is not None
