"""A small kit for charts as SVG: axes, lines, points, words. Pure; the colours come from the page around it.

A picture names colours by variables (`--p-ink`, `--p-soft`, `--p-line`, `--p-1` … `--p-3`, `--p-bad`), so one text
serves light and dark pages. `standalone` adds values for a file of its own. Lines differ in dashes and points in
shape as well, for those who do not tell the colours apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

COLOURS = """
--p-page:#ffffff;--p-ink:#17212b;--p-soft:#5b6976;--p-line:#d6dde3;--p-1:#0b7f7a;--p-2:#b4610b;--p-3:#5a5fc0;--p-bad:#b3261e;
""".strip()
DARK_COLOURS = """
--p-page:#12171c;--p-ink:#e6ebf0;--p-soft:#9ba9b6;--p-line:#36424d;--p-1:#4cc3bc;--p-2:#f0a04b;--p-3:#a6abf5;--p-bad:#ff8f85;
""".strip()
DASHES = ("", "7 4", "2 3")
STYLE = (
    ".dh-picture text{fill:var(--p-soft);font:12px system-ui,sans-serif}"
    ".dh-picture .ink{fill:var(--p-ink)}"
    f".dh-picture{{{COLOURS}background:var(--p-page)}}"
    f"@media (prefers-color-scheme:dark){{.dh-picture{{{DARK_COLOURS}}}}}"
)

XY = tuple[float, float]


@dataclass(frozen=True)
class Scale:
    """From values to places along an axis."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        span = self.high - self.low
        return round(self.start + (value - self.low) / span * (self.end - self.start), 1) if span else self.start


@dataclass
class Picture:
    """An SVG that grows. `title` and `words` are read to those who do not see it."""

    width: float
    height: float
    title: str
    words: str
    _parts: list[str] = field(default_factory=list)

    def add(self, tag: str, hint: str = "", **attributes: object) -> None:
        """An element; `hint` is shown when the pointer rests on it."""
        given = " ".join(f'{name.rstrip("_").replace("_", "-")}="{escape(str(v))}"' for name, v in attributes.items())
        inside = f"><title>{escape(hint)}</title></{tag}>" if hint else "/>"
        self._parts.append(f"<{tag} {given}{inside}")

    def text(self, x: float, y: float, words: str, anchor: str = "start", strong: bool = False, turn: int = 0) -> None:
        """Words; `turn` in degrees around their beginning."""
        turned = f' transform="rotate({turn} {x:.1f} {y:.1f})"' if turn else ""
        ink = ' class="ink"' if strong else ""
        self._parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{ink}{turned}>{escape(words)}</text>')

    def line(self, points: Sequence[XY], colour: str, width: float = 2, dash: str = "", opacity: float = 1) -> None:
        """A line through these points."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashed = {"stroke_dasharray": dash} if dash else {}
        self.add(
            "polyline", points=path, fill="none", stroke=colour, stroke_width=width, opacity=opacity,
            stroke_linejoin="round", **dashed,
        )  # fmt: skip

    def area(self, points: Sequence[XY], colour: str) -> None:
        """A band, such as an interval."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.add("polygon", points=path, fill=colour, opacity=0.16)

    def point(self, at: XY, colour: str, shape: int = 0, size: float = 4, hint: str = "") -> None:
        """A disc, a square or a diamond."""
        x, y = at
        if shape == 0:
            self.add("circle", hint, cx=x, cy=y, r=size, fill=colour)
        else:
            turned = {"transform": f"rotate(45 {x} {y})"} if shape == 2 else {}
            self.add("rect", hint, x=x - size, y=y - size, width=2 * size, height=2 * size, fill=colour, **turned)

    def svg(self) -> str:
        """The picture for a page that gives it its colours."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="dh-picture" role="img" viewBox="0 0 {self.width:g} '
            f'{self.height:g}" width="100%" style="max-width:{self.width:g}px" aria-label="{escape(self.words)}">'
            f"<title>{escape(self.title)}</title><desc>{escape(self.words)}</desc>{''.join(self._parts)}</svg>"
        )


def standalone(svg: str) -> str:
    """The same as a file of its own, in light and in dark."""
    head, end, rest = svg.partition(">")
    return f"{head}{end}<style>{STYLE}</style>{rest}\n"


def colour(number: int) -> str:
    """Of a series, counted from 0."""
    return f"var(--p-{number % 3 + 1})"


def percent(value: float) -> str:
    """A share as people read it."""
    return f"{value * 100:.0f} %"
