"""Gaps: what to write next."""

from dataclasses import asdict
from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

from bot.console.access import Console, Visit
from bot.console.layout import Live, empty, frame, soft
from bot.console.pages.parts import served_index
from bot.console.views import gaps as views
from bot.console.views.gaps import GapsView
from workers.knowledge import gap_searches
from workers.store.columns import now
from workers.store.tables import Person

_LOOK_AGAIN_S = 5.0
_HINT = "Questions of several people that no article answers, ranked by people × handling time"
_COLUMNS: list[dict[str, Any]] = [
    {"name": name, "label": label, "field": name, "sortable": True, "align": "left"}
    for name, label in (
        ("name", "Question"), ("people", "People"), ("tickets", "Tickets"), ("hours", "Hours"),
        ("nearest", "Nearest article"), ("missing", "What is missing"), ("owner", "Would write it"), ("state", "State"),
    )
]  # fmt: skip
_ROW = """
<q-tr :props="props" :data-testid="'gap-' + props.row.id" tabindex="0"
      @click="$parent.$emit('open', props.row.id)" @keydown.enter="$parent.$emit('open', props.row.id)">
  <q-td key="name" :props="props"><div class="dh-cut dh-strong">{{ props.row.name }}</div>
    <div class="dh-soft dh-small">asked {{ props.row.asked }}</div></q-td>
  <q-td key="people" :props="props">{{ props.row.people }}</q-td>
  <q-td key="tickets" :props="props">{{ props.row.tickets }}</q-td>
  <q-td key="hours" :props="props">{{ props.row.hours }}</q-td>
  <q-td key="nearest" :props="props"><div class="dh-wrap">{{ props.row.nearest }}</div></q-td>
  <q-td key="missing" :props="props"><div class="dh-wrap">{{ props.row.missing }}</div></q-td>
  <q-td key="owner" :props="props">{{ props.row.owner }}</q-td>
  <q-td key="state" :props="props"><span class="dh-tag"
    :class="'dh-' + props.row.tone">{{ props.row.state }}</span></q-td>
</q-tr>
"""


def register(console: Console) -> None:
    """Add the page."""
    console.page("/articles/gaps", "Gaps", build)


async def build(visit: Visit) -> None:
    """The ranked list."""
    page = _GapsPage(visit)
    with frame(visit, "Articles", "Gaps", _HINT, part="Gaps"):
        await page.live.show()


class _GapsPage:
    def __init__(self, visit: Visit) -> None:
        self.visit, self.every = visit, False
        self.live = Live(visit, self._look, self._draw, _LOOK_AGAIN_S)

    def _look(self, session: Session, person: Person) -> GapsView:
        return views.look(session, person, served_index(self.visit.console), self.every, now())

    async def _show_every(self, every: bool) -> None:
        self.every = every
        await self.live.look_again()

    def _draw(self, view: GapsView) -> None:
        with ui.element("div").classes("dh-row dh-row-apart").style("margin-bottom: .75rem"):
            with ui.element("div").classes("dh-row"):
                every = ui.checkbox(
                    "Also settled ones", value=self.every, on_change=lambda e: self._show_every(e.value)
                )
                every.props('dense data-testid="gaps-every"')
                soft(view.search.words).props('data-testid="gap-search"')
            if self.visit.is_admin:
                ui.button("Look now", icon="search", on_click=self._search).props(
                    'outline no-caps data-testid="look-now"'
                ).set_enabled(not view.search.alive)
        if view.search.alive:
            ui.linear_progress(view.search.done, show_value=False).props("rounded size=8px")
        if not view.rows:
            empty("No gap is known", "They are looked for once a week, among the questions of the last 180 days.")
            return
        table = ui.table(rows=[asdict(row) for row in view.rows], columns=_COLUMNS, row_key="id", pagination=25)
        table.classes("dh-table").props('flat data-testid="gaps"').add_slot("body", _ROW)
        table.on("open", lambda event: ui.navigate.to(f"/articles/gaps/{int(event.args)}"))

    async def _search(self) -> None:
        await self.visit.act(
            lambda s, p: gap_searches.request(s, p.workspace, p.handle), "A worker begins within a minute.", admin=True
        )
        await self.live.look_again()
