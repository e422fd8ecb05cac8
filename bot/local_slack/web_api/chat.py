"""chat.*: write, update, delete, ephemeral, permalink."""

from typing import Any

from bot.local_slack import posting
from bot.local_slack.errors import SlackApiError
from bot.local_slack.jsontypes import Blocks, Json
from bot.local_slack.posting import Draft
from bot.local_slack.state.channels import PUBLIC, Channel
from bot.local_slack.state.messages import Message
from bot.local_slack.validation.messages import require_content
from bot.local_slack.web_api.call import Call

MARKDOWN_LIMIT = 12_000


async def post_message(call: Call) -> Json:
    channel = destination(call)
    draft = _draft(call, channel)
    message = posting.post(call.hub, channel, draft)
    return {"channel": channel.id, "ts": message.ts, "message": _shown(call, message)}


async def post_ephemeral(call: Call) -> Json:
    channel = destination(call)
    to = call.required("user")
    if call.hub.workspace.people.get(to) is None:
        raise SlackApiError("user_not_found")
    if to not in channel.members:
        raise SlackApiError("user_not_in_channel")
    message = posting.post_ephemeral(call.hub, channel, to, _draft(call, channel))
    return {"message_ts": message.ts}


async def update(call: Call) -> Json:
    channel, message = own_message(call, "cant_update_message")
    text, blocks = _content(call, keep=message)
    posting.edit(
        call.hub,
        channel,
        message,
        text=text,
        blocks=blocks,
        editor=message.user,
        attachments=call.structure("attachments"),
        metadata=call.structure("metadata"),
    )
    message.streaming = False
    return {"channel": channel.id, "ts": message.ts, "text": text, "message": _shown(call, message)}


async def delete(call: Call) -> Json:
    channel, message = own_message(call, "cant_delete_message")
    posting.delete(call.hub, channel, message)
    return {"channel": channel.id, "ts": message.ts}


async def get_permalink(call: Call) -> Json:
    channel = call.hub.workspace.visible_channel(call.required("channel"), call.caller.user)
    message = call.hub.workspace.messages.get(channel.id, call.required("message_ts"))
    if message is None:
        raise SlackApiError("message_not_found")
    return {"channel": channel.id, "permalink": call.hub.permalink(channel.id, message.ts, message.thread_ts)}


def destination(call: Call) -> Channel:
    """The channel to write to: an id, a #name, or a member's id for the direct message with them."""
    workspace = call.hub.workspace
    wanted = call.required("channel")
    if workspace.people.get(wanted):
        return workspace.direct(call.caller.user, wanted)
    named = workspace.channels.by_name(wanted)
    channel = workspace.visible_channel(named.id if named else wanted, call.caller.user)
    if call.caller.user not in channel.members:
        unjoined = channel.channel_type == PUBLIC and call.caller.may("chat:write.public")
        if not (unjoined and call.caller.kind == "bot" and call.method == "chat.postMessage"):
            raise SlackApiError("not_in_channel")
    return channel


def own_message(call: Call, refusal: str) -> tuple[Channel, Message]:
    """A message of the caller's, or message_not_found, or `refusal` when it is somebody else's."""
    channel = call.hub.workspace.visible_channel(call.required("channel"), call.caller.user)
    message = call.hub.workspace.messages.get(channel.id, call.required("ts"))
    if message is None:
        raise SlackApiError("message_not_found")
    if message.user != call.caller.user:
        raise SlackApiError(refusal)
    return channel, message


def _draft(call: Call, channel: Channel) -> Draft:
    text, blocks = _content(call)
    thread_ts = call.text("thread_ts")
    if thread_ts:
        thread_ts = root_ts(call, channel, thread_ts)
    return Draft(
        user=call.caller.user,
        text=text,
        blocks=blocks,
        attachments=call.structure("attachments") or [],
        thread_ts=thread_ts,
        broadcast=bool(thread_ts) and call.flag("reply_broadcast"),
        app=call.caller.app,
        metadata=call.structure("metadata"),
    )


def root_ts(call: Call, channel: Channel, thread_ts: str) -> str | None:
    """The root of the thread that a ts is in, None when it is gone.

    Slack does not refuse a reply whose root was deleted: it lands in the channel itself, and only the missing
    `thread_ts` in the answer tells (github.com/slack-go/slack/issues/1571).
    """
    root = call.hub.workspace.messages.get(channel.id, thread_ts)
    return (root.thread_ts or root.ts) if root else None


def markdown_block(text: Any) -> Blocks:
    """The block that `markdown_text` becomes; msg_too_long beyond 12,000 characters."""
    if not isinstance(text, str) or not text:
        raise SlackApiError("no_text")
    if len(text) > MARKDOWN_LIMIT:
        raise SlackApiError("msg_too_long")
    return [{"type": "markdown", "text": text}]


def _content(call: Call, keep: Message | None = None) -> tuple[str, Blocks]:
    """Text and blocks of the call. An update that names only one of the two replaces both, as Slack does."""
    markdown = call.arguments.get("markdown_text")
    if markdown is not None:
        if call.arguments.get("text") or call.arguments.get("blocks"):
            raise SlackApiError("markdown_text_conflict")
        return markdown, markdown_block(markdown)
    blocks = call.structure("blocks")
    text = call.arguments.get("text")
    attachments = call.structure("attachments")
    if keep is not None and blocks is None and text is None and attachments is not None:
        return keep.text, keep.blocks
    return require_content(text, blocks, has_attachments=bool(attachments))


def _shown(call: Call, message: Message) -> Json:
    shown = call.hub.workspace.messages.shown(message)
    app = call.caller.app
    if app:
        profile = {"id": app.bot_id, "app_id": app.app_id, "name": app.name, "deleted": False}
        shown["bot_profile"] = profile | {"team_id": call.hub.config.team_id}
    return shown
