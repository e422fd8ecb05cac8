"""What all pages look like: the header with its navigation, cards, tags, empty states, questions in dialogs."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from nicegui import ui

from bot.console.access import THEME_COOKIE, Look, SignedOut, Visit
from bot.console.words import Tone
from workers.tickets.permissions import NotAllowed
from workers.tickets.queries import NoSuchTicket

LOOK_AGAIN_S = 4.0  # how soon other people's changes are seen

_STYLE_FILE = Path(__file__).with_name("style.css")
_SIGN_OUT = (
    '<form method="post" action="/console/sign-out">'
    '<button class="dh-out" type="submit" data-testid="sign-out">Sign out</button></form>'
)
_SECTIONS = (
    ("Start", "/", False),
    ("Tickets", "/tickets", False),
    ("Articles", "/articles", False),
    ("Labelling", "/labelling", False),
    ("Models", "/models", True),
    ("Automations", "/automations", True),
    ("Audit", "/audit", True),
)
_PARTS = {  # of a section that has several pages: name, address, for admins only
    "Articles": (
        ("Articles", "/articles", False),
        ("Search", "/articles/search", False),
        ("Answers", "/articles/answers", True),
        ("Gaps", "/articles/gaps", False),
        ("Report", "/articles/report", False),
    ),
    "Models": (
        ("Versions", "/models", True),
        ("Shadow", "/models/shadow", True),
        ("Replay", "/models/replay", True),
        ("Drift", "/models/drift", True),
    ),
}

V = TypeVar("V")


@contextmanager
def frame(visit: Visit, section: str, title: str, hint: str = "", part: str = "") -> Iterator[None]:
    """The page around its content; `part` names the page within a section that has several."""
    ui.add_head_html(f"<style>{_STYLE_FILE.read_text(encoding='utf-8')}</style>")
    ui.colors(primary="#0b6e6e", positive="#1d7a46", negative="#b3261e", warning="#8f5a00", info="#1f5fa8")
    theme = ui.dark_mode(visit.dark)
    with ui.header().classes("dh-header"):
        ui.link(visit.console.handbook.desk.name, "/").classes("dh-brand")
        with ui.element("nav").classes("dh-nav").props('aria-label="Sections"'):
            _links(visit, _SECTIONS, section, "nav")
        with ui.element("div").classes("dh-me"):
            ui.button(icon="contrast", on_click=lambda: _next_theme(theme)).props(
                'flat dense round data-testid="theme" aria-label="Light or dark"'
            )
            ui.label(visit.visitor.name).classes("dh-name").props('data-testid="me"')
            ui.html(_SIGN_OUT, sanitize=False)
    visit.layer = ui.element("div")
    with ui.element("main").classes("dh-main"):
        with ui.element("div").classes("dh-title"):
            heading(title, 1)
            if hint:
                ui.label(hint).classes("dh-soft")
        if section in _PARTS:
            with ui.element("nav").classes("dh-nav dh-parts").props(f'aria-label="{section}"'):
                _links(visit, _PARTS[section], part, "part")
        yield


def _links(visit: Visit, links: Sequence[tuple[str, str, bool]], chosen: str, test_id: str) -> None:
    for name, target, admins_only in links:
        if visit.is_admin or not admins_only:
            link = ui.link(name, target).props(f'data-testid="{test_id}-{name.lower()}"')
            if name == chosen:
                link.classes("dh-here").props('aria-current="page"')


def _next_theme(theme: ui.dark_mode) -> None:
    following: dict[bool | None, tuple[bool | None, str]] = {
        None: (True, "dark"), True: (False, "light"), False: (None, "auto"),
    }  # fmt: skip
    theme.value, word = following[theme.value]
    # Kept in the browser: the console keeps nothing of its own.
    ui.run_javascript(f'document.cookie = "{THEME_COOKIE}={word}; path=/console; max-age=31536000; samesite=lax"')
    ui.notify({"auto": "As your device says", "dark": "Dark", "light": "Light"}[word], timeout=900)


def heading(text: str, level: int = 2) -> None:
    """A heading that screen readers find."""
    with ui.element(f"h{level}"):
        text_of(text)


def text_of(text: str) -> None:
    """Bare text inside an element; never read as HTML."""
    ui.label(text).style("display: inline")


def card(title: str = "", test_id: str = "") -> ui.element:
    """A box with a title; its content is added by `with`."""
    box = ui.element("div").classes("dh-card")  # a dialog lets only a div be clicked
    if test_id:
        box.props(f'data-testid="{test_id}"')
    if title:
        with box:
            heading(title)
    return box


def tag(text: str, tone: Tone = "calm", test_id: str = "") -> ui.label:
    """A small coloured word."""
    label = ui.label(text).classes(f"dh-tag dh-{tone}")
    return label.props(f'data-testid="{test_id}"') if test_id else label


def soft(text: str) -> ui.label:
    """A quiet line."""
    return ui.label(text).classes("dh-soft dh-small")


def pairs(rows: Sequence[tuple[str, str]]) -> None:
    """Names and values below each other."""
    with ui.element("div").classes("dh-pairs"):
        for name, value in rows:
            ui.label(name)
            ui.label(value).classes("dh-text")


def empty(title: str, hint: str) -> None:
    """What stands where there is nothing to show."""
    with ui.element("div").classes("dh-empty").props('data-testid="empty"'):
        with ui.element("strong"):
            text_of(title)
        text_of(hint)


def bar(value: float) -> None:
    """A share between 0 and 1 as a bar."""
    with ui.element("div").classes("dh-bar"):
        ui.element("div").style(f"width: {max(0.0, min(value, 1.0)) * 100:.1f}%")


async def ask(
    visit: Visit,
    title: str,
    hint: str,
    button: str,
    *,
    words: str,
    danger: bool = False,
    draw: Callable[[], None] | None = None,
) -> str | None:
    """Ask for a text, such as a reason; none when the person thought better of it. `draw` adds what helps to decide."""
    with visit.layer, ui.dialog() as dialog, card(title):
        if draw is not None:
            draw()
        ui.label(hint).classes("dh-text dh-soft")
        field = ui.textarea(words).props('outlined autogrow autofocus data-testid="dialog-words"').classes("full-width")
        with ui.element("div").classes("dh-row").style("justify-content: flex-end"):
            ui.button("Cancel", on_click=lambda: dialog.submit(None)).props("flat no-caps color=grey")
            confirm = ui.button(button, on_click=lambda: dialog.submit(field.value))
            confirm.props(f'unelevated no-caps color={"negative" if danger else "primary"} data-testid="dialog-yes"')
            confirm.bind_enabled_from(field, "value", lambda value: bool(value and value.strip()))
    return await answer_of(dialog)


async def answer_of(dialog: ui.dialog) -> str | None:
    """Open a dialog and wait for what is chosen there; none when it was closed, or the person left the page."""
    answer = await dialog
    if not dialog.is_deleted:
        dialog.delete()
    return str(answer) if answer is not None else None


class Live(Generic[V]):
    """A part of a page that follows the database: looked at again and again, drawn again when it has changed."""

    def __init__(self, visit: Visit, look: Look[V], draw: Callable[[V], None], every_s: float = LOOK_AGAIN_S) -> None:
        self._visit, self._look, self._draw, self._every_s = visit, look, draw, every_s

    async def show(self) -> None:
        """Draw it here for the first time, then keep it fresh."""
        self.view = await self._visit.read(self._look)
        self._part = ui.refreshable(lambda: self._draw(self.view))
        self._part()
        self._timer = ui.timer(self._every_s, self.look_again)

    async def look_again(self) -> None:
        """Look now, for example after an action."""
        try:
            fresh = await self._visit.read(self._look)
            if self._visit.is_over:
                return
        except (SignedOut, NotAllowed, NoSuchTicket):
            self._timer.cancel()
            ui.navigate.reload()
            return
        if fresh != self.view:
            self.view = fresh
            self.redraw()

    def redraw(self) -> None:
        """Draw what is known already once more, for example for another search."""
        self._part.refresh()
