"""The parts whose logits are added up, and the factor of each in the sum.

A sum with a factor for each part fits better than a mean of probabilities: the parts are not calibrated alike, and a
mean can only dilute them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from classifier.model.linear import Floats

Part = Literal["tuned", "untuned", "words"]
"""The tuned encoder's head; logistic regression on the vectors of the untuned one; TF-IDF over words and characters."""

PARTS: tuple[Part, ...] = get_args(Part)


@dataclass(frozen=True)
class Weights:
    """Factor of each part's logits in the sum; a part of weight 0 is neither kept nor computed."""

    tuned: float = 0.0
    untuned: float = 0.0
    words: float = 0.0

    @classmethod
    def of(cls, parts: Sequence[Part], factors: Sequence[float]) -> "Weights":
        """Those factors for those parts."""
        return cls(**dict(zip(parts, map(float, factors), strict=True)))

    def factor(self, part: Part) -> float:
        """Of one part."""
        value: float = getattr(self, part)
        return value

    @property
    def parts(self) -> tuple[Part, ...]:
        """Those that are used."""
        return tuple(part for part in PARTS if self.factor(part))

    @property
    def needs_encoder(self) -> bool:
        """Whether a text has to go through the encoder."""
        return bool(self.tuned or self.untuned)

    def add(self, logits: "dict[Part, Floats]") -> Floats:
        """The sum over the parts that are used: one row a text, one column a label."""
        return np.asarray(sum(np.float32(self.factor(part)) * logits[part] for part in self.parts), dtype=np.float32)
