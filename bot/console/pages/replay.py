"""Replay: what the last days would have looked like with another version, or another limit."""

from nicegui import ui
from sqlalchemy.orm import Session

from bot.console.access import Console, Visit
from bot.console.layout import Live, card, empty, frame, soft
from bot.console.pages.gate import sheet
from bot.console.views import replay as views
from bot.console.views.replay import ReplayView
from workers.oversight import replay, studies
from workers.store.columns import now
from workers.store.tables import Person

_LOOK_AGAIN_S = 2.0
_HINT = "What the last days would have looked like with this version and this limit; nothing is changed"


def register(console: Console) -> None:
    """Add the page."""
    console.page("/models/replay", "Replay", build, admin=True)


async def build(visit: Visit) -> None:
    """The question, and what came of the last one."""
    page = _ReplayPage(visit)
    with frame(visit, "Models", "Replay", _HINT, part="Replay"):
        await page.form.show()
        await page.result.show()


class _ReplayPage:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.version: str | None = None
        self.days, self.limit = float(replay.DAYS), 0.0  # per cent; none until it is read
        # Two parts: what somebody has begun to fill in is not drawn anew with each step of the progress.
        self.form = Live(visit, self._look_at_choices, self._draw_form, _LOOK_AGAIN_S)
        self.result = Live(visit, self._look, self._draw_result, _LOOK_AGAIN_S)

    def _look(self, session: Session, person: Person) -> ReplayView:
        console = self.visit.console
        return views.look(session, person, console.handbook, console.desk.models, now())

    def _look_at_choices(self, session: Session, person: Person) -> tuple[tuple[str, ...], str | None, float]:
        view = self._look(session, person)
        return view.versions, view.served, view.limit

    def _draw_form(self, choices: tuple[tuple[str, ...], str | None, float]) -> None:
        versions, served, limit = choices
        if not versions:
            return
        self.version = self.version if self.version in versions else versions[0]
        self.limit = self.limit or round(limit * 100, 2)
        names = {version: f"{version} (served)" if version == served else version for version in versions}
        with card(test_id="replay-form").style("margin-bottom: 1rem"), ui.element("div").classes("dh-row"):
            ui.select(names, label="Version").bind_value(self, "version").props('outlined dense data-testid="version"')
            days = ui.number("Days back", min=1, max=3650, precision=0).bind_value(self, "days")
            days.props('outlined dense data-testid="days"')
            at_most = ui.number("Limit on misroutes, %", min=0.1, max=50, step=0.5).bind_value(self, "limit")
            at_most.props('outlined dense data-testid="limit"')
            start = ui.button("Replay", icon="replay", on_click=self._start)
            start.props('unelevated no-caps data-testid="replay"')

    def _draw_result(self, view: ReplayView) -> None:
        if not view.versions:
            empty("No version yet", "Train a challenger, or start `deskhand up` once.")
            return
        soft(view.state.words).props('data-testid="replay-state"')
        if view.state.alive:
            ui.linear_progress(view.state.done, show_value=False).props("rounded size=8px")
        if not view.words:
            return
        with ui.element("div").classes("dh-stack"), card(view.title, "replayed"):
            for line in view.words:
                ui.label(line).classes("dh-text")
            if view.rows:
                keys = [key for key, _ in view.columns]
                sheet(view.columns, [dict(zip(keys, row, strict=True)) for row in view.rows], "By team")
                ui.echart(views.chart_of(view), renderer="svg").style(f"height: {90 + 34 * len(view.teams)}px")

    async def _start(self) -> None:
        days, limit = self.days, self.limit
        if not days or not limit or not 0 < limit <= 50 or days < 1:
            ui.notify("Days are 1 or more, the limit is between 0 and 50 %.", type="negative")
            return
        asked = {"version": self.version, "days": int(days), "limit": limit / 100}
        await self.visit.act(
            lambda s, p: studies.request(s, p.workspace, p.handle, "replay", **asked),
            "A worker begins within a minute.",
        )
        await self.result.look_again()
