"""Fine-tune the upper layers and the head on labelled tickets."""

import random
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from classifier.linear import Floats
from classifier.network import Features, SortingNetwork
from classifier.recipe import Recipe

BATCHES_IN_BUCKET = 24
"""Batches among which texts are sorted by length; larger wastes less padding and shuffles less."""


def fine_tune(
    network: SortingNetwork,
    features: Features,
    rows: Sequence[int],
    targets: npt.NDArray[np.int64],
    *,
    recipe: Recipe,
    batch_size: int,
    planned_epochs: int,
    epochs: int,
    seed: int,
    after_batch: Callable[[int], None],
    after_epoch: Callable[[int], None],
) -> None:
    """Learn from the texts in `rows`: `epochs` of a schedule that is laid out for `planned_epochs`.

    `after_batch` hears the number of texts done, and may raise to cancel; `after_epoch` hears the epoch, from 1.
    """
    steps_an_epoch = -(-len(rows) // batch_size)
    optimizer = _optimizer(network, recipe)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: _rate(step, steps_an_epoch * planned_epochs, recipe.warm_up)
    )
    loss_of = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    shuffler = random.Random(seed)
    half = native_half_precision() if recipe.half_precision is None else recipe.half_precision
    for epoch in range(1, epochs + 1):
        network.train()
        for batch in bucketed(rows, features.lengths, batch_size, shuffler):
            hidden, mask = features.batch(batch)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
                logits = network.classify(hidden, mask)
            loss = loss_of(logits.float(), torch.from_numpy(targets[batch]))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            after_batch(len(batch))
        after_epoch(epoch)


def _optimizer(network: SortingNetwork, recipe: Recipe) -> torch.optim.Optimizer:
    groups = [
        {"params": list(network.upper.parameters()), "lr": recipe.learning_rate},
        {"params": list(network.head.parameters()), "lr": recipe.head_learning_rate},
    ]
    return torch.optim.AdamW([g for g in groups if g["params"]], weight_decay=recipe.weight_decay, fused=True)


def _rate(step: int, steps: int, warm_up: float) -> float:
    rising = max(1, round(steps * warm_up))
    return (step + 1) / rising if step < rising else max(0.0, (steps - step) / max(1, steps - rising))


def native_half_precision() -> bool:
    """Whether this processor computes in bfloat16; elsewhere it is emulated, which costs more than it saves."""
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16") or able.get("bf16"))


def bucketed(rows: Sequence[int], lengths: Sequence[int], size: int, shuffler: random.Random) -> Iterator[list[int]]:
    """All rows in batches of texts of similar length, in random order."""
    order = list(rows)
    shuffler.shuffle(order)
    batches: list[list[int]] = []
    span = size * BATCHES_IN_BUCKET
    for start in range(0, len(order), span):
        near = sorted(order[start : start + span], key=lambda row: lengths[row])
        batches += [near[first : first + size] for first in range(0, len(near), size)]
    shuffler.shuffle(batches)
    return iter(batches)


def logits_of(network: SortingNetwork, features: Features, rows: Sequence[int]) -> Floats:
    """Logits for some of the texts, in the order of `rows`."""
    return _over(features, rows, network, network.classify)


def embeddings_of(network: SortingNetwork, features: Features, rows: Sequence[int]) -> Floats:
    """Unit-length mean vectors of some of the texts, in the order of `rows`."""
    vectors = _over(features, rows, network, network.embed)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))


def _over(
    features: Features,
    rows: Sequence[int],
    network: SortingNetwork,
    function: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> Floats:
    network.eval()
    order = sorted(range(len(rows)), key=lambda place: features.lengths[rows[place]])
    found: dict[int, Floats] = {}
    with torch.no_grad():
        for start in range(0, len(order), 64):
            places = order[start : start + 64]
            answers = function(*features.batch([rows[place] for place in places])).float().numpy()
            found.update(zip(places, answers, strict=True))
    return np.stack([found[place] for place in range(len(rows))])
