"""Unknown errors: a reference number in the reply and in the log. Nothing is swallowed."""

import secrets
from typing import Any

import structlog
from slack_bolt import BoltResponse
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy.exc import OperationalError

from bot import metrics
from bot.context import BotContext
from bot.views import talk
from workers import inbox

log = structlog.get_logger(__name__)


def new_reference() -> str:
    """A short number that people can read out over the phone."""
    return f"E-{secrets.token_hex(3).upper()}"


def on_error(error: Exception, body: dict[str, Any], client: WebClient, context: dict[str, Any]) -> BoltResponse:
    """Bolt's error handler: log with the reference, tell the person, and mark a claimed message as failed.

    A database that is away answers 503: then Slack sends the event again, and nothing is lost.
    """
    if isinstance(error, OperationalError):
        log.error("database_away", why=str(error.orig))
        return BoltResponse(status=503, body="database away")
    reference = new_reference()
    metrics.TROUBLE.inc()
    log.error("unknown_error", reference=reference, exc_info=error)
    _mark_failed(context, reference)
    _tell(client, body, reference)
    return BoltResponse(status=200, body="")


def _mark_failed(context: dict[str, Any], reference: str) -> None:
    bot: BotContext | None = context.get("bot")
    if bot is not None and "inbox_id" in context:
        with bot.store.begin() as session:
            inbox.fail(session, context["inbox_id"], reference)


def _tell(client: WebClient, body: dict[str, Any], reference: str) -> None:
    event = body.get("event") or {}
    channel = event.get("channel") or (body.get("user") or {}).get("id") or body.get("user_id")
    if not isinstance(channel, str):
        return
    thread = event.get("thread_ts") or event.get("ts")
    try:
        client.chat_postMessage(channel=channel, thread_ts=thread, **talk.trouble(reference))
    except (SlackApiError, OSError) as error:
        log.error("could_not_tell", reference=reference, why=str(error))
