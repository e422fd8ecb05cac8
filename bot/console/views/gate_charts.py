"""The reliability diagram and the risk curve as chart options (https://echarts.apache.org/en/option.html). Pure."""

import math
from typing import Any

from bot.console.views.gate import Bar, GateView, Promise, percent

# Seen on light and on dark ground alike.
INK, LINE, ACCENT, CAUTION, LIMIT = "#7a8894", "rgba(128,140,150,.25)", "#0b8f8a", "#b7791f", "#d0453a"
HIGHEST_RISK = 0.3  # of the curve's axis, or three times the limit; beyond that nobody would let it answer


def reliability_chart(view: GateView) -> dict[str, Any]:
    """What was said against what came true, with intervals, and below how many questions stand behind each point."""
    return {
        "animation": False,
        "aria": {"enabled": True, "label": {"description": reliability_in_words(view)}},
        "textStyle": {"fontFamily": "inherit"},
        "tooltip": {"trigger": "item", "confine": True},
        "grid": [
            _grid(top=12, height="62%"),
            _grid(bottom=42, height="15%"),
        ],
        "xAxis": [
            _axis("", 0) | {"axisLabel": {"show": False}},
            _axis("Probability that was said", 1) | {"nameGap": 26},
        ],
        "yAxis": [
            _axis("Came true", 0) | {"nameGap": 38},
            {"type": "value", "gridIndex": 1, "name": "Questions", "nameLocation": "middle", "nameGap": 38,
             "nameTextStyle": {"color": INK}, "axisLabel": {"color": INK}, "splitNumber": 1,
             "splitLine": {"show": False}},
        ],
        "series": [_diagonal(), _points(view.bars), _counts(view.bars)],
    }  # fmt: skip


def _grid(**place: Any) -> dict[str, Any]:
    # Both grids of a chart must begin at the same place, whatever their labels are.
    return {"left": 56, "right": 20, "outerBoundsMode": "none", **place}


def _axis(name: str, grid: int) -> dict[str, Any]:
    return {
        "type": "value", "min": 0, "max": 1, "interval": 0.2, "gridIndex": grid, "name": name, "nameLocation": "middle",
        "nameTextStyle": {"color": INK}, "axisLabel": {"color": INK, ":formatter": "v => Math.round(v * 100) + ' %'"},
        "axisLine": {"lineStyle": {"color": LINE}}, "containShape": False, "splitLine": {"lineStyle": {"color": LINE}},
    }  # fmt: skip


def _diagonal() -> dict[str, Any]:
    return {
        "type": "line", "data": [[0, 0], [1, 1]], "symbol": "none", "silent": True, "tooltip": {"show": False},
        "lineStyle": {"type": "dashed", "color": INK, "width": 1.5},
    }  # fmt: skip


def _points(bars: tuple[Bar, ...]) -> dict[str, Any]:
    most = max((bar.count for bar in bars), default=1)
    return {
        "type": "scatter",
        "itemStyle": {"color": ACCENT},
        "data": [
            {"value": [round(bar.said, 4), round(bar.right, 4)], "symbolSize": 8 + 10 * (bar.count / most) ** 0.5,
             "tooltip": {"formatter": f"said {percent(bar.said)}, came true {percent(bar.right)}<br>"
                                      f"{bar.count:,} questions, between {percent(bar.low)} and {percent(bar.high)}"}}
            for bar in bars
        ],
        "markLine": {
            "symbol": "none", "silent": True, "label": {"show": False}, "animation": False,
            "lineStyle": {"type": "solid", "color": ACCENT, "width": 2, "opacity": 0.45},
            "data": [
                [{"coord": [bar.said, bar.low]}, {"coord": [bar.said, bar.high]}] for bar in bars
            ],
        },
    }  # fmt: skip


def _counts(bars: tuple[Bar, ...]) -> dict[str, Any]:
    return {
        "type": "bar", "xAxisIndex": 1, "yAxisIndex": 1, "barWidth": 14, "silent": True,
        "itemStyle": {"color": ACCENT, "opacity": 0.4},
        "data": [[round(bar.said, 4), bar.count] for bar in bars],
    }  # fmt: skip


def reliability_in_words(view: GateView) -> str:
    """The diagram for who cannot see it."""
    points = "; ".join(
        f"said {percent(bar.said)}, came true {percent(bar.right)} ({bar.count:,} questions)" for bar in view.bars
    )
    return f"Reliability: {points or 'no labelled question yet'}."


def risk_chart(view: GateView, promise: Promise) -> dict[str, Any]:
    """Share answered against share wrong, with its bound; the limit and the threshold of `promise` are marked."""
    points = [point for point in view.curve if point.answered]
    total, highest = max(1, view.calibrated_on), min(1.0, max(HIGHEST_RISK, math.ceil(promise.limit * 30) / 10))
    wrong = [[point.answered / total, point.wrong / point.answered] for point in points]
    upper = [[point.answered / total, point.upper] for point in points]
    series = [
        _line("wrong", wrong, ACCENT) | {"markLine": _marks(promise)},
        _line(f"wrong at most, with {percent(view.confidence)} confidence", upper, CAUTION, dashed=True),
    ]
    if promise.threshold is not None:
        series[0]["markPoint"] = _served(promise)
    return {
        "animation": False,
        "aria": {"enabled": True, "label": {"description": risk_in_words(view)}},
        "textStyle": {"fontFamily": "inherit"},
        "tooltip": {"trigger": "axis", "confine": True, ":valueFormatter": "v => (v * 100).toFixed(1) + ' %'"},
        "legend": {"top": 0, "left": 0, "textStyle": {"color": INK}, "itemWidth": 20, "itemHeight": 8, "itemGap": 18},
        "grid": _grid(top=52, bottom=42),
        "xAxis": _axis("Share of questions answered", 0) | {"nameGap": 26},
        "yAxis": _axis("Share of answers wrong", 0) | {"nameGap": 38, "interval": 0.1, "max": highest},
        "series": series,
    }


def _line(name: str, data: list[list[float]], color: str, *, dashed: bool = False) -> dict[str, Any]:
    return {
        "type": "line", "name": name, "data": data, "clip": True, "showSymbol": False, "color": color,
        "lineStyle": {"color": color, "width": 2, "type": "dashed" if dashed else "solid"},
    }  # fmt: skip


def _marks(promise: Promise) -> dict[str, Any]:
    limit = {
        "yAxis": promise.limit, "lineStyle": {"type": "solid", "color": LIMIT, "width": 1.5},
        "label": {"formatter": f"limit {percent(promise.limit)}", "color": LIMIT, "position": "insideEndTop"},
    }  # fmt: skip
    served = {
        "xAxis": promise.answered_share, "lineStyle": {"type": "dotted", "color": INK, "width": 1.5},
        "label": {"formatter": f"from {percent(promise.threshold or 0.0)} on", "color": INK, "position": "end"},
    }  # fmt: skip
    data = [limit] if promise.threshold is None else [limit, served]
    return {"symbol": "none", "silent": True, "animation": False, "data": data}


def _served(promise: Promise) -> dict[str, Any]:
    return {
        "symbol": "circle", "symbolSize": 13, "animation": False, "label": {"show": False},
        "itemStyle": {"color": ACCENT, "borderColor": "#ffffff", "borderWidth": 2},
        "data": [{"coord": [promise.answered_share, promise.wrong / max(1, promise.answered)]}],
    }  # fmt: skip


def risk_in_words(view: GateView) -> str:
    """The curve for who cannot see it."""
    total = max(1, view.calibrated_on)
    points = "; ".join(
        f"{percent(point.answered / total)} answered, {percent(point.wrong / point.answered)} wrong"
        for point in view.curve[::20]
        if point.answered
    )
    return f"Risk: {points or 'no labelled question yet'}."
