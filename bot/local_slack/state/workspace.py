"""The whole workspace in memory."""

import hashlib

from bot.local_slack.clock import Clock
from bot.local_slack.config import AppConfig, ChannelConfig, WorkspaceConfig
from bot.local_slack.errors import LocalSlackError, SlackApiError
from bot.local_slack.state.agent_threads import AgentThreads
from bot.local_slack.state.changes import Changes
from bot.local_slack.state.channels import PRIVATE, PUBLIC, Channel, Channels
from bot.local_slack.state.messages import Messages
from bot.local_slack.state.people import Member, People
from bot.local_slack.state.triggers import ResponseUrls, Triggers
from bot.local_slack.state.views import Values, Views


class Workspace:
    """Team, people, conversations, views, and what is lent out to apps."""

    def __init__(self, config: WorkspaceConfig, clock: Clock | None = None) -> None:
        self.config = config
        self.clock = clock or Clock()
        self.changes = Changes()
        self.people = People(config)
        self.channels = Channels()
        self.messages = Messages()
        self.views = Views()
        self.triggers = Triggers()
        self.response_urls = ResponseUrls()
        self.agent_threads = AgentThreads()
        self.message_values: dict[tuple[str, str, str], Values] = {}
        for channel in config.channels:
            self._add_channel(channel)

    @property
    def team_id(self) -> str:
        return self.config.team_id

    def app(self, app_id: str) -> AppConfig | None:
        return next((a for a in self.config.apps if a.app_id == app_id), None)

    def member(self, user_id: str) -> Member:
        """The member, or the error user_not_found."""
        member = self.people.get(user_id)
        if member is None:
            raise SlackApiError("user_not_found")
        return member

    def visible_channel(self, channel_id: str, viewer: str) -> Channel:
        """The channel if `viewer` may know of it, else the error channel_not_found."""
        channel = self.channels.get(channel_id)
        if channel is None or not self.may_see(channel, viewer):
            raise SlackApiError("channel_not_found")
        return channel

    def may_see(self, channel: Channel, viewer: str) -> bool:
        """Members see their conversations; full members and bots see every public channel."""
        if viewer in channel.members:
            return True
        member = self.people.get(viewer)
        return channel.channel_type == PUBLIC and member is not None and not member.guest

    def direct(self, a: str, b: str) -> Channel:
        """The direct message between two members, opened when there is none."""
        return self.channels.direct([a, b], creator=a, now=self.clock.now())

    def _add_channel(self, wanted: ChannelConfig) -> None:
        everyone = tuple(p.id for p in self.config.people if not p.guest)
        members = everyone if wanted.members is None else wanted.members
        for member in members:
            if self.people.get(member) is None:
                raise LocalSlackError(f"channel {wanted.name}: its member {member} is not in the workspace")
        kind = PRIVATE if wanted.private else PUBLIC
        creator = members[0] if members else "USLACKBOT"
        channel_id = _stable_channel_id(wanted.name)
        self.channels.add(
            Channel(channel_id, wanted.name, kind, int(self.clock.now()), creator, list(members), wanted.topic)
        )


def _stable_channel_id(name: str) -> str:
    """The same id for the same name in every run, so that a restarted bot finds its channels."""
    return "C0" + hashlib.sha256(name.encode()).hexdigest()[:9].upper()
