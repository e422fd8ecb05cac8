"""One classifier version: its pictures, what it confuses, a sheet for every label, whom more tickets would help."""

from collections.abc import Sequence
from dataclasses import dataclass

from nicegui import ui
from sqlalchemy.orm import Session

from bot.console.access import Console, Visit
from bot.console.layout import card, empty, frame, soft
from workers import serving
from workers.store.tables import Person
from workers.training import news, reports, runs
from workers.training.advice import Advice
from workers.training.reports import Cells, ModelReport
from workers.training.runs import TrainingTrouble

_HINT = "What its test showed: tickets that were closed later than those it has learnt from"


def register(console: Console) -> None:
    """Add the page."""
    console.page("/models/versions/{version}", "Model", build, admin=True)


@dataclass(frozen=True)
class _Found:
    report: ModelReport
    advice: Advice | None


@dataclass(frozen=True)
class _Missing:
    why: str


async def build(visit: Visit) -> None:
    """The page of the version that the address names."""
    version = str(visit.request.path_params["version"])
    desk = visit.console.desk

    def look(session: Session, person: Person) -> _Found | _Missing:
        try:
            report = reports.report_of(desk.models, version, desk.handbook)
            run = runs.of_version(session, person.workspace, version)
            asked = run is not None and serving.served(session, "classifier") != version  # what is served is decided
            return _Found(report, news.advice_for(session, desk, run) if run and asked else None)
        except TrainingTrouble as trouble:
            return _Missing(str(trouble))

    found = await visit.read(look)
    title = f"Model {version}" if isinstance(found, _Found) else "Model"
    with frame(visit, "Models", title, _HINT, part="Versions"):
        if isinstance(found, _Missing):
            empty("Nothing to show", found.why)
        else:
            _draw(found.report, found.advice)


def _draw(report: ModelReport, advice: Advice | None) -> None:
    with ui.element("div").classes("dh-stack"):
        if advice is not None:
            with card(advice.headline, "advice"):
                for reason in advice.reasons:
                    ui.label(reason).classes("dh-text")
        with card("In short", "in-short"):
            for line in report.summary:
                ui.label(line).classes("dh-text")
        with ui.element("div").classes("dh-wide dh-pictures"):
            for one in report.pictures:
                with card(one.title, f"picture-{one.name}"):
                    soft(one.hint)
                    ui.html(one.svg, sanitize=False)  # drawn here; people's words in it are escaped
                    _numbers(one.name, report)
        if report.field_cells:
            with card("Beside the label", "fields"):
                soft("What else it tells of a ticket. Sure enough: the limit on wrong ones is kept.")
                _sheet(reports.FIELD_COLUMNS, report.field_cells, "Beside the label")
        with card("Labels", "labels"):
            soft("Thin: fewer than ten tickets to learn from. “Mostly taken for” counts tickets of the test.")
            _sheet(reports.LABEL_COLUMNS, report.label_cells, "Labels")


def _numbers(picture: str, report: ModelReport) -> None:
    """The same as the picture in numbers, where they are not in the sheet below."""
    tables: dict[str, tuple[Sequence[str], Cells]] = {
        "confusions": (reports.PAIR_COLUMNS, report.pair_cells),
        "gains": (reports.GAIN_COLUMNS, report.gain_cells),
    }
    if picture in tables:
        columns, cells = tables[picture]
        with ui.expansion("As numbers").props(f'dense data-testid="numbers-{picture}"').classes("dh-numbers"):
            _sheet(columns, cells, "As numbers")


def _sheet(columns: Sequence[str], cells: Cells, caption: str) -> None:
    shown = [
        {"name": f"c{at}", "label": name, "field": f"c{at}", "align": "left" if at == 0 else "right"}
        for at, name in enumerate(columns)
    ]
    rows = [{"row": number, **{f"c{at}": cell for at, cell in enumerate(row)}} for number, row in enumerate(cells)]
    table = ui.table(rows=rows, columns=shown, row_key="row", pagination=0).classes("dh-table dh-still dh-sheet")
    table.props(f'flat dense wrap-cells hide-pagination aria-label="{caption}"')
