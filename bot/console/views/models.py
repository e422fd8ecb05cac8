"""Classifier versions with their measurements, trainings, and the comparison of champion and challenger."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bot.console.words import Tone, ago, plain, share
from workers import serving
from workers.oversight import shadows
from workers.slack.trainings import in_words
from workers.store.tables import Person, TrainingRun
from workers.training import runs

Metrics = tuple[tuple[str, str, str], ...]  # key, name, how it is shown
METRICS: Metrics = (
    ("accuracy", "Right label", "share"),
    ("macro_f1", "Macro-F1", "number"),
    ("calibration_error", "Calibration error", "share"),
    ("auto_routed", "Routed alone", "share"),
    ("misrouted", "Misrouted", "share"),
)
CHARTED = ("accuracy", "macro_f1", "auto_routed")
VERDICT_TONES: dict[str, Tone] = {"better": "good", "as good": "info", "worse": "bad"}
THIS_MODEL = "this version"
RUN_TONES: dict[str, Tone] = {"done": "good", "failed": "bad", "running": "info", "queued": "calm"}


@dataclass(frozen=True)
class VersionView:
    """One version on disk. `sheet` has a row a method: its name, then the metrics as they are shown."""

    version: str
    made: str
    served: bool
    summary: tuple[str, ...]
    sheet: tuple[tuple[str, ...], ...]
    charted: tuple[tuple[str, tuple[float, ...]], ...]
    problem: str
    shadow: str = ""  # the role in which it scores along now


@dataclass(frozen=True)
class ComparisonView:
    """Champion and challenger on the same later tickets or held-out questions; `sheet` as in `VersionView`."""

    verdict: str
    tone: Tone
    reasons: tuple[str, ...]
    sheet: tuple[tuple[str, ...], ...]
    metrics: Metrics = METRICS  # the sheet's columns, after the side's name


@dataclass(frozen=True)
class RunView:
    """One training."""

    id: int
    state: str
    tone: Tone
    stage: str
    done: float
    alive: bool
    by: str
    when: str
    version: str
    comparison: "ComparisonView | None"
    error: str
    left: str  # how long it will still take, in words
    can_resume: bool
    dismissed_by: str


NOT_COMPARED = ComparisonView(
    "Not compared", "warn", ("It has not been compared with the champion on the same tickets.",), ()
)


@dataclass(frozen=True)
class ModelsView:
    """What the page shows."""

    versions: tuple[VersionView, ...]
    runs: tuple[RunView, ...]
    served: str | None
    history: tuple[tuple[str, str, str, str], ...]  # version, by whom, why, when
    can_roll_back: bool
    is_training: bool


def look(session: Session, person: Person, folder: Path, now: datetime) -> ModelsView:
    """Read versions, trainings and what was served."""
    served = serving.history(session, "classifier")
    champion = served[0].version if served else None
    shown = tuple(run_of(run, now) for run in runs.latest(session, person.workspace, "classifier", limit=10))
    roles = {shadow.version: shadow.role for shadow in shadows.running(session)}
    found = (version_of(path.parent.name, read_report(path), champion) for path in _reports(folder))
    return ModelsView(
        versions=tuple(replace(version, shadow=roles.get(version.version, "")) for version in found),
        runs=shown,
        served=champion,
        history=tuple((row.version, row.by, row.why, ago(row.at, now)) for row in served[:10]),
        can_roll_back=any(row.version != champion for row in served),
        is_training=any(run.alive for run in shown),
    )


def version_of(version: str, report: Mapping[str, Any], champion: str | None) -> VersionView:
    """One version from its report, its own numbers first, the cheap peers' below."""
    if not report:
        return VersionView(version, "", version == champion, (), (), (), "Its report.json cannot be read.")
    methods = {THIS_MODEL: report.get("metrics") or {}, **(report.get("peers") or {})}
    return VersionView(
        version=version,
        made=str(report.get("created_at") or "")[:16].replace("T", " "),
        served=version == champion,
        summary=tuple(str(line) for line in report.get("summary") or ()),
        sheet=tuple(_sheet_row(name, metrics) for name, metrics in methods.items()),
        charted=tuple(
            (name, tuple(float(metrics.get(key) or 0.0) for key in CHARTED)) for name, metrics in methods.items()
        ),
        problem="",
    )


def run_of(run: TrainingRun, now: datetime, metrics: Metrics = METRICS) -> RunView:
    """One training with its progress; `metrics`: what its comparison is shown by."""
    return RunView(
        id=run.id,
        state=run.state,
        tone=RUN_TONES.get(run.state, "calm"),
        stage=run.stage,
        done=run.done,
        alive=run.state in ("queued", "running"),
        by=run.requested_by,
        when=ago(run.finished_at or run.requested_at, now),
        version=run.version or "",
        comparison=comparison_of(run.comparison, metrics),
        error=run.error or "",
        left=in_words(runs.time_left(run, now)),
        can_resume=run.state in runs.RESUMABLE,
        dismissed_by=run.dismissed_by or "",
    )


def comparison_of(comparison: Mapping[str, Any] | None, metrics: Metrics = METRICS) -> ComparisonView | None:
    """What the comparison with the champion found: verdict, reasons, numbers.

    It is a `classifier.judging.promotion.Comparison` or a `knowledge_base.encoder_comparison.Comparison`.
    """
    if not comparison:
        return None
    verdict = str(comparison.get("recommendation", "no verdict"))
    reasons = comparison.get("reasons") or [comparison.get("why", "")]
    sides = (("champion", "before"), ("challenger", "after"))
    return ComparisonView(
        verdict=plain(verdict),
        tone=VERDICT_TONES.get(verdict, "warn"),
        reasons=tuple(str(reason) for reason in reasons if reason),
        sheet=tuple(
            _sheet_row(f"{plain(side)} {comparison.get(side, '')}".strip(), comparison[numbers], metrics)
            for side, numbers in sides
            if comparison.get(numbers)
        ),
        metrics=metrics,
    )


def comparison_for(version: str, trainings: Sequence[RunView]) -> ComparisonView:
    """The comparison that a person reads before promoting this version."""
    found = next((run.comparison for run in trainings if run.version == version and run.comparison), None)
    return found or NOT_COMPARED


def chart_of(version: VersionView) -> dict[str, Any]:
    """Options of a bar chart (https://echarts.apache.org/en/option.html): metrics side by side, a colour a method."""
    names = {key: name for key, name, _ in METRICS}
    return {
        "animation": False,
        "grid": {"left": 44, "right": 8, "top": 34, "bottom": 28},
        "legend": {"top": 0, "left": 0, "textStyle": {"color": "#7a8894"}, "itemWidth": 12, "itemHeight": 12},
        "color": ["#0b8f8a", "#9aa8b5", "#c9a227"],
        "xAxis": {"type": "category", "data": [names[key] for key in CHARTED], "axisLabel": {"color": "#7a8894"}},
        "yAxis": {"type": "value", "min": 0, "max": 1, "axisLabel": {"color": "#7a8894"},
                  "splitLine": {"lineStyle": {"color": "rgba(128,140,150,.25)"}}},
        "series": [
            {"type": "bar", "name": name, "data": list(values), "barMaxWidth": 34} for name, values in version.charted
        ],
    }  # fmt: skip


def read_report(path: Path) -> Mapping[str, Any]:
    """A version's report; empty when it cannot be read. Versions never change, so each is read once."""
    try:
        return _read_report(path, path.stat().st_mtime_ns)
    except (OSError, ValueError):
        return {}


@lru_cache(maxsize=64)
def _read_report(path: Path, _changed: int) -> Mapping[str, Any]:
    report = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(report, dict):
        raise ValueError(f"{path} holds no JSON object")
    return {key: report.get(key) for key in ("created_at", "metrics", "peers", "summary")}


def _reports(folder: Path) -> list[Path]:
    return sorted(folder.glob("[!.]*/report.json"), reverse=True)


def _sheet_row(name: str, numbers: Mapping[str, Any], metrics: Metrics = METRICS) -> tuple[str, ...]:
    return (name, *(_shown(numbers.get(key), form) for key, _, form in metrics))


def _shown(value: Any, form: str) -> str:
    if not isinstance(value, int | float):
        return "–"
    return share(float(value), 1) if form == "share" else f"{value:.3f}"
