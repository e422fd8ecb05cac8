"""Articles: what the bot may answer from, which files are broken, and a way to take one out of service at once."""

from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

from bot.console.access import Console, Visit
from bot.console.layout import Live, answer_of, ask, card, empty, frame, pairs, soft, tag
from bot.console.pages import corrections
from bot.console.views import articles as views
from bot.console.views.articles import ArticleRow, ArticlesView
from workers.knowledge import articles
from workers.store.tables import Person

_LOOK_AGAIN_S = 20.0  # files are read each time
_COLUMNS: list[dict[str, Any]] = [
    {"name": "title", "label": "Article", "field": "title", "sortable": True, "align": "left"},
    {"name": "state", "label": "State", "field": "state", "sortable": True, "align": "left"},
    {"name": "audience", "label": "For", "field": "audience", "sortable": True, "align": "left"},
    {"name": "runbook", "label": "Runbook", "field": "runbook", "sortable": True, "align": "left"},
    {"name": "owner", "label": "Owner", "field": "owner", "sortable": True, "align": "left"},
    {"name": "updated", "label": "Updated", "field": "updated", "sortable": True, "align": "left"},
]
_ROW = """
<q-tr :props="props" :data-testid="'article-' + props.row.id" tabindex="0"
      @click="$parent.$emit('open', props.row.id)" @keydown.enter="$parent.$emit('open', props.row.id)">
  <q-td key="title" :props="props"><div class="dh-cut dh-strong">{{ props.row.title }}</div>
    <div class="dh-cut dh-soft dh-small">{{ props.row.id }}</div></q-td>
  <q-td key="state" :props="props"><span class="dh-tag"
    :class="'dh-' + props.row.tone">{{ props.row.state }}</span></q-td>
  <q-td key="audience" :props="props">{{ props.row.audience }}</q-td>
  <q-td key="runbook" :props="props">{{ props.row.runbook || '–' }}</q-td>
  <q-td key="owner" :props="props">{{ props.row.owner }}</q-td>
  <q-td key="updated" :props="props">{{ props.row.updated }}</q-td>
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
        self.visit, self.words, self.only_retracted = visit, "", False
        self.live = Live(visit, self._look, self._draw, _LOOK_AGAIN_S)

    async def show(self) -> None:
        with ui.element("div").classes("dh-row").style("margin-bottom: .75rem"):
            ui.input(placeholder="Search articles", on_change=lambda e: self._search(words=e.value or "")).props(
                'outlined dense clearable debounce=250 data-testid="article-search"'
            ).style("min-width: 18rem")
            ui.checkbox("Only retracted", on_change=lambda e: self._search(only_retracted=e.value))
        await self.live.show()

    def _look(self, session: Session, person: Person) -> ArticlesView:
        desk = self.visit.console.desk
        return views.look(session, person, desk.settings.desk / "articles", desk.bundles)

    def _search(self, *, words: str | None = None, only_retracted: bool | None = None) -> None:
        self.words = self.words if words is None else words
        self.only_retracted = self.only_retracted if only_retracted is None else only_retracted
        self.live.redraw()

    def _draw(self, view: ArticlesView) -> None:
        if view.problems:
            _draw_problems(view)
        if view.waiting:
            soft(f"{view.waiting} articles differ from what is served; `deskhand kb sync` brings them in.").props(
                'data-testid="waiting"'
            )
        rows = views.matching(view, self.words, self.only_retracted)
        ui.label(f"{len(rows)} of {len(view.rows)} articles, {view.retracted} retracted").classes(
            "dh-soft dh-small"
        ).props('data-testid="article-count"')
        if not rows:
            empty("No article fits", "Try other words." if view.rows else "The desk folder holds no article yet.")
            return
        shown = [
            {name: getattr(row, name) for name in ("id", "tone", *(column["name"] for column in _COLUMNS))}
            for row in rows
        ]
        table = ui.table(rows=shown, columns=_COLUMNS, row_key="id", pagination=0).classes("dh-table")
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
            facts = [("Id", row.id), ("Owner", row.owner), ("For", row.audience), ("Updated", row.updated)]
            pairs([*facts, ("Runbook", row.runbook or "none")])
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


def _draw_problems(view: ArticlesView) -> None:
    with card("Files that cannot be served", "article-problems").style("margin-bottom: .75rem"):
        for problem in view.problems:
            with ui.element("div").classes("dh-problem"):
                field = f", field {problem.field}" if problem.field else ""
                ui.label(f"{problem.file}, line {problem.line}{field}").classes("dh-mono dh-strong")
                ui.label(problem.message).classes("dh-text")
        soft("The other articles are served; these are left out until they are corrected.")
