"""Labelling: one ticket after the other, by keyboard; what would teach a model most comes first."""

from collections.abc import Callable
from dataclasses import dataclass

from nicegui import events, ui
from sqlalchemy.orm import Session

from bot.console.access import Console, Visit
from bot.console.layout import Live, card, empty, frame, soft, tag
from bot.console.pages.parts import choose
from bot.console.views import labelling as views
from bot.console.views.labelling import Choice, Item, Kind, LabellingView
from bot.console.words import share
from workers.labelling import reviews, triage
from workers.store.columns import now
from workers.store.tables import Person

_HINT = "What would teach the classifier most comes first"
_TABS: dict[Kind, str] = {"triage": "In triage", "suspects": "Probably wrong", "unlabelled": "Without label"}
_NOTHING: dict[Kind, tuple[str, str]] = {
    "triage": ("Nothing waits in triage", "Tickets that the classifier is unsure of appear here by themselves."),
    "suspects": ("No label is in doubt", "A search judges every closed ticket by models that did not learn from it."),
    "unlabelled": ("Every closed ticket has a label", "Those that were closed without one appear here after a search."),
}
_ABOUT: dict[Kind, str] = {
    "triage": "The label sends the ticket to its team, and is learnt from when it is closed.",
    "suspects": "Your answer changes no ticket. It says what the next model learns.",
    "unlabelled": "Your answer changes no ticket. It says what the next model learns.",
}
_KEYS = (
    "<kbd>1</kbd>–<kbd>5</kbd> label · <kbd>/</kbd> other label · <kbd>d</kbd> leave out (closed ones) · "
    "<kbd>s</kbd> skip · <kbd>u</kbd> undo · <kbd>j</kbd> <kbd>k</kbd> next, previous"
)

Change = Callable[[Session, Person], object]


@dataclass(frozen=True)
class _Done:
    """An answer given on this page, to be taken back."""

    item: Item
    words: str


def register(console: Console) -> None:
    """Add the page."""
    console.page("/labelling", "Labelling", build)


async def build(visit: Visit) -> None:
    """The page opens on triage, or on what its address asks for."""
    wanted = visit.request.query_params.get("what", "triage")
    page = _LabellingPage(visit, next((kind for kind in views.KINDS if kind == wanted), "triage"))
    with frame(visit, "Labelling", "Labelling", _HINT):
        await page.live.show()
        with ui.element("div").classes("dh-keys").style("margin-top: .75rem"):
            ui.html(_KEYS, sanitize=False)
        ui.keyboard(page.key, ignore=["input", "select", "textarea"])


class _LabellingPage:
    def __init__(self, visit: Visit, kind: Kind) -> None:
        self.visit, self.kind, self.place = visit, kind, 0
        self.done: list[_Done] = []
        self.skipped: set[tuple[Kind, int]] = set()
        self.busy = False
        self.live = Live(visit, self._look, self._draw)

    def _look(self, session: Session, person: Person) -> LabellingView:
        return views.look(session, person, self.visit.console.handbook, self.kind, now())

    @property
    def items(self) -> list[Item]:
        """In the order of the page: what was skipped comes last."""
        return sorted(self.live.view.items, key=lambda item: (item.kind, item.id) in self.skipped)

    @property
    def item(self) -> Item | None:
        """The one that is shown."""
        items = self.items
        self.place = min(max(self.place, 0), max(len(items) - 1, 0))
        return items[self.place] if items else None

    def _draw(self, view: LabellingView) -> None:
        tabs = {kind: f"{name} {view.counts[kind]}" for kind, name in _TABS.items()}
        with ui.element("div").classes("dh-row dh-row-apart").style("margin-bottom: .75rem"):
            toggle = ui.toggle(tabs, value=self.kind, on_change=lambda e: self._turn_to(e.value))
            toggle.classes("dh-toggle").props('unelevated no-caps toggle-color=primary data-testid="what"')
            self._draw_progress(view)
        item = self.item
        if item is None:
            empty(*_NOTHING[self.kind])
        else:
            with ui.element("div").classes("dh-split"):
                self._draw_item(item)
                self._draw_answers(item)
        if self.kind != "triage":
            self._draw_search(view)

    def _draw_progress(self, view: LabellingView) -> None:
        here, left = len(self.done), view.counts[self.kind]
        with ui.element("div").style("min-width: 16rem"):
            words = f"{here} answered here · {left} left"
            if self.kind != "triage":
                words += f" · {view.decided} decided in all"
            soft(words).props('data-testid="progress"')
            ui.linear_progress(here / (here + left) if here + left else 0.0, show_value=False).props("rounded size=6px")

    def _draw_item(self, item: Item) -> None:
        with ui.element("div").classes("dh-stack"):
            with card(test_id="item"):
                with ui.element("div").classes("dh-row"):
                    if item.path:
                        ui.link(item.reference, item.path).classes("dh-strong")
                    else:
                        ui.label(item.reference).classes("dh-strong")
                    soft(f"{item.facts} · {self.place + 1} of {len(self.live.view.items)}")
                    if item.given:
                        tag(f"filed under {item.given}", "warn", "given")
                ui.label(item.text).classes("dh-text").props('data-testid="text"')
            if item.nearest:
                with card(f"Filed under {item.choices[0].name}, and like this", "nearest"):
                    for reference, text in item.nearest:
                        with ui.element("div"):
                            ui.label(text).classes("dh-text dh-quote")
                            soft(reference)

    def _draw_answers(self, item: Item) -> None:
        with card("Which label?", "answers"):
            for number, choice in enumerate(item.choices, 1):
                self._draw_choice(number, choice)
            with ui.element("div").classes("dh-row"):
                ui.button("Other label…", icon="search", on_click=self._search_label).props(
                    'outline no-caps data-testid="other"'
                )
                ui.button("Skip", on_click=self._skip).props('flat no-caps data-testid="skip"')
                if item.kind != "triage":
                    ui.button("Leave out", on_click=self._drop).props('flat no-caps color=negative data-testid="drop"')
            undo = ui.button("Undo", icon="undo", on_click=self._undo).props('flat no-caps data-testid="undo"')
            undo.style("align-self: flex-start").set_enabled(bool(self.done))
            if self.done:
                soft(f"Last: {self.done[-1].words}").props('data-testid="last"')
            soft(_ABOUT[item.kind])

    def _draw_choice(self, number: int, choice: Choice) -> None:
        look = "outline" if choice.is_given else "unelevated" if number == 1 else "outline"
        words = f"{number}  {choice.name}" + (" (keep)" if choice.is_given else "")
        with ui.element("div").classes("dh-row dh-row-apart"):
            button = ui.button(words, on_click=lambda: self._answer(choice.label))
            button.props(f'{look} no-caps align=left data-testid="choice-{number}"').style("flex: 1")
            soft(share(choice.share))

    def _draw_search(self, view: LabellingView) -> None:
        with card("The search for wrong labels", "search").style("margin-top: 1rem"):
            run = view.search
            if run is None:
                soft("Nobody has looked for wrong labels yet.")
            elif run.alive:
                ui.linear_progress(run.done, show_value=False).props("rounded size=8px")
                soft(f"{run.done:.0%} · {run.stage}")
            else:
                soft(f"{run.state} {run.when}, asked for by {run.by}. {run.error}".strip())
            for line in view.found:
                ui.label(line).classes("dh-text dh-small")
            if self.visit.is_admin:
                look = ui.button("Look for wrong labels", icon="search", on_click=self._look_for_suspects)
                look.props('outline no-caps data-testid="look-now"').style("align-self: flex-start")
                look.set_enabled(run is None or not run.alive)

    async def _turn_to(self, kind: Kind) -> None:
        self.kind, self.place = kind, 0
        ui.run_javascript(f"history.replaceState(null, '', location.pathname + '?what={kind}')")
        await self.live.look_again()

    async def key(self, event: events.KeyEventArguments) -> None:
        """One key does what one button does."""
        if not event.action.keydown or event.action.repeat or event.modifiers.ctrl or event.modifiers.meta:
            return
        item, name = self.item, str(event.key)
        if name == "u":
            await self._undo()
        elif item is None:
            return
        elif name.isdecimal() and 1 <= int(name) <= len(item.choices):
            await self._answer(item.choices[int(name) - 1].label)
        elif name in ("j", "k"):
            self.place += 1 if name == "j" else -1
            self.live.redraw()
        elif name == "/":
            await self._search_label()
        elif name == "s":
            self._skip()
        elif name == "d" and item.kind != "triage":
            await self._drop()

    async def _answer(self, label: str) -> None:
        item = self.item
        if item is None:
            return
        name = self.live.view.labels.get(label, label)
        handbook, given = self.visit.console.handbook, next((c.label for c in item.choices if c.is_given), None)
        if item.kind == "triage":
            await self._do(item, lambda s, p: triage.label(s, handbook, item.id, p, label), f"{item.reference}: {name}")
        else:
            decision: reviews.Decision = "keep" if label == given else "change"
            await self._do(
                item,
                lambda s, p: reviews.decide(s, p.workspace, handbook, item.id, p.handle, decision, label),
                f"{item.reference}: {name}" + (" kept" if decision == "keep" else ""),
            )

    async def _drop(self) -> None:
        item = self.item
        if item is not None:
            handbook = self.visit.console.handbook
            await self._do(
                item,
                lambda s, p: reviews.decide(s, p.workspace, handbook, item.id, p.handle, "drop"),
                f"{item.reference}: left out",
            )

    async def _do(self, item: Item, change: Change, words: str) -> None:
        if self.busy:  # two keys in one moment must not answer for two tickets
            return
        self.busy = True
        try:
            lane = f"ticket:{item.id}" if item.kind == "triage" else None
            if await self.visit.act(change, words, lane=lane):
                self.done.append(_Done(item, words))
            await self.live.look_again()
        finally:
            self.busy = False

    async def _undo(self) -> None:
        if not self.done or self.busy:
            return
        last, handbook = self.done[-1].item, self.visit.console.handbook

        def change(session: Session, person: Person) -> None:
            if last.kind == "triage":
                triage.take_back(session, handbook, last.id, person)
            else:
                reviews.undo(session, person.workspace, last.id, person.handle)

        self.busy = True
        try:
            lane = f"ticket:{last.id}" if last.kind == "triage" else None
            await self.visit.act(change, f"{last.reference} waits again.", lane=lane)
            self.done.pop()  # also where it was refused: somebody works on the ticket already
            self.kind = last.kind
            await self.live.look_again()
            self.place = next((at for at, item in enumerate(self.items) if item.id == last.id), 0)
            self.live.redraw()
        finally:
            self.busy = False

    def _skip(self) -> None:
        item = self.item
        if item is None:
            return
        if (item.kind, item.id) in self.skipped:  # all were: round and round
            self.place = (self.place + 1) % len(self.live.view.items)
        self.skipped.add((item.kind, item.id))
        self.live.redraw()

    async def _search_label(self) -> None:
        label = await choose(self.visit, "Which label?", self.live.view.labels, None, "Choose")
        if label is not None:
            await self._answer(label)

    async def _look_for_suspects(self) -> None:
        await self.visit.act_apart(
            lambda workspace, by: self.visit.console.request_training(workspace, by, "labels"),
            "A worker begins within a minute.",
        )
        await self.live.look_again()
