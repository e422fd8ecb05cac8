"""The box to write in, with commands, suggested prompts, and the conversation it continues."""

from collections.abc import Hashable
from typing import Any

from nicegui import ui

from bot.local_slack.acting.interactions import command
from bot.local_slack.acting.messages import say
from bot.local_slack.page.mrkdwn import unescape
from bot.local_slack.page.screen import Screen, channel_title

ENTER_JS = "e => { if (!e.shiftKey && !e.isComposing) { e.preventDefault(); emit(e.target.value); } }"


class Composer:
    """Writes into the channel, or with `in_thread` into the thread that is open beside it."""

    def __init__(self, screen: Screen, *, in_thread: bool = False) -> None:
        self._screen = screen
        self._in_thread = in_thread
        name = "thread-composer" if in_thread else "composer"
        with ui.element("div").classes("ls-composer"):
            self.about = ui.element("div")
            with ui.element("div").classes("ls-write"):
                self._field = ui.textarea(placeholder=self._placeholder(), on_change=self._typed)
                self._field.props("autogrow borderless dense rows=1 input-style=max-height:240px")
                self._field.props["data-testid"] = name
                self._field.on("keydown.enter", self._entered, js_handler=ENTER_JS)
                send = ui.element("button").classes("ls-send")
                send.props["data-testid"] = f"{name}-send"
                send.props["title"] = "Send"
                with send:
                    ui.label("➤")
                send.on("click", self._clicked)
            self._hint = ui.label("").classes("ls-hint")
            self._hint.set_visibility(False)

    def renamed(self) -> None:
        """The channel is another one now."""
        self._field.props["placeholder"] = self._placeholder()
        self._field.update()

    def conversation(self) -> Hashable:
        """What the bar above the box depends on."""
        return (self._screen.channel.id, self._screen.conversation_ts, self._screen.tab)

    def draw_conversation(self) -> None:
        """The bar that says which conversation with the agent goes on."""
        screen = self._screen
        root_ts = screen.conversation_ts
        root = screen.hub.workspace.messages.get(screen.channel.id, root_ts) if root_ts else None
        if root is None or screen.agent() is None:
            return

        def start_anew() -> None:
            screen.conversation_ts = None
            screen.refresh()

        with ui.element("div").classes("ls-in-thread"):
            ui.label(f"In the conversation “{unescape(root.text)[:80]}”").classes("about")
            button = ui.element("button").classes("ls-link-button").on("click", start_anew)
            button.props["data-testid"] = "new-conversation"
            with button:
                ui.label("New conversation")

    def prompts(self) -> tuple[tuple[str, str], ...]:
        """The suggested prompts (title, message) that fit now."""
        screen, app = self._screen, self._screen.agent()
        if app is None or screen.tab != "messages":
            return ()
        threads = screen.hub.workspace.agent_threads.in_channel(screen.channel.id)
        thread = threads.get(screen.conversation_ts or "")
        if thread and thread.prompts:
            return tuple((p["title"], p["message"]) for p in thread.prompts)
        return app.suggested_prompts if screen.conversation_ts is None else ()

    def draw_prompts(self) -> None:
        """The suggested prompts as chips that send themselves."""
        prompts = self.prompts()
        if not prompts:
            return
        with ui.element("div").classes("ls-chips"):
            for title, message in prompts:
                chip = ui.element("button").classes("ls-chip")
                chip.props["data-testid"] = "prompt"
                with chip:
                    ui.label(title)
                chip.on("click", lambda message=message: self.send(message))

    async def send(self, text: str) -> None:
        """Send a text, or run it when it is a command."""
        if not text.strip():
            return
        screen = self._screen
        if text.startswith("/"):
            await self._command(text)
            return
        thread_ts = screen.thread_ts if self._in_thread else screen.conversation_ts if screen.agent() else None
        sent = await screen.act(say(screen.hub, screen.person, text, screen.channel.id, thread_ts))
        if sent is None:
            self._field.set_value(text)
        elif not self._in_thread and screen.agent():
            screen.conversation_ts = sent["thread_ts"] or sent["ts"]
        screen.refresh()

    async def _command(self, text: str) -> None:
        screen = self._screen
        name, _, rest = text.strip().partition(" ")
        await screen.act(command(screen.hub, screen.person, name, rest.strip(), screen.channel.id))

    async def _entered(self, event: Any) -> None:
        await self._take(str(event.args))

    async def _clicked(self) -> None:
        await self._take(str(self._field.value or ""))

    async def _take(self, text: str) -> None:
        self._field.set_value("")
        await self.send(text)

    def _typed(self, event: Any) -> None:
        typed = str(event.value or "")
        known = [c for app in self._screen.hub.config.apps for c in app.commands]
        fitting = [c for c in known if c.command.startswith(typed.split(" ")[0])] if typed.startswith("/") else []
        words = "   ".join(f"{c.command} {c.usage_hint}  {c.description}".strip() for c in fitting)
        self._hint.set_text(words)
        self._hint.set_visibility(bool(words))

    def _placeholder(self) -> str:
        if self._in_thread:
            return "Reply…"
        title = channel_title(self._screen, self._screen.channel)
        return f"Message {'#' if self._screen.channel.name else ''}{title}"
