"""What is wrong between articles: duplicates and contradictions.

Contradictions are found by a rule, not by understanding: two sentences of different articles that say nearly the same
in the same words, but with another number, version, path or opposite ("enabled", "disabled"). Whatever contradicts in
other words is not found, and what is found may be two cases that both are true: a person reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge_base.embedding import Progress, Vectors
from knowledge_base.index import Index
from knowledge_base.keywords import tokenise

ALIKE_PASSAGES = 0.6  # cosine, with the title path in front, from which two passages are compared word by word
SAME_WORDS = 0.5  # share of the shorter passage's word triples from which it says the same
ALIKE_TITLES = 0.92
ALIKE_SENTENCES = 0.8
ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class Duplicate:
    """Two articles that say the same in one place at least."""

    first: str
    second: str
    where: str  # the passage or title of the first
    likeness: float  # cosine, 0..1
    same_words: float  # share of word triples, 0..1; 1 for titles


@dataclass(frozen=True)
class Contradiction:
    """Two sentences that differ where they should not."""

    first: str
    second: str
    first_says: str
    second_says: str
    differs: str  # such as "14 ≠ 12"


# duplicates


def duplicates(index: Index, progress: Progress | None = None) -> list[Duplicate]:
    """Pairs of articles with a passage or a title that says the same; the likest first."""
    found: dict[tuple[str, str], Duplicate] = {}
    doors = [at for at, door in enumerate(index.doors) if door.kind in ("passage", "title")]
    owners = [index.doors[at].article for at in doors]
    for one, other, cosine in _alike(index, index.matrix[doors], owners, ALIKE_PASSAGES, "compare passages", progress):
        left, right = index.doors[doors[one]], index.doors[doors[other]]
        if left.kind != right.kind:
            continue
        same = overlap(*(index.passages[door.passage].text for door in (left, right))) if left.passage >= 0 else 1.0
        if same >= SAME_WORDS and (left.kind == "passage" or cosine >= ALIKE_TITLES):
            first, second = index.articles[left.article].id, index.articles[right.article].id
            pair = Duplicate(first, second, left.text, cosine, same)
            if (first, second) not in found or found[first, second].likeness < cosine:
                found[first, second] = pair
    return sorted(found.values(), key=lambda pair: (-pair.likeness, pair.first, pair.second))


def overlap(one: str, other: str) -> float:
    """The share of the shorter text's word triples that stand in the other one too, 0 to 1."""
    left, right = _triples(one), _triples(other)
    return len(left & right) / max(min(len(left), len(right)), 1)


def _triples(text: str) -> set[tuple[str, ...]]:
    words = tokenise(text)
    return set(zip(words, words[1:], words[2:], strict=False)) or {tuple(words)}


# contradictions


def contradictions(index: Index, progress: Progress | None = None) -> list[Contradiction]:
    """Pairs of sentences of different articles that differ in a number, a version, a path or an opposite."""
    rows = [(at, text) for at, own in enumerate(index.sentences) for text in own]
    owners = [at for at, _ in rows]
    found: dict[tuple[str, str], Contradiction] = {}
    alike = _alike(index, index.sentence_vectors, owners, ALIKE_SENTENCES, "compare sentences", progress)
    for one, other, _ in alike:
        (left, says), (right, differently) = rows[one], rows[other]
        if (differs := difference(says, differently)) is not None:
            ids = index.articles[left].id, index.articles[right].id
            found.setdefault((says, differently), Contradiction(*ids, says, differently, differs))
    return sorted(found.values(), key=lambda pair: (pair.first, pair.second, pair.first_says))


_OPPOSITES = (
    ("enabled", "disabled"), ("enable", "disable"), ("on", "off"), ("allowed", "forbidden"), ("always", "never"),
    ("required", "optional"), ("minimum", "maximum"), ("least", "most"), ("open", "closed"), ("internal", "external"),
)  # fmt: skip
_OPPOSITE = {one: other for pair in _OPPOSITES for one, other in (pair, pair[::-1])}
_NEGATIONS = frozenset("not never no none cannot don't doesn't isn't aren't can't won't mustn't needn't".split())
_TOKEN = re.compile(r"[\w.:/\\'’%£$€-]*\w%?")
_VALUE = re.compile(r"\d|[\\/].*[\\/]|\\")  # a number, a version, a path
_CONDITION = re.compile(r"\b(?:if|when|where|unless|until)\b[^,.;:]*")  # "if it is not there" forbids nothing
_SAME = 0.6  # share of common words from which two sentences are about the same
_NEARLY_ALL = 0.75  # the same where only a "not" tells them apart
_LEAST_SHARED = 3


@dataclass(frozen=True)
class _Said:
    """The parts of a sentence that the rule looks at."""

    words: frozenset[str]  # telling ones, without values, opposites and negations
    values: frozenset[str]
    opposites: frozenset[str]
    names: frozenset[str]  # of products and places: words with a capital that do not begin the sentence
    negated: bool

    @classmethod
    def of(cls, sentence: str) -> _Said:
        found = [word.replace("’", "'").strip("-:.'") for word in _TOKEN.findall(sentence)]
        plain = [word.casefold() for word in found]
        values = frozenset(word for word in plain if _VALUE.search(word))
        opposites = frozenset(word for word in plain if word in _OPPOSITE)
        rest = " ".join(word for word in plain if word not in values | opposites | _NEGATIONS)
        names = frozenset(word for word in found[1:] if word[:1].isupper() and word.casefold() not in values)
        said = _TOKEN.findall(_CONDITION.sub(" ", sentence.casefold().replace("’", "'")))
        return cls(frozenset(tokenise(rest)), values, opposites, names, not _NEGATIONS.isdisjoint(said))


def difference(one: str, other: str) -> str | None:
    """In what two sentences contradict each other; none when they say the same, or speak of different things.

    They must share most of their telling words, and neither may name a product that the other lacks in exchange for
    one of its own. Then they contradict each other when each has a value that the other has not, when one says the
    opposite of a word of the other, or when only one of them is negated.
    """
    left, right = _Said.of(one), _Said.of(other)
    shared, every = left.words & right.words, left.words | right.words
    if len(shared) < min(_LEAST_SHARED, len(every)) or not shared or len(shared) < _SAME * len(every):
        return None
    if left.names - right.names and right.names - left.names:
        return None
    if (mine := left.values - right.values) and (theirs := right.values - left.values):
        return f"{' '.join(sorted(mine))} ≠ {' '.join(sorted(theirs))}"
    for word in sorted(left.opposites - right.opposites):
        if _OPPOSITE[word] in right.opposites - left.opposites:
            return f"{word} ≠ {_OPPOSITE[word]}"
    if left.negated != right.negated and len(shared) >= _NEARLY_ALL * len(every) and left.values == right.values:
        return "only one of them says “not”"
    return None


def _alike(
    index: Index,
    vectors: Vectors,
    owners: Sequence[int],
    threshold: float,
    stage: str,
    progress: Progress | None,
) -> Iterator[tuple[int, int, float]]:
    """Pairs of rows of different articles, neither retracted, with at least this cosine; each pair once."""
    articles = np.array(owners, np.int64)
    gone = np.array([index.articles[at].id in index.retracted for at in owners], bool)
    for start in range(0, len(vectors), ROWS_AT_ONCE):
        block = vectors[start : start + ROWS_AT_ONCE] @ vectors.T
        for at, other in np.argwhere(block >= threshold).tolist():
            row = start + at
            if row < other and articles[row] != articles[other] and not (gone[row] or gone[other]):
                yield row, other, min(float(block[at, other]), 1.0)
        if progress is not None:
            progress(stage, min(start + ROWS_AT_ONCE, len(vectors)), len(vectors))
