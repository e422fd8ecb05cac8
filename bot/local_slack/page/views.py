"""Modals as dialogs, and App Home."""

import json
from collections.abc import Hashable

from nicegui import ui

from bot.local_slack.acting.forms import close, submit
from bot.local_slack.page.blocks import blocks
from bot.local_slack.page.elements import Place
from bot.local_slack.page.screen import Screen
from bot.local_slack.state.views import View


class Modal:
    """The modal on top, in a dialog that only its own buttons close."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.dialog = ui.dialog().props("persistent")
        with self.dialog:
            self.card = ui.card().classes("ls-modal")
            self.card.props["data-testid"] = "modal"

    def look(self) -> Hashable:
        """What the dialog depends on; not what is typed into it."""
        view = self._top()
        return (view.id, view.hash, json.dumps(view.errors, sort_keys=True)) if view else None

    def draw(self) -> None:
        """The modal on top; without one the dialog closes."""
        view = self._top()
        if view is None:
            self.dialog.close()
            return
        self._head(view)
        with ui.element("div").classes("body"):
            blocks(Place(self._screen, view_id=view.id, values=view.values), view.blocks, view.errors)
        self._foot(view)
        self.dialog.open()

    def _top(self) -> View | None:
        stack = self._screen.hub.workspace.views.stack(self._screen.person.id)
        return stack[-1] if stack else None

    def _head(self, view: View) -> None:
        async def close_all() -> None:
            await self._screen.act(close(self._screen.hub, self._screen.person, view.id, everything=True))

        with ui.element("div").classes("head"):
            ui.label((view.title or {}).get("text", "")).classes("title")
            button = ui.element("button").classes("ls-button quiet").on("click", close_all)
            button.props["data-testid"] = "modal-x"
            with button:
                ui.label("✕")

    def _foot(self, view: View) -> None:
        screen = self._screen

        async def close_this() -> None:
            await screen.act(close(screen.hub, screen.person, view.id))

        async def send() -> None:
            button.props["disabled"] = True
            button.update()
            await screen.act(submit(screen.hub, screen.person, view.id))
            if not button.is_deleted:
                button.props.pop("disabled", None)
                button.update()

        with ui.element("div").classes("foot"):
            cancel = ui.element("button").classes("ls-button").on("click", close_this)
            cancel.props["data-testid"] = "modal-close"
            with cancel:
                ui.label((view.close or {}).get("text") or ("Back" if view.previous_id else "Close"))
            if view.submit:
                button = ui.element("button").classes("ls-button primary").on("click", send)
                button.props["data-testid"] = "modal-submit"
                with button:
                    ui.label(view.submit["text"])


class Home:
    """The Home tab of the app that the person looks at."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def look(self) -> Hashable:
        """What the tab depends on."""
        view = self._view()
        return (self._screen.channel.id, self._screen.tab, view.hash if view else None)

    def draw(self) -> None:
        """The published view, or that there is none."""
        if self._screen.tab != "home":
            return
        view = self._view()
        with ui.element("div").classes("ls-home") as home:
            home.props["data-testid"] = "home"
            if view is None:
                ui.label("The app has not published anything here yet.").classes("ls-empty")
            else:
                blocks(Place(self._screen, view_id=view.id, values=view.values), view.blocks)

    def _view(self) -> View | None:
        app = self._screen.agent()
        return self._screen.hub.workspace.views.home(self._screen.person.id, app.app_id) if app else None
