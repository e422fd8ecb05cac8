"""A model's report as files: one page that needs nothing else, its pictures, and tables for other programs."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

from classifier.errors import ClassifierError
from classifier.judging.curves import Confusion, LabelRow, confusions, label_rows
from classifier.judging.trial import Trial, read_trial
from classifier.learning.learning_curve import Gain, LearningCurve, read_learning_curve
from classifier.model.model_folder import REPORT_FILE, read_json
from classifier.pictures.drawing import STYLE, standalone
from classifier.pictures.pictures import Drawn, pictures

PAGE = "report.html"
MOST_PAIRS = 30
METRICS = (
    ("accuracy", "Right label"), ("macro_f1", "Macro-F1"), ("calibration_error", "Calibration error"),
    ("auto_routed", "Routed alone"), ("misrouted", "Misrouted"),
)  # fmt: skip

_STYLE = f"""
:root{{color-scheme:light dark}}
body{{font:15px/1.5 system-ui,sans-serif;max-width:1180px;margin:2rem auto;padding:0 1rem}}
body{{color:CanvasText;background:Canvas}}
h1{{font-size:1.5rem}} h2{{font-size:1.1rem;margin:0 0 .2rem}} p{{margin:.2rem 0}} .soft{{opacity:.75}}
section{{margin:1.6rem 0}} .two{{display:grid;gap:1.6rem}}
.two{{grid-template-columns:repeat(auto-fit,minmax(min(100%,32rem),1fr))}}
table{{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}} .wide{{overflow-x:auto}}
th,td{{text-align:right;padding:.25rem .6rem;border-bottom:1px solid color-mix(in srgb,CanvasText 18%,transparent)}}
th:first-child,td:first-child,td.words,th.words{{text-align:left}}
{STYLE}
"""

Names = Callable[[str], str]


def write_report(model: Path, out: Path, name: Names = str) -> list[Path]:
    """Write the report of the model in `model` into the folder `out`; gives the files, the page first.

    Files of an earlier report there are replaced. Raises `ClassifierError` when the model does not tell enough, or
    the folder cannot be written.
    """
    report, trial, curve = read_json(model / REPORT_FILE), read_trial(model), read_learning_curve(model)
    drawn, rows, pairs = pictures(trial, curve, name), label_rows(trial, trial.served), confusions(trial, trial.served)
    try:
        out.mkdir(parents=True, exist_ok=True)
        page = out / PAGE
        page.write_text(_page(report, trial, drawn, rows, pairs, curve, name), encoding="utf-8")
        written = [page]
        for one in drawn:
            written.append(out / f"{one.name}.svg")
            written[-1].write_text(standalone(one.svg), encoding="utf-8")
        written.append(_table(out / "labels.csv", [asdict(row) for row in rows]))
        written.append(_table(out / "confusions.csv", [asdict(pair) for pair in pairs]))
        written.append(_table(out / "predictions.csv", _predictions(trial)))
        if curve is not None:
            written.append(_table(out / "gains.csv", [_gain(gain) for gain in curve.gains]))
    except OSError as error:
        raise ClassifierError(f"{out}: cannot be written: {error.strerror or error}.") from error
    return written


def _predictions(trial: Trial) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for at, ticket in enumerate(trial.ids):
        row: dict[str, Any] = {"id": ticket, "label": trial.labels[trial.truth[at]]}
        for method, said in trial.methods.items():
            row[f"{method}: label"] = trial.labels[said.labels[at]]
            row[f"{method}: confidence"] = float(said.confidence[at])
            row[f"{method}: routed"] = bool(said.accepted[at])
        rows.append(row)
    return rows


def _gain(gain: Gain) -> dict[str, Any]:
    return {key: value for key, value in asdict(gain).items() if key != "right"}


def _table(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if rows:
            writer.writerow(rows[0])
            writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return path


def _cell(value: Any) -> Any:
    """A spreadsheet would compute a text that begins like a formula, such as a ticket's id from elsewhere."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value


def _page(
    report: Mapping[str, Any],
    trial: Trial,
    drawn: Sequence[Drawn],
    rows: Sequence[LabelRow],
    pairs: Sequence[Confusion],
    curve: LearningCurve | None,
    name: Names,
) -> str:
    version, made = escape(str(report.get("version"))), escape(str(report.get("created_at", ""))[:16].replace("T", " "))
    summary = "".join(f"<p>{escape(str(line))}</p>" for line in report.get("summary") or ())
    methods = {"this model": report.get("metrics") or {}, **(report.get("peers") or {})}
    numbers = [[method, *(_number(values.get(key)) for key, _ in METRICS)] for method, values in methods.items()]
    figures = "".join(
        f'<section><h2>{escape(one.title)}</h2><p class="soft">{escape(one.hint)}</p>{one.svg}</section>'
        for one in drawn
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Model {version}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head><body>'
        f'<h1>Model {version}</h1><p class="soft">Trained {made}; tested on {len(trial.ids):,} later tickets.</p>'
        f"{summary}<section>{_html(['', *(words for _, words in METRICS)], numbers, 'Numbers')}</section>"
        f"{_fields(report)}"
        f'<div class="two">{figures}</div>'
        f"<section><h2>Labels</h2>{_html(LABEL_COLUMNS, label_cells(rows, name), 'Labels', words=(1, 7))}</section>"
        f"<section><h2>Largest confusions</h2>"
        f"{_html(PAIR_COLUMNS, pair_cells(pairs[:MOST_PAIRS], name), 'Largest confusions', words=(1, 3))}</section>"
        f"{_gains(curve, name)}</body></html>\n"
    )


def _gains(curve: LearningCurve | None, name: Names) -> str:
    if curve is None or not curve.gains:
        return ""
    hint = (
        f"Extrapolated from {curve.best} on {curve.unseen:,} tickets that it had not learnt from, "
        f"{curve.repeats} time{'s' if curve.repeats > 1 else ''}."
    )
    table = _html(GAIN_COLUMNS, gain_cells(curve.gains, name), "What twice the tickets would bring")
    return f'<section><h2>What twice the tickets would bring</h2><p class="soft">{escape(hint)}</p>{table}</section>'


def _fields(report: Mapping[str, Any]) -> str:
    cells = field_cells(report)
    if not cells:
        return ""
    return f"<section><h2>Beside the label</h2>{_html(FIELD_COLUMNS, cells, 'Beside the label', words=(5,))}</section>"


LABEL_COLUMNS = ("Label", "Team", "Learnt from", "Tested on", "Precision", "Recall", "F1", "Mostly taken for")
PAIR_COLUMNS = ("Label", "taken for", "Tickets", "")
GAIN_COLUMNS = ("Label", "Tickets now", "Found now", "With twice as many", "Between", "More right of 100 tickets")


FIELD_COLUMNS = ("Field", "Tested on", "Right", "Sure enough", "Wrong of those", "Next best way")


def field_cells(report: Mapping[str, Any]) -> list[list[str]]:
    """What a report says of priority and request type, by `FIELD_COLUMNS`."""
    rows = []
    for field, sheet in (report.get("fields") or {}).items():
        way, best = max(sheet["peers"].items(), key=lambda pair: float(pair[1]["accuracy"]))
        shares = [f"{sheet[key]:.1%}" for key in ("accuracy", "filled_in", "wrong")]
        rows.append([field.replace("_", " "), str(sheet["tickets"]), *shares, f"{way}: {best['accuracy']:.1%}"])
    return rows


def label_cells(rows: Sequence[LabelRow], name: Names = str) -> list[list[str]]:
    """The label sheet as it is shown, by `LABEL_COLUMNS`."""
    return [
        [
            name(row.label), row.team, f"{row.learnt} (thin)" if row.is_thin else str(row.learnt), str(row.tickets),
            *(f"{value:.2f}" if row.tickets else "–" for value in (row.precision, row.recall, row.f1)),
            f"{name(row.taken_for)} ({row.taken})" if row.taken_for else "–",
        ]
        for row in rows
    ]  # fmt: skip


def pair_cells(pairs: Sequence[Confusion], name: Names = str) -> list[list[str]]:
    """Confusions as they are shown, by `PAIR_COLUMNS`."""
    return [
        [name(one.truth), name(one.guessed), f"{one.tickets} of {one.of}", "same team" if one.same_team else ""]
        for one in pairs
    ]


def gain_cells(gains: Sequence[Gain], name: Names = str) -> list[list[str]]:
    """Gains as they are shown, by `GAIN_COLUMNS`."""
    return [
        [
            name(one.label), str(one.learnt), f"{one.right[-1]:.0%}", f"{one.gain:+.1%}",
            f"{one.low:+.1%} and {one.high:+.1%}", f"{one.worth:.1f}",
        ]
        for one in gains
    ]  # fmt: skip


def _number(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else "–"


def _html(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str, words: Sequence[int] = ()) -> str:
    def cells(tag: str, values: Sequence[str]) -> str:
        marked = (' class="words"' if at in words else "" for at in range(len(values)))
        return "".join(f"<{tag}{mark}>{escape(v)}</{tag}>" for mark, v in zip(marked, values, strict=True))

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return (
        f'<div class="wide"><table aria-label="{escape(caption)}"><thead><tr>{cells("th", head)}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
