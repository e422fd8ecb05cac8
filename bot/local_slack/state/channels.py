"""Channels, private channels and direct messages."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.local_slack.clock import new_id
from bot.local_slack.jsontypes import Json

PUBLIC, PRIVATE, DIRECT, GROUP = "channel", "group", "im", "mpim"
_KINDS = {PUBLIC: "public_channel", PRIVATE: "private_channel", DIRECT: "im", GROUP: "mpim"}


@dataclass
class Channel:
    """One conversation; `channel_type` is the word that message events carry."""

    id: str
    name: str
    channel_type: str
    created: int
    creator: str
    members: list[str] = field(default_factory=list)
    topic: str = ""
    read_up_to: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The word that conversations.list takes in `types`."""
        return _KINDS[self.channel_type]

    @property
    def is_direct(self) -> bool:
        return self.channel_type == DIRECT

    def other_than(self, user_id: str) -> str:
        """The other member of a direct message."""
        return next((m for m in self.members if m != user_id), user_id)

    def to_api(self, viewer: str, team_id: str) -> Json:
        """The `channel` object of conversations.info as `viewer` sees it."""
        common: Json = {
            "id": self.id,
            "created": self.created,
            "is_archived": False,
            "is_im": self.is_direct,
            "is_mpim": self.channel_type == GROUP,
            "is_org_shared": False,
            "context_team_id": team_id,
            "updated": self.created * 1000,
        }
        if self.is_direct:
            return common | {"user": self.other_than(viewer), "is_user_deleted": False, "priority": 0}
        return common | {
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": self.channel_type == PUBLIC,
            "is_group": self.channel_type == PRIVATE,
            "is_private": self.channel_type != PUBLIC,
            "is_general": self.name == "general",
            "is_shared": False,
            "is_member": viewer in self.members,
            "creator": self.creator,
            "topic": {"value": self.topic, "creator": self.creator, "last_set": self.created},
            "purpose": {"value": "", "creator": "", "last_set": 0},
            "num_members": len(self.members),
        }


class Channels:
    """All conversations by id."""

    def __init__(self) -> None:
        self._by_id: dict[str, Channel] = {}

    def add(self, channel: Channel) -> Channel:
        self._by_id[channel.id] = channel
        return channel

    def create(self, name: str, *, private: bool, creator: str, members: Iterable[str], now: float) -> Channel:
        """A new channel; the caller has checked that the name is free."""
        kind, prefix = (PRIVATE, "G0") if private else (PUBLIC, "C0")
        return self.add(Channel(new_id(prefix), name, kind, int(now), creator, list(dict.fromkeys(members))))

    def get(self, channel_id: str) -> Channel | None:
        return self._by_id.get(channel_id)

    def by_name(self, name: str) -> Channel | None:
        wanted = name.removeprefix("#")
        return next((c for c in self._by_id.values() if c.name == wanted and c.name), None)

    def all(self) -> list[Channel]:
        return list(self._by_id.values())

    def direct(self, members: Iterable[str], *, creator: str, now: float) -> Channel:
        """The direct message between these members (two: im, more: mpim); opened when there is none."""
        wanted = sorted(set(members))
        kind = DIRECT if len(wanted) <= 2 else GROUP
        for channel in self._by_id.values():
            if channel.channel_type == kind and sorted(set(channel.members)) == wanted:
                return channel
        prefix = "D0" if kind == DIRECT else "G0"
        name = "" if kind == DIRECT else "mpdm-" + "--".join(wanted).lower() + "-1"
        return self.add(Channel(new_id(prefix), name, kind, int(now), creator, wanted))

    def direct_with(self, a: str, b: str) -> Channel | None:
        """The direct message between two members, when it was ever opened."""
        wanted = {a, b}
        return next((c for c in self._by_id.values() if c.is_direct and set(c.members) == wanted), None)
