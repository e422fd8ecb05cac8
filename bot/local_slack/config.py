"""What a workspace consists of at its start: team, people, channels and the apps installed in it."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from bot.local_slack.errors import LocalSlackError

ALL_BOT_SCOPES = frozenset(
    """app_mentions:read assistant:write channels:history channels:join channels:manage channels:read
    chat:write chat:write.public commands groups:history groups:read groups:write im:history im:read
    im:write mpim:history mpim:read mpim:write reactions:read reactions:write team:read usergroups:read
    users:read users:read.email users.profile:read""".split()
)
ALL_BOT_EVENTS = frozenset(
    """app_context_changed app_home_opened app_mention channel_created member_joined_channel message.channels
    message.groups message.im message.mpim reaction_added reaction_removed""".split()
)
EVENT_SCOPES = {
    "app_mention": "app_mentions:read",
    "channel_created": "channels:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
}
_CHANNEL_NAME = re.compile(r"[a-z0-9_-]{1,80}")


@dataclass(frozen=True)
class PersonConfig:
    """One person of the workspace. `guest` is Slack's restricted account, `admin` a workspace admin."""

    id: str
    handle: str
    name: str
    email: str = ""
    title: str = ""
    guest: bool = False
    admin: bool = False
    time_zone: str = "Europe/London"

    @property
    def token(self) -> str:
        """The token a script uses to act as this person; printable and only good for the local Slack."""
        return f"xoxp-local-{self.handle}"


@dataclass(frozen=True)
class ChannelConfig:
    """One channel. `members` are user ids; None means every full member of the team (guests not)."""

    name: str
    private: bool = False
    members: tuple[str, ...] | None = None
    topic: str = ""


@dataclass(frozen=True)
class CommandConfig:
    """One slash command of an app, `command` with its slash."""

    command: str
    description: str = ""
    usage_hint: str = ""


@dataclass(frozen=True)
class ShortcutConfig:
    """One shortcut of an app; `kind` is `message` or `global`."""

    name: str
    callback_id: str
    kind: str = "message"


@dataclass(frozen=True)
class AppConfig:
    """One app with its bot user. With `request_url` Slack posts to it, without it waits for a socket."""

    name: str = "App"
    app_id: str = "A0LOCALAPP"
    bot_user_id: str = "U0LOCALBOT"
    bot_id: str = "B0LOCALBOT"
    bot_token: str = "xoxb-local-app"
    app_token: str = "xapp-local-app"
    signing_secret: str = "local-signing-secret"
    request_url: str | None = None
    scopes: frozenset[str] = ALL_BOT_SCOPES
    events: frozenset[str] = ALL_BOT_EVENTS
    commands: tuple[CommandConfig, ...] = ()
    shortcuts: tuple[ShortcutConfig, ...] = ()
    description: str = ""
    agent_view: bool = True
    suggested_prompts: tuple[tuple[str, str], ...] = ()

    @property
    def handle(self) -> str:
        """The bot user's name without spaces, as in @handle."""
        return re.sub(r"[^a-z0-9._-]+", "", self.name.lower()) or "app"


@dataclass(frozen=True)
class WorkspaceConfig:
    """The whole workspace.

    `ack_seconds` is how long an app may take to acknowledge, `retry_delays` the seconds before each further
    attempt at an event (Slack: at once, 1 minute, 5 minutes), `time_scale` multiplies them (tests use less).
    With `state_file` conversations survive a restart.
    """

    people: tuple[PersonConfig, ...]
    channels: tuple[ChannelConfig, ...] = (ChannelConfig("general"),)
    apps: tuple[AppConfig, ...] = field(default_factory=lambda: (AppConfig(),))
    team_id: str = "T0LOCAL"
    team_name: str = "Local workspace"
    domain: str = "local"
    admin_token: str = "local-admin"
    ack_seconds: float = 3.0
    retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
    time_scale: float = 1.0
    state_file: Path | None = None

    def __post_init__(self) -> None:
        if not self.people:
            raise LocalSlackError("a workspace needs at least one person")
        _unique("person id", [p.id for p in self.people] + [a.bot_user_id for a in self.apps])
        _unique("handle", [p.handle for p in self.people] + [a.handle for a in self.apps])
        _unique("channel name", [c.name for c in self.channels])
        _unique("token", [a.bot_token for a in self.apps] + [a.app_token for a in self.apps])
        for channel in self.channels:
            if not _CHANNEL_NAME.fullmatch(channel.name):
                raise LocalSlackError(f"channel name {channel.name!r}: use 1 to 80 lower-case letters, digits, - and _")
        for app in self.apps:
            _check_app(app)

    @property
    def app(self) -> AppConfig:
        """The first app: the one under development."""
        return self.apps[0]


def _unique(what: str, values: list[str]) -> None:
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise LocalSlackError(f"{what} used twice: {', '.join(twice)}")


def _check_app(app: AppConfig) -> None:
    for event in sorted(app.events):
        needed = EVENT_SCOPES.get(event)
        if needed and needed not in app.scopes:
            raise LocalSlackError(
                f"app {app.name}: the event {event} needs the bot scope {needed}; add it to the manifest"
            )
    if (app.commands or any(s.kind == "message" for s in app.shortcuts)) and "commands" not in app.scopes:
        raise LocalSlackError(f"app {app.name}: commands and shortcuts need the bot scope commands")
