"""All texts of a training, as its parts see them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.data.cleaning import clean_text
from classifier.data.splits import Splits
from classifier.data.ticket import Ticket
from classifier.learning.finetuning import untuned_embeddings_of
from classifier.learning.network import Features, device_for, load_network, tokenizer_for
from classifier.learning.progress import Meter
from classifier.learning.recipe import THIN, TrainingSettings
from classifier.model.base_model import BaseModel
from classifier.model.fields import FIELDS, FieldName, columns
from classifier.model.linear import Floats

AT_ONCE = 256
"""Texts between two words about progress."""


FEWEST_OF_A_VALUE = 10
"""Training tickets from which a value of a field is learnt."""


class Rows(NamedTuple):
    """Rows of the splits in a corpus."""

    train: Sequence[int]
    calibrate: Sequence[int]
    test: Sequence[int]
    described: Sequence[int]
    """Descriptions of thin labels: learnt, never measured on."""

    @property
    def unseen(self) -> list[int]:
        """Those that are not learnt from: for calibration first, then for the test."""
        return [*self.calibrate, *self.test]


@dataclass(frozen=True)
class Asked:
    """A field that is learnt beside the label."""

    name: FieldName
    values: tuple[str, ...]
    targets: npt.NDArray[np.int64]
    """Place of each text's value; -1 where it has none, or one that is not learnt."""


@dataclass(frozen=True)
class Corpus:
    """Cleaned texts; rows of the splits refer to them."""

    tickets: Sequence[Ticket]
    texts: Sequence[str]
    targets: npt.NDArray[np.int64]
    """Place of each text's label; -1 for a label without a training ticket."""
    labels: tuple[str, ...]
    features: Features
    untuned: Floats
    """What the untuned encoder makes of each text."""
    rows: Rows
    offsets: Floats
    """What is added to each label's logit."""
    asked: tuple[Asked, ...]
    """The fields that are learnt."""

    @property
    def width(self) -> int:
        """Columns of every part: the labels', then those of the fields."""
        return len(self.labels) + sum(len(field.values) for field in self.asked)

    @property
    def places(self) -> list[slice]:
        """Where the columns of each field stand."""
        return list(columns(len(self.labels), [len(field.values) for field in self.asked]))

    def some(self, rows: Sequence[int]) -> list[str]:
        """The texts of these rows."""
        return [self.texts[row] for row in rows]

    def ids(self, rows: Sequence[int]) -> list[list[int]]:
        """The token ids of these rows."""
        return [self.features.ids(row) for row in rows]


def read(splits: Splits, base: BaseModel, settings: TrainingSettings, meter: Meter) -> Corpus:
    """Clean, cut into tokens, and send every text once through the untuned encoder."""
    tickets = (*splits.train, *splits.calibrate, *splits.test)
    counts = Counter(ticket.label for ticket in splits.train)
    labels = tuple(sorted(counts))
    place = {label: number for number, label in enumerate(labels)}
    thin = [label for label in labels if counts[label] < THIN]
    described = [(text, label) for label in thin for text in settings.descriptions.get(label, ())]
    texts = [clean_text(text) for text in (*(ticket.text for ticket in tickets), *(text for text, _ in described))]
    named = (*(ticket.label for ticket in tickets), *(label for _, label in described))
    targets = np.array([place.get(label, -1) for label in named], dtype=np.int64)
    tokens = [encoding.ids for encoding in tokenizer_for(base.folder, settings.max_tokens).encode_batch(texts)]
    asked = tuple(asked_of(splits.train, tickets, len(texts)))
    width = len(labels) + sum(len(field.values) for field in asked)
    network = load_network(base.folder, width, settings.tuned_layers, settings.recipe.dropout)
    network.to(device_for(settings.device))
    features = Features(network, tokens)
    first, second = len(splits.train), len(splits.train) + len(splits.calibrate)
    rows = Rows(
        range(first), range(first, second), range(second, len(tickets)), range(len(tickets), len(texts))
    )  # fmt: skip
    thin_offset = settings.recipe.thin_offset
    offsets = np.array([0.0 if counts[label] >= THIN else thin_offset for label in labels], dtype=np.float32)
    untuned = _embed(features, len(texts), meter)
    return Corpus(tickets, texts, targets, labels, features, untuned, rows, even(offsets), asked)


def asked_of(train: Sequence[Ticket], tickets: Sequence[Ticket], texts: int) -> Iterator[Asked]:
    """The fields that enough of the training tickets carry with at least two values; the tickets come first among the
    texts."""
    for name in FIELDS:
        counts = Counter(value_of(ticket, name) for ticket in train)
        values = tuple(sorted(value for value, count in counts.items() if value and count >= FEWEST_OF_A_VALUE))
        if len(values) >= 2:
            place = {value: number for number, value in enumerate(values)}
            targets = np.full(texts, -1, dtype=np.int64)
            targets[: len(tickets)] = [place.get(value_of(ticket, name), -1) for ticket in tickets]
            yield Asked(name, values, targets)


def value_of(ticket: Ticket, field: FieldName) -> str:
    """A ticket's value of a field; empty for none."""
    value: str = getattr(ticket, field)
    return value


def even(offsets: Floats) -> Floats:
    """None where all labels are alike."""
    return offsets if np.ptp(offsets) else np.zeros_like(offsets)


def _embed(features: Features, count: int, meter: Meter) -> Floats:
    """Fills the features' memory on the way."""
    meter.begin("read", "reading the tickets", count)
    parts = []
    for start in range(0, count, AT_ONCE):
        rows = range(start, min(start + AT_ONCE, count))
        parts.append(untuned_embeddings_of(features.network, features, rows))
        meter.add(len(rows))
    return np.concatenate(parts)
