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
from classifier.calibration import Array, surprise, surprises
from classifier.finetuning import fine_tune, logits_of
from classifier.linear import Floats
from classifier.network import Features, SortingNetwork, load_network
from classifier.peers import train_linear
from classifier.recipe import TrainingSettings

CLEARLY = 2.0
"""Standard errors by which an earlier epoch must beat the last one to be preferred. Learning rates fall to zero only at
the end of the schedule, so a stop for a gain that is noise leaves the model unfinished: with one seed, epoch 2 of 5 was
chosen on 125 tickets and gave .745 on the starter desk's test, all five gave .798 (one seed, 208 tickets)."""

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
    tried: list[tuple[Choice, Array]] = []

    def weigh(network: SortingNetwork, epoch: int) -> None:
        logits = logits_of(network, corpus.features, aside)
        weights = part_weights(logits, margins, right)
        each = surprises(weights[0] * logits + weights[1] * margins, right)
        tried.append((Choice(epoch, planned, *weights, float(each.mean()), len(aside)), each))

    tune(corpus, learn, base, settings, planned, planned, seed, after_batch, weigh)
    return preferred(tried)


def preferred(tried: Sequence[tuple[Choice, Array]]) -> Choice:
    """The last epoch, unless an earlier one did clearly better on the same tickets."""
    best, best_each = min(tried, key=lambda pair: pair[0].surprise)
    last, last_each = tried[-1]
    gains = last_each - best_each
    noise = float(gains.std()) / len(gains) ** 0.5
    return best if float(gains.mean()) > CLEARLY * noise else last


def tune(
    corpus: Corpus,
    rows: Sequence[int],
    base: BaseModel,
    settings: TrainingSettings,
    planned_epochs: int,
    epochs: int,
    seed: int,
    after_batch: Callable[[int], None],
    after_epoch: Callable[[SortingNetwork, int], None] = lambda network, epoch: None,
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


def part_weights(logits: Floats, margins: Floats, right: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Weights of the encoder's logits and of the margins in their sum, such that it surprises least.

    A sum of logits with its own factor for each part fits better than a mean of probabilities: margins are not
    calibrated, and a mean can only dilute them.
    """

    def loss(weights: npt.NDArray[np.float64]) -> float:
        return surprise(weights[0] * logits + weights[1] * margins, right)

    found = minimize(loss, np.array([1.0, 1.0]), bounds=[(0.0, HEAVIEST)] * 2, method="L-BFGS-B")
    encoder_weight, linear_weight = (round(float(weight), 4) for weight in found.x)
    return encoder_weight, linear_weight
