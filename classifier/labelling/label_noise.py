"""Closed tickets whose label is probably wrong: confident learning (Northcutt et al. 2021), out of fold.

A cheap linear model judges every ticket without having learnt from it. It reads the resolution too, which a new ticket
does not have: how something was solved says best what it was. Nothing is changed here; people look at the suspects.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from scipy.stats import binomtest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from classifier.data.cleaning import clean_text
from classifier.data.ticket import Ticket
from classifier.errors import ClassifierError
from classifier.labelling.suspects import Findings, Group, Near, Suspect
from classifier.labelling.teaching import doubt_of, teaching_order, word_vectors
from classifier.model.encoder import softmax
from classifier.model.linear import WORD_LENGTHS, WORD_PATTERN

Probabilities = npt.NDArray[np.float64]

FOLDS, ROUNDS = 5, 3
FEWEST = 5
"""Tickets of a label, below which nobody can say whether one of them is wrong."""

SHARPNESS = 2.0
"""From margins to probabilities, as for the linear peer."""

NEAREST = 3
GROUP_SHARE = 0.1
"""Of a label's tickets, from which on they may have been filed wrongly together; below, two labels are just alike."""

CERTAIN = 0.001
"""Chance that a group of tickets would have so many suspects if it were like all others, below which it stands out."""

Step = Callable[[int, int], None]


def find_suspects(tickets: Sequence[Ticket], step: Step = lambda done, total: None) -> Findings:
    """The suspects among closed tickets, the most doubtful first, and those without label in teaching order.

    Of equal rows one is judged. `step` is told how far it is. Raises `ClassifierError` for fewer than two labels with
    enough tickets.
    """
    labelled = [ticket for ticket in tickets if ticket.label]
    found = _judge(labelled, step)
    return replace(found, unlabelled=_unlabelled(labelled, [ticket for ticket in tickets if not ticket.label]))


def _judge(tickets: Sequence[Ticket], step: Step) -> Findings:
    distinct = list({(ticket.text, ticket.label): ticket for ticket in reversed(tickets)}.values())[::-1]
    counts = Counter(ticket.label for ticket in distinct)
    judged = [ticket for ticket in distinct if counts[ticket.label] >= FEWEST]
    labels = sorted({ticket.label for ticket in judged})
    if len(labels) < 2:
        raise ClassifierError(f"Two labels with {FEWEST} tickets each are needed to find wrong ones.")
    given = np.array([labels.index(ticket.label) for ticket in judged])
    features = features_of(judged)
    sure = out_of_fold(features, given, len(labels), step)
    likely, doubt = confident(sure, given)
    rows = sorted(np.flatnonzero(likely != given).tolist(), key=lambda row: -doubt[row])
    near = _nearest(features, given, rows, likely)
    suspects = tuple(
        Suspect(
            judged[row].id,
            judged[row].text,
            judged[row].label,
            _likely_first(sure[row], int(likely[row]), labels),
            tuple(Near(judged[other].id, judged[other].text) for other in near[place]),
            float(doubt[row]),
        )
        for place, row in enumerate(rows)
    )
    too_few = tuple(sorted(label for label, count in counts.items() if count < FEWEST))
    return Findings(len(judged), suspects, standing_out(suspects, counts), too_few)


def confident(sure: Probabilities, given: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], Probabilities]:
    """For every ticket the label that it confidently is (the given one where there is none), and how doubtful it is.

    `sure` has a row a ticket and a column a label. A label is confident from the mean that its own tickets get, so that
    labels on which the model is always less sure are not suspected more.
    """
    usual = np.array([sure[given == label, label].mean() for label in range(sure.shape[1])])
    above = sure - usual
    rows = np.arange(len(given))
    best = np.where(above >= 0, sure, -1.0).argmax(axis=1)
    likely = np.where((above >= 0).any(axis=1), best, given)
    others = above.copy()
    others[rows, given] = -np.inf
    return likely, others.max(axis=1) - above[rows, given]


def standing_out(suspects: Sequence[Suspect], counts: Counter[str]) -> tuple[Group, ...]:
    """Groups with more suspects than chance explains, the largest first."""
    pairs = Counter((suspect.given, suspect.likely[0][0]) for suspect in suspects)
    usual = len(suspects) / max(sum(counts.values()), 1) / max(len(counts) - 1, 1)
    found = [
        Group(given, likely, number, counts[given])
        for (given, likely), number in pairs.items()
        if number >= max(3, GROUP_SHARE * counts[given])
        and binomtest(number, counts[given], usual, alternative="greater").pvalue * len(pairs) < CERTAIN
    ]
    return tuple(sorted(found, key=lambda group: (-group.suspects, group.given, group.likely)))


def _unlabelled(labelled: Sequence[Ticket], tickets: Sequence[Ticket]) -> tuple[Suspect, ...]:
    """Tickets without label, with the likely ones as learnt from those that have one."""
    if not tickets:
        return ()
    labels = sorted({ticket.label for ticket in labelled})
    features = features_of([*labelled, *tickets])
    given = np.array([labels.index(ticket.label) for ticket in labelled])
    sure = _sure(features[: len(labelled)], given, features[len(labelled) :], len(labels), 0)
    doubts = np.array([doubt_of(row.tolist()) for row in sure])
    order = teaching_order(doubts, word_vectors([clean_text(ticket.text) for ticket in tickets]))
    return tuple(
        Suspect(
            tickets[row].id,
            tickets[row].text,
            "",
            _likely_first(sure[row], int(sure[row].argmax()), labels),
            (),
            round(float(doubts[row]), 4),
        )
        for row in order
    )


def features_of(tickets: Sequence[Ticket]) -> csr_matrix:
    """Words of the request and of the resolution, each for itself: the same word says different things there."""
    parts = ([clean_text(ticket.text) for ticket in tickets], [clean_text(ticket.resolution) for ticket in tickets])
    rare = 2 if len(tickets) > 200 else 1
    weighed = [_words(texts, rare) for texts in parts if any(map(str.strip, texts))]
    if not weighed:
        raise ClassifierError("The tickets hold no words.")
    return csr_matrix(hstack(weighed, format="csr"))


def _words(texts: Sequence[str], rare: int) -> csr_matrix:
    vectorizer = TfidfVectorizer(
        ngram_range=WORD_LENGTHS, token_pattern=WORD_PATTERN, sublinear_tf=True, min_df=rare, dtype=np.float32
    )
    try:
        return csr_matrix(vectorizer.fit_transform(texts))
    except ValueError:  # no word occurs often enough
        return csr_matrix((len(texts), 1), dtype=np.float32)


def out_of_fold(features: csr_matrix, given: npt.NDArray[np.int64], labels: int, step: Step) -> Probabilities:
    """Each ticket judged by models that did not learn from it; the mean of several ways to deal out the folds."""
    total = np.zeros((len(given), labels))
    for number, (learn, judge) in enumerate(_folds(given)):
        step(number, FOLDS * ROUNDS)
        total[judge] += _sure(features[learn], given[learn], features[judge], labels, number)
    return total / ROUNDS


def _folds(given: npt.NDArray[np.int64]) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Rows to learn from and to judge; each label is dealt out evenly, so that none is missing where it is judged."""
    for round_ in range(ROUNDS):
        dice = np.random.default_rng(round_)
        fold = np.empty(len(given), dtype=np.int64)
        for label in np.unique(given):
            rows = dice.permutation(np.flatnonzero(given == label))
            fold[rows] = np.arange(len(rows)) % FOLDS
        for number in range(FOLDS):
            yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def _sure(learn: csr_matrix, given: npt.NDArray[np.int64], judge: csr_matrix, labels: int, seed: int) -> Probabilities:
    machine = LinearSVC(C=0.5, random_state=seed).fit(learn, given)
    margins = machine.decision_function(judge)
    if margins.ndim == 1:
        margins = np.stack([-margins, margins], axis=1)
    every = np.full((judge.shape[0], labels), -2.0)
    every[:, machine.classes_] = margins
    return np.asarray(softmax((SHARPNESS * every).astype(np.float32)), dtype=np.float64)


def _likely_first(sure: Probabilities, first: int, labels: Sequence[str]) -> tuple[tuple[str, float], ...]:
    order = [first, *(int(place) for place in np.argsort(-sure, kind="stable") if place != first)]
    return tuple((labels[place], round(float(sure[place]), 4)) for place in order)


def _nearest(
    features: csr_matrix, given: npt.NDArray[np.int64], rows: Sequence[int], likely: npt.NDArray[np.int64]
) -> list[list[int]]:
    """For each of these rows the most similar tickets that have its likely label."""
    found = []
    of_label = {int(label): np.flatnonzero(given == label) for label in np.unique(likely)}
    for row in rows:
        others = of_label[int(likely[row])]
        alike = (features[others] @ features[row].T).toarray().ravel()
        order = np.argsort(-alike, kind="stable")[:NEAREST]
        found.append([int(others[place]) for place in order if alike[place] > 0])
    return found
