"""Drift: whether tickets are still as they were, and topics that nobody knows yet."""

from nicegui import ui
from sqlalchemy.orm import Session

from bot.console.access import Console, Visit
from bot.console.layout import Live, card, empty, frame, heading, soft, tag
from bot.console.views import drift as views
from bot.console.views.drift import DriftView, TopicView
from workers.oversight import studies
from workers.store.columns import now
from workers.store.tables import Person

_LOOK_AGAIN_S = 3.0
_HINT = "Whether the tickets of the last four weeks are like those that the served classifier learnt from"


def register(console: Console) -> None:
    """Add the page."""
    console.page("/models/drift", "Drift", build, admin=True)


async def build(visit: Visit) -> None:
    """The last look, and the ones before."""
    page = _DriftPage(visit)
    with frame(visit, "Models", "Drift", _HINT, part="Drift"):
        await page.live.show()


class _DriftPage:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.live = Live(visit, self._look, self._draw, _LOOK_AGAIN_S)

    def _look(self, session: Session, person: Person) -> DriftView:
        return views.look(session, person, now())

    def _draw(self, view: DriftView) -> None:
        with ui.element("div").classes("dh-row dh-row-apart").style("margin-bottom: .75rem"):
            soft(view.state.words).props('data-testid="drift-state"')
            start = ui.button("Look now", icon="search", on_click=self._start)
            start.props('outline no-caps data-testid="look-now"').set_enabled(not view.state.alive)
        if view.state.alive:
            ui.linear_progress(view.state.done, show_value=False).props("rounded size=8px")
        if not view.history:
            empty(
                "Nothing to show yet", "A look compares what people write, what it is about, and how sure the model is."
            )
            return
        with ui.element("div").classes("dh-stack"):
            for line in view.words:
                ui.label(line).classes("dh-text")
            if view.tests:
                _draw_tests(view)
            for topic in view.topics:
                _draw_topic(topic)
            _draw_history(view)

    async def _start(self) -> None:
        await self.visit.act(
            lambda s, p: studies.request(s, p.workspace, p.handle, "drift"), "A worker begins within a minute."
        )
        await self.live.look_again()


def _draw_tests(view: DriftView) -> None:
    with card("What has changed", "tests"):
        for row in view.tests:
            with ui.element("div"):
                with ui.element("div").classes("dh-row"):
                    ui.label(row.name).classes("dh-strong")
                    tag(row.word, row.tone)
                ui.label(row.detail).classes("dh-text dh-small")
                soft(row.numbers)


def _draw_topic(topic: TopicView) -> None:
    with card(test_id=f"topic-{topic.proposed}"):
        with ui.element("div").classes("dh-row"):
            heading("A new topic?")
            tag(topic.proposed, "warn")
        ui.label(topic.title).classes("dh-text")
        for example in topic.examples:
            ui.label(f"“{example}”").classes("dh-text dh-small")
        with ui.element("div").classes("dh-row"):
            for reference, path in topic.tickets[:12]:
                ui.link(reference, path) if path else soft(reference)
        soft("To make it a label, add this to taxonomy.yaml, relabel its tickets, and retrain:")
        ui.code(topic.snippet, language="yaml")


def _draw_history(view: DriftView) -> None:
    with card("Earlier looks", "history"):
        for when, by, what, tone in view.history:
            with ui.element("div").classes("dh-row"):
                tag("alarm" if tone == "bad" else "quiet" if tone == "good" else "–", tone)
                soft(f"{when}, for {by}: {what}")
