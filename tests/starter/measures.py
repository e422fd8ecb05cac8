"""Figures about texts: how long, how varied, how alike."""

import csv
import json
import re
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier.data.dataset import Ticket, read_tickets
from knowledge_base.embedding import Encoder
from knowledge_base.encoder_export import ensure_encoder
from knowledge_base.settings import Settings

STARTER = Path(__file__).parents[2] / "deploy" / "starter"
PUBLIC = Path(__file__).parents[3] / "shared" / "data"
WORD = re.compile(r"[^\W_]+(?:['’.\-/][^\W_]+)*")
WINDOW = 500
NEAR_COPY = 0.95
"""Cosine of two MiniLM vectors from which two texts count as copies of each other."""

Vectors = npt.NDArray[np.float32]


def words(text: str) -> list[str]:
    """The words of a text in lower case; error codes and host names stay one word."""
    return [word.casefold() for word in WORD.findall(text)]


@dataclass(frozen=True)
class Variety:
    """How long and how varied a set of texts is."""

    texts: int
    median_words: float
    tenth: float
    nine_tenths: float
    type_token: float
    """Mean share of different words in every window of 500 running words (MATTR, Covington & McFall 2010)."""
    vocabulary: int
    """Different words among the first 20,000 running words, texts in shuffled order."""
    once: float
    """Share of the vocabulary that occurs only once there."""


READ = 20_000


def variety(texts: Sequence[str]) -> Variety:
    """Figures that do not depend on how much there is, so that sets of different size can be compared."""
    order = np.random.default_rng(0).permutation(len(texts))
    running = [word for place in order for word in words(texts[place])]
    lengths = [len(words(text)) for text in texts]
    windows = [running[start : start + WINDOW] for start in range(0, len(running) - WINDOW + 1, WINDOW)]
    read = running[:READ]
    counts: dict[str, int] = {}
    for word in read:
        counts[word] = counts.get(word, 0) + 1
    deciles = statistics.quantiles(lengths, n=10)
    return Variety(
        len(texts), statistics.median(lengths), deciles[0], deciles[8],
        statistics.mean(len(set(window)) / len(window) for window in windows),
        len(counts), sum(1 for count in counts.values() if count == 1) / len(counts),
    )  # fmt: skip


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


@cache
def tickets() -> tuple[Ticket, ...]:
    """The starter's closed tickets."""
    return read_tickets(STARTER / "tickets").tickets


@cache
def questions() -> dict[str, list[dict[str, object]]]:
    """The starter's questions by split."""
    folder = STARTER / "questions"
    return {path.stem: list(map(json.loads, _lines(path))) for path in folder.glob("*.jsonl")}


def public_texts() -> Iterator[tuple[str, list[str]]]:
    """The real sets that lie beside the project, if they do: their training texts."""
    csv.field_size_limit(sys.maxsize)
    for name in ("it_topic_tickets", "clinc150", "banking77"):
        path = PUBLIC / name / "train.csv"
        if path.exists():
            with path.open(encoding="utf-8", newline="") as file:
                yield name, [row["text"] for row in csv.DictReader(file)]
    queries = PUBLIC / "stackfaq" / "queries.jsonl"
    if queries.exists():
        yield "stackfaq queries", [str(json.loads(line)["text"]) for line in _lines(queries)]


def vectors(texts: Sequence[str]) -> Vectors:
    """Unit vectors of the packaged MiniLM, one row a text."""
    settings = Settings()
    encoder = Encoder.open(ensure_encoder(settings.encoder_cache, settings.encoder), settings.encoder_threads)
    return np.asarray(encoder.encode(texts), dtype=np.float32)


def near_copies(rows: Vectors) -> list[tuple[int, int, float]]:
    """All pairs of rows that are closer than `NEAR_COPY`."""
    alike = np.triu(rows @ rows.T, k=1)
    return [(int(a), int(b), float(alike[a, b])) for a, b in np.argwhere(alike > NEAR_COPY)]
