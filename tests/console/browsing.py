"""The console as it runs, seen by a real browser."""

from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Page

from tests.console.world import World


@dataclass(frozen=True)
class Served:
    """The console as it runs."""

    url: str
    world: World
    browser: Browser

    def context(self, handle: str | None, *, dark: bool = False, width: int = 1360) -> BrowserContext:
        """A browser of its own, signed in as this person."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", reduced_motion="reduce"
        )
        context.set_default_timeout(30_000)
        if handle is not None:
            token = self.world.session_for(handle)
            context.add_cookies([{"name": "deskhand_console", "value": token, "url": self.url}])
        return context

    def page(self, path: str, handle: str | None, *, dark: bool = False, width: int = 1360) -> Page:
        """A page that was opened and is alive."""
        page = self.context(handle, dark=dark, width=width).new_page()
        page.goto(self.url + path)
        if handle is not None:
            page.wait_for_function("() => window.socket?.connected")  # before that nobody hears a click
        return page

    def lanes(self) -> list[str]:
        """What the console wanted to be sent."""
        told = self.world.desk.settings.home / "sent-lanes"
        return told.read_text(encoding="utf-8").split() if told.exists() else []
