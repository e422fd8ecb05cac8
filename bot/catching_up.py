"""After a gap in the connection: what did people write meanwhile? Slack sends an event again for some minutes only."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.context import BotContext
from bot.handlers import messages
from bot.middleware import is_for_us
from workers import inbox
from workers.redaction import redact

log = structlog.get_logger(__name__)

KEPT = ("type", "user", "text", "ts", "thread_ts", "bot_id", "subtype")
LOOK_AT_MOST = 200  # direct messages of one person in one gap


def catch_up(bot: BotContext, client: WebClient, since: datetime) -> int:
    """Handle direct messages since that moment that nobody has claimed; gives their number.

    Only the beginnings of threads: replies in a thread are left to Slack's own repetition.
    """
    handled = 0
    for event in missed(bot, client, since):
        event["text"] = redact(str(event.get("text") or "")).text
        inbox_id = inbox.claim(bot.store, bot.workspace, event["channel"], event["ts"], "history", event)
        if inbox_id is not None:
            messages.handle(bot, client, inbox_id, event)
            handled += 1
    if handled:
        log.info("caught_up", messages=handled, since=since.isoformat())
    return handled


def missed(bot: BotContext, client: WebClient, since: datetime) -> Iterator[dict[str, Any]]:
    """Messages to the bot since that moment, as the events that they would have been, oldest first."""
    oldest = f"{since.timestamp():.6f}"
    for channel in _direct_channels(client):
        try:
            page = client.conversations_history(channel=channel, oldest=oldest, limit=LOOK_AT_MOST)
        except SlackApiError as error:
            log.warning("history_unreadable", channel=channel, why=str(error.response.get("error")))
            continue
        for message in reversed(page["messages"]):
            event = {key: message[key] for key in KEPT if key in message}
            event |= {"channel": channel, "channel_type": "im"}
            if is_for_us(bot, event):
                yield event


def _direct_channels(client: WebClient) -> Iterator[str]:
    cursor = ""
    while True:
        page = client.conversations_list(types="im", limit=200, cursor=cursor)
        yield from (channel["id"] for channel in page["channels"])
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return
