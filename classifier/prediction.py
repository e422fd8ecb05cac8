"""What is decided about one request, from a model's calibrated probabilities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.calibration import MOST_LIKELY, Calibration, Groups, by_group


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a request is about, as the model sees it."""

    label: str
    confidence: float
    """Calibrated chance that the label's team is right, 0 to 1; `top` holds the labels' own chances."""
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
    threshold: float | None,
    texts: Sequence[str],
    groups: Groups | None = None,
) -> list[Prediction]:
    """One prediction a row of logits: the most probable team, and in it the most probable label.

    What costs an employee time is the wrong team, so labels of one team speak for each other. A text without a letter
    in it is never accepted, however sure the model is.
    """
    probabilities = calibration.probabilities(logits)
    decided = []
    for row, team, text in zip(probabilities, by_group(probabilities, groups), texts, strict=True):
        within = row if groups is None else np.where(np.asarray(groups) == team.argmax(), row, -1.0)
        best = np.argsort(-row, kind="stable")[:MOST_LIKELY]
        confidence = float(team.max())
        says_something = any(character.isalpha() for character in text)
        decided.append(
            Prediction(
                labels[int(within.argmax())],
                confidence,
                threshold is not None and says_something and confidence >= threshold,
                threshold,
                tuple((labels[place], float(row[place])) for place in best),
                tuple(labels[place] for place in calibration.likely(row)),
            )
        )
    return decided
