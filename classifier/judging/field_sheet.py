"""How good a model is at a ticket's priority or type, beside cheaper ways to fill it in. Needs numpy only."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from classifier.judging.evaluation import label_sheets
from classifier.judging.paired import mcnemar
from classifier.model.calibration import calibration_error
from classifier.model.prediction import Value

USUAL = "usual for its label"
"""The value that most tickets of the predicted label had."""


@dataclass(frozen=True)
class Way:
    """One way to fill a field in. Shares are between 0 and 1."""

    accuracy: float
    macro_f1: float
    """Mean F1 over the values, each counting the same."""
    p_value: float
    """Of the two-sided exact McNemar test against the model."""


@dataclass(frozen=True)
class FieldSheet:
    """A field's part of a report, on tickets that carry it."""

    tickets: int
    accuracy: float
    macro_f1: float
    calibration_error: float
    limit: float
    """Highest share of wrong values that was asked for among those filled in."""
    filled_in: float
    """Share of tickets on which the model is sure enough."""
    wrong: float
    """Share of wrong values among those."""
    peers: Mapping[str, Way]

    def as_json(self) -> dict[str, Any]:
        """Plain values, rounded to four places."""
        values = asdict(self)
        rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in values.items()}
        peers = {name: {key: round(value, 4) for key, value in way.items()} for name, way in values["peers"].items()}
        return {**rounded, "peers": peers}


def field_sheet(
    truth: Sequence[str], said: Sequence[Value], peers: Mapping[str, Sequence[str]], limit: float
) -> FieldSheet:
    """Compare with what the tickets ended with, in the same order."""
    actual, guessed = np.array(truth), np.array([value.value for value in said])
    right, accepted = actual == guessed, np.array([value.accepted for value in said], dtype=bool)
    return FieldSheet(
        tickets=len(truth),
        accuracy=float(right.mean()),
        macro_f1=_macro_f1(truth, guessed.tolist()),
        calibration_error=calibration_error(np.array([value.confidence for value in said]), right),
        limit=limit,
        filled_in=float(accepted.mean()),
        wrong=float((~right[accepted]).mean()) if accepted.any() else 0.0,
        peers={name: _way(truth, guesses, right) for name, guesses in peers.items()},
    )


def _way(truth: Sequence[str], guesses: Sequence[str], right: Any) -> Way:
    hits = np.array(truth) == np.array(guesses)
    return Way(float(hits.mean()), _macro_f1(truth, guesses), mcnemar(hits, right))


def _macro_f1(truth: Sequence[str], guesses: Sequence[str]) -> float:
    return float(np.mean([sheet.f1 for sheet in label_sheets(truth, guesses).values()]))
