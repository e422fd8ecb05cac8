"""Questions a second and latency of the whole answering path on one and two threads, with the encoder's share."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from knowledge_base.answering import Answerer
from knowledge_base.documents import Question
from knowledge_base.embedding import Encoder
from knowledge_base.gate_fitting import fit_gate
from knowledge_base.index import Index

ROUNDS = 5
LIMIT = 0.10


@dataclass(frozen=True)
class Speed:
    """One number of threads; medians over ROUNDS, with the least and the most."""

    threads: int
    a_second: tuple[float, float, float]
    p50_ms: float
    p99_ms: float
    encoder_share: float  # of the time of one thread


def measure(index: Index, encoder: Encoder, questions: Sequence[Question], learn: Sequence[Question]) -> list[Speed]:
    """Answer all questions, one after the other and two at a time."""
    answerer = Answerer(index, encoder, fit_gate(index, encoder, learn, learn))

    def answer(question: Question) -> float:
        began = time.perf_counter()
        answerer.answer(question.text, question.audiences, LIMIT)
        return time.perf_counter() - began

    def encode(question: Question) -> float:
        began = time.perf_counter()
        encoder.encode_question(question.text)
        return time.perf_counter() - began

    for question in questions[:30]:
        answer(question)
    found = []
    for threads in (1, 2):
        rates, times = [], []
        with ThreadPoolExecutor(threads) as pool:
            for _ in range(ROUNDS):
                began = time.perf_counter()
                times += list(pool.map(answer, questions))
                rates.append(len(questions) / (time.perf_counter() - began))
            share = sum(pool.map(encode, questions)) * ROUNDS / sum(times)
        cuts = statistics.quantiles(times, n=100, method="inclusive")
        rate = (statistics.median(rates), min(rates), max(rates))
        found.append(Speed(threads, rate, cuts[49] * 1000, cuts[98] * 1000, share))
    return found


def table(speeds: Sequence[Speed], articles: int) -> list[str]:
    """As Markdown."""
    rows = [
        f"| {speed.threads} | {speed.a_second[0]:.0f} ({speed.a_second[1]:.0f} – {speed.a_second[2]:.0f}) "
        f"| {speed.p50_ms:.1f} | {speed.p99_ms:.1f} | {speed.encoder_share:.0%} |"
        for speed in speeds
    ]
    return [
        f"### The answering path: from the question's text to the reply, {articles} articles, {ROUNDS} rounds",
        "",
        "| threads | questions a second, median (least – most) | p50 ms | p99 ms | the encoder's share |",
        "|---|---|---|---|---|",
        *rows,
    ]
