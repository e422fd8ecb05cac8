"""The messages of a channel, of a thread, and of a direct message with an agent."""

import json

from nicegui import ui

from bot.local_slack.page.live import Row
from bot.local_slack.page.message import draw_message
from bot.local_slack.page.screen import Screen
from bot.local_slack.state.messages import Message

SHOWN = 120


def channel_rows(screen: Screen) -> list[Row]:
    """What the main pane shows. With an agent every message of a person starts a conversation, shown whole."""
    store = screen.hub.workspace.messages
    channel = screen.channel.id
    roots = _with_own(screen, store.roots(channel), None)[-SHOWN:]
    if screen.agent() is None:
        return [_row(screen, m, inset=False, with_summary=True) for m in roots]
    rows: list[Row] = []
    for root in roots:
        rows.append(_row(screen, root, inset=False, with_summary=False))
        replies = _with_own(screen, store.replies(channel, root.ts), root.ts)
        rows += [_row(screen, m, inset=True, with_summary=False) for m in replies]
        rows += _status_rows(screen, root.ts)
    return rows


def thread_rows(screen: Screen) -> list[Row]:
    """What the thread pane shows."""
    if screen.thread_ts is None:
        return []
    store = screen.hub.workspace.messages
    root = store.get(screen.channel.id, screen.thread_ts)
    replies = _with_own(screen, store.replies(screen.channel.id, screen.thread_ts), screen.thread_ts)
    whole = ([root] if root else []) + replies
    return [_row(screen, m, inset=False, with_summary=False) for m in whole] + _status_rows(screen, screen.thread_ts)


def draw_intro(screen: Screen, title: str) -> None:
    """What stands above the first message."""
    app = screen.agent()
    with ui.element("div").classes("ls-intro"):
        ui.label(f"⚡ {title}" if app else f"# {title}" if screen.channel.name else title).classes("big")
        if app and app.description:
            ui.label(app.description).classes("ls-soft")
        elif screen.channel.name:
            ui.label(f"This is the very beginning of #{title}.").classes("ls-soft")


def _with_own(screen: Screen, messages: list[Message], thread_ts: str | None) -> list[Message]:
    """With what only this person sees, in the order of time. Old private messages are gone after a reload,
    as in Slack."""
    ephemerals = screen.hub.workspace.messages.ephemerals(screen.channel.id, screen.person.id)
    own = [m for m in ephemerals if m.thread_ts == thread_ts and float(m.ts) > screen.opened_at]
    return sorted([*messages, *own], key=lambda m: float(m.ts))


def _row(screen: Screen, message: Message, *, inset: bool, with_summary: bool) -> Row:
    replies = len(screen.hub.workspace.messages.replies(message.channel, message.ts)) if with_summary else 0
    look = json.dumps(message.to_api(), sort_keys=True, default=str)
    return Row(
        message.ts,
        (look, inset, replies, message.streaming, message.ts == screen.found_ts),
        lambda: draw_message(screen, message, inset=inset, with_summary=with_summary),
    )


def _status_rows(screen: Screen, root_ts: str) -> list[Row]:
    thread = screen.hub.workspace.agent_threads.in_channel(screen.channel.id).get(root_ts)
    if thread is None or not thread.status:
        return []
    app = screen.agent() or screen.hub.config.app
    words = thread.loading_messages[0] if thread.loading_messages else f"{app.name} {thread.status}"

    def draw() -> None:
        ui.label(words).classes("ls-status").props["data-testid"] = "status"

    return [Row(f"status-{root_ts}", words, draw)]
