"""How a model is trained: the values a person may change."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from classifier.model.parts import PARTS, Part

MANY_A_LABEL, FEW_A_LABEL = 400, 30
"""Tickets a label from which three passes are enough, and below which every label is thin: then there are more passes,
and pairs of one label pull together (a contrastive term, as in SetFit)."""
THIN = 10
"""A label with fewer training tickets is helped by its description, and by `THIN_OFFSET`."""
THIN_OFFSET = 1.5
"""Added to a thin label's logit. Such a label is hardly ever the most probable one, for want of tickets, not of
requests: with 8 tickets of a label of the starter desk and all of the others, it was found in 2 % of its calibration
tickets; with equal weights, its description and this, in 47 %, 72 % of them rightly (mean over 14 labels)."""


@dataclass(frozen=True)
class Recipe:
    """How the network's weights are moved. First values: those measured best on Banking77."""

    learning_rate: float = 5e-4
    """Of the tuned layers."""
    layer_decay: float = 0.9
    """Factor from each tuned layer to the one below it."""
    head_learning_rate: float = 3e-3
    weight_decay: float = 0.01
    label_smoothing: float = 0.1
    warm_up: float = 0.1
    """Share of all steps over which the learning rates rise."""
    dropout: float = 0.1
    thin_offset: float = THIN_OFFSET
    """Added to the logit of a label with fewer than `THIN` tickets."""
    contrast: float = 1.0
    """Weight of the contrastive term (Khosla et al. 2020) where every label is thin."""
    half_precision: bool | None = None
    """bfloat16; None = where the processor computes in it."""


@dataclass(frozen=True)
class TrainingSettings:
    """What to start from, how long to train, and what to use of the machine."""

    base_model: Path | None = None
    """Folder of the encoder; None = the packaged MiniLM."""
    threads: int | None = None
    """None = as many as there are idle cores; more than that makes training slower, not faster."""
    device: str | None = None
    """What torch trains on, such as `cuda` or `cpu`; None = a GPU where there is one. Serving needs no torch."""
    tuned_layers: int = 2
    """Layers at the top that are tuned; the others stay as they are."""
    max_tokens: int = 128
    """A longer request is cut there for the encoder; the words' part reads all of it."""
    epochs: int | None = None
    """Most passes over the tickets; None = more of them, the fewer tickets there are."""
    batch_size: int | None = None
    """Tickets a step; None = 16 for few tickets, 32 for many."""
    limit: float = 0.05
    """Share of misroutes at which the report states what is routed without a person."""
    int8: bool | None = None
    """Serve in eight bits; None = when that changes next to nothing."""
    recipe: Recipe = field(default_factory=Recipe)

    parts: tuple[Part, ...] = PARTS
    """What may be part of the sum that is served: a cheap peer alone is a model too."""
    descriptions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What a label is about, in sentences; learnt from where the label is thin."""
    curve: bool = True
    """Learn from parts of the tickets as well, to see what more of them would bring."""

    def planned_epochs(self, tickets: int, labels: int) -> int:
        """Passes over that many tickets of that many labels."""
        if all_thin(tickets, labels):
            return self.epochs or 12
        fewest = 3 if tickets / max(labels, 1) > MANY_A_LABEL else 4
        return self.epochs or max(fewest, min(12, round(2 + 1_500 / max(tickets, 1))))

    def tickets_a_step(self, tickets: int) -> int:
        """Size of a batch for that many tickets."""
        return self.batch_size or (16 if tickets < 2_000 else 32)


def all_thin(tickets: int, labels: int) -> bool:
    """Whether there are few tickets of every label."""
    return tickets / max(labels, 1) < FEW_A_LABEL


def idle_cores() -> int:
    """Cores that nothing else uses just now, measured for a second; at least one.

    Not from the load average: that remembers for a minute what has just ended, such as the indexing before the first
    training.
    """
    busy = psutil.cpu_percent(interval=1.0) / 100
    return max(1, round((os.cpu_count() or 1) * (1 - busy)))
