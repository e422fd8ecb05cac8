"""The cheap peers, trained beside every model; they are also parts of what is served."""

from collections.abc import Sequence

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


def train_linear(texts: Sequence[str], targets: npt.NDArray[np.int64], labels: int, seed: int) -> LinearModel:
    """TF-IDF over words and characters with a linear support vector machine."""
    rare = 2 if len(texts) >= COMMON_ENOUGH_TO_PRUNE else 1
    words, characters = vectorizers(rare)
    features = hstack([words.fit_transform(texts), characters.fit_transform(texts)], format="csr")
    machine = LinearSVC(C=SLACK, class_weight="balanced", random_state=seed).fit(features, targets)
    weights, intercept = _all_labels(machine, labels)
    return LinearModel(_vocabulary(words), _vocabulary(characters), weights, intercept)


def _vocabulary(vectorizer: TfidfVectorizer) -> Vocabulary:
    terms = tuple(str(term) for term in vectorizer.get_feature_names_out())
    return Vocabulary(terms, np.asarray(vectorizer.idf_, dtype=np.float32))


UNSEEN_MARGIN = -2.0
"""Margin of a label without a ticket to learn from: outside of everything."""


UNSEEN_LOGIT = -20.0


def _all_labels(machine: LinearSVC, labels: int) -> tuple[Floats, Floats]:
    """Weights and intercepts with a column for every label, also for two labels and for labels never seen."""
    coefficients, offsets = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:
        coefficients = np.concatenate([-coefficients, coefficients])
        offsets = np.concatenate([-offsets, offsets])
    weights = np.zeros((coefficients.shape[1], labels), dtype=np.float32)
    intercept = np.full(labels, UNSEEN_MARGIN, dtype=np.float32)
    weights[:, machine.classes_] = coefficients.T
    intercept[machine.classes_] = offsets
    return weights, intercept


def train_untuned(embeddings: Floats, targets: npt.NDArray[np.int64], labels: int) -> LinearHead:
    """Logistic regression on the untuned encoder's vectors."""
    regression = LogisticRegression(C=10.0, class_weight="balanced", max_iter=1000).fit(embeddings, targets)
    coefficients, offsets = regression.coef_, regression.intercept_
    if len(regression.classes_) == 2:  # scikit-learn keeps one row for two labels
        coefficients, offsets = (
            np.concatenate([-coefficients, coefficients]) / 2,
            np.concatenate([-offsets, offsets]) / 2,
        )
    weights = np.zeros((coefficients.shape[1], labels), dtype=np.float32)
    intercept = np.full(labels, UNSEEN_LOGIT, dtype=np.float32)
    weights[:, regression.classes_] = coefficients.T
    intercept[regression.classes_] = offsets
    return LinearHead(weights, intercept)
