"""Error against tickets as a power law, fitted to a few points (Hestness et al. 2017). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

EXPONENTS = tuple(float(value) for value in np.linspace(0.1, 1.5, 29))

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PowerLaw:
    """error = a + b · tickets^-c, with a and b not below 0."""

    a: float
    b: float
    c: float

    def at(self, tickets: float | Floats) -> Floats:
        """The error at these numbers of tickets, at most 1."""
        return np.minimum(1.0, self.a + self.b * np.asarray(tickets, dtype=np.float64) ** -self.c)


def fit(sizes: Floats, errors: Floats, exponents: Iterable[float] = EXPONENTS) -> PowerLaw:
    """The law that fits best by least squares, larger sizes counting more: models of few tickets vary more."""
    weights = sizes / sizes[-1]
    tried = [_with_exponent(sizes, errors, weights, exponent) for exponent in exponents]
    return min(tried, key=lambda pair: pair[0])[1]


def _with_exponent(sizes: Floats, errors: Floats, weights: Floats, exponent: float) -> tuple[float, PowerLaw]:
    falling = sizes**-exponent
    middle_x, middle_y = float(weights @ falling) / float(weights.sum()), float(weights @ errors) / float(weights.sum())
    spread = float(weights @ (falling - middle_x) ** 2)
    slope = float(weights @ ((falling - middle_x) * (errors - middle_y))) / spread if spread else 0.0
    floor = middle_y - slope * middle_x
    if slope < 0:  # more tickets never make it worse: what looks so is noise
        floor, slope = middle_y, 0.0
    elif floor < 0:
        floor, slope = 0.0, float(weights @ (falling * errors)) / float(weights @ falling**2)
    loss = float(weights @ (errors - floor - slope * falling) ** 2)
    return loss, PowerLaw(floor, slope, exponent)
