"""What is decided about one request, from a model's calibrated probabilities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.model.calibration import MOST_LIKELY, Calibration, Gauge
from classifier.model.doubt import Array, Groups, best_labels


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
    for row, label, confidence, text in zip(
        probabilities, best_labels(probabilities, groups), confidences, texts, strict=True
    ):
        best = np.argsort(-row, kind="stable")[:MOST_LIKELY]
        says_something = any(character.isalpha() for character in text)
        decided.append(
            Prediction(
                labels[int(label)],
                float(confidence),
                threshold is not None and says_something and float(confidence) >= threshold > 0,
                threshold,
                tuple((labels[place], float(row[place])) for place in best),
                tuple(labels[place] for place in calibration.likely(row)),
            )
        )
    return decided
