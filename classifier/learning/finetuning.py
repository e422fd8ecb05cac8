"""Fine-tune the upper layers and the head on labelled tickets."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from classifier.learning.checkpoints import STEPS_BETWEEN, Checkpoint
from classifier.learning.network import Features, SortingNetwork
from classifier.learning.recipe import Recipe
from classifier.model.encoder import unit_length
from classifier.model.linear import Floats

BATCHES_IN_BUCKET = 24
"""Batches among which texts are sorted by length; larger wastes less padding and shuffles less."""


FIELD_WEIGHT = 0.3
"""Of a field's loss beside the label's."""


@dataclass(frozen=True)
class Lesson:
    """A field that is learnt beside the label."""

    place: slice
    """Its columns among the network's."""
    targets: npt.NDArray[np.int64]
    """Column of each text's value within them; -1 where it is not known."""


def fine_tune(
    network: SortingNetwork,
    features: Features,
    rows: Sequence[int],
    targets: npt.NDArray[np.int64],
    lessons: Sequence[Lesson] = (),
    *,
    recipe: Recipe,
    batch_size: int,
    planned_epochs: int,
    epochs: int,
    seed: int,
    after_batch: Callable[[int], None],
    after_epoch: Callable[[int], None],
    checkpoint: Checkpoint,
    contrast: float = 0.0,
) -> None:
    """Learn from the texts in `rows`: `epochs` of a schedule that is laid out for `planned_epochs`.

    `after_batch` hears the number of texts done, and may raise to cancel; `after_epoch` hears the epoch, from 1. Goes
    on where the checkpoint stands; then both hear at once of what was done before, but epochs that ended then are not
    heard of again. `lessons` are learnt beside the label; `contrast` is the weight of a term that pulls vectors of one
    label together and others apart.
    """
    steps_an_epoch = -(-len(rows) // batch_size)
    optimizer = _optimizer(network, recipe)
    rates = [group["lr"] for group in optimizer.param_groups]
    loss_of = _Loss(network, features, targets, lessons, recipe, contrast)
    done = checkpoint.restore(network, optimizer)
    step = 0
    for epoch in range(1, epochs + 1):
        network.train()
        first, last = steps_an_epoch * (epoch - 1), steps_an_epoch * epoch
        shuffler = random.Random(f"{seed} {epoch}")
        batches = paired(rows, targets, batch_size, shuffler) if contrast else None
        for batch in batches or bucketed(rows, features.lengths, batch_size, shuffler):
            if step >= done:
                if step % STEPS_BETWEEN == 0 or step == first:
                    torch.manual_seed(seed * 1_000_003 + step)  # as after a restart there
                _set_rates(optimizer, rates, _rate(step, steps_an_epoch * planned_epochs, recipe.warm_up))
                optimizer.zero_grad()
                torch.autograd.backward(loss_of(batch))
                nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimizer.step()
                if (step + 1) % STEPS_BETWEEN == 0 and step + 1 != last:
                    checkpoint.save(network, optimizer, step + 1)
            step += 1
            after_batch(len(batch))
        if step > done:
            after_epoch(epoch)  # first, since it may have something to keep
            checkpoint.save(network, optimizer, step)


def _set_rates(optimizer: torch.optim.Optimizer, rates: Sequence[float], share: float) -> None:
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = rate * share


class _Loss:
    """What a batch of texts costs: of its labels, of the fields that are known, and of the distances."""

    def __init__(
        self,
        network: SortingNetwork,
        features: Features,
        targets: npt.NDArray[np.int64],
        lessons: Sequence[Lesson],
        recipe: Recipe,
        contrast: float,
    ) -> None:
        self._network, self._features, self._contrast = network, features, contrast
        self._targets, self._lessons = targets, lessons
        self._of = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing, ignore_index=-1)
        half = recipe.half_precision
        self._half = native_half_precision(network.device) if half is None else half
        self._labels = lessons[0].place.start if lessons else None

    def __call__(self, batch: Sequence[int]) -> Tensor:
        network, device = self._network, self._network.device
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=self._half):
            hidden, mask = self._features.batch(batch)
            vectors = network.embed(hidden, mask)
            logits = network.head(network.dropout(vectors)).float()
        right = torch.from_numpy(self._targets[batch]).to(device)
        loss: Tensor = self._of(logits[:, : self._labels], right)
        for lesson in self._lessons:
            known = torch.from_numpy(lesson.targets[batch]).to(device)
            if (known >= 0).any():
                loss = loss + FIELD_WEIGHT * self._of(logits[:, lesson.place], known)
        if self._contrast:
            loss = loss + self._contrast * contrastive(vectors.float(), right)
        return loss


def contrastive(vectors: Tensor, targets: Tensor, temperature: float = 0.07) -> Tensor:
    """Supervised contrastive loss of a batch (Khosla et al. 2020); a text alone with its label does not count."""
    unit = nn.functional.normalize(vectors, dim=1)
    likeness = (unit @ unit.T / temperature).fill_diagonal_(-1e4)
    same = (targets[:, None] == targets[None, :]).float().fill_diagonal_(0)
    logs = likeness - torch.logsumexp(likeness, dim=1, keepdim=True)
    paired = same.sum(1)
    each = -(same * logs).sum(1) / paired.clamp(min=1)
    return each.sum() / (paired > 0).sum().clamp(min=1)


def _optimizer(network: SortingNetwork, recipe: Recipe) -> torch.optim.Optimizer:
    """Layer-wise learning rates (Howard and Ruder 2018): what lies lower holds for all texts and moves less."""
    groups = [
        {"params": list(layer.parameters()), "lr": recipe.learning_rate * recipe.layer_decay**below}
        for below, layer in enumerate(reversed(network.upper))
    ]
    groups.append({"params": list(network.head.parameters()), "lr": recipe.head_learning_rate})
    return torch.optim.AdamW(groups, weight_decay=recipe.weight_decay, fused=True)


def _rate(step: int, steps: int, warm_up: float) -> float:
    rising = max(1, round(steps * warm_up))
    return (step + 1) / rising if step < rising else max(0.0, (steps - step) / max(1, steps - rising))


def native_half_precision(device: torch.device) -> bool:
    """Whether this processor computes in bfloat16; elsewhere it is emulated, which costs more than it saves."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
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


def paired(
    rows: Sequence[int], targets: npt.NDArray[np.int64], size: int, shuffler: random.Random
) -> Iterator[list[int]]:
    """All rows in batches in which every text stands beside another one of its label, where there is one."""
    of_label: dict[int, list[int]] = {}
    for row in rows:
        of_label.setdefault(int(targets[row]), []).append(row)
    pairs: list[list[int]] = []
    for members in of_label.values():
        shuffler.shuffle(members)
        pairs += [members[first : first + 2] for first in range(0, len(members), 2)]
    shuffler.shuffle(pairs)
    flat = [row for pair in pairs for row in pair]
    return iter([flat[first : first + size] for first in range(0, len(flat), size)])


def logits_of(network: SortingNetwork, features: Features, rows: Sequence[int]) -> Floats:
    """Logits for some of the texts, in the order of `rows`."""
    return _over(features, rows, network, network.classify)


def embeddings_of(network: SortingNetwork, features: Features, rows: Sequence[int]) -> Floats:
    """Unit-length vectors of some of the texts as the tuned layers see them, in the order of `rows`."""
    return unit_length(_over(features, rows, network, network.embed))


def untuned_embeddings_of(network: SortingNetwork, features: Features, rows: Sequence[int]) -> Floats:
    """Unit-length vectors as the encoder gave them before any training, in the order of `rows`."""
    device = network.device
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=native_half_precision(device)):
        return unit_length(_over(features, rows, network, network.embed_untuned))


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
            hidden, mask = (tensor.to(network.device) for tensor in features.batch([rows[place] for place in places]))
            answers = function(hidden, mask).float().cpu().numpy()
            found.update(zip(places, answers, strict=True))
    return np.stack([found[place] for place in range(len(rows))])
