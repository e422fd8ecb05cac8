"""The conversations of a person."""

from collections.abc import Awaitable, Callable, Hashable

from nicegui import ui

from bot.local_slack.page.screen import Screen, avatar, channel_title
from bot.local_slack.state.channels import PRIVATE, Channel


class Sidebar:
    """Channels, apps and people, with what is unread."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def look(self) -> Hashable:
        """What the sidebar depends on."""
        screen = self._screen
        return (screen.channel.id, tuple((c.id, unread(screen, c)) for c in self._conversations()))

    def draw(self) -> None:
        """All of it."""
        conversations = self._conversations()
        apps = {a.bot_user_id: a for a in self._screen.hub.config.apps}
        ui.label("Apps").classes("ls-side-title")
        for app in apps.values():
            self._link(self._screen.hub.workspace.direct(self._screen.person.id, app.bot_user_id))
        ui.label("Channels").classes("ls-side-title")
        for channel in sorted((c for c in conversations if c.name), key=lambda c: c.name):
            self._link(channel)
        ui.label("Direct messages").classes("ls-side-title")
        for channel in conversations:
            if channel.is_direct and channel.other_than(self._screen.person.id) not in apps:
                self._link(channel)
        self._new_message()

    def _conversations(self) -> list[Channel]:
        return [c for c in self._screen.hub.workspace.channels.all() if self._screen.person.id in c.members]

    def _new_message(self) -> None:
        screen = self._screen
        people = screen.hub.workspace.people
        button = ui.element("button").classes("ls-link")
        button.props["data-testid"] = "new-message"
        with button:
            ui.label("+")
            ui.label("New message").classes("name")
            with ui.menu():
                for member in people.humans():
                    if member.id != screen.person.id:
                        item = ui.menu_item(member.name, on_click=self._opening(member.id))
                        item.props["data-testid"] = f"to-{member.handle}"

    def _opening(self, user_id: str) -> Callable[[], Awaitable[None]]:
        async def open_dm() -> None:
            await self._screen.show(self._screen.hub.workspace.direct(self._screen.person.id, user_id))

        return open_dm

    def _link(self, channel: Channel) -> None:
        screen = self._screen
        title = channel_title(screen, channel)
        other = screen.hub.workspace.people.get(channel.other_than(screen.person.id)) if channel.is_direct else None

        async def open_channel() -> None:
            await screen.show(channel)

        _entry(
            "🔒" if channel.channel_type == PRIVATE else "#",
            title,
            f"dm-{other.handle}" if other else f"channel-{channel.name}",
            unread(screen, channel),
            current=channel.id == screen.channel.id,
            press=open_channel,
            member_id=other.id if other else None,
            is_app=bool(other and other.is_bot),
        )


def unread(screen: Screen, channel: Channel) -> int:
    """How many messages of others came after what the person has read."""
    last_read = float(channel.read_up_to.get(screen.person.id, "0"))
    messages = screen.hub.workspace.messages.in_channel(channel.id)
    return sum(float(m.ts) > last_read and m.user != screen.person.id for m in messages)


def _entry(
    sign: str,
    title: str,
    test_id: str,
    count: int,
    *,
    current: bool,
    press: Callable[[], Awaitable[None]],
    member_id: str | None = None,
    is_app: bool = False,
) -> None:
    entry = ui.element("button").classes(f"ls-link {'current' if current else ''} {'unread' if count else ''}")
    entry.props["data-testid"] = test_id
    with entry:
        if member_id:
            avatar(member_id, title, small=True, is_app=is_app)
        else:
            ui.label(sign)
        ui.label(title).classes("name")
        if count and not current:
            ui.label(str(count)).classes("ls-badge")
    entry.on("click", press)
