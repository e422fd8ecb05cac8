"""In which order to label: what would teach a model most comes first. Pure numpy."""

import re
from collections.abc import Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DIMENSIONS = 2048
_WORD = re.compile(r"\w+")


def teaching_order(doubts: Floats, vectors: Floats) -> list[int]:
    """Places of the requests, the one that teaches most first.

    `doubts` says for each how unsure the model is (`doubt_of`), `vectors` are unit rows. The most doubtful one comes
    first; what is like something already chosen waits, since the answer to the one mostly answers the other. How
    typical a request is (information density, Settles & Craven 2008) does not count: measured, that was worse than
    chance (`tests/benchmarks/labelling.py`).
    """
    alike = np.clip(vectors @ vectors.T, 0.0, 1.0)
    new = np.ones(len(doubts))
    order: list[int] = []
    for _ in range(len(doubts)):
        value = doubts * new
        value[order] = -1.0
        best = int(value.argmax())
        order.append(best)
        new = np.minimum(new, 1.0 - alike[best])
    return order


def doubt_of(probabilities: Sequence[float]) -> float:
    """How little is known: 1 minus the likeliest label's probability, 1 where there is none."""
    return 1.0 - max(probabilities, default=0.0)


def word_vectors(texts: Sequence[str]) -> Floats:
    """One unit row a text: its words, hashed, the rarer among these texts the heavier."""
    rows = np.zeros((len(texts), DIMENSIONS))
    for number, text in enumerate(texts):
        for word in set(_WORD.findall(text.lower())):
            rows[number, crc32(word.encode("utf-8", "replace")) % DIMENSIONS] = 1.0
    rows *= np.log((1 + len(texts)) / (1 + rows.sum(axis=0))) + 1e-6
    unit: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit
