"""How a model is trained: the values a person may change."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from classifier.parts import PARTS, Part

MANY_A_LABEL = 400
"""Tickets a label from which three passes are enough."""


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
    half_precision: bool | None = None
    """bfloat16; None = where the processor computes in it."""


@dataclass(frozen=True)
class TrainingSettings:
    """What to start from, how long to train, and what to use of the machine."""

    base_model: Path | None = None
    """Folder of the encoder; None = the packaged MiniLM."""
    threads: int | None = None
    """None = as many as there are idle cores; more than that makes training slower, not faster."""
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
    curve: bool = True
    """Learn from parts of the tickets as well, to see what more of them would bring."""

    def planned_epochs(self, tickets: int, labels: int) -> int:
        """Passes over that many tickets of that many labels."""
        fewest = 3 if tickets / max(labels, 1) > MANY_A_LABEL else 4
        return self.epochs or max(fewest, min(12, round(2 + 1_500 / max(tickets, 1))))

    def tickets_a_step(self, tickets: int) -> int:
        """Size of a batch for that many tickets."""
        return self.batch_size or (16 if tickets < 2_000 else 32)


def idle_cores() -> int:
    """Cores that nothing else uses just now, measured for a second; at least one.

    Not from the load average: that remembers for a minute what has just ended, such as the indexing before the first
    training.
    """
    busy = psutil.cpu_percent(interval=1.0) / 100
    return max(1, round((os.cpu_count() or 1) * (1 - busy)))
