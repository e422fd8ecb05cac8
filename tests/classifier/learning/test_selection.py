import numpy as np
import pytest

from classifier.learning.selection import Choice, part_weights, preferred
from classifier.model.parts import Weights


def _tried(epoch: int, each: list[float]) -> tuple[Choice, np.ndarray]:
    return Choice(epoch, 3, Weights(1.0, 1.0, 1.0), float(np.mean(each)), len(each)), np.array(each)


def test_the_last_epoch_is_kept_when_an_earlier_one_is_better_by_chance_only() -> None:
    noisy = [_tried(1, [0.1, 1.0, 0.2, 0.8]), _tried(2, [0.9, 0.3, 0.9, 0.2])]
    assert noisy[0][0].surprise < noisy[1][0].surprise
    assert preferred(noisy).epochs == 2


def test_an_earlier_epoch_that_is_clearly_better_is_chosen() -> None:
    assert preferred([_tried(1, [0.2] * 9 + [0.3]), _tried(2, [0.8] * 9 + [0.7])]).epochs == 1


def test_the_part_that_knows_nothing_weighs_nothing() -> None:
    rng = np.random.default_rng(0)
    right = rng.integers(0, 3, 400)
    knows = rng.normal(0, 1, (400, 3))
    knows[np.arange(400), right] += 2
    noise = rng.normal(0, 1, (400, 3))
    weights = part_weights({"tuned": noise.astype(np.float32), "words": knows.astype(np.float32)}, right)
    assert weights.tuned == pytest.approx(0, abs=0.3) and weights.words > 1 and weights.untuned == 0
