"""How long a retracted article still answers, in a desk of any size. A part of the section on scale."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bot.knowledge import Knowledge
from knowledge_base import chunking
from knowledge_base.answering import Answerer
from knowledge_base.documents import AUDIENCES, make_article
from knowledge_base.embedding import Encoder, Vectors
from knowledge_base.encoder_export import ensure_encoder
from knowledge_base.index import Index
from knowledge_base.prior import PRIOR
from knowledge_base.settings import Settings
from knowledge_base.sources import read_articles
from knowledge_base.vectors import VectorSearch, map_vectors
from workers import serving
from workers.knowledge import articles
from workers.store import schema
from workers.store.session import Store

STARTER = Path(__file__).parents[2] / "deploy" / "starter"
DOORS_OF_AN_ARTICLE = 20


def open_encoder(threads: int = 1) -> Encoder:
    """The encoder of this installation."""
    settings = Settings()
    return Encoder.open(ensure_encoder(settings.encoder_cache, settings.encoder), threads)


def measure(folder: Path, size: str) -> dict[str, float]:
    """Retract the articles that answer, one after the other, in a desk of so many doors; the clock runs from before
    the row is written until the answer without the article is there."""
    store = Store(f"sqlite:///{folder / f'desk-{size}.db'}")
    schema.upgrade(store)
    began = time.perf_counter()
    answerer = _answerer(map_vectors(folder / "vectors.npy"))
    knowledge = Knowledge(store, serving.Served(store, "knowledge", folder, lambda _: answerer))
    with store.begin() as session:
        serving.serve(session, "T0BENCH", "knowledge", "made", "bench", "to be measured")
    everybody, question = frozenset(AUDIENCES), "outlook asks for my password again and again"

    def ask() -> str:
        current = knowledge.current()
        assert current is not None
        return current.search(question, everybody, k=1)[0].article_id

    ask()
    ready = time.perf_counter() - began
    usual = [_clock(ask) for _ in range(10)]
    times = []
    for _ in range(5):
        best = ask()
        began = time.perf_counter()
        with store.begin() as session:
            articles.retract(session, "T0BENCH", best, "bench", "to be measured")
        assert ask() != best
        times.append((time.perf_counter() - began) * 1000)
    store.close()
    return {
        "articles": len(answerer.index.articles), "ready_s": ready,
        "usual_ms": statistics.median(usual), "retracted_ms": max(times),
    }  # fmt: skip


def _clock(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _answerer(matrix: Vectors) -> Answerer:
    """Articles with one passage and many example questions, made of the starter desk's sentences."""
    dice = np.random.default_rng(0)
    sentences = [text for a in read_articles(STARTER / "articles").articles for text in chunking.sentences(a)]
    made = [
        make_article(
            id=f"article-{number:06}", title="", body=f"Restart device {number} in the settings",
            ask=tuple(sentences[at] for at in dice.integers(len(sentences), size=DOORS_OF_AN_ARTICLE - 1)),
        )
        for number in range(len(matrix) // DOORS_OF_AN_ARTICLE)
    ]  # fmt: skip
    encoder = open_encoder()
    index = Index(made, {}, VectorSearch.build(matrix, "exact"), matrix[: len(made)], encoder.id)
    return Answerer(index, encoder, PRIOR)
