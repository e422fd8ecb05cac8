"""The encoder's card on the Models page: tune a challenger, read how it compares, promote it or roll back."""

from nicegui import ui
from sqlalchemy.orm import Session

from bot.console.access import Visit
from bot.console.layout import Live, ask, card, soft, tag
from bot.console.pages.trainings import RunActions, draw_comparison, draw_run
from bot.console.views import encoders as views
from bot.console.views.encoders import EncodersView, EncoderView
from bot.console.views.models import comparison_for
from workers.knowledge import adapting, indexing
from workers.store.columns import now
from workers.store.tables import Person
from workers.training import runs

_LOOK_AGAIN_S = 2.0


class EncodersCard:
    """What finds the articles: the encoder that is served, its challengers, and their trainings."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.part = Live(visit, self._look, self._draw, _LOOK_AGAIN_S)

    def _look(self, session: Session, person: Person) -> EncodersView:
        return views.look(session, person, self.visit.console.desk, now())

    def _draw(self, view: EncodersView) -> None:
        with card("Encoder: what finds the articles", "encoders").style("margin-bottom: 1rem"):
            with ui.element("div").classes("dh-row dh-row-apart"):
                adapt = ui.button("Adapt to this desk", icon="school", on_click=self._adapt)
                adapt.props('unelevated no-caps data-testid="adapt"').set_enabled(not view.is_training)
                if view.can_roll_back:
                    ui.button("Roll back articles and encoder…", on_click=self._roll_back).props(
                        'outline no-caps color=negative data-testid="roll-back-knowledge"'
                    )
            soft("Learns from development questions, the articles' examples and what people confirmed as solved.")
            if view.problem:
                ui.label(view.problem).classes("dh-text dh-bad dh-small")
            for one in view.versions:
                self._draw_version(one, view)
            for run in view.runs:
                draw_run(run, RunActions(self._cancel, self._resume))

    def _draw_version(self, one: EncoderView, view: EncodersView) -> None:
        with ui.element("div").classes("dh-row").props(f'data-testid="encoder-{one.version}"'):
            ui.label(one.version).classes("dh-strong dh-mono")
            if one.served:
                tag("served", "good", "encoder-served")
            soft(one.about)
            if not one.served and view.served is not None:
                ui.button("Promote…", on_click=lambda: self._promote(one, view)).props(
                    'outline dense no-caps data-testid="promote-encoder"'
                )

    async def _adapt(self) -> None:
        request = self.visit.console.request_training
        await self.visit.act_apart(
            lambda workspace, by: request(workspace, by, "encoder"), "A worker will start with it now."
        )
        await self.part.look_again()

    async def _cancel(self, run_id: int) -> None:
        await self.visit.act(lambda s, p: runs.cancel(s, p.workspace, run_id, p.handle), "Cancelled.")
        await self.part.look_again()

    async def _resume(self, run_id: int) -> None:
        resume = self.visit.console.resume_training
        await self.visit.act_apart(lambda workspace, by: resume(workspace, by, run_id), "A worker will begin it anew.")
        await self.part.look_again()

    async def _promote(self, one: EncoderView, view: EncodersView) -> None:
        comparison = comparison_for(one.version, view.runs)
        hint = "Serves the articles as this encoder has indexed them, in every process. A roll-back takes both back."
        why = await ask(
            self.visit, f"Promote encoder {one.version}", hint, "Promote", words="Why?",
            draw=lambda: draw_comparison(comparison),
        )  # fmt: skip
        if why is not None:
            desk = self.visit.console.desk
            await self.visit.act_apart(
                lambda workspace, by: adapting.promote_ready(desk, workspace, one.version, by, why), "Promoted."
            )
            await self.part.look_again()

    async def _roll_back(self) -> None:
        hint = "The index that was served before is served again, with the encoder that it was made with."
        why = await ask(
            self.visit, "Roll back articles and encoder", hint, "Roll back", words="Why?", danger=True
        )  # fmt: skip
        if why is not None:
            desk = self.visit.console.desk
            await self.visit.act_apart(
                lambda workspace, by: indexing.roll_back(desk, workspace, by, why), "Rolled back."
            )
            await self.part.look_again()
