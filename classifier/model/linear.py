"""The words' part of the classifier: TF-IDF over words and characters, one weight a label. Needs numpy only.

The same numbers as scikit-learn's `TfidfVectorizer` and `LinearSVC` that trained it, which a test holds it to.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file

WORD_PATTERN = r"(?u)\b\w+\b"
WORD_LENGTHS = (1, 2)
CHARACTER_LENGTHS = (2, 5)

TERMS_FILE, WEIGHTS_FILE, HEAD_FILE = "terms.json", "words.safetensors", "untuned.safetensors"

Floats = npt.NDArray[np.float32]

_WORD = re.compile(WORD_PATTERN)


@dataclass(frozen=True)
class Vocabulary:
    """Terms with a weight, and how rare each one is."""

    terms: tuple[str, ...]
    rarity: Floats
    """Inverse document frequency of each term."""

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """Every term's place."""
        return {term: place for place, term in enumerate(self.terms)}

    def weigh(self, grams: Iterator[str]) -> tuple[npt.NDArray[np.intp], Floats]:
        """Places and TF-IDF values (sublinear, unit length) of the terms that are known."""
        positions = self.positions
        counts = Counter(place for gram in grams if (place := positions.get(gram)) is not None)
        places = np.fromiter(counts.keys(), dtype=np.intp, count=len(counts))
        often = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        values = (np.log(often) + 1) * self.rarity[places]
        length = float(np.linalg.norm(values))
        return places, values / length if length else values


@dataclass(frozen=True)
class LinearModel:
    """Margins of every label for a text."""

    words: Vocabulary
    characters: Vocabulary
    weights: Floats
    """Terms (words, then characters) by labels."""
    intercept: Floats

    def margins(self, texts: Sequence[str]) -> Floats:
        """One row a text, one column a label: the distance to the label's border, positive inside."""
        rows = [self._margins(text.lower()) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, len(self.intercept)), dtype=np.float32)

    def _margins(self, text: str) -> Floats:
        words, word_values = self.words.weigh(word_grams(text))
        characters, character_values = self.characters.weigh(character_grams(text))
        below = self.weights[characters + len(self.words.terms)]
        total = word_values @ self.weights[words] + character_values @ below + self.intercept
        return np.asarray(total, dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write the terms as JSON and the numbers as safetensors."""
        terms = {"words": self.words.terms, "characters": self.characters.terms}
        (folder / TERMS_FILE).write_text(json.dumps(terms, ensure_ascii=False), encoding="utf-8")
        numbers = {
            "word_rarity": self.words.rarity,
            "character_rarity": self.characters.rarity,
            "weights": np.ascontiguousarray(self.weights),
            "intercept": self.intercept,
        }
        save_file(numbers, folder / WEIGHTS_FILE)

    @classmethod
    def load(cls, folder: Path) -> "LinearModel":
        """Read what `save` wrote. Nothing in the files can run: they hold text and numbers only."""
        terms = json.loads((folder / TERMS_FILE).read_text(encoding="utf-8"))
        numbers = load_file(folder / WEIGHTS_FILE)
        return cls(
            Vocabulary(tuple(terms["words"]), numbers["word_rarity"]),
            Vocabulary(tuple(terms["characters"]), numbers["character_rarity"]),
            numbers["weights"],
            numbers["intercept"],
        )


@dataclass(frozen=True)
class LinearHead:
    """One weight a label for each coordinate of a text's vector."""

    weights: Floats
    """Coordinates by labels."""
    intercept: Floats

    def logits(self, vectors: Floats) -> Floats:
        """One row a text, one column a label."""
        return np.asarray(vectors @ self.weights + self.intercept, dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write as safetensors."""
        save_file({"weights": np.ascontiguousarray(self.weights), "intercept": self.intercept}, folder / HEAD_FILE)

    @classmethod
    def load(cls, folder: Path) -> "LinearHead":
        """Read what `save` wrote."""
        numbers = load_file(folder / HEAD_FILE)
        return cls(numbers["weights"], numbers["intercept"])


def word_grams(text: str) -> Iterator[str]:
    """Single words and pairs of neighbours, as scikit-learn's word analyser gives them."""
    words = _WORD.findall(text)
    yield from words
    for first, second in pairwise(words):
        yield f"{first} {second}"


def character_grams(text: str) -> Iterator[str]:
    """Runs of characters inside each word and its surrounding spaces, as scikit-learn's `char_wb` gives them."""
    shortest, longest = CHARACTER_LENGTHS
    for word in text.split():
        padded = f" {word} "
        for length in range(shortest, longest + 1):
            if length >= len(padded):
                yield padded  # scikit-learn counts a word once that is shorter than the run
                break
            for start in range(len(padded) - length + 1):
                yield padded[start : start + length]
