"""Models: versions beside their cheap peers, trainings as they run, and which version is served."""

from dataclasses import replace

from nicegui import ui
from sqlalchemy.orm import Session

from bot.console.access import Console, Visit
from bot.console.layout import Live, ask, card, empty, frame, heading, soft, tag
from bot.console.pages.encoders import EncodersCard
from bot.console.pages.trainings import RunActions, draw_comparison, draw_run, draw_sheet
from bot.console.views import models as views
from bot.console.views.models import ModelsView, VersionView
from workers.oversight import shadows
from workers.store.columns import now
from workers.store.tables import Person
from workers.training import runs, versions

_LOOK_AGAIN_S = 2.0  # a training shows its progress


def register(console: Console) -> None:
    """Add the page."""
    console.page("/models", "Models", build, admin=True)


async def build(visit: Visit) -> None:
    """Trainings first while one runs, then the versions."""
    page = _ModelsPage(visit)
    hint = "What routes tickets and what finds articles, and what would replace them"
    with frame(visit, "Models", "Models", hint, part="Versions"):
        await page.trainings.show()
        await page.versions.show()
        await EncodersCard(visit).part.show()


class _ModelsPage:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        # Two parts: progress changes all the time, the versions with their charts rarely.
        self.trainings = Live(visit, self._look_at_runs, self._draw_trainings, _LOOK_AGAIN_S)
        self.versions = Live(visit, self._look_at_versions, self._draw_versions, 2 * _LOOK_AGAIN_S)

    def _look(self, session: Session, person: Person) -> ModelsView:
        return views.look(session, person, self.visit.console.desk.models, now())

    def _look_at_runs(self, session: Session, person: Person) -> ModelsView:
        return replace(self._look(session, person), versions=())

    def _look_at_versions(self, session: Session, person: Person) -> ModelsView:
        view = self._look(session, person)
        return view if not view.is_training else replace(view, runs=tuple(r for r in view.runs if not r.alive))

    async def _look_again(self) -> None:
        await self.trainings.look_again()
        await self.versions.look_again()

    def _draw_trainings(self, view: ModelsView) -> None:
        with card("Trainings", "trainings").style("margin-bottom: 1rem"):
            with ui.element("div").classes("dh-row"):
                train = ui.button("Train a challenger", icon="school", on_click=self._train)
                train.props('unelevated no-caps data-testid="train"').set_enabled(not view.is_training)
                soft("Learns from the desk folder's tickets and from those closed here. The champion stays served.")
            if not view.runs:
                soft("Nothing has been trained from here yet.")
            for run in view.runs[:5]:
                draw_run(run, RunActions(self._cancel, self._resume, self._dismiss), view.served)

    def _draw_versions(self, view: ModelsView) -> None:
        with card("Served now", "served").style("margin-bottom: 1rem"):
            with ui.element("div").classes("dh-row dh-row-apart"):
                ui.label(view.served or "No classifier is served; people choose the team.").classes("dh-strong dh-mono")
                if view.can_roll_back:
                    ui.button("Roll back…", on_click=self._roll_back).props(
                        'outline no-caps color=negative data-testid="roll-back"'
                    )
            for was, by, why, when in view.history:
                soft(f"{when}: {was} by {by}. {why}")
        if not view.versions:
            empty("No version yet", "Train a challenger, or start `deskhand up` once.")
        with ui.element("div").classes("dh-stack"):
            for version in view.versions:
                self._draw_version(version, view)

    def _draw_version(self, version: VersionView, view: ModelsView) -> None:
        with card(test_id=f"version-{version.version}").style("margin-bottom: 1rem"):
            with ui.element("div").classes("dh-row dh-row-apart"):
                with ui.element("div").classes("dh-row"):
                    heading(version.version)
                    if version.served:
                        tag("served", "good", "is-served")
                    soft(version.made)
                    if version.shadow:
                        tag(f"in shadow as {version.shadow}", "info", "in-shadow")
                if not version.served and not version.problem:
                    self._draw_choices(version, view)
            if version.problem:
                ui.label(version.problem).classes("dh-bad")
                return
            for line in version.summary:
                ui.label(line).classes("dh-text dh-small")
            link = ui.link("What it confuses, and whom more tickets would help", f"/models/versions/{version.version}")
            link.classes("dh-link").props('data-testid="look-closer"')
            with ui.element("div").classes("dh-wide"):
                draw_sheet(version.sheet, views.METRICS)
                ui.echart(views.chart_of(version)).style("height: 210px")

    def _draw_choices(self, version: VersionView, view: ModelsView) -> None:
        with ui.element("div").classes("dh-row"):
            if version.shadow:
                stop = ui.button("Stop shadow", on_click=lambda: self._stop_shadow(version))
                stop.props('flat no-caps data-testid="stop-shadow"')
            else:
                start = ui.button("Shadow…", on_click=lambda: self._start_shadow(version))
                start.props('outline no-caps data-testid="shadow"')
            promote = ui.button("Promote…", on_click=lambda: self._promote(version, view))
            promote.props('outline no-caps data-testid="promote"')

    async def _start_shadow(self, version: VersionView) -> None:
        hint = (
            "It scores each new ticket beside the champion and decides nothing. A challenger in shadow now is stopped."
        )
        why = await ask(self.visit, f"{version.version} in shadow", hint, "Start", words="Why?")
        if why is not None:
            desk = self.visit.console.desk
            await self.visit.act_apart(
                lambda workspace, by: versions.start_shadow(desk, workspace, version.version, by, why),
                "It scores the next tickets along.",
            )
            await self._look_again()

    async def _stop_shadow(self, version: VersionView) -> None:
        await self.visit.act(
            lambda s, p: shadows.stop(s, p.workspace, p.handle, "stopped on the Models page", version.version),
            "Stopped.",
        )
        await self._look_again()

    async def _train(self) -> None:
        await self.visit.act_apart(
            lambda workspace, by: self.visit.console.request_training(workspace, by, "classifier"),
            "A worker will start with it now.",
        )
        await self._look_again()

    async def _cancel(self, run_id: int) -> None:
        await self.visit.act(lambda s, p: runs.cancel(s, p.workspace, run_id, p.handle), "Cancelled.")
        await self._look_again()

    async def _resume(self, run_id: int) -> None:
        resume = self.visit.console.resume_training
        await self.visit.act_apart(lambda workspace, by: resume(workspace, by, run_id), "A worker will go on with it.")
        await self._look_again()

    async def _dismiss(self, run_id: int) -> None:
        await self.visit.act(
            lambda s, p: runs.dismiss(s, p.workspace, run_id, p.handle), "Laid aside. It stays on disk."
        )
        await self._look_again()

    async def _promote(self, version: VersionView, view: ModelsView) -> None:
        comparison = views.comparison_for(version.version, view.runs)
        hint = "Every process serves it within a second. A roll-back brings back what is served now."
        why = await ask(
            self.visit, f"Promote {version.version}", hint, "Promote", words="Why?",
            draw=lambda: draw_comparison(comparison),
        )  # fmt: skip
        if why is not None:
            desk = self.visit.console.desk
            await self.visit.act_apart(
                lambda workspace, by: versions.promote(desk, workspace, version.version, by, why), "Promoted."
            )
            await self._look_again()

    async def _roll_back(self) -> None:
        why = await ask(
            self.visit, "Roll back", "The version that was served before is served again.", "Roll back", words="Why?",
            danger=True,
        )  # fmt: skip
        if why is not None:
            desk = self.visit.console.desk
            await self.visit.act_apart(
                lambda workspace, by: versions.roll_back(desk, workspace, by, why), "Rolled back."
            )
            await self._look_again()
