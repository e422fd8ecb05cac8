"""One message with its tools."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from nicegui import ui

from bot.local_slack import filling
from bot.local_slack.acting.interactions import shortcut
from bot.local_slack.acting.messages import delete, edit, react
from bot.local_slack.page.blocks import blocks, safe_html
from bot.local_slack.page.elements import Place
from bot.local_slack.page.emoji import QUICK_REACTIONS, emoji
from bot.local_slack.page.mrkdwn import to_html, unescape
from bot.local_slack.page.screen import Screen, avatar
from bot.local_slack.state.messages import Message


def draw_message(screen: Screen, message: Message, *, inset: bool, with_summary: bool) -> None:
    """A message; `inset` for replies under their root, `with_summary` for the link to its thread."""
    author = screen.hub.workspace.people.get(message.user)
    name = author.name if author else "Slackbot" if message.user == "USLACKBOT" else "Former member"
    look = f"{'reply' if inset else ''} {'ephemeral' if message.ephemeral_to else ''}"
    found = "found" if message.ts == screen.found_ts else ""
    row = ui.element("div").classes(f"ls-msg {look} {found}")
    row.props["data-testid"] = "message"
    row.props["data-ts"] = message.ts
    with row:
        avatar(message.user, name, small=inset, is_app=bool(author and author.is_bot))
        with ui.element("div").classes("content"):
            if message.ephemeral_to:
                _only_visible_to_you(screen, message)
            with ui.element("div").classes("ls-by"):
                ui.label(name).classes("who")
                if message.user == "USLACKBOT" or (author and author.is_bot):
                    ui.label("APP").classes("app")
                ui.label(clock_time(message.ts)).classes("when")
                if message.edited:
                    ui.label("(edited)").classes("when")
            _content(screen, message)
            _reactions(screen, message)
            if with_summary:
                _thread_summary(screen, message)
        if not message.ephemeral_to and message.subtype != "tombstone":
            _tools(screen, message)


def clock_time(ts: str) -> str:
    """Hours and minutes, with the day when it is not today."""
    then = datetime.fromtimestamp(float(ts))
    same_day = then.date() == datetime.now().date()
    return then.strftime("%H:%M" if same_day else "%d %b %H:%M")


def _only_visible_to_you(screen: Screen, message: Message) -> None:
    async def dismiss() -> None:
        await screen.act(delete(screen.hub, screen.person, message.channel, message.ts))

    with ui.element("div").classes("ls-only"):
        ui.label("👁 Only visible to you")
        _small_button("Dismiss", "dismiss", dismiss)


def _content(screen: Screen, message: Message) -> None:
    if not message.blocks:
        safe_html(to_html(message.text, screen.names))
    else:
        key = (message.channel, message.ts, screen.person.id)
        values = screen.hub.workspace.message_values.get(key) or filling.initial_values(message.blocks)
        blocks(Place(screen, ts=message.ts, values=values), message.blocks)
    for preview in message.attachments:
        if preview.get("title") or preview.get("text"):
            with ui.element("div").classes("ls-alert"):
                safe_html(to_html(str(preview.get("title") or preview.get("text")), screen.names))
    if message.streaming:
        ui.label("…").classes("ls-soft")


def _reactions(screen: Screen, message: Message) -> None:
    if not message.reactions:
        return
    with ui.element("div").classes("ls-reactions"):
        for name, users in message.reactions.items():
            chip = ui.element("button").classes(f"ls-reaction {'mine' if screen.person.id in users else ''}")
            with chip:
                ui.label(f"{emoji(name)} {len(users)}")
            chip.on("click", _reacting(screen, message, name))


def _thread_summary(screen: Screen, message: Message) -> None:
    replies = screen.hub.workspace.messages.replies(message.channel, message.ts)
    if replies:
        label = "1 reply" if len(replies) == 1 else f"{len(replies)} replies"
        _small_button(label, "open-thread", lambda: screen.open_thread(message.ts))


def _tools(screen: Screen, message: Message) -> None:
    root = message.thread_ts or message.ts
    with ui.element("div").classes("ls-tools"):
        for name in QUICK_REACTIONS[:2]:
            _tool(emoji(name), f"react-{name}", f"React with {name}", _reacting(screen, message, name))
        _tool("💬", "reply", "Reply in thread", lambda: screen.open_thread(root))
        more = _tool("⋮", "more", "More actions", lambda: None)
        with more, ui.menu():
            _menu(screen, message)


def _menu(screen: Screen, message: Message) -> None:
    for app in screen.hub.config.apps:
        for known in app.shortcuts:
            if known.kind == "message":
                item = ui.menu_item(f"{known.name}  ·  {app.name}", on_click=_use(screen, message, known.callback_id))
                item.props["data-testid"] = f"shortcut-{known.callback_id}"
    link = screen.hub.permalink(message.channel, message.ts, message.thread_ts)
    ui.menu_item("Copy link", on_click=lambda: ui.clipboard.write(link))
    if message.user == screen.person.id:
        ui.menu_item("Edit message", on_click=lambda: _edit_dialog(screen, message)).props["data-testid"] = "edit"

        async def remove() -> None:
            await screen.act(delete(screen.hub, screen.person, message.channel, message.ts))

        ui.menu_item("Delete message", on_click=remove).props["data-testid"] = "delete"


def _edit_dialog(screen: Screen, message: Message) -> None:
    with ui.dialog() as dialog, ui.card().classes("ls-modal"):
        with ui.element("div").classes("body"):
            field = ui.textarea(value=unescape(message.text)).props("outlined autogrow autofocus").classes("w-full")
            field.props["data-testid"] = "edit-text"

        async def save() -> None:
            await screen.act(edit(screen.hub, screen.person, message.channel, message.ts, str(field.value)))
            dialog.close()

        with ui.element("div").classes("foot"):
            ui.button("Cancel", on_click=dialog.close).props("flat no-caps")
            ui.button("Save", on_click=save).props("no-caps unelevated color=green-9")
    dialog.open()


def _reacting(screen: Screen, message: Message, name: str) -> Callable[[], Awaitable[None]]:
    async def use() -> None:
        await screen.act(react(screen.hub, screen.person, message.channel, message.ts, name))

    return use


def _use(screen: Screen, message: Message, callback_id: str) -> Callable[[], Awaitable[None]]:
    async def use() -> None:
        await screen.act(shortcut(screen.hub, screen.person, callback_id, channel=message.channel, ts=message.ts))

    return use


def _tool(sign: str, test_id: str, title: str, press: Callable[[], object]) -> ui.element:
    button = ui.element("button")
    button.props["data-testid"] = test_id
    button.props["title"] = title
    with button:
        ui.label(sign)
    return button.on("click", press)


def _small_button(label: str, test_id: str, press: Callable[[], object]) -> None:
    button = ui.element("button").classes("ls-link-button")
    button.props["data-testid"] = test_id
    with button:
        ui.label(label)
    button.on("click", press)
