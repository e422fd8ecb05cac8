"""Inner events, and under which subscription an app hears of them."""

from bot.local_slack.jsontypes import Json
from bot.local_slack.state.channels import Channel
from bot.local_slack.state.messages import Message
from bot.local_slack.state.views import View

_MESSAGE_SUBSCRIPTION = {
    "channel": "message.channels",
    "group": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}


def subscription(event: Json) -> str:
    """The name in the app's bot_events that brings this event."""
    if event["type"] == "message":
        return _MESSAGE_SUBSCRIPTION[event["channel_type"]]
    return str(event["type"])


def message_posted(message: Message, channel: Channel, shown: Json) -> Json:
    """Somebody wrote."""
    event = dict(shown)
    event |= {"channel": channel.id, "event_ts": message.ts, "channel_type": channel.channel_type}
    event.pop("reactions", None)
    return event


def app_mentioned(message: Message, channel: Channel) -> Json:
    """Somebody wrote @app in a channel."""
    event: Json = {"type": "app_mention", "user": message.user, "text": message.text, "ts": message.ts}
    for key in ("client_msg_id", "thread_ts", "bot_id"):
        if getattr(message, key):
            event[key] = getattr(message, key)
    event |= {"team": message.team, "blocks": message.blocks}
    return event | {"channel": channel.id, "event_ts": message.ts}


def message_changed(channel: Channel, before: Json, after: Json, event_ts: str) -> Json:
    """A message is not what it was: edited, updated, unfurled, or answered in its thread."""
    return {
        "type": "message",
        "subtype": "message_changed",
        "message": after,
        "previous_message": before,
        "channel": channel.id,
        "hidden": True,
        "ts": event_ts,
        "event_ts": event_ts,
        "channel_type": channel.channel_type,
    }


def message_deleted(channel: Channel, before: Json, event_ts: str) -> Json:
    """A message is gone."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "previous_message": before,
        "deleted_ts": before["ts"],
        "channel": channel.id,
        "hidden": True,
        "ts": event_ts,
        "event_ts": event_ts,
        "channel_type": channel.channel_type,
    }


def reaction(kind: str, user: str, name: str, message: Message, event_ts: str) -> Json:
    """`reaction_added` or `reaction_removed`."""
    return {
        "type": kind,
        "user": user,
        "reaction": name,
        "item_user": message.user,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "event_ts": event_ts,
    }


def home_opened(user: str, channel: Channel, tab: str, view: View | None, event_ts: str) -> Json:
    """Somebody opened the app's home; `tab` is `home` or `messages`."""
    event: Json = {"type": "app_home_opened", "user": user, "channel": channel.id, "tab": tab}
    if view and tab == "home":
        event["view"] = view.to_api()
    return event | {"event_ts": event_ts}


def context_changed(user: str, channel: Channel, viewed: Channel, team_id: str, event_ts: str) -> Json:
    """Somebody looks at another conversation while the agent is in view."""
    entity = {"type": "slack#/types/channel_id", "value": viewed.id, "team_id": team_id}
    return {
        "type": "app_context_changed",
        "user": user,
        "channel": channel.id,
        "context": {"entities": [entity]},
        "event_ts": event_ts,
    }


def member_joined(user: str, channel: Channel, team_id: str, inviter: str | None, event_ts: str) -> Json:
    """Somebody, or the app, is in a channel now."""
    event = {
        "type": "member_joined_channel",
        "user": user,
        "channel": channel.id,
        "channel_type": "G" if channel.channel_type == "group" else "C",
        "team": team_id,
        "event_ts": event_ts,
    }
    return event | ({"inviter": inviter} if inviter else {})


def channel_created(channel: Channel, event_ts: str) -> Json:
    """There is a new public channel."""
    brief = {"id": channel.id, "name": channel.name, "created": channel.created, "creator": channel.creator}
    return {"type": "channel_created", "channel": brief, "event_ts": event_ts}
