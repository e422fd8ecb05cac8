"""The whole page: places every part, and redraws when the workspace changes."""

import asyncio
from collections.abc import Callable, Hashable

from nicegui import ui

from bot.local_slack.acting.messages import join
from bot.local_slack.page.composer import Composer
from bot.local_slack.page.conversation import channel_rows, draw_intro, thread_rows
from bot.local_slack.page.live import Region, Rows
from bot.local_slack.page.screen import Screen, channel_title
from bot.local_slack.page.sidebar import Sidebar
from bot.local_slack.page.style import CSS
from bot.local_slack.page.views import Home, Modal

REDRAW_SECONDS = 0.04


class Page:
    """One browser tab."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._client = ui.context.client
        self._pending: asyncio.TimerHandle | None = None
        self._regions: list[Region] = []
        ui.add_css(CSS)
        with ui.element("div").classes("ls-app"):
            self._top()
            with ui.element("div").classes("ls-body"):
                sidebar = Sidebar(screen)
                self._region(ui.element("nav").classes("ls-side"), sidebar.look, sidebar.draw)
                self._main()
                self._thread()
        modal = Modal(screen)
        self._region(modal.card, modal.look, modal.draw)
        screen.refresh = self._update
        self._update()
        self._client.on_delete(screen.hub.workspace.changes.listen(self._soon))

    def _region(self, container: ui.element, look: Callable[[], Hashable], draw: Callable[[], None]) -> None:
        self._regions.append(Region(container, look, draw))

    def _top(self) -> None:
        hub, person = self._screen.hub, self._screen.person
        people = {m.id: f"{m.name}  ·  {m.title or m.handle}" for m in hub.workspace.people.humans()}
        with ui.element("header").classes("ls-top"):
            ui.label(hub.config.team_name).classes("ls-team")
            ui.label("A Slack workspace on this machine. Be anyone in it:").classes("ls-note")
            switch = ui.select(people, value=person.id, with_input=False)
            switch.props("dense outlined options-dense bg-color=white").classes("ls-person min-w-[260px]")
            switch.props["data-testid"] = "person-switcher"
            switch.on_value_change(lambda e: ui.navigate.to(f"/?as={e.value}"))

    def _main(self) -> None:
        screen = self._screen
        with ui.element("main").classes("ls-main"):
            head = ui.element("div").classes("ls-head")
            self._region(head, self._head_look, self._draw_head)
            self._scroll = ui.element("div").classes("ls-scroll")
            self._scroll.props["data-testid"] = "messages"
            with self._scroll:
                intro = ui.element("div")
                self._region(
                    intro, lambda: screen.channel.id, lambda: draw_intro(screen, channel_title(screen, screen.channel))
                )
                self._rows = Rows(ui.element("div").classes("w-full"), lambda: channel_rows(screen))
            self._home_pane = ui.element("div").classes("ls-scroll")
            home = Home(screen)
            self._region(self._home_pane, home.look, home.draw)
            self._foot = ui.element("div")
            with self._foot:
                chips = ui.element("div")
                self._composer = Composer(screen)
                self._region(chips, self._composer.prompts, self._composer.draw_prompts)
                self._region(self._composer.about, self._composer.conversation, self._composer.draw_conversation)

    def _thread(self) -> None:
        screen = self._screen
        self._pane = ui.element("aside").classes("ls-thread")
        self._pane.props["data-testid"] = "thread"
        with self._pane:
            with ui.element("div").classes("ls-head"):
                ui.label("Thread").classes("title").style("flex:1")
                button = ui.element("button").classes("ls-button quiet").on("click", lambda: screen.open_thread(None))
                button.props["data-testid"] = "close-thread"
                with button:
                    ui.label("✕")
            self._thread_scroll = ui.element("div").classes("ls-scroll")
            with self._thread_scroll:
                self._thread_list = Rows(ui.element("div").classes("w-full"), lambda: thread_rows(screen))
            Composer(screen, in_thread=True)

    def _head_look(self) -> Hashable:
        screen = self._screen
        return (screen.channel.id, screen.tab, tuple(screen.channel.members), screen.channel.topic)

    def _draw_head(self) -> None:
        screen = self._screen
        channel = screen.channel
        title = channel_title(screen, channel)
        ui.label(title if channel.is_direct else f"# {title}").classes("title").props["data-testid"] = "title"
        if screen.agent():
            for tab in ("messages", "home"):
                button = ui.element("button").classes(f"ls-tab {'current' if screen.tab == tab else ''}")
                button.props["data-testid"] = f"tab-{tab}"
                with button:
                    ui.label(tab.capitalize())
                button.on("click", lambda tab=tab: screen.show(channel, tab))
        elif not channel.is_direct:
            ui.label(f"{len(channel.members)} members").classes("topic")
            ui.label(channel.topic).classes("topic")
            if screen.person.id not in channel.members:
                ui.button("Join", on_click=lambda: screen.act(join(screen.hub, screen.person, channel.id)))

    def _soon(self) -> None:
        if self._pending is None:
            self._pending = asyncio.get_running_loop().call_later(REDRAW_SECONDS, self._update)

    def _update(self) -> None:
        self._pending = None
        if self._client.is_deleted:
            return
        with self._client:
            self._read()
            for region in self._regions:
                region.update()
            is_home = self._screen.tab == "home"
            self._home_pane.set_visibility(is_home)
            self._scroll.set_visibility(not is_home)
            self._foot.set_visibility(not is_home)
            self._pane.set_visibility(self._screen.thread_ts is not None)
            self._composer.renamed()
            if self._rows.update():
                self._to_end(self._scroll)
            if self._thread_list.update():
                self._to_end(self._thread_scroll)

    def _read(self) -> None:
        """What is on the screen is read."""
        channel, person = self._screen.channel, self._screen.person.id
        messages = self._screen.hub.workspace.messages.in_channel(channel.id)
        if messages:
            channel.read_up_to[person] = messages[-1].ts

    def _to_end(self, scroll: ui.element) -> None:
        self._client.run_javascript(
            f"setTimeout(() => {{ const e = getElement({scroll.id}); if (e) (e.$el || e).scrollTop = 1e9; }}, 30)"
        )
