"""The end of a training for what is learnt beside the label: calibrate each field, test it, and write that down."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from classifier.judging.field_sheet import USUAL, FieldSheet, field_sheet
from classifier.learning.corpus import Asked, Corpus, value_of
from classifier.model.calibration import Calibration
from classifier.model.doubt import Array, Doubt
from classifier.model.fields import Field, FieldName
from classifier.model.linear import Floats
from classifier.model.model_folder import calibration_of
from classifier.model.prediction import decide_field


class Unseen(NamedTuple):
    """What was said about the calibration tickets, then the test's."""

    logits: Mapping[FieldName, Floats]
    familiar: Array
    labels: Sequence[int]
    """Most probable label of each."""


def try_fields(
    corpus: Corpus,
    fields: Sequence[Field],
    doubts: Mapping[str, Doubt],
    unseen: Unseen,
    peers: Mapping[str, Mapping[FieldName, Floats]],
    limit: float,
    folder: Path,
) -> dict[str, FieldSheet]:
    """One sheet a field that any test ticket carries; writes what `Classifier.open` reads."""
    sheets: dict[str, FieldSheet] = {}
    for field, asked in zip(fields, corpus.asked, strict=True):
        said = {name: logits[field.name] for name, logits in peers.items()}
        sheet = _try(corpus, field, asked, doubts[field.name], unseen, said, limit, folder)
        if sheet is not None:
            sheets[field.name] = sheet
    return sheets


def _try(
    corpus: Corpus,
    field: Field,
    asked: Asked,
    doubt: Doubt,
    unseen: Unseen,
    peers: Mapping[str, Floats],
    limit: float,
    folder: Path,
) -> FieldSheet | None:
    rows = np.array(corpus.rows.unseen, dtype=np.int64)
    first = len(corpus.rows.calibrate)
    carried = np.array([bool(value_of(corpus.tickets[row], field.name)) for row in rows], dtype=bool)
    own, later = np.flatnonzero(carried[:first]), first + np.flatnonzero(carried[first:])
    logits = unseen.logits[field.name]
    calibration = Calibration.fit(logits[own], asked.targets[rows[own]], doubt, unseen.familiar[own])
    calibration.save(folder / calibration_of(field.name))
    if not len(later):
        return None
    gauge = calibration.gauge_for(limit)
    texts = corpus.some(rows[later].tolist())
    said = decide_field(field, logits[later], calibration, gauge, texts, unseen.familiar[later])
    truth = [value_of(corpus.tickets[row], field.name) for row in rows[later]]
    usual = _usual(corpus, field)
    guesses = {USUAL: [usual[unseen.labels[place]] for place in later.tolist()]}
    guesses |= {name: [field.values[best] for best in rows_[later].argmax(axis=1)] for name, rows_ in peers.items()}
    return field_sheet(truth, said, guesses, limit)


def _usual(corpus: Corpus, field: Field) -> list[str]:
    """Of every label, the value that most of its training tickets have."""
    counts: list[Counter[str]] = [Counter() for _ in corpus.labels]
    every: Counter[str] = Counter()
    for row in corpus.rows.train:
        if value := value_of(corpus.tickets[row], field.name):
            counts[int(corpus.targets[row])][value] += 1
            every[value] += 1
    return [(count or every).most_common(1)[0][0] for count in counts]
