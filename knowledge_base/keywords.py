"""BM25 over words, with error codes, versions and product names kept whole as well as in parts."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]
K1, B = 1.2, 0.6  # BM25: how soon a repeated word counts no more, how much longer documents are held back

STOP_WORDS = frozenset(
    "a about am an and any are as at be been but by can could did do does for from get had has have he her hi him "
    "his how i if in into is it its just me my no not of on or our please she should so than that the their them "
    "then there these they this to too us was we were what when where which who why will with would you your".split()
)
_WORD = re.compile(r"[^\W_]+(?:[._/:@+#'’-]+[^\W_]+)*[+#]*")
_PART = re.compile(r"\d+|[^\W\d_]+")


def tokenise(text: str) -> list[str]:
    """Lower-case tokens in reading order.

    A token with digits or joints (0x800704cf, AADSTS50076, LF-12345, 802.1x, wi-fi) comes whole and, after it,
    in its parts of letters and digits. Plain words lose a plural or verb ending, so that asking for "printers"
    finds "printer".
    """
    tokens: list[str] = []
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text).lower()):
        word = match.group().replace("’", "'")
        parts = _PART.findall(word)
        if len(parts) == 1 and word == parts[0]:
            tokens += [stem(word)] if word not in STOP_WORDS else []
        elif re.fullmatch(r"[^\W\d_]+'[^\W\d_]{1,2}", word):
            tokens += [stem(parts[0])] if parts[0] not in STOP_WORDS and word[-2:] != "'t" else []
        else:
            tokens.append(word)
            # Single characters of a code say nothing alone: "x" of 802.1x, "0" of 0x8007.
            tokens += [stem(part) for part in parts if len(part) > 1 and part not in STOP_WORDS]
    return tokens


def stem(word: str) -> str:
    """A word without its commonest English ending; words of up to four letters stay."""
    if len(word) <= 3 or not word.isascii():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        base = word.removesuffix(ending)
        if base != word and len(base) >= 3 and re.search("[aeiouy]", base):
            doubled = base[-1] == base[-2] and base[-1] not in "lsz"
            return base[:-1] if doubled else base.removesuffix("e")
    return word.removesuffix("e") if len(word) > 4 else word


USUAL_ROOT = 3.0  # of the number of words: nine telling words are a usual question


class Keywords:
    """BM25 (bm25s, Lucene's form) over one set of documents.

    Scores come as a share of what the question could reach at most, so they can be compared between questions:
    a question whose words stand nowhere scores near 0 everywhere.
    """

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        self.count = len(documents)
        self._frequency = Counter(token for document in documents for token in set(document))
        self._lengths = np.array([len(document) for document in documents], np.float64)
        self._bm25: Any = None
        if self._frequency:
            import bm25s

            self._bm25 = bm25s.BM25(k1=K1, b=B, method="lucene")
            self._bm25.index([list(document) for document in documents], show_progress=False)

    def without(self, gone: Mapping[int, Sequence[str]]) -> Keywords:
        """The same over the documents that are left when these rows, given with their tokens, are taken out."""
        return _Left(self, gone) if gone else self

    def idf(self, token: str) -> float:
        """How much a token tells, Lucene's form; the most for one that stands nowhere."""
        frequency = self._frequency[token]
        return math.log(1 + (self.count - frequency + 0.5) / (frequency + 0.5))

    def raw(self, tokens: Sequence[str]) -> Scores:
        """Plain BM25 scores, one a document."""
        known = self._known(tokens)
        if not known or self._bm25 is None:
            return np.zeros(self.count, np.float32)
        return np.asarray(self._bm25.get_scores(known), np.float32)

    def _known(self, tokens: Sequence[str]) -> list[str]:
        return [token for token in dict.fromkeys(tokens) if token in self._frequency]

    def _postings(self, token: str) -> tuple[Rows, Shares]:
        """The documents that hold a token, and its weight there without its idf: tf / (tf + K), 0 to 1."""
        at = self._bm25.vocab_dict[token]
        start, end = self._bm25.scores["indptr"][at : at + 2]
        weights = self._bm25.scores["data"][start:end].astype(np.float64) / self.idf(token)
        return self._bm25.scores["indices"][start:end], weights

    def bound(self, tokens: Sequence[str]) -> float:
        """The score that no document can exceed for these tokens."""
        return sum(self.idf(token) for token in dict.fromkeys(tokens))

    def scores(self, tokens: Sequence[str]) -> Scores:
        """BM25 as a share of `bound`, 0 to 1."""
        return self.raw(tokens) / np.float32(max(self.bound(tokens), 1e-6))

    def evidence(self, tokens: Sequence[str]) -> Scores:
        """How much the words speak for each document, about 0 to 1; for comparing with what meaning says.

        The share of a long question that stands in one document is small even where that document answers it, and
        the plain score grows with every word. Between the two lies the share times the root of the number of words.
        """
        return self.scores(tokens) * np.float32(math.sqrt(len(set(tokens))) / USUAL_ROOT)

    def cover(self, question: Sequence[str], text: Collection[str]) -> float:
        """The share of the question's telling tokens that stand in a text, by idf; 0 for no tokens."""
        found = sum(self.idf(token) for token in dict.fromkeys(question) if token in text)
        return found / max(self.bound(question), 1e-6)

    def unknown(self, question: Sequence[str]) -> float:
        """The share of the question, by idf, whose tokens stand in no document."""
        strange = sum(self.idf(token) for token in dict.fromkeys(question) if token not in self._frequency)
        return strange / max(self.bound(question), 1e-6)


class _Left(Keywords):
    """What is left of documents when some are taken out: scores as if they had never been counted.

    bm25s keeps finished scores. Those of the question's tokens are taken apart and put together again with the idf and
    the mean length of what is left, which costs a question little and a retraction nothing.
    """

    def __init__(self, whole: Keywords, gone: Mapping[int, Sequence[str]]) -> None:
        self._whole = whole
        self._rows = np.delete(np.arange(whole.count), list(gone))
        self.count = len(self._rows)
        self._frequency = whole._frequency - Counter(token for tokens in gone.values() for token in set(tokens))
        self._lengths = whole._lengths[self._rows]
        self._shift = _held_back(whole._lengths, whole._lengths) / _held_back(whole._lengths, self._lengths)

    def raw(self, tokens: Sequence[str]) -> Scores:
        total = np.zeros(self._whole.count)
        for token in self._known(tokens):
            documents, weights = self._whole._postings(token)
            odds = weights / (1 - weights) * self._shift[documents]
            total[documents] += self.idf(token) * odds / (1 + odds)
        return total[self._rows].astype(np.float32)


def _held_back(lengths: Shares, among: Shares) -> Shares:
    """K of BM25 for documents of these lengths among others."""
    mean = among.mean() if len(among) else 0.0
    return K1 * (1 - B + B * lengths / max(mean, 1e-9))
