"""How well questions that ask the same are put together. Prints a section of docs/BENCHMARKS.md.

`python -m tests.benchmarks.gaps` runs it; it needs StackFAQ (see `tests/benchmarks/knowledge_base.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge_base.clustering import SAME_QUESTION, groups
from knowledge_base.embedding import Encoder, Vectors
from knowledge_base.encoder_export import ensure_encoder
from knowledge_base.keywords import tokenise
from knowledge_base.settings import Settings
from tests.benchmarks.knowledge_base import STACKFAQ

Labels = npt.NDArray[np.int64]
Method = Callable[[Vectors, Sequence[str], float], Labels]
STEPS = tuple(round(0.1 + 0.05 * step, 2) for step in range(13))  # thresholds tried on the even threads


def average_link(vectors: Vectors, _texts: Sequence[str], threshold: float) -> Labels:
    """What is served."""
    return _labels(groups(vectors, threshold), len(vectors))


def leader(vectors: Vectors, _texts: Sequence[str], threshold: float) -> Labels:
    """Each question joins the nearest group's centre when it is near enough, else founds a group."""
    centres: list[Vectors] = []
    labels = []
    for vector in vectors:
        cosines = [float(centre @ vector) / float(np.linalg.norm(centre)) for centre in centres]
        best = int(np.argmax(cosines)) if cosines else -1
        if best >= 0 and cosines[best] >= threshold:
            centres[best] = centres[best] + vector
        else:
            best = len(centres)
            centres.append(vector)
        labels.append(best)
    return np.array(labels, np.int64)


def linked(linkage: str) -> Method:
    """Another link of the same library."""

    def cluster(vectors: Vectors, _texts: Sequence[str], threshold: float) -> Labels:
        from sklearn.cluster import AgglomerativeClustering

        joining = AgglomerativeClustering(None, metric="cosine", linkage=linkage, distance_threshold=1 - threshold)
        return np.asarray(joining.fit_predict(vectors), np.int64)

    return cluster


def by_words(_vectors: Vectors, texts: Sequence[str], threshold: float) -> Labels:
    """The cheap peer: average link over tf-idf, with no encoder."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    found = TfidfVectorizer(analyzer=tokenise).fit_transform(texts).toarray().astype(np.float32)
    return average_link(found, texts, threshold)


METHODS: dict[str, Method] = {
    "**average link (served)**": average_link,
    "complete link": linked("complete"),
    "single link": linked("single"),
    "leader": leader,
    "average link over tf-idf (cheap peer)": by_words,
}


def run() -> list[dict[str, Any]]:
    """Each method at its best threshold of the even threads, measured on the odd ones."""
    rows = [json.loads(line) for line in (STACKFAQ / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    settings = Settings()
    encoder = Encoder.open(ensure_encoder(settings.encoder_cache, settings.encoder), 2)
    sides = []
    for parity in (0, 1):
        order = np.random.default_rng(0).permutation(
            [at for at, row in enumerate(rows) if row["thread_id"] % 2 == parity]
        )
        texts = [rows[at]["text"] for at in order]
        sides.append((encoder.encode(texts), texts, np.array([rows[at]["thread_id"] for at in order])))
    return [_measured(name, method, *sides) for name, method in METHODS.items()]


def _measured(name: str, method: Method, even: tuple[Any, ...], odd: tuple[Any, ...]) -> dict[str, Any]:
    tried = {step: _rand(even[2], method(even[0], even[1], step)) for step in STEPS}
    best = max(tried, key=lambda step: tried[step])
    found = method(odd[0], odd[1], best)
    return {
        "method": name,
        "threshold": best,
        "even": tried[best],
        "odd": _rand(odd[2], found),
        "purity": _purity(odd[2], found),
        "groups": len(set(found.tolist())),
        "threads": len(set(odd[2].tolist())),
        "questions": len(found),
    }


def section() -> str:
    """The measurements as Markdown."""
    head = ["## Gaps: putting questions together (`tests/benchmarks/gaps.py`)", ""]
    if not STACKFAQ.is_dir():
        return "\n".join([*head, "Not measured: StackFAQ is not there.", ""])
    found = run()
    first = found[0]
    lines = [
        "StackFAQ's paraphrases; thresholds chosen on the even threads, reported on the "
        f"{first['questions']} questions of the {first['threads']} odd ones, in random order. "
        f"The served threshold is {SAME_QUESTION}.",
        "",
        "| method | cosine from | adjusted Rand, even | adjusted Rand, **odd** | purity, odd | groups, odd |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['method']} | {row['threshold']:.2f} | {row['even']:.3f} | {row['odd']:.3f} | {row['purity']:.3f} | "
        f"{row['groups']} |"
        for row in found
    ]
    return "\n".join([*head, *lines, ""])


def _labels(found: Sequence[Sequence[int]], count: int) -> Labels:
    labels = np.zeros(count, np.int64)
    for label, rows in enumerate(found):
        labels[list(rows)] = label
    return labels


def _rand(truth: Labels, found: Labels) -> float:
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(truth, found))


def _purity(truth: Labels, found: Labels) -> float:
    """The share of questions whose thread is the commonest of their group."""
    most = (np.unique(truth[found == label], return_counts=True)[1].max() for label in np.unique(found))
    return float(sum(most) / len(truth))


if __name__ == "__main__":
    print(section())
