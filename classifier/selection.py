"""Choose how long to train and how much each part weighs, on training tickets set aside for it.

The calibration tickets stay out of every choice, since the promise about misroutes rests on them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize

from classifier.base_model import BaseModel
from classifier.calibration import surprise
from classifier.finetuning import fine_tune, logits_of
from classifier.linear import Floats
from classifier.network import Features, SortingNetwork, load_network
from classifier.peers import train_linear
from classifier.recipe import TrainingSettings

PATIENCE = 2
"""Epochs without gain after which the search for the best one ends."""

HEAVIEST = 10.0
"""Largest weight of a part; margins are a few times smaller than logits."""


@dataclass(frozen=True)
class Corpus:
    """All texts of a training, cleaned; rows of the splits refer to them."""

    texts: Sequence[str]
    targets: npt.NDArray[np.int64]
    """Place of each text's label; -1 for a label without a training ticket."""
    labels: tuple[str, ...]
    features: Features

    def some(self, rows: Sequence[int]) -> list[str]:
        """The texts in `rows`."""
        return [self.texts[row] for row in rows]


@dataclass(frozen=True)
class Choice:
    """What was chosen, and how well it did on the tickets set aside."""

    epochs: int
    planned_epochs: int
    encoder_weight: float
    linear_weight: float
    surprise: float
    """Mean negative log-likelihood of the right labels, in nats."""
    tickets: int


def choose(
    corpus: Corpus,
    learn: Sequence[int],
    aside: Sequence[int],
    base: BaseModel,
    settings: TrainingSettings,
    seed: int,
    after_batch: Callable[[int], None],
) -> Choice:
    """Train both parts on `learn` and keep the epoch and the weights that do best on `aside`."""
    planned = settings.planned_epochs(len(learn))
    linear = train_linear(corpus.some(learn), corpus.targets[learn], len(corpus.labels), seed)
    margins = linear.margins(corpus.some(aside))
    right = corpus.targets[aside]
    tried: list[Choice] = []

    def weigh(network: SortingNetwork, epoch: int) -> bool:
        logits = logits_of(network, corpus.features, aside)
        tried.append(Choice(epoch, planned, *part_weights(logits, margins, right), len(aside)))
        return epoch - best_of(tried).epochs < PATIENCE

    tune(corpus, learn, base, settings, planned, planned, seed, after_batch, weigh)
    return best_of(tried)


def best_of(tried: Sequence[Choice]) -> Choice:
    """The least surprised."""
    return min(tried, key=lambda choice: choice.surprise)


def tune(
    corpus: Corpus,
    rows: Sequence[int],
    base: BaseModel,
    settings: TrainingSettings,
    planned_epochs: int,
    epochs: int,
    seed: int,
    after_batch: Callable[[int], None],
    after_epoch: Callable[[SortingNetwork, int], bool] = lambda network, epoch: True,
) -> SortingNetwork:
    """A network fine-tuned on the texts in `rows`."""
    torch.manual_seed(seed)
    network = load_network(base.folder, len(corpus.labels), settings.tuned_layers, settings.recipe.dropout)
    fine_tune(
        network,
        corpus.features,
        rows,
        corpus.targets,
        recipe=settings.recipe,
        batch_size=settings.tickets_a_step(len(rows)),
        planned_epochs=planned_epochs,
        epochs=epochs,
        seed=seed,
        after_batch=after_batch,
        after_epoch=lambda epoch: after_epoch(network, epoch),
    )
    return network


def part_weights(logits: Floats, margins: Floats, right: npt.NDArray[np.int64]) -> tuple[float, float, float]:
    """Weights of the encoder's logits and of the margins in their sum that surprise least, and that surprise.

    A sum of logits with its own factor for each part fits better than a mean of probabilities: margins are not
    calibrated, and a mean can only dilute them.
    """

    def loss(weights: npt.NDArray[np.float64]) -> float:
        return surprise(weights[0] * logits + weights[1] * margins, right)

    found = minimize(loss, np.array([1.0, 1.0]), bounds=[(0.0, HEAVIEST)] * 2, method="L-BFGS-B")
    encoder_weight, linear_weight = (round(float(weight), 4) for weight in found.x)
    return encoder_weight, linear_weight, float(found.fun)
