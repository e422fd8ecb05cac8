"""What is decided about one request, from a model's calibrated probabilities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.model.calibration import MOST_LIKELY, Calibration, Gauge
from classifier.model.doubt import Array, Groups, best_labels
from classifier.model.fields import Field, FieldName


@dataclass(frozen=True, slots=True)
class Value:
    """What a request's priority or type is, as the model sees it."""

    field: FieldName
    value: str
    confidence: float
    """Calibrated chance that it is right, 0 to 1, and 0 for a request like nothing that was learnt from."""
    accepted: bool
    """Sure enough for the limit on wrong ones."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a request is about, as the model sees it."""

    label: str
    confidence: float
    """Calibrated chance that the label's team is right, 0 to 1, and 0 for a request like nothing that was learnt from;
    `top` holds the labels' own chances."""
    accepted: bool
    """Sure enough for the limit on misroutes; otherwise a person decides."""
    threshold: float | None
    """Confidence needed for the limit; None where nothing is accepted."""
    top: tuple[tuple[str, float], ...]
    """The three most probable labels with their confidence."""
    likely: tuple[str, ...]
    """One to three labels of which one is right in about nine of ten requests: triage's buttons."""
    values: tuple[Value, ...] = ()
    """Of the fields that the model has learnt beside the label."""

    def value(self, field: FieldName) -> Value | None:
        """What it says about a field; None where it has not learnt it."""
        return next((value for value in self.values if value.field == field), None)


def groups_of(labels: Sequence[str], teams: Mapping[str, str] | None) -> Groups | None:
    """The same number for labels of the same team; a label without a team stands alone. None where no team is known."""
    if not teams:
        return None
    names = [teams.get(label, f"label {label}") for label in labels]
    order = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return tuple(order[name] for name in names)


def decide(
    logits: npt.NDArray[np.floating],
    labels: Sequence[str],
    calibration: Calibration,
    gauge: Gauge,
    texts: Sequence[str],
    groups: Groups | None = None,
    familiar: Array | None = None,
) -> list[Prediction]:
    """One prediction a row of logits: the most probable team, and in it the most probable label.

    What costs an employee time is the wrong team, so labels of one team speak for each other. A text without a letter
    in it, or of a kind that is like nothing learnt from, is never accepted, however sure the model is. `familiar` is
    `Scale.of` for the rows; without it every text counts as familiar.
    """
    probabilities = calibration.probabilities(logits)
    familiar = np.zeros(len(texts)) if familiar is None else familiar
    sure = calibration.doubt.sureness(probabilities, familiar, groups)
    confidences, threshold = gauge.confidence(sure), gauge.threshold
    decided = []
    accepted = accepts(gauge, confidences, texts)
    for row, label, confidence, enough in zip(
        probabilities, best_labels(probabilities, groups), confidences, accepted, strict=True
    ):
        best = np.argsort(-row, kind="stable")[:MOST_LIKELY]
        decided.append(
            Prediction(
                labels[int(label)],
                float(confidence),
                bool(enough),
                threshold,
                tuple((labels[place], float(row[place])) for place in best),
                tuple(labels[place] for place in calibration.likely(row)),
            )
        )
    return decided


def decide_field(
    field: Field,
    logits: npt.NDArray[np.floating],
    calibration: Calibration,
    gauge: Gauge,
    texts: Sequence[str],
    familiar: Array,
) -> list[Value]:
    """One value a row of logits; accepted as a label is, but every value counts for itself."""
    probabilities = calibration.probabilities(logits)
    confidences = gauge.confidence(calibration.doubt.sureness(probabilities, familiar, None))
    accepted = accepts(gauge, confidences, texts)
    best = best_labels(probabilities, None)
    return [
        Value(field.name, field.values[int(place)], float(confidence), bool(sure))
        for place, confidence, sure in zip(best, confidences, accepted, strict=True)
    ]


def accepts(gauge: Gauge, confidences: Array, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Whether each row is sure enough; never for a text without a letter in it."""
    says_something = np.array([any(map(str.isalpha, text)) for text in texts], dtype=bool)
    if not gauge.threshold:
        return np.zeros(len(texts), dtype=bool)
    return says_something & (confidences >= gauge.threshold)
