"""Cheap models trained on parts of the tickets, for the learning curve. Needs scikit-learn."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import hstack
from sklearn.linear_model import RidgeClassifier
from sklearn.svm import LinearSVC

from classifier.learning.peers import vectorizers

Targets = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Learn = Callable[[Targets], Targets]


def words_learner(texts: Sequence[str], targets: Targets, known: Targets, unseen: Targets, seed: int) -> Learn:
    """TF-IDF and a linear support vector machine: rows to learn from → labels of the unseen ones."""
    words, characters = vectorizers(rare=1)
    seen = [texts[row] for row in known]
    features = hstack([words.fit_transform(seen), characters.fit_transform(seen)], format="csr")
    asked = [texts[row] for row in unseen]
    goal = hstack([words.transform(asked), characters.transform(asked)], format="csr")
    place = {int(row): number for number, row in enumerate(known)}

    def learn(rows: Targets) -> Targets:
        part = [place[int(row)] for row in rows]
        machine = LinearSVC(C=1.0, random_state=seed).fit(features[part], targets[rows])
        return np.asarray(machine.predict(goal), dtype=np.int64)

    return learn


def head_learner(embeddings: npt.NDArray[np.floating], targets: Targets, unseen: Targets) -> Learn:
    """The untouched encoder with a ridge head. On the starter desk's 1,898 tickets as good as logistic regression
    (.675 and .663 of 1,265 unseen ones, one seed) in a sixth of its time."""

    def learn(rows: Targets) -> Targets:
        head = RidgeClassifier(alpha=1.0).fit(embeddings[rows], targets[rows])
        return np.asarray(head.predict(embeddings[unseen]), dtype=np.int64)

    return learn


def hit_rates(
    learn: Learn,
    targets: Targets,
    orders: Sequence[Targets],
    sizes: Sequence[int],
    unseen: Targets,
    after_trial: Callable[[], None],
) -> Floats:
    """A row for each size, a column for each unseen ticket: the share of the orders in which its label was right.

    Each order's smaller parts lie within its larger ones.
    """
    rates = np.zeros((len(sizes), len(unseen)))
    for order in orders:
        for number, size in enumerate(sizes):
            part = order[:size]
            classes = set(targets[part].tolist())
            said = learn(part) if len(classes) > 1 else np.full(len(unseen), classes.pop())
            rates[number] += said == targets[unseen]
            after_trial()
    return rates / len(orders)


def orders_of(known: Targets, repeats: int, seed: int) -> list[Targets]:
    """The tickets in random order, so that a part is like the whole."""
    generator = np.random.default_rng(seed)
    return [generator.permutation(known) for _ in range(repeats)]
