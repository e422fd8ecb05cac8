"""What a search costs and finds as articles grow, for each kind of search. Prints a section of docs/BENCHMARKS.md.

`python -m tests.benchmarks.scale` runs all of it and draws docs/scale.png. Every step is a process of its own, so that
its memory is its own. Vectors are cheap: real ones of the starter desk, mixed and shaken. Questions are real.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import numpy as np
import psutil

from knowledge_base import chunking
from knowledge_base.embedding import Vectors
from knowledge_base.sources import read_articles, read_questions
from knowledge_base.vectors import EXACT_BELOW, Kind, Rows, VectorSearch, map_vectors
from knowledge_base.view import DEPTH
from tests.benchmarks import retraction
from tests.benchmarks.retraction import DOORS_OF_AN_ARTICLE, open_encoder

STARTER = Path(__file__).parents[2] / "deploy" / "starter"
PICTURE = Path(__file__).parents[2] / "docs" / "scale.png"
SIZES = (1_000, 10_000, 100_000, 200_000, 1_000_000)
KINDS: tuple[Kind, ...] = get_args(Kind)
HNSW_UP_TO = 100_000  # beyond, its build would take most of the section's time
BASE, QUESTIONS = 1_500, 200
TRIES, SHORT_MS = 3, 10.0  # how often a search that takes so little is tried again
MB = 2**20


@dataclass(frozen=True)
class Row:
    """One size and kind. Times of a search are CPU milliseconds of its one thread, memory is in MB."""

    size: int
    kind: str
    build_s: float
    disk: float
    own: float  # of a process that serves, and of no other
    shared: float  # mapped files, once for all processes
    p50: float
    p99: float
    recall: float  # share of the ten nearest that a search finds


@dataclass(frozen=True)
class Retraction:
    """One size: milliseconds of a usual answer, and from retracting an article to the first answer without it."""

    size: int
    articles: int
    ready_s: float
    usual_ms: float
    retracted_ms: float


def run() -> tuple[list[Row], list[Retraction]]:
    """All measurements."""
    rows: list[Row] = []
    retractions = []
    with TemporaryDirectory(prefix="deskhand-scale-") as name:
        folder = Path(name)
        _step("base", folder)
        for size in SIZES:
            _step("vectors", folder, size)
            for kind in KINDS:
                if kind != "hnsw" or size <= HNSW_UP_TO:
                    measured = _step("build", folder, kind) | _step("serve", folder, kind)
                    rows.append(Row(size, kind, **measured))
                    shutil.rmtree(folder / kind)
            retractions.append(Retraction(size, **_step("retract", folder, size)))
    return rows, retractions


def _step(name: str, *arguments: object) -> dict[str, Any]:
    """Run one of STEPS in a process of its own; its last line is JSON."""
    command = [sys.executable, "-m", "tests.benchmarks.scale", name, *map(str, arguments)]
    environment = os.environ | ({"OMP_NUM_THREADS": "1"} if name in ("serve", "retract") else {})
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    print(name, *arguments[1:], done.stdout.strip().splitlines()[-1], file=sys.stderr, flush=True)
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def make_base(folder: Path) -> dict[str, float]:
    """Real vectors: texts of the starter desk's articles, and questions that people asked."""
    encoder = open_encoder(os.cpu_count() or 1)
    articles = read_articles(STARTER / "articles").articles
    texts = dict.fromkeys(text for article in articles for text in chunking.sentences(article))
    asked = [question.text for question in read_questions(STARTER / "questions" / "development.jsonl")]
    np.save(folder / "base.npy", encoder.encode(sorted(texts, key=len)[-BASE:]))
    np.save(folder / "questions.npy", np.stack([encoder.encode_question(text) for text in asked[:QUESTIONS]]))
    return {}


def make_vectors(folder: Path, size: str) -> dict[str, float]:
    """So many vectors, each between two real ones and shaken a little, and the ten nearest to each question."""
    base, dice = np.load(folder / "base.npy"), np.random.default_rng(0)
    made = np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.float32, (int(size), base.shape[1]))
    noise = np.float32(0.35 / np.sqrt(base.shape[1]))
    for start in range(0, len(made), 50_000):
        count = min(50_000, len(made) - start)
        one, other = (base[dice.integers(len(base), size=count)] for _ in range(2))
        mixed = one + dice.uniform(0, 0.7, (count, 1)).astype(np.float32) * other
        mixed += noise * dice.standard_normal(mixed.shape, dtype=np.float32)
        made[start : start + count] = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    made.flush()
    questions = np.load(folder / "questions.npy")
    np.save(folder / "nearest.npy", [np.argpartition(-(made @ question), 10)[:10] for question in questions])
    return {}


def build(folder: Path, kind: Kind) -> dict[str, float]:
    """Build a search and write it, as a sync does."""
    matrix = map_vectors(folder / "vectors.npy")
    (folder / kind).mkdir()
    began = time.perf_counter()
    search = VectorSearch.build(matrix, kind)
    files = search.save(folder / kind / "doors.npy", folder / kind / "doors.faiss")
    return {"build_s": time.perf_counter() - began, "disk": sum(file.stat().st_size for file in files) / MB}


def serve(folder: Path, kind: Kind) -> dict[str, float]:
    """Load a search and ask it, as a process that serves does."""
    questions, nearest = np.load(folder / "questions.npy"), np.load(folder / "nearest.npy")
    before = psutil.Process().memory_info()
    search = VectorSearch.load(folder / kind / "doors.npy", folder / kind / "doors.faiss", kind)
    _timed(search, questions[0])  # reads what is mapped for the first time
    times, found = [], 0
    for question, best in zip(questions, nearest, strict=True):
        took, rows = _timed(search, question)
        times.append(min([took, *(_timed(search, question)[0] for _ in range(TRIES if took < SHORT_MS else 0))]))
        found += len(np.intersect1d(rows, best))
    after = psutil.Process().memory_info()
    shared = (after.shared - before.shared) / MB
    return {
        "own": (after.rss - before.rss) / MB - shared,
        "shared": shared,
        "p50": float(np.percentile(times, 50)),
        "p99": float(np.percentile(times, 99)),
        "recall": found / nearest.size,
    }


def _timed(search: VectorSearch, question: Vectors) -> tuple[float, Rows]:
    began = time.thread_time()
    _, rows = search.search(question, DEPTH)
    return (time.thread_time() - began) * 1000, rows


STEPS: dict[str, Callable[..., dict[str, float]]] = {
    "base": make_base, "vectors": make_vectors, "build": build, "serve": serve, "retract": retraction.measure,
}  # fmt: skip


def section() -> str:
    """The measurements as Markdown; draws the picture."""
    rows, retractions = run()
    draw(rows)
    lines = [NOTE, "", "![search time, memory and recall by number of vectors](scale.png)", ""]
    lines += ["| vectors | search | build s | files MB | own MB | shared MB | p50 ms | p99 ms | recall at 10 |"]
    lines += ["|---|---|---|---|---|---|---|---|---|"]
    lines += [
        f"| {row.size:,} | {row.kind} | {row.build_s:.1f} | {row.disk:,.0f} | {max(0, row.own):,.0f} | "
        f"{max(0, row.shared):,.0f} | {row.p50:.2f} | {row.p99:.2f} | {row.recall:.3f} |"
        for row in rows
    ]
    lines += ["", RETRACTION_NOTE, ""]
    lines += [
        "| doors | articles | ready after s | usual answer ms | retracted → next answer ms |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.size:,} | {row.articles:,} | {row.ready_s:.1f} | {row.usual_ms:.0f} | {row.retracted_ms:.0f} |"
        for row in retractions
    ]
    return "\n".join(lines) + "\n"


NOTE = f"""## Scale: searching 1,000 to 1,000,000 vectors

Vectors of 384 numbers: real ones of the starter desk's sentences, two of them mixed and shaken a little; {QUESTIONS}
real questions. A search fetches the {DEPTH:,} nearest, as answering does, in one thread; its time is that thread's CPU
time, the quickest of {TRIES + 1} where it is short, so that other programs count little. Files are mapped: “shared”
is in memory once for all processes. Above {HNSW_UP_TO:,} HNSW is left out, since its build is the longest.
`auto` changes from exact to IVF above {EXACT_BELOW:,} vectors, where an exact search comes to 20 ms."""

RETRACTION_NOTE = f"""### From retracting an article until it no longer answers

The whole way, on SQLite: the row is written, the next question reads it and is answered without the article (exact
search, {DOORS_OF_AN_ARTICLE} doors an article; the longest of five)."""


def draw(rows: list[Row]) -> None:
    """docs/scale.png."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot  # the screenless backend must be chosen first

    figure, panels = pyplot.subplots(1, 3, figsize=(13, 4))
    shown: tuple[tuple[str, Callable[[Row], float]], ...] = (
        ("p99 of a search, CPU ms", lambda row: row.p99),
        ("memory with one process, MB", lambda row: max(1.0, row.own + row.shared)),
        ("recall at 10", lambda row: row.recall),
    )
    for axes, (title, value) in zip(panels, shown, strict=True):
        for kind in KINDS:
            of_kind = [row for row in rows if row.kind == kind]
            axes.plot([row.size for row in of_kind], [value(row) for row in of_kind], marker="o", label=kind)
        axes.set(xscale="log", xlabel="vectors", title=title)
        axes.grid(alpha=0.3)
    panels[0].set_yscale("log")
    panels[0].axhline(20, color="grey", linestyle="--", linewidth=1)
    panels[1].set_yscale("log")
    panels[2].set_ylim(0.9, 1.005)
    panels[0].legend()
    figure.tight_layout()
    figure.savefig(PICTURE, dpi=110)
    pyplot.close(figure)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(STEPS[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])))
    else:
        print(section())
