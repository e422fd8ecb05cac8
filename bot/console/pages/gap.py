"""One gap: who asks what, and the draft of the article that would close it."""

from collections.abc import Callable

from nicegui import ui
from sqlalchemy.orm import Session

from bot.console.access import Console, Visit
from bot.console.layout import Live, answer_of, ask, card, empty, frame, pairs, soft, tag
from bot.console.pages.parts import served_index
from bot.console.views import gaps as views
from bot.console.views.gaps import DraftView, GapView
from workers.knowledge import drafts, gaps
from workers.knowledge.gaps import Reader
from workers.store.columns import now
from workers.store.tables import Person

_QUESTIONS_SHOWN = 12


def register(console: Console) -> None:
    """Add the page."""
    console.page("/articles/gaps/{gap_id:int}", "Gap", build)


async def build(visit: Visit) -> None:
    """The page of the gap that the address names; one that is not the visitor's to see is not there."""
    page = _GapPage(visit, int(visit.request.path_params["gap_id"]))
    view = await visit.read(page.look)
    with frame(visit, "Articles", view.row.name if view else "No such gap", part="Gaps"):
        if view is None:
            empty("There is no such gap", "Somebody may have sent you a gap of another team.")
            return
        await page.show(view)


class _GapPage:
    def __init__(self, visit: Visit, gap_id: int) -> None:
        self.visit, self.gap_id = visit, gap_id
        self.desk = visit.console.desk
        self.side = Live(visit, self.look, self._draw_side)
        self.text = ""  # of the draft, as it stands in the editor

    def look(self, session: Session, person: Person) -> GapView | None:
        """The gap as the visitor may see it."""
        return views.look_at(session, person, self.desk.handbook, served_index(self.visit.console), self.gap_id, now())

    async def show(self, view: GapView) -> None:
        """The draft on the left, what it is about on the right; what is being written is never redrawn by itself."""
        self.view = view
        self.editor, self.sources = ui.refreshable(self._draw_editor), ui.refreshable(self._draw_sources)
        with ui.element("div").classes("dh-split"):
            with ui.element("div").classes("dh-stack"):
                self.editor()
            with ui.element("div").classes("dh-stack"):
                self.sources()
                await self.side.show()

    async def _act(self, action: Callable[[Session, Reader], object], done: str) -> bool:
        """One change in one transaction, then the page as it is after it."""
        was_done = await self.visit.act(lambda session, person: action(session, Reader.of(person)), done)
        if was_done:
            fresh = await self.visit.read(self.look)
            if fresh is not None and not self.visit.is_over:
                self.view = fresh
                self.editor.refresh()
                self.sources.refresh()
                await self.side.look_again()
        return was_done

    def _draw_side(self, view: GapView | None) -> None:
        if view is None:
            return
        with card(test_id="gap"):
            tag(view.row.state, view.row.tone, "gap-state")
            pairs(view.facts)
            if view.settled:
                ui.label(view.settled).classes("dh-text dh-soft").props('data-testid="settled"')
        with card("Questions", "gap-questions"):
            for question in view.questions[:_QUESTIONS_SHOWN]:
                with ui.element("div").classes("dh-entry"):
                    ui.label(question.text).classes("dh-text dh-small")
                    if question.ticket:
                        ui.link(question.facts, question.ticket).classes("dh-soft dh-small")
                    else:
                        soft(question.facts)
            if len(view.questions) > _QUESTIONS_SHOWN:
                soft(f"and {len(view.questions) - _QUESTIONS_SHOWN} more")

    def _draw_editor(self) -> None:
        view = self.view
        with card("What is missing", "gap-missing"):
            with ui.element("div").classes("dh-row"):
                for word in view.missing:
                    tag(word)
            if not view.missing:
                soft("The nearest article holds all of the questions' telling words; it may say too little about them.")
            if view.may_edit:
                self._draw_moves(view)
        if view.draft is not None:
            self._draw_draft(view.draft)

    def _draw_moves(self, view: GapView) -> None:
        with ui.element("div").classes("dh-row"):
            if view.row.state == gaps.OPEN:
                make = ui.button("Put a draft together", icon="edit_note", on_click=self._make)
                make.props('unelevated no-caps data-testid="make-draft"')
            if view.row.state in (gaps.OPEN, gaps.DRAFTED, gaps.FADED):
                ui.button("No article needed…", on_click=self._dismiss).props('outline no-caps data-testid="dismiss"')
            if view.row.state == gaps.DISMISSED:
                ui.button("An article is needed", on_click=self._reopen).props('outline no-caps data-testid="reopen"')

    def _draw_draft(self, draft: DraftView) -> None:
        self.text = draft.text
        with card("Draft", "draft"):
            soft(f"{draft.said}. It answers nobody until you publish it. `audience: it` shows it to the desk alone.")
            field = ui.textarea(value=draft.text, on_change=lambda e: self._typed(e.value or ""))
            field.props('outlined autogrow debounce=300 input-class="dh-mono" data-testid="draft-text"')
            field.classes("full-width")
            with ui.element("div").classes("dh-row"):
                ui.button("Publish…", on_click=self._publish).props('unelevated no-caps data-testid="publish"')
                ui.button("Save", on_click=self._save).props('outline no-caps data-testid="save-draft"')
                ui.button("Download", on_click=self._download).props('flat no-caps data-testid="download"')
                ui.button("Discard…", on_click=self._discard).props("flat no-caps color=negative")
        with card("As readers will see it", "draft-preview"):
            self.preview = ui.markdown(views.preview_of(draft.text)).classes("dh-prose")

    def _draw_sources(self) -> None:
        draft = self.view.draft
        if draft is None:
            return
        with card("Where each sentence comes from", "draft-sources"):
            if not draft.sources:
                soft("No resolution of these tickets says how they were solved; write what you know.")
            for source in draft.sources:
                with ui.element("div").classes("dh-entry"):
                    ui.label(source.sentence).classes("dh-text dh-small")
                    with ui.element("div").classes("dh-row"):
                        for words, path in source.tickets:
                            if path:
                                ui.link(words, path).classes("dh-soft dh-small")
                            else:
                                soft(words)

    def _typed(self, text: str) -> None:
        self.text = text
        self.preview.set_content(views.preview_of(text))

    async def _make(self) -> None:
        await self._act(lambda s, r: drafts.make(s, r, self.gap_id, self.desk), "A first draft is there.")

    async def _save(self) -> None:
        await self._act(lambda s, r: drafts.edit(s, r, self.gap_id, self.text), "Kept.")

    async def _publish(self) -> None:
        name = views.file_name_of(self.text)
        hint = f"It becomes articles/{name} in the desk folder, without the notes. `deskhand kb sync` lets it answer."
        if not await self._sure("Publish this article?", hint, "Publish"):
            return

        def publish(session: Session, reader: Reader) -> None:
            drafts.edit(session, reader, self.gap_id, self.text)
            drafts.publish(session, reader, self.gap_id, self.desk)

        await self._act(publish, f"Published as {name}.")

    async def _discard(self) -> None:
        if await self._sure("Throw this draft away?", "The gap stays; a new draft can be put together.", "Discard"):
            await self._act(lambda s, r: drafts.discard(s, r, self.gap_id), "Discarded.")

    async def _dismiss(self) -> None:
        hint = "Others read the reason. The gap stays dismissed, also when more people ask."
        why = await ask(self.visit, "No article needed", hint, "Dismiss", words="Why?")
        if why is not None:
            await self._act(lambda s, r: gaps.dismiss(s, r, self.gap_id, why), "Dismissed.")

    async def _reopen(self) -> None:
        await self._act(lambda s, r: gaps.reopen(s, r, self.gap_id), "Open again.")

    def _download(self) -> None:
        ui.download.content(self.text, views.file_name_of(self.text))

    async def _sure(self, title: str, hint: str, button: str) -> bool:
        with self.visit.layer, ui.dialog() as dialog, card(title):
            ui.label(hint).classes("dh-text dh-soft")
            with ui.element("div").classes("dh-row").style("justify-content: flex-end"):
                ui.button("Cancel", on_click=lambda: dialog.submit(None)).props("flat no-caps color=grey")
                ui.button(button, on_click=lambda: dialog.submit("yes")).props(
                    'unelevated no-caps data-testid="dialog-yes"'
                )
        return await answer_of(dialog) == "yes"
