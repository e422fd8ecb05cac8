"""Which words carried a decision."""

import math
from dataclasses import dataclass

import numpy as np

from classifier.data.cleaning import clean_text
from classifier.model.inference import Classifier

MOST_PARTS = 48
"""Texts that one explanation scores at most, beside the whole one; a longer request is taken in runs of words."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a request got its label rather than the runner-up."""

    label: str
    runner_up: str
    words: tuple[tuple[str, float], ...]
    """Each word (or run of words) in the order of the text, and how much leaving it out weakens the label against
    the runner-up, in log-odds: above 0 it speaks for the label, below 0 for the runner-up."""


def explain(classifier: Classifier, text: str) -> Explanation:
    """Leave out one word after the other and see what changes (occlusion)."""
    words = clean_text(text).split()
    runs = _runs(words)
    without = [" ".join(words[:start] + words[end:]) for start, end in runs]
    logs = np.log(np.maximum(classifier.probabilities([" ".join(words), *without]), 1e-12))
    label, runner_up = (int(place) for place in np.argsort(-logs[0], kind="stable")[:2])
    odds = logs[:, label] - logs[:, runner_up]
    carried = tuple(
        (" ".join(words[start:end]), round(float(odds[0] - odds[number]), 4))
        for number, (start, end) in enumerate(runs, start=1)
    )
    return Explanation(classifier.labels[label], classifier.labels[runner_up], carried)


def _runs(words: list[str]) -> list[tuple[int, int]]:
    step = math.ceil(len(words) / MOST_PARTS) or 1
    return [(start, min(start + step, len(words))) for start in range(0, len(words), step)]
