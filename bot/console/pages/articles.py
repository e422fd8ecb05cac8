"""Articles: what the bot may answer from, how each did, which files are broken, and a way to retract one at once."""

from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

from bot.console.access import Console, Visit
from bot.console.layout import Live, answer_of, ask, card, empty, frame, pairs, soft, tag
from bot.console.pages import corrections
from bot.console.pages.parts import served_index
from bot.console.views import articles as views
from bot.console.views.articles import ArticleRow, ArticlesView
from bot.console.words import sentence
from workers.knowledge import articles
from workers.store.columns import now
from workers.store.tables import Person

_LOOK_AGAIN_S = 20.0  # files are read each time
_NONE_OF = {
    views.ATTENTION: "needs attention", views.UNUSED: "was never used lately", views.RETRACTED: "is retracted",
}  # fmt: skip
_COLUMNS: list[dict[str, Any]] = [
    {"name": name, "label": label, "field": field, "sortable": True, "align": align}
    for name, label, field, align in (
        ("title", "Article", "title", "left"), ("state", "State", "state", "left"), ("shown", "Used", "shown", "right"),
        ("solved", "Solved", "solved", "right"), ("wrong", "Not solved", "wrong", "right"),
        ("last_used", "Last used", "last_used_at", "left"), ("updated", "Updated", "updated", "left"),
        ("audience", "For", "audience", "left"), ("owner", "Owner", "owner", "left"),
    )
]  # fmt: skip
_SHOWN = (
    "id", "title", "state", "tone", "shown", "solved", "wrong", "last_used", "last_used_at", "updated", "audience",
    "owner", "stale", "attention",
)  # fmt: skip
# Vue escapes what stands between the braces, so text from people stays text.
_ROW = """
<q-tr :props="props" :data-testid="'article-' + props.row.id" tabindex="0"
      @click="$parent.$emit('open', props.row.id)" @keydown.enter="$parent.$emit('open', props.row.id)">
  <q-td key="title" :props="props"><div class="dh-cut dh-strong">{{ props.row.title }}</div>
    <div class="dh-cut dh-small" :class="props.row.attention.length ? 'dh-warn' : 'dh-soft'">{{
      props.row.attention.join(' · ') || props.row.id }}</div></q-td>
  <q-td key="state" :props="props"><span class="dh-tag"
    :class="'dh-' + props.row.tone">{{ props.row.state }}</span></q-td>
  <q-td key="shown" :props="props" :class="props.row.shown ? '' : 'dh-soft'">{{ props.row.shown || '–' }}</q-td>
  <q-td key="solved" :props="props" :class="props.row.solved ? 'dh-good' : 'dh-soft'">{{
    props.row.solved || '–' }}</q-td>
  <q-td key="wrong" :props="props" :class="props.row.wrong ? 'dh-bad' : 'dh-soft'">{{
    props.row.wrong || '–' }}</q-td>
  <q-td key="last_used" :props="props" :class="props.row.last_used_at ? '' : 'dh-soft'">{{
    props.row.last_used }}</q-td>
  <q-td key="updated" :props="props"><span class="dh-tag dh-warn" v-if="props.row.stale">stale</span>
    {{ props.row.updated }}</q-td>
  <q-td key="audience" :props="props">{{ props.row.audience }}</q-td>
  <q-td key="owner" :props="props">{{ props.row.owner }}</q-td>
</q-tr>
"""


def register(console: Console) -> None:
    """Add the page."""
    console.page("/articles", "Articles", build)


async def build(visit: Visit) -> None:
    """The list, with what is wrong above it."""
    page = _ArticlesPage(visit)
    with frame(visit, "Articles", "Articles", part="Articles"):
        await page.show()


class _ArticlesPage:
    def __init__(self, visit: Visit) -> None:
        self.visit, self.words, self.chosen = visit, "", views.ALL
        self.sorting: dict[str, Any] = {"rowsPerPage": 0, "sortBy": None, "descending": False}
        self.live = Live(visit, self._look, self._draw, _LOOK_AGAIN_S)

    async def show(self) -> None:
        with ui.element("div").classes("dh-row").style("margin-bottom: .75rem"):
            ui.input(placeholder="Search articles", on_change=lambda event: self._find(event.value or "")).props(
                'outlined dense clearable debounce=250 data-testid="article-search"'
            ).style("min-width: 18rem")
        await self.live.show()

    def _look(self, session: Session, person: Person) -> ArticlesView:
        return views.look(session, person, self.visit.console.desk, served_index(self.visit.console), now())

    def _find(self, words: str) -> None:
        self.words = words
        self.live.redraw()

    def _choose(self, chosen: str) -> None:
        self.chosen = chosen
        self.live.redraw()

    def _sort(self, sorting: dict[str, Any]) -> None:
        self.sorting = sorting

    def _draw(self, view: ArticlesView) -> None:
        if view.problems:
            _draw_problems(view)
        if view.waiting:
            soft(f"{view.waiting} articles differ from what is served; `deskhand kb sync` brings them in.").props(
                'data-testid="waiting"'
            )
        with ui.element("div").style("margin-bottom: .75rem"):
            words = {name: f"{said} {view.counted(name)}" for name, said in views.FILTERS.items()}
            toggle = ui.toggle(words, value=self.chosen, on_change=lambda event: self._choose(event.value))
            toggle.classes("dh-toggle").props('unelevated no-caps toggle-color=primary data-testid="article-filter"')
        rows = views.matching(view, self.words, self.chosen)
        if not rows:
            empty(*self._nothing_found(view))
            return
        self._draw_table(rows)
        note = soft(f"Used, solved and not solved: as people said in the last {views.PERIOD_DAYS} days.")
        note.style("margin-top: .6rem")

    def _nothing_found(self, view: ArticlesView) -> tuple[str, str]:
        if not view.rows:
            return "No article yet", "The desk folder holds none that you may read."
        if self.words:
            return "No article fits", "Try other words, or another filter."
        return "Nothing here", "No article " + _NONE_OF.get(self.chosen, "fits") + "."

    def _draw_table(self, rows: list[ArticleRow]) -> None:
        shown = [{name: getattr(row, name) for name in _SHOWN} for row in rows]
        table = ui.table(
            rows=shown, columns=_COLUMNS, row_key="id", pagination=self.sorting,
            on_pagination_change=lambda event: self._sort(event.value),
        ).classes("dh-table dh-articles")  # fmt: skip
        table.props('flat hide-pagination data-testid="articles"').add_slot("body", _ROW)
        table.on("open", lambda event: self._open(str(event.args)))

    async def _open(self, article_id: str) -> None:
        row = next((row for row in self.live.view.rows if row.id == article_id), None)
        if row is None:
            return
        with self.visit.layer, ui.dialog() as dialog, card(row.title, "article"):
            tag(row.state, row.tone)
            if row.retracted:
                ui.label(row.retracted).classes("dh-text dh-bad dh-small")
            for reason in row.attention:
                ui.label(sentence(reason)).classes("dh-warn dh-small")
            pairs(_facts(row))
            ui.markdown(row.body).classes("dh-prose")
            if row.questions:
                soft("Answers questions such as: " + " · ".join(row.questions))
            with ui.element("div").classes("dh-row").style("justify-content: flex-end"):
                ui.button("Close", on_click=lambda: dialog.submit(None)).props("flat color=grey")
                ui.button("Answers that quoted it…", on_click=lambda: dialog.submit("answers")).props(
                    'flat data-testid="quoted"'
                )
                if self.visit.is_admin:
                    words = "Restore" if row.retracted else "Retract…"
                    look = f'outline color={"primary" if row.retracted else "negative"} data-testid="article-act"'
                    ui.button(words, on_click=lambda: dialog.submit("act")).props(look)
        chosen = await answer_of(dialog)
        if chosen == "answers":
            await corrections.show(self.visit, row.id, row.title)
        elif chosen == "act":
            await (self._restore(row) if row.retracted else self._retract(row))

    async def _retract(self, row: ArticleRow) -> None:
        hint = "From this moment on it answers nobody, in every process. Its file stays as it is."
        why = await ask(self.visit, f"Retract “{row.title}”", hint, "Retract", words="Why?", danger=True)
        if why is not None:
            await self.visit.act(
                lambda s, p: articles.retract(s, p.workspace, row.id, p.handle, why), "Retracted.", admin=True
            )
            await self.live.look_again()

    async def _restore(self, row: ArticleRow) -> None:
        await self.visit.act(
            lambda s, p: articles.restore(s, p.workspace, row.id, p.handle), "It may answer again.", admin=True
        )
        await self.live.look_again()


def _facts(row: ArticleRow) -> list[tuple[str, str]]:
    lately = f"{row.shown} times in {views.PERIOD_DAYS} days: solved {row.solved}, did not solve {row.wrong}"
    return [
        ("Id", row.id), ("Owner", row.owner), ("For", row.audience), ("Updated", row.updated),
        ("Runbook", row.runbook or "none"), ("Used", lately if row.shown else f"not in {views.PERIOD_DAYS} days"),
    ]  # fmt: skip


def _draw_problems(view: ArticlesView) -> None:
    with card("Files that cannot be served", "article-problems").style("margin-bottom: .75rem"):
        for problem in view.problems:
            with ui.element("div").classes("dh-problem"):
                field = f", field {problem.field}" if problem.field else ""
                ui.label(f"{problem.file}, line {problem.line}{field}").classes("dh-mono dh-strong")
                ui.label(problem.message).classes("dh-text")
        soft("The other articles are served; these are left out until they are corrected.")
