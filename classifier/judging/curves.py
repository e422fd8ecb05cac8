"""What a model's test shows: confusions, reliability, risk against coverage, and a sheet for every label. Pure."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.judging.evaluation import label_sheets
from classifier.judging.trial import Flags, Said, Shares, Trial

FEW = 10
"""A label with fewer tickets to learn from is called thin."""

SHOWN_LABELS = 16
"""Labels of a confusion matrix; of more, those with most confusions are shown and the rest put together."""

OTHERS = "all others"


@dataclass(frozen=True)
class Confusion:
    """Tickets of one label that were given another."""

    truth: str
    guessed: str
    tickets: int
    of: int
    """Test tickets of the true label."""
    same_team: bool
    """Then the mistake costs nobody time."""


@dataclass(frozen=True)
class Matrix:
    """Rows: the true label; columns: the given one."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    left_out: int
    """Labels that are put together in the last row and column."""


@dataclass(frozen=True)
class Bin:
    """Tickets of similar confidence."""

    said: float
    """Their mean confidence."""
    came_true: float
    """How often the team was right."""
    low: float
    high: float
    """95 % interval of that (Wilson)."""
    tickets: int


@dataclass(frozen=True)
class Point:
    """A threshold on the confidence."""

    covered: float
    """Share of tickets routed without a person."""
    wrong: float
    """Share of wrong teams among those."""
    threshold: float


@dataclass(frozen=True)
class LabelRow:
    """One label: how well it is found, and what it is taken for."""

    label: str
    team: str
    learnt: int
    tickets: int
    """In the test."""
    precision: float
    recall: float
    f1: float
    taken_for: str
    """The label that most of its tickets get by mistake; empty when none does."""
    taken: int
    is_thin: bool


def confusions(trial: Trial, said: Said) -> list[Confusion]:
    """Every pair of labels that was confused, the most frequent first."""
    pairs = Counter(zip(trial.truth.tolist(), said.labels.tolist(), strict=True))
    of = Counter(trial.truth.tolist())
    found = [
        Confusion(trial.labels[truth], trial.labels[guess], count, of[truth], _same_team(trial, truth, guess))
        for (truth, guess), count in pairs.items()
        if truth != guess
    ]
    return sorted(found, key=lambda one: (-one.tickets, one.truth, one.guessed))


def _same_team(trial: Trial, first: int, second: int) -> bool:
    teams = [trial.teams.get(trial.labels[place]) for place in (first, second)]
    return teams[0] is not None and teams[0] == teams[1]


def matrix(trial: Trial, said: Said, most: int = SHOWN_LABELS) -> Matrix:
    """Labels of a team beside each other; of more than `most` labels, those that take part in most confusions."""
    mistakes: Counter[str] = Counter()
    for one in confusions(trial, said):
        mistakes[one.truth] += one.tickets
        mistakes[one.guessed] += one.tickets
    kept = set(trial.labels)
    if len(kept) > most:
        kept = set(sorted(trial.labels, key=lambda label: (-mistakes[label], label))[: most - 1])
    names = sorted(kept, key=lambda label: (trial.teams.get(label, "~"), label))
    rest = len(trial.labels) - len(names)
    if rest:
        names.append(OTHERS)
    place = {label: number for number, label in enumerate(names)}
    column = np.array([place.get(label, len(names) - 1) for label in trial.labels], dtype=np.int64)
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(counts, (column[trial.truth], column[said.labels]), 1)
    return Matrix(tuple(names), tuple(tuple(map(int, row)) for row in counts), rest)


def reliability(sure: Shares, right: Flags, bins: int = 10) -> list[Bin]:
    """Tickets in bins of equally many, by confidence; fewer bins where there are few tickets."""
    order = np.argsort(sure, kind="stable")
    parts = np.array_split(order, max(1, min(bins, len(order) // 5)))
    found = []
    for part in parts:
        if len(part):
            hits = int(right[part].sum())
            low, high = wilson(hits, len(part))
            found.append(Bin(float(sure[part].mean()), hits / len(part), low, high, len(part)))
    return found


def wilson(hits: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    share, spread = hits / count, z * z / count
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / count + spread / (4 * count))
    return min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))  # rounding may miss 0 and 1


def risk_coverage(sure: Shares, right: Flags) -> list[Point]:
    """For every confidence that a ticket has, what would be routed from it on and what of that would be wrong."""
    if not len(sure):
        return []
    order = np.argsort(-sure, kind="stable")
    wrong = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    ends = np.append(np.flatnonzero(np.diff(sure[order])), len(order) - 1)
    return [Point(float((end + 1) / len(order)), float(wrong[end]), float(sure[order][end])) for end in ends]


def excess_risk(points: Sequence[Point]) -> float:
    """Area under the curve of risk against coverage; smaller is better."""
    covered = [0.0, *(point.covered for point in points)]
    steps = np.diff(covered)
    return float(sum(step * point.wrong for step, point in zip(steps, points, strict=True)))


def label_rows(trial: Trial, said: Said) -> list[LabelRow]:
    """A sheet for every label, in the order of the labels."""
    truth = [trial.labels[place] for place in trial.truth]
    guessed = [trial.labels[place] for place in said.labels]
    sheets, worst = label_sheets(truth, guessed), {}
    for one in reversed(confusions(trial, said)):
        worst[one.truth] = one
    rows = []
    for label in trial.labels:
        sheet, learnt = sheets.get(label), trial.learnt.get(label, 0)
        mistake = worst.get(label)
        rows.append(
            LabelRow(
                label,
                trial.teams.get(label, ""),
                learnt,
                sheet.tickets if sheet else 0,
                sheet.precision if sheet else 0.0,
                sheet.recall if sheet else 0.0,
                sheet.f1 if sheet else 0.0,
                mistake.guessed if mistake else "",
                mistake.tickets if mistake else 0,
                learnt < FEW,
            )
        )
    return rows
