"""A replay as its page shows it: what is asked, what came of it by team, and the chart. Pure but for `look`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bot.console.views.gate_charts import INK, LINE
from bot.console.views.studies import StudyView, state_of
from bot.console.words import share
from workers import serving
from workers.governance import automations
from workers.handbook import Handbook
from workers.oversight import studies
from workers.store.tables import Person

Report = Mapping[str, Any]
COLORS = {"champion": "#9aa8b5", "challenger": "#0b8f8a"}


@dataclass(frozen=True)
class ReplayView:
    """What the page shows. `rows` hold a team's name, its tickets, then what each side did with them."""

    versions: tuple[str, ...]
    served: str | None
    limit: float
    state: StudyView
    title: str
    words: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]  # key, label
    rows: tuple[tuple[str, ...], ...]
    teams: tuple[str, ...]
    series: tuple[tuple[str, str, tuple[float, ...]], ...]  # name, colour, hours saved by team


def look(session: Session, person: Person, handbook: Handbook, folder: Path, now: datetime) -> ReplayView:
    """Read the last replay, and what can be replayed."""
    known = studies.latest(session, person.workspace, "replay")
    done = next((study for study in known if study.state == "done"), None)
    report: Report = (done.report if done else None) or {}
    sides = sides_of(report)
    return ReplayView(
        versions=tuple(sorted((path.parent.name for path in folder.glob("[!.]*/report.json")), reverse=True)),
        served=serving.served(session, "classifier"),
        limit=automations.permit(session, person.workspace, "route").risk_limit,
        state=state_of(known[0] if known else None, now, "Nothing has been replayed yet."),
        title=title_of(report),
        words=tuple(report.get("words") or ()),
        columns=columns_of(sides),
        rows=tuple(rows_of(handbook, sides)),
        teams=tuple(handbook.team(team).name for team in sides[-1][1]["by_team"]) if sides else (),
        series=tuple(
            (f"{name} {side['version']}", COLORS[name], tuple(round(one["hours_saved"], 2) for one in _teams(side)))
            for name, side in sides
        ),
    )


def sides_of(report: Report) -> list[tuple[str, Mapping[str, Any]]]:
    """Champion and challenger, as far as they were replayed."""
    return [(name, report[name]) for name in ("champion", "challenger") if report.get(name)]


def title_of(report: Report) -> str:
    """Which tickets were replayed."""
    if not report.get("tickets"):
        return ""
    return f"{report['tickets']} tickets, {report['first']} to {report['last']}"


def columns_of(sides: Sequence[tuple[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Team and tickets, then three columns a side."""
    found = [("team", "Team"), ("tickets", "Tickets")]
    for name, _ in sides:
        said = name.capitalize()
        found += [(f"{name}_routed", f"{said} routes alone"), (f"{name}_wrong", f"{said} misroutes"),
                  (f"{name}_hours", f"{said} saves, hours")]  # fmt: skip
    return tuple(found)


def rows_of(handbook: Handbook, sides: Sequence[tuple[str, Mapping[str, Any]]]) -> list[tuple[str, ...]]:
    """A row a team, and one for all of them."""
    if not sides:
        return []
    teams = [
        (handbook.team(team).name, [side["by_team"][team] for _, side in sides]) for team in sides[-1][1]["by_team"]
    ]
    every = ("All teams", [side["total"] for _, side in sides])
    return [(name, str(parts[-1]["tickets"]), *_cells(parts)) for name, parts in (*teams, every)]


def _cells(parts: Sequence[Mapping[str, Any]]) -> list[str]:
    cells = []
    for one in parts:
        routed = share(one["routed"] / one["tickets"]) if one["tickets"] else "–"
        cells += [routed, str(one["misrouted"]), f"{one['hours_saved']:.1f}"]
    return cells


def _teams(side: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(side["by_team"].values())


def chart_of(view: ReplayView) -> dict[str, Any]:
    """Hours saved by team, a bar a side (https://echarts.apache.org/en/option.html)."""
    told = "; ".join(
        f"{name}: " + ", ".join(f"{team} {hours:g}" for team, hours in zip(view.teams, values, strict=True))
        for name, _, values in view.series
    )
    return {
        "animation": False,
        "aria": {"enabled": True, "label": {"description": f"Hours saved by team. {told}."}},
        "textStyle": {"fontFamily": "inherit"},
        "tooltip": {"trigger": "axis", "confine": True},
        "grid": {"left": 150, "right": 20, "top": 34, "bottom": 40},
        "legend": {"top": 0, "left": 0, "textStyle": {"color": INK}, "itemWidth": 12, "itemHeight": 12},
        "xAxis": {"type": "value", "name": "Hours saved beside triage alone", "nameLocation": "middle", "nameGap": 24,
                  "nameTextStyle": {"color": INK}, "axisLabel": {"color": INK},
                  "splitLine": {"lineStyle": {"color": LINE}}},
        "yAxis": {"type": "category", "data": list(view.teams), "inverse": True, "axisLabel": {"color": INK},
                  "axisLine": {"lineStyle": {"color": LINE}}},
        "series": [
            {"type": "bar", "name": name, "color": color, "data": list(values), "barMaxWidth": 14}
            for name, color, values in view.series
        ],
    }  # fmt: skip
