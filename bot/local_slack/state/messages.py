"""Messages, threads, reactions and ephemeral messages."""

from dataclasses import dataclass, field

from bot.local_slack.jsontypes import Blocks, Json


@dataclass
class Message:
    """One message as it stands now. Only `ephemeral_to` sees it when set; `streaming`: it still grows."""

    channel: str
    ts: str
    user: str
    text: str
    team: str
    blocks: Blocks = field(default_factory=list)
    attachments: Blocks = field(default_factory=list)
    thread_ts: str | None = None
    subtype: str | None = None
    bot_id: str | None = None
    app_id: str | None = None
    client_msg_id: str | None = None
    metadata: Json | None = None
    edited: Json | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    ephemeral_to: str | None = None
    streaming: bool = False
    error: str | None = None

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts

    def to_api(self) -> Json:
        """The message as history and events show it (without what its thread adds)."""
        shown: Json = {
            "type": "message",
            "user": self.user,
            "text": self.text,
            "ts": self.ts,
            "team": self.team,
        }
        for key in ("subtype", "bot_id", "app_id", "client_msg_id", "edited", "metadata", "thread_ts"):
            if getattr(self, key) is not None:
                shown[key] = getattr(self, key)
        for key in ("blocks", "attachments"):
            if getattr(self, key):
                shown[key] = getattr(self, key)
        if self.reactions:
            shown["reactions"] = [
                {"name": name, "users": users, "count": len(users)} for name, users in self.reactions.items()
            ]
        return shown


class Messages:
    """All messages, by channel in the order of their ts; ephemeral ones apart, by channel."""

    def __init__(self) -> None:
        self._by_channel: dict[str, dict[str, Message]] = {}
        self._ephemeral: dict[str, list[Message]] = {}
        self._replies: dict[tuple[str, str], list[str]] = {}

    def add(self, message: Message) -> Message:
        if message.ephemeral_to:
            self._ephemeral.setdefault(message.channel, []).append(message)
            return message
        self._by_channel.setdefault(message.channel, {})[message.ts] = message
        if message.is_reply and message.thread_ts:
            self._replies.setdefault((message.channel, message.thread_ts), []).append(message.ts)
        return message

    def get(self, channel: str, ts: str) -> Message | None:
        return self._by_channel.get(channel, {}).get(ts)

    def ephemeral(self, channel: str, ts: str, user: str) -> Message | None:
        return next((m for m in self.ephemerals(channel, user) if m.ts == ts), None)

    def ephemerals(self, channel: str, user: str) -> list[Message]:
        """What only `user` sees in a channel."""
        return [m for m in self._ephemeral.get(channel, []) if m.ephemeral_to == user]

    def drop_ephemeral(self, message: Message) -> None:
        kept = [m for m in self._ephemeral.get(message.channel, []) if m is not message]
        self._ephemeral[message.channel] = kept

    def delete(self, message: Message) -> None:
        """Take a message out. A thread's root that has replies stays as a tombstone, as in Slack."""
        if self.replies(message.channel, message.ts):
            message.subtype, message.text, message.user = (
                "tombstone",
                "This message was deleted.",
                "USLACKBOT",
            )
            message.blocks, message.attachments, message.reactions = [], [], {}
            return
        self._by_channel[message.channel].pop(message.ts, None)
        if message.thread_ts:
            siblings = self._replies.get((message.channel, message.thread_ts), [])
            if message.ts in siblings:
                siblings.remove(message.ts)

    def in_channel(self, channel: str) -> list[Message]:
        """Every message of a channel with all replies, oldest first."""
        return list(self._by_channel.get(channel, {}).values())

    def roots(self, channel: str) -> list[Message]:
        """The messages that the channel itself shows, oldest first."""
        return [m for m in self.in_channel(channel) if not m.is_reply or m.subtype == "thread_broadcast"]

    def replies(self, channel: str, root_ts: str) -> list[Message]:
        """The replies in a thread, oldest first, without the root."""
        here = self._by_channel.get(channel, {})
        return [here[ts] for ts in self._replies.get((channel, root_ts), []) if ts in here]

    def shown(self, message: Message) -> Json:
        """The message with what its thread adds: reply_count, reply_users, latest_reply."""
        shown = message.to_api()
        replies = [] if message.is_reply else self.replies(message.channel, message.ts)
        if replies:
            users = list(dict.fromkeys(r.user for r in replies))
            shown |= {
                "thread_ts": message.ts,
                "reply_count": len(replies),
                "reply_users": users,
                "reply_users_count": len(users),
                "latest_reply": replies[-1].ts,
                "is_locked": False,
                "subscribed": False,
            }
        elif message.is_reply and message.thread_ts:
            root = self.get(message.channel, message.thread_ts)
            shown["parent_user_id"] = root.user if root else "USLACKBOT"
        return shown
