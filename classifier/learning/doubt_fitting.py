"""Learn from tickets that were set aside how sure a model may be."""

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from classifier.model.calibration import fit_temperature
from classifier.model.doubt import Array, Doubt, Groups, best_labels, by_group, log_odds
from classifier.model.encoder import softmax
from classifier.model.familiarity import Scale
from classifier.model.linear import Floats

HELD = 2.0
"""How strongly a label's own offset is held at nothing: about as many tickets as this must speak for it. Few tickets of
a label say little about how often it is right."""


def fit_doubt(
    logits: Floats, targets: npt.NDArray[np.int64], familiar: Array, scale: Scale | None, groups: Groups | None
) -> Doubt:
    """Logistic regression of "the best group is right" on its log-odds, the familiarity and the label.

    `targets` holds no -1. `familiar` is `Scale.of` for the same rows.
    """
    floor = scale.floor if scale is not None else -np.inf
    if not len(targets):
        return Doubt(floor=floor)
    temperature = fit_temperature(logits, targets)
    probabilities = softmax(logits / temperature)
    together = by_group(probabilities, groups)
    member = np.asarray(groups if groups is not None else range(logits.shape[1]))
    right = (together.argmax(axis=1) == member[targets]).astype(np.float64)
    odds, labels = log_odds(together.max(axis=1)), best_labels(probabilities, groups)
    count = logits.shape[1]

    def loss(values: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        factor, familiarity, offsets = values[0], values[1], values[2:]
        sum_ = factor * odds + familiarity * familiar + offsets[labels]
        pull = HELD * (float(offsets @ offsets) + (factor - 1) ** 2 + familiarity**2) / 2
        missed = 1 / (1 + np.exp(-sum_)) - right
        slope = np.concatenate([[missed @ odds], [missed @ familiar], np.bincount(labels, missed, count)])
        slope += HELD * (values - np.concatenate([[1.0, 0.0], np.zeros(count)]))
        return float(np.logaddexp(0, sum_).sum() - right @ sum_) + pull, slope

    start = np.concatenate([[1.0, 0.0], np.zeros(count)])
    bounds = [(0.05, 5.0), (0.0, 5.0), *[(-5.0, 5.0)] * count]
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x.round(4)
    return Doubt(round(temperature, 5), float(found[0]), float(found[1]), tuple(map(float, found[2:])), floor)
