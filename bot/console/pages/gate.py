"""Answers: how sure the bot must be, what that promises, and whether it came true."""

from collections.abc import Sequence
from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

from bot.console.access import Console, Visit
from bot.console.layout import Live, card, empty, frame, pairs, soft, tag
from bot.console.pages.parts import NotServed, answerer_of
from bot.console.views import gate as views
from bot.console.views.gate import GateView, percent
from bot.console.views.gate_charts import reliability_chart, risk_chart
from bot.console.words import share
from workers.store.tables import Person

_LOOK_AGAIN_S = 10.0  # outcomes come slowly
_HINT = "How sure Deskhand must be before it answers by itself, and what that promises"
_PROMISES = (
    ("limit", "Limit"), ("threshold", "Answers from"), ("answered", "Answered"), ("wrong", "Wrong"),
    ("upper", "Wrong at most"), ("missing", "Questions still needed"),
)  # fmt: skip
_BARS = (("said", "Said"), ("right", "Came true"), ("between", "Truth lies between"), ("count", "Questions"))
_CURVE = (("threshold", "From"), ("answered", "Answered"), ("wrong", "Wrong"), ("upper", "Wrong at most"))


def register(console: Console) -> None:
    """Add the page."""
    console.page("/articles/answers", "Answers", build, admin=True)


async def build(visit: Visit) -> None:
    """The promise in words, the charts, the numbers, and what people said."""
    page = _GatePage(visit)
    with frame(visit, "Articles", "Answers", _HINT, part="Answers"):
        await page.live.show()


class _GatePage:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.limit: float | None = None  # none: the desk's own
        self.live = Live(visit, self._look, self._draw, _LOOK_AGAIN_S)

    def _look(self, session: Session, person: Person) -> GateView | NotServed:
        answerer = answerer_of(self.visit.console)
        if isinstance(answerer, NotServed):
            return answerer
        return views.look(session, person, answerer.gate, answerer.version)

    def _draw(self, view: GateView | NotServed) -> None:
        if isinstance(view, NotServed):
            empty(view.title, view.hint)
            return
        limit = view.limit if self.limit is None else self.limit
        with ui.element("div").classes("dh-stack"):
            with ui.element("div").classes("dh-split dh-even"):
                self._draw_promise(view, limit)
                _draw_lived(view)
            if view.calibrated_on:
                with ui.element("div").classes("dh-wide"):
                    _draw_risk(view, limit)
                    _draw_reliability(view)
            with ui.element("div").classes("dh-split dh-even"):
                _draw_limits(view)
                _draw_facts(view)

    def _draw_promise(self, view: GateView, limit: float) -> None:
        words, tone = views.in_words(view, limit)
        with card(test_id="promise"):
            with ui.element("div").classes("dh-row"):
                state = "answers by itself" if tone == "good" else "suggestions only"
                tag(state, tone, "promise-state")
                if limit != view.limit:
                    tag("what if: nothing is changed", "info", "what-if")
                elif not view.allowed:
                    tag("does not act on its own now", "warn")
            ui.label(words).classes("dh-text").props('data-testid="promise-words"')
            if view.why_not:
                soft(f"At the moment it does not answer by itself: {view.why_not}.")
            with ui.element("div").classes("dh-row"):
                soft("What if the limit were")
                options = {one.limit: percent(one.limit) for one in view.promises}
                toggle = ui.toggle(options, value=limit, on_change=lambda event: self._suppose(event.value))
                toggle.classes("dh-toggle").props('unelevated no-caps toggle-color=primary data-testid="limits"')
            soft(
                f"Yours is {percent(view.limit)}; it stands in desk.yaml as the risk_limit of the automation “answer”."
            )

    def _suppose(self, limit: float) -> None:
        self.limit = limit
        self.live.redraw()


def _draw_risk(view: GateView, limit: float) -> None:
    with card("Risk curve", "risk"):
        soft(
            "The more it answers, the more is wrong. It answers as far as the dashed bound is proved to keep the limit."
        )
        ui.echart(risk_chart(view, view.promise(limit)), renderer="svg").classes("dh-chart")
        with ui.expansion("As numbers").props('dense data-testid="risk-numbers"').classes("dh-numbers"):
            sheet(_CURVE, views.curve_rows(view.curve, view.calibrated_on), "Risk at each threshold")


def _draw_reliability(view: GateView) -> None:
    with card("Reliability", "reliability"):
        soft("A point on the dashed line: what was said came true as often. Below it the gate is too sure of itself.")
        ui.echart(reliability_chart(view), renderer="svg").classes("dh-chart")
        with ui.expansion("As numbers").props('dense data-testid="reliability-numbers"').classes("dh-numbers"):
            sheet(_BARS, views.bar_rows(view.bars), "What was said and what came true")


def _draw_limits(view: GateView) -> None:
    with card("What each limit means", "promises"):
        sheet(_PROMISES, views.promise_rows(view), "What each limit means")
        soft(
            "Counted on labelled questions, each judged by a fit that had not seen it. “Questions still needed” is an "
            "estimate: it takes further ones to be as hard, and answered as well."
        )


def _draw_lived(view: GateView) -> None:
    words, tone = views.lived_in_words(view)
    with card("What came true", "lived"):
        seen = view.lived
        if seen.judged:
            with ui.element("div").classes("dh-row"):
                ui.label(share(1 - (seen.wrong_share or 0.0))).classes(f"dh-number dh-{tone}")
                soft(f"of {seen.judged:,} answers solved it")
        ui.label(words).classes("dh-text dh-small")
        if seen.judged and seen.judged < views.FEW:
            soft("Few have said so yet, and those who do may not be like the others.")


def _draw_facts(view: GateView) -> None:
    with card("The gate"):
        fitted = f"{view.fitted_on:,} questions" if view.fitted_on else "the coefficients that come with Deskhand"
        pairs([
            ("Fitted on", fitted),
            ("Proved on", f"{view.calibrated_on:,} questions"),
            ("Off by", f"{percent(view.calibration_error)} on average"),
            ("Version", view.version),
        ])  # fmt: skip


def sheet(columns: Sequence[tuple[str, str]], rows: Sequence[dict[str, str]], caption: str) -> None:
    """A table of numbers, with its name for screen readers."""
    shown: list[dict[str, Any]] = [
        {"name": key, "label": name, "field": key, "align": "left" if at == 0 else "right"}
        for at, (key, name) in enumerate(columns)
    ]
    table = ui.table(rows=[dict(row) for row in rows], columns=shown, row_key=columns[0][0], pagination=0)
    table.classes("dh-table dh-still dh-sheet dh-numeric").props(
        f'flat dense wrap-cells hide-pagination aria-label="{caption}"'
    )
