"""Questions → groups that ask the same, what each group is called, and which words tell it from the others.

Average link (UPGMA; Sokal & Michener 1958): two groups are joined while the mean cosine between their questions is
high enough. Single link chains everything together, and a leader's groups depend on the order in
which questions come. `tests/benchmarks/gaps.py` measures it beside them.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from knowledge_base.embedding import Vectors
from knowledge_base.keywords import tokenise

SAME_QUESTION = 0.55
"""Mean cosine between two groups from which they ask the same: the best adjusted Rand index on the paraphrases of
StackFAQ's even threads, with the encoder that comes with Deskhand."""

MOST = 5000  # questions at once: the distances between them take 100 MB


def groups(vectors: Vectors, threshold: float = SAME_QUESTION) -> tuple[tuple[int, ...], ...]:
    """Rows that ask the same, the largest group first; every row is in one group. Vectors are [n, d], unit length.

    Loads scikit-learn, so it is not for a serving process. Raises ValueError for more than `MOST` rows.
    """
    count = len(vectors)
    if count > MOST:
        raise ValueError(f"{count} questions at once; at most {MOST} are compared with each other")
    if count < 2:
        return tuple((row,) for row in range(count))
    from sklearn.cluster import AgglomerativeClustering

    joining = AgglomerativeClustering(None, metric="cosine", linkage="average", distance_threshold=1 - threshold)
    labels: npt.NDArray[np.int64] = joining.fit_predict(vectors)
    found = [tuple(int(row) for row in np.flatnonzero(labels == label)) for label in range(int(labels.max()) + 1)]
    return tuple(sorted(found, key=lambda rows: (-len(rows), rows)))


def by_centrality(vectors: Vectors, rows: Sequence[int]) -> tuple[int, ...]:
    """The rows of a group, the one that is nearest to all others first; that one names the group."""
    own = vectors[list(rows)]
    nearness = own @ own.sum(axis=0)
    return tuple(rows[at] for at in np.argsort(-nearness, kind="stable"))


class Words:
    """Which words tell one group of texts from the rest (tf-idf). Words are compared as BM25 compares them."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._tokens = [tokenise(text) for text in texts]
        self._frequency = Counter(token for tokens in self._tokens for token in set(tokens))
        self._texts = texts

    def telling(self, rows: Sequence[int], without: Collection[str] = (), most: int = 6) -> tuple[str, ...]:
        """The group's telling words, the most telling first, as people wrote them; none of the tokens in `without`.

        A word counts when two of the group's texts hold it; in a group of one, always.
        """
        inside = Counter(token for row in rows for token in set(self._tokens[row]))
        least = min(2, len(rows))
        weights = {
            token: count * math.log(1 + len(self._texts) / self._frequency[token])
            for token, count in inside.items()
            if count >= least and token not in without and len(token) > 1
        }
        best = sorted(weights, key=lambda token: (-weights[token], token))[:most]
        spelt = self._spellings(rows)
        return tuple(dict.fromkeys(spelt.get(token, token) for token in best))

    def _spellings(self, rows: Sequence[int]) -> dict[str, str]:
        """For each token the commonest word that people wrote for it."""
        seen: dict[str, Counter[str]] = {}
        for row in rows:
            for word in re.findall(r"\S+", self._texts[row]):
                plain = word.strip(".,;:!?()[]{}\"'“”‘’*`").casefold()
                for token in tokenise(plain)[:1]:
                    seen.setdefault(token, Counter())[plain] += 1
        return {token: max(words, key=lambda word: (words[word], word)) for token, words in seen.items()}
