"""What one browser tab looks at, and how its person acts."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from nicegui import ui

from bot.local_slack.acting.interactions import open_home
from bot.local_slack.acting.messages import home_channel, look_at, mark
from bot.local_slack.config import AppConfig
from bot.local_slack.errors import SlackApiError
from bot.local_slack.hub import Hub
from bot.local_slack.jsontypes import Json
from bot.local_slack.page.mrkdwn import Names
from bot.local_slack.state.channels import Channel
from bot.local_slack.state.people import Member

FAILURES = {
    "operation_timeout": "The app did not acknowledge in time.",
    "dispatch_failed": "The app could not be reached.",
}
_COLOURS = ("#4a6fa5", "#8e5a9b", "#2e8b7a", "#c06c3e", "#7a8b2e", "#b0476b", "#4b7fbf", "#8b6d3f")


@dataclass
class Screen:
    """One tab: the person it is, and what it shows. `refresh` redraws what changed."""

    hub: Hub
    person: Member
    channel: Channel
    tab: str = "messages"
    thread_ts: str | None = None
    conversation_ts: str | None = None
    found_ts: str | None = None
    opened_at: float = field(default_factory=time.time)
    refresh: Callable[[], None] = lambda: None

    @classmethod
    def of(cls, hub: Hub, person: Member) -> "Screen":
        """A screen on the direct message with the first app."""
        return cls(hub, person, home_channel(hub, person))

    @property
    def names(self) -> Names:
        """How ids are shown on this screen."""

        def user(user_id: str) -> str | None:
            member = self.hub.workspace.people.get(user_id)
            return member.name if member else None

        def channel(channel_id: str) -> str | None:
            found = self.hub.workspace.channels.get(channel_id)
            return found.name if found else None

        return Names(user, channel)

    def agent(self) -> AppConfig | None:
        """The app at the other end, when the channel is a direct message with one."""
        if not self.channel.is_direct:
            return None
        other = self.hub.workspace.people.get(self.channel.other_than(self.person.id))
        return other.app if other else None

    async def act(self, work: Awaitable[Json]) -> Json | None:
        """Do something as the person; what is refused is shown to them and gives None."""
        try:
            answer = await work
        except SlackApiError as error:
            ui.notify(str(error.detail.get("detail") or error.error), type="negative", position="top")
            return None
        if answer.get("ok") is False and "errors" not in answer:
            words = answer.get("detail") or FAILURES.get(answer["error"], answer["error"])
            ui.notify(f"⚠ {words}", type="negative", position="top")
            return None
        return answer

    async def show(self, channel: Channel, tab: str = "messages") -> None:
        """Go to a conversation."""
        self.channel, self.tab = channel, tab
        self.thread_ts = self.conversation_ts = self.found_ts = None
        await mark(self.hub, self.person, channel.id)
        app = self.agent()
        if app:
            await open_home(self.hub, self.person, tab, app.app_id)
        else:
            await look_at(self.hub, self.person, channel.id)
        self.refresh()

    def open_thread(self, ts: str | None) -> None:
        """Show a thread beside the channel, or close it."""
        self.thread_ts = ts
        self.refresh()


def channel_title(screen: Screen, channel: Channel) -> str:
    """A conversation's name as its members see it."""
    if channel.is_direct:
        other = screen.hub.workspace.people.get(channel.other_than(screen.person.id))
        return other.name if other else "Direct message"
    return channel.name


def initials(name: str) -> str:
    """Two letters for an avatar."""
    words = name.split()
    return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper() or "?"


def colour(key: str) -> str:
    """The same colour for the same member, always."""
    return _COLOURS[sum(key.encode()) % len(_COLOURS)]


def avatar(member_id: str, name: str, *, small: bool = False, is_app: bool = False) -> None:
    """A square with initials."""
    words = "⚡" if is_app else initials(name)
    ui.label(words).classes(f"ls-avatar {'small' if small else ''}").style(
        f"background:{'#1f6f8b' if is_app else colour(member_id)}"
    )
