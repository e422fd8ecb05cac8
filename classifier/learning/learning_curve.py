"""How many more tickets would help, and whom: cheap models trained on parts of the tickets, and a power law.

Measured: the share of right labels on tickets that none of these models has learnt from, at 10 to 100 % of the tickets.
Extrapolated: error = a + b · tickets^-c (Hestness et al. 2017) fitted to these points, with 95 % intervals from
resampling the unseen tickets. The interval knows nothing of what the law itself leaves out, such as new topics.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.errors import ClassifierError
from classifier.learning.power_law import fit
from classifier.model.model_folder import read_json

LEARNING_FILE = "learning_curve.json"
SHARES = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
FARTHER = (1.0, 1.5, 2.0, 4.0)
"""Multiples of today's tickets that are extrapolated to; the first is the law's own value for today."""
WORDS, HEAD = "TF-IDF + LinearSVC", "frozen encoder + ridge head"
ENOUGH = 6_000
"""Tickets learnt from in all repetitions together; small desks get more of them, since their curves are noisier."""
MOST_REPEATS = 4
RESAMPLES = 200
FEWEST = 20
"""Tickets to learn from below which no curve is drawn."""

Floats = npt.NDArray[np.float64]
Targets = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Forecast:
    """The share of right labels at a number of tickets, by the law."""

    tickets: int
    right: float
    low: float
    high: float


@dataclass(frozen=True)
class Gain:
    """What twice as many tickets would do for one label, if all labels grew alike."""

    label: str
    learnt: int
    """Tickets of it that were learnt from."""
    unseen: int
    """Tickets of it that were tried on."""
    right: tuple[float, ...]
    """Share found, at each size."""
    gain: float
    low: float
    high: float
    """Share of its tickets that would be found in addition, with a 95 % interval."""
    worth: float
    """The same among all tickets: how many more of 100 would be right."""

    @property
    def is_sure(self) -> bool:
        """Whether the whole interval is a gain."""
        return self.low > 0


@dataclass(frozen=True)
class LearningCurve:
    """What was measured, and what follows from it."""

    sizes: tuple[int, ...]
    """Tickets learnt from."""
    unseen: int
    repeats: int
    right: Mapping[str, tuple[float, ...]]
    """By method: the share of right labels at each size."""
    forecast: Mapping[str, tuple[Forecast, ...]]
    best: str
    """The method that is better with all tickets; `gains` are its."""
    gains: tuple[Gain, ...]
    """The label whose tickets are worth most first."""


def learning_curve(
    texts: Sequence[str],
    embeddings: npt.NDArray[np.floating],
    targets: Targets,
    labels: Sequence[str],
    learn: Sequence[int],
    seed: int,
    progress: Callable[[float], None] = lambda share: None,
) -> dict[str, Any]:
    """Train both cheap models on parts of the tickets in `learn` and try them on all others; a JSON object.

    `texts`, `embeddings` and `targets` (places in `labels`, -1 for none) hold all tickets. `progress` hears the share
    that is done, and may raise to cancel. Empty for very few tickets.
    """
    from classifier.learning import learning_trials as trials  # scikit-learn, which reading a curve does without

    known = np.array(learn, dtype=np.int64)
    unseen = np.setdiff1d(np.flatnonzero(targets >= 0), known)
    if not len(unseen) or len(known) < FEWEST:
        return {"sizes": [], "unseen": len(unseen), "repeats": 0, "right": {}, "forecast": {}, "best": "", "gains": []}
    sizes = [round(len(known) * share) for share in SHARES]
    repeats = int(np.clip(round(ENOUGH / sum(sizes)), 1, MOST_REPEATS))
    orders = trials.orders_of(known, repeats, seed)
    learners = {
        WORDS: trials.words_learner(texts, targets, known, unseen, seed),
        HEAD: trials.head_learner(embeddings, targets, unseen),
    }
    done = itertools.count(1)

    def after_trial() -> None:
        progress(next(done) / (len(learners) * len(orders) * len(sizes)))

    hits = {
        name: trials.hit_rates(learner, targets, orders, sizes, unseen, after_trial)
        for name, learner in learners.items()
    }
    return _summed(hits, targets[unseen], targets[known], labels, sizes, repeats, seed)


def _summed(
    hits: Mapping[str, Floats],
    truth: Targets,
    learnt: Targets,
    labels: Sequence[str],
    sizes: Sequence[int],
    repeats: int,
    seed: int,
) -> dict[str, Any]:
    """`hits`: by method, a row for each size and a column for each unseen ticket: how often its label was right."""
    draws = np.random.default_rng(seed).integers(0, len(truth), size=(RESAMPLES, len(truth)))
    best = max(hits, key=lambda name: float(hits[name][-1].mean()))
    return {
        "sizes": list(sizes),
        "unseen": len(truth),
        "repeats": repeats,
        "right": {name: _rounded(rows.mean(axis=1)) for name, rows in hits.items()},
        "forecast": {name: _forecast(rows, sizes, draws) for name, rows in hits.items()},
        "best": best,
        "gains": _gains(hits[best], truth, learnt, labels, sizes, draws),
    }


def _rounded(values: Floats) -> list[float]:
    return [round(float(value), 4) for value in values]


def _forecast(rows: Floats, sizes: Sequence[int], draws: Targets) -> list[dict[str, float]]:
    wanted = np.array([round(sizes[-1] * times) for times in FARTHER], dtype=np.float64)

    def at(curve: Floats) -> Floats:
        return 1 - fit(_floats(sizes), 1 - curve).at(wanted)

    middle = at(rows.mean(axis=1))
    drawn = np.array([at(rows[:, draw].mean(axis=1)) for draw in draws])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return [
        {"tickets": int(count), **dict(zip(("right", "low", "high"), _rounded(np.array(values)), strict=True))}
        for count, *values in zip(wanted, middle, low, high, strict=True)
    ]


def _gains(
    rows: Floats, truth: Targets, learnt: Targets, labels: Sequence[str], sizes: Sequence[int], draws: Targets
) -> list[dict[str, Any]]:
    # One label has too few tickets for an exponent of its own: all share that of the whole.
    exponent = fit(_floats(sizes), 1 - rows.mean(axis=1)).c
    generator, found = np.random.default_rng(len(truth)), []
    for place, label in enumerate(labels):
        own = rows[:, truth == place]
        count, known = own.shape[1], int((learnt == place).sum())
        if not count or not known:
            continue
        gain = _doubled(own.mean(axis=1), sizes, exponent)
        picks = generator.integers(0, count, size=(len(draws), count))
        low, high = np.quantile(
            [_doubled(own[:, pick].mean(axis=1), sizes, exponent) for pick in picks], [0.025, 0.975]
        )
        found.append(
            {
                "label": label,
                "learnt": known,
                "unseen": count,
                "right": _rounded(own.mean(axis=1)),
                "gain": round(gain, 4),
                "low": round(float(low), 4),
                "high": round(float(high), 4),
                "worth": round(100 * gain * count / len(truth), 2),
            }
        )
    return sorted(found, key=lambda one: -float(one["worth"]))


def _doubled(right: Floats, sizes: Sequence[int], exponent: float) -> float:
    law = fit(_floats(sizes), 1 - right, exponents=(exponent,))
    return float(law.at(sizes[-1]) - law.at(2 * sizes[-1]))


def _floats(values: Sequence[int]) -> Floats:
    return np.array(values, dtype=np.float64)


def read_learning_curve(folder: Path) -> LearningCurve | None:
    """The curve of the model in `folder`; None where it has none. Raises `ClassifierError` for a damaged file."""
    path = folder / LEARNING_FILE
    if not path.is_file():
        return None
    values = read_json(path)
    try:
        curve = LearningCurve(
            tuple(map(int, values["sizes"])),
            int(values["unseen"]),
            int(values["repeats"]),
            {str(name): tuple(map(float, right)) for name, right in values["right"].items()},
            {
                str(name): tuple(Forecast(int(f["tickets"]), f["right"], f["low"], f["high"]) for f in row)
                for name, row in values["forecast"].items()
            },
            str(values["best"]),
            tuple(Gain(**{**gain, "right": tuple(gain["right"])}) for gain in values["gains"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ClassifierError(f"{path}: is damaged ({error!r}); restore it or train again.") from error
    return curve if curve.sizes else None
