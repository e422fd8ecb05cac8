"""A model's pictures: confusions, reliability, risk against coverage, learning curve, what labels would gain. Pure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from classifier.judging.curves import Bin, Matrix, Point, matrix, reliability, risk_coverage
from classifier.judging.trial import Trial
from classifier.learning.learning_curve import Gain, LearningCurve
from classifier.pictures.drawing import DASHES, Picture, Scale, colour, percent

WIDTH, HEIGHT = 560.0, 360.0
LEFT, RIGHT, TOP, BOTTOM = 66.0, 16.0, 34.0, 44.0
CELL = 34.0
SHOWN_GAINS = 14

Names = Callable[[str], str]


@dataclass(frozen=True)
class Drawn:
    """A picture with what is said about it."""

    name: str
    """Its file's name, without the ending."""
    title: str
    hint: str
    """How to read it."""
    svg: str


def pictures(trial: Trial, curve: LearningCurve | None, name: Names = str) -> list[Drawn]:
    """All pictures of a model; `name` gives a label's name as people know it."""
    said = trial.served
    right = trial.right_team(said)
    drawn = [
        Drawn(
            "confusions",
            "What is taken for what",
            "A row is what a ticket was about, a column what the model said. On the diagonal it was right.",
            confusion_picture(matrix(trial, said), name),
        ),
        Drawn(
            "reliability",
            "Does the confidence mean what it says?",
            "A point on the dashed line: what was said came true as often. Below it the model is too sure of itself.",
            reliability_picture(reliability(said.confidence, right)),
        ),
        Drawn(
            "risk",
            "The more it routes, the more is wrong",
            f"Share at the wrong team among the tickets that the model is surest of. The limit is {trial.limit:.1%}.",
            risk_picture(trial),
        ),
    ]
    if curve is not None:
        drawn += [
            Drawn(
                "learning",
                "How many more tickets would help?",
                "Measured up to today's tickets with the cheap models; dashed beyond: extrapolated by a power law, "
                "with a 95 % interval. It takes for granted that later tickets are like these.",
                learning_picture(curve),
            ),
            Drawn(
                "gains",
                "Whom would more tickets help?",
                "Share of a label's tickets that would be found in addition with twice as many tickets of every label: "
                "extrapolated, with a 95 % interval.",
                gains_picture(curve.gains, name),
            ),
        ]
    return drawn


def confusion_picture(found: Matrix, name: Names = str) -> str:
    """Shaded by the share of the row; numbers are tickets."""
    names = [name(label) for label in found.labels]
    longest = min(22, max((len(one) for one in names), default=0))
    left, top, count = 14 + 6.6 * longest, 24 + 5.2 * longest, len(names)
    frame = Picture(
        left + CELL * count + 4.2 * longest,
        top + CELL * count + 14,
        "Confusion matrix",
        confusions_in_words(found, name),
    )
    for number, one in enumerate(names):
        short = one if len(one) <= 22 else one[:21] + "…"
        frame.text(left - 8, top + CELL * (number + 0.5) + 4, short, "end")
        frame.text(left + CELL * (number + 0.5), top - 8, short, turn=-50)
    for row, counts in enumerate(found.counts):
        total = sum(counts)
        for column, tickets in enumerate(counts):
            x, y = left + CELL * column, top + CELL * row
            share = tickets / total if total else 0.0
            tint = "var(--p-1)" if row == column else "var(--p-2)"
            hint = f"{names[row]} → {names[column]}: {tickets} of {total}"
            frame.add("rect", hint, x=x, y=y, width=CELL - 1, height=CELL - 1, fill=tint, opacity=_shade(share))
            if tickets:
                frame.text(x + CELL / 2, y + CELL / 2 + 4, str(tickets), "middle", strong=True)
    return frame.svg()


def _shade(share: float) -> float:
    return 0.05 if share <= 0 else round(0.12 + 0.5 * math.sqrt(min(share, 1.0)), 3)


def confusions_in_words(found: Matrix, name: Names = str) -> str:
    """The largest confusions, for who cannot see the matrix."""
    pairs = [
        (tickets, name(found.labels[row]), name(found.labels[column]))
        for row, counts in enumerate(found.counts)
        for column, tickets in enumerate(counts)
        if tickets and row != column
    ]
    largest = [f"{truth} taken for {guess} {n} times" for n, truth, guess in sorted(pairs, reverse=True)[:10]]
    return f"Largest confusions: {'; '.join(largest) or 'none'}."


def _axes(
    title: str, words: str, x: tuple[str, Sequence[tuple[float, str]]], y: tuple[str, Sequence[tuple[float, str]]]
) -> tuple[Picture, Scale, Scale]:
    frame = Picture(WIDTH, HEIGHT, title, words)
    along = Scale(x[1][0][0], x[1][-1][0], LEFT, WIDTH - RIGHT)
    up = Scale(y[1][0][0], y[1][-1][0], HEIGHT - BOTTOM, TOP)
    for value, mark in y[1]:
        frame.line([(LEFT, up(value)), (WIDTH - RIGHT, up(value))], "var(--p-line)", 1)
        frame.text(LEFT - 6, up(value) + 4, mark, "end")
    for value, mark in x[1]:
        anchor = "end" if value == x[1][-1][0] else "middle"
        frame.text(along(value), HEIGHT - BOTTOM + 17, mark, anchor)
    frame.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, x[0], "middle")
    frame.text(13, (TOP + HEIGHT - BOTTOM) / 2, y[0], "middle", turn=-90)
    return frame, along, up


def _shares(low: float, high: float, steps: int) -> list[tuple[float, str]]:
    width = (high - low) / steps
    digits = 0 if width >= 0.0099 else 1
    return [(low + width * number, f"{(low + width * number) * 100:.{digits}f} %") for number in range(steps + 1)]


def reliability_picture(bins: Sequence[Bin]) -> str:
    """What was said against what came true, with 95 % intervals."""
    words = "; ".join(f"said {percent(b.said)}, came true {percent(b.came_true)} ({b.tickets} tickets)" for b in bins)
    full = _shares(0, 1, 5)
    frame, x, y = _axes(
        "Reliability", f"Reliability: {words}.", ("Confidence that was said", full), ("Came true", full)
    )
    frame.line([(x(0), y(0)), (x(1), y(1))], "var(--p-soft)", 1.5, DASHES[1])
    most = max((one.tickets for one in bins), default=1)
    for one in bins:
        frame.line([(x(one.said), y(one.low)), (x(one.said), y(one.high))], colour(0), 2, opacity=0.55)
        hint = (
            f"said {percent(one.said)}, came true {percent(one.came_true)}, "
            f"between {percent(one.low)} and {percent(one.high)}; {one.tickets} tickets"
        )
        frame.point((x(one.said), y(one.came_true)), colour(0), 0, 4 + 3 * math.sqrt(one.tickets / most), hint)
    return frame.svg()


def risk_picture(trial: Trial) -> str:
    """Wrong teams against the share that is routed, for the model and its peers, with the limit."""
    lines = {name: risk_coverage(said.confidence, trial.right_team(said)) for name, said in trial.methods.items()}
    worst = max((one.wrong for line in lines.values() for one in line if one.covered > 0.05), default=0.1)
    high = max(0.05, math.ceil(max(worst, 1.5 * trial.limit) * 20) / 20)
    frame, x, y = _axes(
        "Risk and coverage", _risk_in_words(trial, lines),
        ("Share of tickets routed without a person", _shares(0, 1, 5)), ("At the wrong team", _shares(0, high, 5)),
    )  # fmt: skip
    frame.line([(x(0), y(trial.limit)), (x(1), y(trial.limit))], "var(--p-bad)", 1.5)
    frame.text(WIDTH - RIGHT, y(trial.limit) - 5, f"limit {trial.limit:.1%}", "end")
    for number, line in reversed(list(enumerate(lines.values()))):
        seen = [(x(one.covered), max(float(TOP), y(one.wrong))) for one in line if one.covered > 0.02]
        frame.line(seen, colour(number), 2.5 if number == 0 else 1.8, DASHES[number % 3])
    routed = trial.served.accepted
    if routed.any():
        wrong = float((~trial.right_team(trial.served)[routed]).mean())
        hint = f"routes {percent(float(routed.mean()))}, of which {wrong:.1%} wrong"
        frame.point((x(float(routed.mean())), y(min(high, wrong))), colour(0), 2, 5.5, hint)
    _legend(frame, list(lines))
    return frame.svg()


def _risk_in_words(trial: Trial, lines: dict[str, list[Point]]) -> str:
    said = []
    for name, line in lines.items():
        kept = [one.covered for one in line if one.wrong <= trial.limit]
        said.append(f"{name} could route {percent(max(kept, default=0.0))} with at most {trial.limit:.1%} wrong")
    return f"Risk against coverage: {'; '.join(said)}."


def learning_picture(curve: LearningCurve) -> str:
    """Right labels against tickets, measured and extrapolated."""
    farthest = max(one.tickets for row in curve.forecast.values() for one in row)
    shown = [right for row in curve.right.values() for right in row]
    shown += [value for row in curve.forecast.values() for one in row for value in (one.low, one.high)]
    low, high = math.floor(min(shown) * 10) / 10, min(1.0, math.ceil(max(shown) * 10) / 10)
    marks = [(math.log2(n), f"{n:,}") for n in (*_thinned(curve.sizes), 2 * curve.sizes[-1], farthest)]
    frame, x, y = _axes(
        "Learning curve", _learning_in_words(curve), ("Tickets to learn from", marks),
        ("Right label", _shares(low, high, max(2, round((high - low) * 10)))),
    )  # fmt: skip
    today = x(math.log2(curve.sizes[-1]))
    frame.line([(today, TOP), (today, HEIGHT - BOTTOM)], "var(--p-soft)", 1, DASHES[2])
    frame.text(today + 5, HEIGHT - BOTTOM - 8, "extrapolated →")
    for number, (name, right) in enumerate(curve.right.items()):
        tint = colour(number)
        ahead = curve.forecast[name]
        places = [x(math.log2(one.tickets)) for one in ahead]
        upper = [(place, y(one.high)) for place, one in zip(places, ahead, strict=True)]
        lower = [(place, y(one.low)) for place, one in zip(places, ahead, strict=True)]
        frame.area([*upper, *reversed(lower)], tint)
        frame.line([(p, y(one.right)) for p, one in zip(places, ahead, strict=True)], tint, 2, DASHES[1])
        measured = [(x(math.log2(size)), y(share)) for size, share in zip(curve.sizes, right, strict=True)]
        frame.line(measured, tint, 2)
        for at, size, share in zip(measured, curve.sizes, right, strict=True):
            frame.point(at, tint, number, 4, f"{name}: {share:.1%} right with {size:,} tickets")
    _legend(frame, list(curve.right), shapes=True)
    return frame.svg()


def _thinned(sizes: Sequence[int]) -> list[int]:
    return [sizes[0], *(size for size in sizes[1:-1] if size * 1.5 < sizes[-1] and size > 1.5 * sizes[0]), sizes[-1]]


def _learning_in_words(curve: LearningCurve) -> str:
    said = []
    for name, right in curve.right.items():
        points = ", ".join(f"{share:.1%} with {n:,}" for n, share in zip(curve.sizes, right, strict=True))
        ahead = curve.forecast[name][-1]
        said.append(
            f"{name}: {points} tickets; extrapolated {ahead.right:.1%} ({ahead.low:.1%} to {ahead.high:.1%}) "
            f"with {ahead.tickets:,}"
        )
    return f"Right labels: {'; '.join(said)}."


def gains_picture(gains: Sequence[Gain], name: Names = str) -> str:
    """A row a label: the gain with its interval."""
    shown = list(gains[:SHOWN_GAINS])
    left, step = 190.0, 24.0
    words = "; ".join(f"{name(g.label)} +{g.gain:.1%} ({g.low:.1%} to {g.high:.1%})" for g in shown)
    frame = Picture(WIDTH, TOP + step * len(shown) + 30, "Gain from twice the tickets", f"Gains: {words or 'none'}.")
    high = max([0.02, *(one.high for one in shown)])
    x = Scale(0, high, left, WIDTH - RIGHT - 90)
    for share in (0.0, high / 2, high):
        frame.line([(x(share), TOP - 8), (x(share), TOP + step * len(shown))], "var(--p-line)", 1)
        frame.text(x(share), TOP + step * len(shown) + 18, f"+{share * 100:.0f} %", "middle")
    frame.text(WIDTH - RIGHT, TOP - 14, "more right of 100", "end")
    for row, one in enumerate(shown):
        at = TOP + step * row + 8
        label = name(one.label)
        frame.text(left - 10, at + 4, label if len(label) <= 26 else label[:25] + "…", "end")
        frame.line([(x(max(0.0, one.low)), at), (x(one.high), at)], colour(0), 3, opacity=0.45)
        hint = f"{label}: {one.learnt} tickets now; +{one.gain:.1%} ({one.low:.1%} to {one.high:.1%})"
        frame.point((x(one.gain), at), colour(0), 0, 5, hint)
        frame.text(WIDTH - RIGHT, at + 4, f"{one.worth:.1f}", "end")
    return frame.svg()


def _legend(frame: Picture, names: Sequence[str], *, shapes: bool = False) -> None:
    place = LEFT
    for number, name in enumerate(names):
        shown = "this model" if name == "served" else name
        frame.line([(place, 15), (place + 22, 15)], colour(number), 2.2, "" if shapes else DASHES[number % 3])
        if shapes:
            frame.point((place + 11, 15), colour(number), number, 3.5)
        frame.text(place + 28, 19, shown)
        place += 46 + 6.3 * len(shown)
