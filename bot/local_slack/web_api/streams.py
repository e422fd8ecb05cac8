"""chat.startStream, appendStream, stopStream: a message that grows while it is written."""

from bot.local_slack import posting
from bot.local_slack.errors import SlackApiError
from bot.local_slack.jsontypes import Blocks, Json
from bot.local_slack.posting import Draft
from bot.local_slack.state.channels import Channel
from bot.local_slack.state.messages import Message
from bot.local_slack.validation.messages import require_content
from bot.local_slack.web_api.call import Call
from bot.local_slack.web_api.chat import MARKDOWN_LIMIT, destination, own_message, root_ts

STREAM_SECONDS = 300.0


async def start(call: Call) -> Json:
    channel = destination(call)
    thread_ts = root_ts(call, channel, call.required("thread_ts"))
    if thread_ts is None:
        raise SlackApiError("thread_not_found")
    if not channel.is_direct and not (call.text("recipient_user_id") and call.text("recipient_team_id")):
        raise SlackApiError("missing_recipient_user_id")
    text, blocks = _grown("", call)
    draft = Draft(call.caller.user, text, blocks=blocks, thread_ts=thread_ts, app=call.app, streaming=True)
    message = posting.post(call.hub, channel, draft)
    return {"channel": channel.id, "ts": message.ts}


async def append(call: Call) -> Json:
    channel, message = _growing(call)
    text, blocks = _grown(message.text, call)
    if text == message.text and not blocks:
        raise SlackApiError("no_text")
    message.text = text
    message.blocks = posting.with_ids(_only_other_blocks(message.blocks) + blocks)
    call.hub.changed()
    return {"channel": channel.id, "ts": message.ts}


async def stop(call: Call) -> Json:
    channel, message = _growing(call)
    text, more = _grown(message.text, call)
    final = call.structure("blocks") or []
    _, checked = require_content(text or None, _only_other_blocks(message.blocks) + more + final)
    message.streaming = False
    posting.edit(
        call.hub,
        channel,
        message,
        text=text,
        blocks=checked,
        editor=None,
        metadata=call.structure("metadata"),
    )
    return {"channel": channel.id, "ts": message.ts, "message": call.hub.workspace.messages.shown(message)}


def _growing(call: Call) -> tuple[Channel, Message]:
    channel, message = own_message(call, "message_not_owned_by_app")
    if message.streaming and call.hub.clock.now() - float(message.ts) > STREAM_SECONDS:
        message.streaming = False
    if not message.streaming:
        raise SlackApiError("message_not_in_streaming_state")
    return channel, message


def _grown(text: str, call: Call) -> tuple[str, Blocks]:
    """The text with what the call adds, and the blocks that show it."""
    added = call.text("markdown_text") or ""
    others: Blocks = []
    for chunk in call.structure("chunks") or []:
        kind = chunk.get("type") if isinstance(chunk, dict) else None
        if kind == "markdown_text":
            added += str(chunk.get("text", ""))
        elif kind == "blocks":
            others += chunk.get("blocks") or []
        elif kind in ("task_update", "plan_update"):
            others += _task(chunk)
        else:
            raise SlackApiError("invalid_chunks")
    if len(text + added) > MARKDOWN_LIMIT:
        raise SlackApiError("msg_too_long")
    whole = text + added
    blocks = ([{"type": "markdown", "text": whole}] if whole else []) + others
    if blocks:
        require_content(whole, blocks)
    return whole, blocks


def _task(chunk: Json) -> Blocks:
    if chunk["type"] == "plan_update":
        return [{"type": "plan", "title": chunk.get("title", "")}]
    card = {"task_id": chunk.get("id"), "title": chunk.get("title"), "status": chunk.get("status")}
    return [{"type": "task_card", **card}]


def _only_other_blocks(blocks: Blocks) -> Blocks:
    return [b for b in blocks if b.get("type") != "markdown"]
