"""A training and its comparison as pages show them, whatever is trained."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from nicegui import ui

from bot.console.layout import soft, tag
from bot.console.views.models import ComparisonView, Metrics, RunView

Act = Callable[[int], Awaitable[None]]


@dataclass(frozen=True)
class RunActions:
    """What the buttons beside a training do, given its number."""

    cancel: Act
    resume: Act
    dismiss: Act | None = None  # none: its challengers are not laid aside


def draw_run(run: RunView, actions: RunActions, served: str | None = None) -> None:
    """One training: its state, progress while it runs, and what came of it."""
    with ui.element("div").classes("dh-stack").style("gap: .3rem").props(f'data-testid="run-{run.id}"'):
        with ui.element("div").classes("dh-row"):
            tag(run.state, run.tone, "run-state")
            ui.label(f"Training {run.id}" + (f" → {run.version}" if run.version else "")).classes("dh-strong")
            soft(f"by {run.by} · {run.when}")
            _draw_buttons(run, actions, served)
        if run.alive:
            ui.linear_progress(run.done, show_value=False).props('rounded size=8px data-testid="progress"')
            soft(" · ".join(part for part in (f"{run.done:.0%}", run.stage, run.left) if part))
        if run.error:
            ui.label(run.error).classes("dh-text dh-bad dh-small")
        if run.comparison:
            draw_comparison(run.comparison)


def _draw_buttons(run: RunView, actions: RunActions, served: str | None) -> None:
    if run.alive:
        ui.button("Cancel", on_click=lambda: actions.cancel(run.id)).props(
            'flat dense no-caps color=negative data-testid="cancel-run"'
        )
    if run.can_resume:
        ui.button("Go on with it", on_click=lambda: actions.resume(run.id)).props(
            'flat dense no-caps data-testid="resume-run"'
        )
    if run.dismissed_by:
        soft(f"laid aside by {run.dismissed_by}")
    elif (dismiss := actions.dismiss) is not None and run.version and run.version != served:
        ui.button("Dismiss", on_click=lambda: dismiss(run.id)).props(
            'flat dense no-caps color=grey data-testid="dismiss-run"'
        )


def draw_sheet(sheet: Sequence[tuple[str, ...]], metrics: Metrics) -> None:
    """A table with a row a method."""
    keys = ["method", *(key for key, _, _ in metrics)]
    columns = [{"name": "method", "label": "Method", "field": "method", "align": "left"}]
    columns += [{"name": key, "label": name, "field": key, "align": "right"} for key, name, _ in metrics]
    rows = [dict(zip(keys, row, strict=True)) for row in sheet]
    table = ui.table(rows=rows, columns=columns, row_key="method", pagination=0).classes("dh-table dh-still dh-sheet")
    table.props("flat dense wrap-cells hide-pagination")


def draw_comparison(comparison: ComparisonView) -> None:
    """Verdict, reasons and numbers of champion and challenger."""
    with ui.element("div").classes("dh-stack").style("gap: .4rem").props('data-testid="comparison"'):
        tag(comparison.verdict, comparison.tone)
        for reason in comparison.reasons:
            ui.label(reason).classes("dh-text dh-small")
        if comparison.sheet:
            draw_sheet(comparison.sheet, comparison.metrics)
