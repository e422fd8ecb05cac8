"""Write, edit, delete and react, with the events that follow."""

import copy
import re
from dataclasses import dataclass, field

from bot.local_slack.clock import new_id
from bot.local_slack.config import AppConfig
from bot.local_slack.delivery import events
from bot.local_slack.hub import Hub
from bot.local_slack.jsontypes import Blocks, Json
from bot.local_slack.state.channels import Channel
from bot.local_slack.state.messages import Message

_MENTION = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>")


@dataclass(frozen=True)
class Draft:
    """A message about to be written. `app` is set when an app writes as its bot."""

    user: str
    text: str
    blocks: Blocks = field(default_factory=list)
    attachments: Blocks = field(default_factory=list)
    thread_ts: str | None = None
    broadcast: bool = False
    app: AppConfig | None = None
    client_msg_id: str | None = None
    metadata: Json | None = None
    streaming: bool = False
    subtype: str | None = None


def with_ids(blocks: Blocks) -> Blocks:
    """A copy in which every block has a block_id and every interactive element an action_id, as Slack gives."""
    given = copy.deepcopy(blocks)
    for block in given:
        block.setdefault("block_id", new_id("")[:5])
        elements = [block.get("accessory"), block.get("element")]
        if block.get("type") in ("actions", "context_actions"):
            elements += block["elements"]
        elements += block.get("actions", []) if block.get("type") == "card" else []
        for element in elements:
            if isinstance(element, dict) and element.get("type") != "image":
                element.setdefault("action_id", new_id("")[:5])
    return given


def post(hub: Hub, channel: Channel, draft: Draft) -> Message:
    """Write a checked draft into a channel and tell the apps."""
    message = _message(hub, channel, draft)
    root = hub.workspace.messages.get(channel.id, draft.thread_ts) if draft.thread_ts else None
    before = hub.workspace.messages.shown(root) if root else None
    hub.workspace.messages.add(message)
    channel.read_up_to[draft.user] = message.ts
    if draft.app and draft.thread_ts:
        hub.workspace.agent_threads.answered(channel.id, draft.thread_ts)
    shown = hub.workspace.messages.shown(message)
    hub.emit(events.message_posted(message, channel, shown), channel)
    if not channel.is_direct:
        _tell_mentioned(hub, message, channel)
    if root and before and channel.is_direct:
        # Slack sends this for the root of an agent's thread, though its text is the same.
        after = hub.workspace.messages.shown(root)
        hub.emit(events.message_changed(channel, before, after, hub.clock.ts()), channel)
    hub.changed()
    return message


def post_ephemeral(hub: Hub, channel: Channel, to: str, draft: Draft, *, error: str | None = None) -> Message:
    """Write something that only one person sees; no event follows."""
    message = _message(hub, channel, draft)
    message.ephemeral_to, message.error = to, error
    hub.workspace.messages.add(message)
    hub.changed()
    return message


def edit(
    hub: Hub,
    channel: Channel,
    message: Message,
    *,
    text: str,
    blocks: Blocks,
    editor: str | None,
    attachments: Blocks | None = None,
    metadata: Json | None = None,
) -> Message:
    """Change a message. `editor` marks it "(edited)"; apps updating their blocks pass None."""
    before = copy.deepcopy(hub.workspace.messages.shown(message))
    message.text, message.blocks = text, with_ids(blocks)
    if attachments is not None:
        message.attachments = attachments
    if metadata is not None:
        message.metadata = metadata
    stamp = hub.clock.ts()
    if editor:
        message.edited = {"user": editor, "ts": stamp}
    after = copy.deepcopy(hub.workspace.messages.shown(message))
    if not message.ephemeral_to:
        hub.emit(events.message_changed(channel, before, after, stamp), channel)
    hub.changed()
    return message


def delete(hub: Hub, channel: Channel, message: Message) -> None:
    """Take a message out."""
    before = copy.deepcopy(hub.workspace.messages.shown(message))
    hub.workspace.messages.delete(message)
    hub.emit(events.message_deleted(channel, before, hub.clock.ts()), channel)
    hub.changed()


def react(hub: Hub, channel: Channel, message: Message, user: str, name: str) -> None:
    """Add a reaction (the caller checked that it is new)."""
    message.reactions.setdefault(name, []).append(user)
    hub.emit(events.reaction("reaction_added", user, name, message, hub.clock.ts()), channel)
    hub.changed()


def unreact(hub: Hub, channel: Channel, message: Message, user: str, name: str) -> None:
    """Take a reaction back (the caller checked that it is there)."""
    message.reactions[name].remove(user)
    if not message.reactions[name]:
        del message.reactions[name]
    hub.emit(events.reaction("reaction_removed", user, name, message, hub.clock.ts()), channel)
    hub.changed()


def join(hub: Hub, channel: Channel, user: str, inviter: str | None = None) -> None:
    """Make somebody a member and tell the apps in the channel."""
    if user in channel.members:
        return
    channel.members.append(user)
    hub.emit(events.member_joined(user, channel, hub.config.team_id, inviter, hub.clock.ts()), channel)
    hub.changed()


def preview_link(hub: Hub, channel: Channel, message: Message, url: str) -> None:
    """Attach a link preview as Slack does by itself: message_changed with the same text."""
    preview: Json = {"from_url": url, "original_url": url, "title": url, "id": 1, "fallback": url}
    before = copy.deepcopy(hub.workspace.messages.shown(message))
    message.attachments = [*message.attachments, preview]
    after = copy.deepcopy(hub.workspace.messages.shown(message))
    hub.emit(events.message_changed(channel, before, after, hub.clock.ts()), channel)
    hub.changed()


def _message(hub: Hub, channel: Channel, draft: Draft) -> Message:
    return Message(
        channel=channel.id,
        ts=hub.clock.ts(),
        user=draft.user,
        text=draft.text,
        team=hub.config.team_id,
        blocks=with_ids(draft.blocks),
        attachments=draft.attachments,
        thread_ts=draft.thread_ts,
        subtype="thread_broadcast" if draft.broadcast else draft.subtype,
        bot_id=draft.app.bot_id if draft.app else None,
        app_id=draft.app.app_id if draft.app else None,
        client_msg_id=draft.client_msg_id,
        metadata=draft.metadata,
        streaming=draft.streaming,
    )


def _tell_mentioned(hub: Hub, message: Message, channel: Channel) -> None:
    mentioned = set(_MENTION.findall(message.text))
    for app in hub.config.apps:
        if app.bot_user_id in mentioned and app.bot_user_id in channel.members:
            hub.deliverer.event(app, events.app_mentioned(message, channel))
