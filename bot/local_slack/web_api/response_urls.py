"""Answers to a response_url: write, replace or delete, five times in half an hour."""

import json

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from bot.local_slack import posting
from bot.local_slack.errors import SlackApiError
from bot.local_slack.hub import Hub
from bot.local_slack.jsontypes import Json
from bot.local_slack.posting import Draft
from bot.local_slack.state.channels import Channel
from bot.local_slack.state.messages import Message
from bot.local_slack.state.triggers import ResponseUrl
from bot.local_slack.validation.messages import require_content


def response_urls(hub: Hub) -> APIRouter:
    """The route behind every response_url."""
    router = APIRouter()

    @router.post("/actions/{team_id}/{key}")
    async def respond(team_id: str, key: str, request: Request) -> Response:
        try:
            body = json.loads(await request.body() or b"{}")
            if not isinstance(body, dict):
                raise SlackApiError("invalid_payload")
            answer(hub, hub.workspace.response_urls.use(key, hub.clock.now()), body)
        except ValueError:
            return _refused(hub, SlackApiError("invalid_payload"), 400)
        except SlackApiError as error:
            return _refused(hub, error, 404 if error.error in ("expired_url", "used_url") else 400)
        hub.journal.note("response_url", hub.clock.now(), ok=True, error=None, body=body)
        return PlainTextResponse("ok")

    return router


def answer(hub: Hub, url: ResponseUrl, body: Json) -> None:
    """Carry out one answer. Raises SlackApiError as chat.postMessage does."""
    channel = hub.workspace.channels.get(url.channel)
    if channel is None:
        raise SlackApiError("channel_not_found")
    source = _source(hub, url)
    if body.get("delete_original"):
        if source:
            _remove(hub, channel, source)
        return
    text, blocks = require_content(body.get("text"), body.get("blocks"), has_attachments=bool(body.get("attachments")))
    if body.get("replace_original") and source:
        posting.edit(hub, channel, source, text=text, blocks=blocks, editor=None)
        return
    app = hub.workspace.app(url.app_id)
    user = app.bot_user_id if app else "USLACKBOT"
    draft = Draft(user, text, blocks=blocks, thread_ts=body.get("thread_ts") or url.thread_ts, app=app)
    if body.get("response_type") == "in_channel":
        posting.post(hub, channel, draft)
    else:
        posting.post_ephemeral(hub, channel, url.user, draft)


def _source(hub: Hub, url: ResponseUrl) -> Message | None:
    if url.source_ts is None:
        return None
    if url.source_ephemeral:
        return hub.workspace.messages.ephemeral(url.channel, url.source_ts, url.user)
    return hub.workspace.messages.get(url.channel, url.source_ts)


def _remove(hub: Hub, channel: Channel, message: Message) -> None:
    if message.ephemeral_to:
        hub.workspace.messages.drop_ephemeral(message)
        hub.changed()
    else:
        posting.delete(hub, channel, message)


def _refused(hub: Hub, error: SlackApiError, status: int) -> Response:
    hub.journal.note("response_url", hub.clock.now(), ok=False, error=error.error)
    return JSONResponse(error.answer(), status_code=status)
