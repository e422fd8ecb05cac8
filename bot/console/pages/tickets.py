"""The ticket queue: filters, counts, and a table that the keyboard walks through."""

from dataclasses import asdict, replace
from typing import Any

from nicegui import events, ui
from sqlalchemy.orm import Session

from bot.console.access import Console, Visit
from bot.console.layout import Live, empty, frame
from bot.console.views import queue
from bot.console.views.queue import Filters, Queue, QueueRow
from bot.console.words import plain
from workers.store.columns import now
from workers.store.tables import Person

_COLUMNS: list[dict[str, Any]] = [
    {"name": "priority", "label": "Priority", "field": "priority", "sortable": True, "align": "left"},
    {"name": "reference", "label": "Ticket", "field": "id", "sortable": True, "align": "left"},
    {"name": "summary", "label": "What is wrong", "field": "summary", "align": "left"},
    {"name": "due", "label": "Due", "field": "due_order", "sortable": True, "align": "left"},
    {"name": "status", "label": "Status", "field": "status", "sortable": True, "align": "left"},
    {"name": "assignee", "label": "Agent", "field": "assignee", "sortable": True, "align": "left"},
    {"name": "team", "label": "Team", "field": "team", "sortable": True, "align": "left"},
    {"name": "age", "label": "Age", "field": "opened", "sortable": True, "align": "left"},
]

_FIELDS: dict[str | None, str] = {column["name"]: column["field"] for column in _COLUMNS}

# Vue escapes what stands between the braces, so text from people stays text.
_ROW = """
<q-tr :props="props" :class="props.row.chosen ? 'dh-chosen' : ''" :data-testid="'row-' + props.row.id"
      @click="$parent.$emit('open', props.row.id)">
  <q-td key="priority" :props="props"><span class="dh-tag"
    :class="{P1: 'dh-bad', P2: 'dh-warn'}[props.row.priority]">{{ props.row.priority }}</span></q-td>
  <q-td key="reference" :props="props"><a class="dh-soft" :href="'/console/tickets/' + props.row.id"
    @click.stop>{{ props.row.reference }}</a></q-td>
  <q-td key="summary" :props="props"><div class="dh-cut dh-strong">{{ props.row.summary }}</div>
    <div class="dh-cut dh-soft dh-small">{{ props.row.requester }} · {{ props.row.label }}</div></q-td>
  <q-td key="due" :props="props"><span class="dh-tag" :class="'dh-' + props.row.due_tone"
    data-testid="due">{{ props.row.due }}</span></q-td>
  <q-td key="status" :props="props">{{ props.row.status }}</q-td>
  <q-td key="assignee" :props="props"><span v-if="props.row.assignee">{{ props.row.assignee }}</span>
    <span v-else class="dh-soft">nobody yet</span></q-td>
  <q-td key="team" :props="props">{{ props.row.team }}</q-td>
  <q-td key="age" :props="props">{{ props.row.age }}</q-td>
</q-tr>
"""


def register(console: Console) -> None:
    """Add the page."""
    console.page("/tickets", "Tickets", build)


async def build(visit: Visit) -> None:
    """The page opens on the visitor's own teams' open tickets, or on what its address asks for."""
    teams = [team.id for team in visit.console.handbook.desk.teams]
    page = _TicketsPage(visit, Filters.from_query(visit.request.query_params, teams))
    with frame(visit, "Tickets", "Tickets"):
        await page.show()


class _TicketsPage:
    def __init__(self, visit: Visit, filters: Filters) -> None:
        self.visit, self.filters, self.cursor = visit, filters, -1
        self.sorting: dict[str, Any] = {"rowsPerPage": 0, "sortBy": None, "descending": False}
        self.live = Live(visit, self._look, self._draw)

    async def show(self) -> None:
        self._draw_filters()
        await self.live.show()
        with ui.element("div").classes("dh-keys"):
            ui.html("<kbd>j</kbd> <kbd>k</kbd> move · <kbd>Enter</kbd> open", sanitize=False)
        ui.keyboard(self._key, repeating=True)

    def _look(self, session: Session, person: Person) -> Queue:
        return queue.look(session, person, self.visit.console.handbook, self.filters, now())

    def _draw_filters(self) -> None:
        mine = "My teams" if self.visit.visitor.teams else "My teams (none: all)"
        teams = {queue.MY_TEAMS: mine, queue.EVERY_TEAM: "All teams"}
        teams |= {team.id: team.name for team in self.visit.console.handbook.desk.teams}
        with ui.element("div").classes("dh-row").style("margin-bottom: .75rem"):
            ui.select(teams, value=self.filters.team, on_change=lambda e: self._change(team=e.value)).props(
                'outlined dense options-dense data-testid="filter-team"'
            ).style("min-width: 13rem")
            ui.input(
                placeholder="Search text or DESK-…",
                value=self.filters.text,
                on_change=lambda e: self._change(text=e.value),
            ).props('outlined dense clearable debounce=350 data-testid="filter-text"').style("min-width: 15rem")
            ui.select(
                {queue.URGENT: "Most urgent first", queue.TEACHING: "Teaches most first"},
                value=self.filters.order,
                on_change=lambda e: self._change(order=e.value),
            ).props('outlined dense options-dense data-testid="filter-order"').style("min-width: 12rem")
            ui.checkbox(
                "Only mine", value=self.filters.only_mine, on_change=lambda e: self._change(only_mine=e.value)
            ).props('data-testid="filter-mine"')

    async def _change(self, **values: Any) -> None:
        values = {name: value if value is not None else "" for name, value in values.items()}
        self.filters, self.cursor = replace(self.filters, **values), -1
        query = self.filters.as_query()
        ui.run_javascript(f"history.replaceState(null, '', location.pathname + {'?' + query if query else ''!r})")
        await self.live.look_again()

    def _draw(self, found: Queue) -> None:
        with ui.element("div").style("margin-bottom: .75rem"):
            words = {status: f"{plain(status)} {found.counts[status]}" for status in queue.STATUSES}
            toggle = ui.toggle(words, value=self.filters.status, on_change=lambda e: self._change(status=e.value))
            toggle.classes("dh-toggle").props('unelevated no-caps toggle-color=primary data-testid="filter-status"')
        if not found.rows:
            empty(*self._nothing_found())
            return
        self.table = ui.table(
            rows=self._rows(),
            columns=_COLUMNS,
            row_key="id",
            pagination=self.sorting,
            on_pagination_change=lambda event: self._sort(event.value),
        ).classes("dh-table dh-queue")
        self.table.props('flat hide-pagination data-testid="queue"').add_slot("body", _ROW)
        self.table.on("open", lambda event: _open(int(event.args)))
        if found.found > len(found.rows):
            ui.label(f"The first {len(found.rows)} of {found.found}; narrow the search to see others.").classes(
                "dh-soft"
            )

    def _rows(self) -> list[dict[str, Any]]:
        # In the reader's order, so that the keyboard walks the way that the eye does.
        rows = self._in_order()
        return [asdict(row) | {"chosen": place == self.cursor} for place, row in enumerate(rows)]

    def _in_order(self) -> list[QueueRow]:
        return queue.ordered(self.live.view.rows, _FIELDS.get(self.sorting["sortBy"]), bool(self.sorting["descending"]))

    def _sort(self, sorting: dict[str, Any]) -> None:
        self.sorting, self.cursor = sorting, -1
        self.table.rows = self._rows()

    def _nothing_found(self) -> tuple[str, str]:
        if self.filters.text or self.filters.only_mine or self.filters.status != queue.OPEN:
            return "No ticket fits", "Try other words, another status, or all teams."
        return "Nothing is waiting", "No open ticket for these teams. New ones appear here by themselves."

    def _key(self, event: events.KeyEventArguments) -> None:
        rows = self._in_order()
        if not event.action.keydown or not rows:
            return
        if event.key.enter and 0 <= self.cursor < len(rows):
            _open(rows[self.cursor].id)
        elif str(event.key) in ("j", "k"):
            step = 1 if str(event.key) == "j" else -1
            self.cursor = min(max(self.cursor + step, 0), len(rows) - 1)
            self.table.rows = self._rows()
            ui.run_javascript(
                f"document.querySelector(`[data-testid='row-{rows[self.cursor].id}']`)"
                "?.scrollIntoView({block: 'nearest'})"
            )


def _open(ticket_id: int) -> None:
    ui.navigate.to(f"/tickets/{ticket_id}")
