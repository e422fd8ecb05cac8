"""A training and its comparison as pages show them, whatever is trained."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from bot.console.layout import soft, tag
from bot.console.views.models import ComparisonView, Metrics, RunView


def draw_run(run: RunView, cancel: Callable[[int], Awaitable[None]]) -> None:
    """One training: its state, progress while it runs, and what came of it."""
    with ui.element("div").classes("dh-stack").style("gap: .3rem").props(f'data-testid="run-{run.id}"'):
        with ui.element("div").classes("dh-row"):
            tag(run.state, run.tone, "run-state")
            ui.label(f"Training {run.id}" + (f" → {run.version}" if run.version else "")).classes("dh-strong")
            soft(f"by {run.by} · {run.when}")
            if run.alive:
                ui.button("Cancel", on_click=lambda: cancel(run.id)).props(
                    'flat dense no-caps color=negative data-testid="cancel-run"'
                )
        if run.alive:
            ui.linear_progress(run.done, show_value=False).props('rounded size=8px data-testid="progress"')
            soft(f"{run.done:.0%} · {run.stage}")
        if run.error:
            ui.label(run.error).classes("dh-text dh-bad dh-small")
        if run.comparison:
            draw_comparison(run.comparison)


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
