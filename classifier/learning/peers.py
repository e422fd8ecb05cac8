"""The cheap peers, trained beside every model; they are also parts of what is served."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from classifier.model.linear import (
    CHARACTER_LENGTHS,
    WORD_LENGTHS,
    WORD_PATTERN,
    Floats,
    LinearHead,
    LinearModel,
    Vocabulary,
)

MOST_WORDS, MOST_CHARACTERS = 100_000, 200_000
SLACK = 0.5
"""LinearSVC's C. On validation tickets 0.3 is .009 better than 1 for `it_topic_tickets` (15,000 to learn from), 1 is
.003 better in the sum for the starter desk. Labels weigh the same whatever their number of tickets: in the sum of both
peers .742 to .758 on the starter's calibration tickets."""
COMMON_ENOUGH_TO_PRUNE = 2_000
"""From this many texts on, a term must occur in two of them."""


@dataclass(frozen=True)
class Task:
    """One thing to tell apart."""

    targets: npt.NDArray[np.int64]
    """Column of each row's right answer; -1 where it is not known."""
    columns: int
    even: bool = True
    """Whether every answer weighs the same, whatever its number of tickets."""


def vectorizers(rare: int) -> tuple[TfidfVectorizer, TfidfVectorizer]:
    """For words and for characters; a term must occur in `rare` texts."""
    words = TfidfVectorizer(
        ngram_range=WORD_LENGTHS,
        token_pattern=WORD_PATTERN,
        sublinear_tf=True,
        min_df=rare,
        max_features=MOST_WORDS,
        dtype=np.float32,
    )
    characters = TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=CHARACTER_LENGTHS,
        sublinear_tf=True,
        min_df=rare,
        max_features=MOST_CHARACTERS,
        dtype=np.float32,
    )
    return words, characters


def train_linear(texts: Sequence[str], tasks: Sequence[Task], seed: int) -> LinearModel:
    """TF-IDF over words and characters with a linear support vector machine for each task, columns side by side."""
    rare = 2 if len(texts) >= COMMON_ENOUGH_TO_PRUNE else 1
    words, characters = vectorizers(rare)
    features = hstack([words.fit_transform(texts), characters.fit_transform(texts)], format="csr")

    def learn(rows: npt.NDArray[np.intp], task: Task) -> Any:
        machine = LinearSVC(C=SLACK, class_weight="balanced" if task.even else None, random_state=seed)
        return machine.fit(features[rows], task.targets[rows])

    weights, intercept = _side_by_side(tasks, features.shape[1], learn, UNSEEN_MARGIN, 1.0)
    return LinearModel(_vocabulary(words), _vocabulary(characters), weights, intercept)


def _vocabulary(vectorizer: TfidfVectorizer) -> Vocabulary:
    terms = tuple(str(term) for term in vectorizer.get_feature_names_out())
    return Vocabulary(terms, np.asarray(vectorizer.idf_, dtype=np.float32))


UNSEEN_MARGIN = -2.0
"""Margin of a label without a ticket to learn from: outside of everything."""


UNSEEN_LOGIT = -20.0


def train_untuned(embeddings: Floats, tasks: Sequence[Task]) -> LinearHead:
    """Logistic regression on the untuned encoder's vectors for each task, columns side by side."""

    def learn(rows: npt.NDArray[np.intp], task: Task) -> Any:
        regression = LogisticRegression(C=10.0, class_weight="balanced" if task.even else None, max_iter=1000)
        return regression.fit(embeddings[rows], task.targets[rows])

    return LinearHead(*_side_by_side(tasks, embeddings.shape[1], learn, UNSEEN_LOGIT, 0.5))


def _side_by_side(
    tasks: Sequence[Task],
    features: int,
    learn: Callable[[npt.NDArray[np.intp], Task], Any],
    unseen: float,
    of_two: float,
) -> tuple[Floats, Floats]:
    """Weights and intercepts with a column for every answer of every task, also for two answers and for those that
    were never seen, which get `unseen`. scikit-learn keeps one row for two answers: each gets `of_two` of it."""
    width = sum(task.columns for task in tasks)
    weights = np.zeros((features, width), dtype=np.float32)
    intercept = np.full(width, unseen, dtype=np.float32)
    first = 0
    for task in tasks:
        rows = np.flatnonzero(task.targets >= 0)
        classes = np.unique(task.targets[rows])
        places = first + classes
        if len(classes) == 1:
            intercept[places] = -unseen
        elif len(classes):
            machine = learn(rows, task)
            coefficients, offsets = machine.coef_, machine.intercept_
            if len(classes) == 2:
                coefficients = of_two * np.concatenate([-coefficients, coefficients])
                offsets = of_two * np.concatenate([-offsets, offsets])
            weights[:, places] = coefficients.T
            intercept[places] = offsets
        first += task.columns
    return weights, intercept
