"""What is decided about one request, from a model's calibrated probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.calibration import MOST_LIKELY, Calibration


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a request is about, as the model sees it."""

    label: str
    confidence: float
    """Calibrated chance that the label is right, 0 to 1."""
    accepted: bool
    """Sure enough for the limit on misroutes; otherwise a person decides."""
    threshold: float | None
    """Confidence needed for the limit; None where nothing is accepted."""
    top: tuple[tuple[str, float], ...]
    """The three most probable labels with their confidence."""
    likely: tuple[str, ...]
    """One to three labels of which one is right in about nine of ten requests: triage's buttons."""


def decide(
    logits: npt.NDArray[np.floating],
    labels: Sequence[str],
    calibration: Calibration,
    threshold: float | None,
    texts: Sequence[str],
) -> list[Prediction]:
    """One prediction a row of logits. A text without a letter in it is never accepted, however sure the model is."""
    decided = []
    for row, text in zip(calibration.probabilities(logits), texts, strict=True):
        best = np.argsort(-row, kind="stable")[:MOST_LIKELY]
        confidence = float(row[best[0]])
        says_something = any(character.isalpha() for character in text)
        decided.append(
            Prediction(
                labels[best[0]],
                confidence,
                threshold is not None and says_something and confidence >= threshold,
                threshold,
                tuple((labels[place], float(row[place])) for place in best),
                tuple(labels[place] for place in calibration.likely(row)),
            )
        )
    return decided
