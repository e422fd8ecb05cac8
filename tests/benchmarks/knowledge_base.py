"""How well the knowledge base finds and answers, and what its encoder costs. Prints a section of docs/BENCHMARKS.md.

`python -m tests.benchmarks.knowledge_base` runs all of it; StackFAQ is left out where its folder is not there.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from knowledge_base.answering import Answerer
from knowledge_base.bundle import CALIBRATION, DEVELOPMENT, TEST
from knowledge_base.commands import evaluate_folder
from knowledge_base.documents import Article, Question, make_article
from knowledge_base.embedding import Encoder
from knowledge_base.encoder_export import ensure_encoder, find_model
from knowledge_base.evaluation import evaluate
from knowledge_base.index import Index
from knowledge_base.prior import PRIOR
from knowledge_base.settings import Settings

STACKFAQ = Path(__file__).parents[3] / "shared" / "data" / "stackfaq"
STARTER = Path(__file__).parents[2] / "deploy" / "starter"
LIMIT = 0.10  # the starter desk's limit for answers
REPEATS = 5
RANKING = ("hit_at_1", "hit_at_5", "mrr", "map", "ndcg_at_10")
GATE = (
    "answerable_auroc", "answered_right_at_1pct_wrong", "answered_right_at_5pct_wrong",
    "answered_right_at_10pct_wrong",
)  # fmt: skip


def run() -> dict[str, Any]:
    """All measurements, by name."""
    settings = Settings()
    encoder = Encoder.open(ensure_encoder(settings.encoder_cache, settings.encoder))
    return {"starter": starter(settings), "stackfaq": stackfaq(encoder), "encoder": engines(encoder.folder)}


def starter(settings: Settings) -> dict[str, Any]:
    """The starter desk's test split; gate and ranking fitted on its other two."""
    questions = STARTER / "questions"
    return evaluate_folder(
        STARTER / "articles", questions / TEST, questions / DEVELOPMENT, questions / CALIBRATION, LIMIT, settings
    )


def stackfaq(encoder: Encoder) -> dict[str, Any]:
    """StackFAQ with the ranking and gate that come with Deskhand: nothing is fitted on it here."""
    if not STACKFAQ.is_dir():
        return {}
    faqs, queries = _lines("faqs.jsonl"), _lines("queries.jsonl")
    report: dict[str, Any] = {}
    previous: Index | None = None
    for form, titled in (("question + answer", True), ("answer only", False)):
        index = previous = Index.build([_article(faq, titled) for faq in faqs], encoder, previous=previous)
        held_out = {faq["faq_id"] for faq in faqs if faq["heldout_topic"]}
        for name, gone in (("", set[str]()), (", held-out topics removed", held_out)):
            answerer = Answerer(index.without(gone), encoder, PRIOR)
            for part, parity in (("all threads", None), ("odd threads", 1)):
                asked = _questions(faqs, queries, gone, parity)
                report[f"{form}{name}; {part}"] = evaluate(answerer, asked, LIMIT)
    return report


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (STACKFAQ / name).read_text(encoding="utf-8").splitlines()]


def _article(faq: Mapping[str, Any], titled: bool) -> Article:
    return make_article(id=faq["faq_id"], title=faq["question"] if titled else "", body=faq["answer"])


def _questions(
    faqs: Sequence[Mapping[str, Any]], queries: Sequence[Mapping[str, Any]], gone: set[str], parity: int | None
) -> list[Question]:
    by_thread: dict[int, set[str]] = {}
    for faq in faqs:
        by_thread.setdefault(faq["thread_id"], set()).add(faq["faq_id"])
    return [
        Question(query["text"], frozenset(by_thread[query["thread_id"]] - gone))
        for query in queries
        if parity is None or query["thread_id"] % 2 == parity
    ]


COLD = """
import time; began = time.perf_counter()
import sys, psutil
{load}
encode("warm up"); ready = time.perf_counter() - began
short, long = "vpn does not connect since the update, error 0x800704cf, restarted twice", "printer jams " * 40
def median(text):
    times = []
    for _ in range(30):
        start = time.perf_counter(); encode(text); times.append(time.perf_counter() - start)
    return sorted(times)[15] * 1000
print(ready, psutil.Process().memory_info().rss / 2**20, median(short), median(long))
"""
ENGINES = {
    "Deskhand (ONNX Runtime, int8)": "from pathlib import Path\nfrom knowledge_base.embedding import Encoder\n"
    "encode = Encoder.open(Path(sys.argv[1])).encode_question",
    "sentence-transformers (torch, fp32)": "import torch; torch.set_num_threads(1)\n"
    "from sentence_transformers import SentenceTransformer\n"
    "encode = SentenceTransformer(sys.argv[2], device='cpu').encode",
}


def engines(folder: Path) -> dict[str, list[list[float]]]:
    """For each engine and repeat: seconds to the first vector, MiB, ms for a short and for a long text; one thread."""
    measured: dict[str, list[list[float]]] = {name: [] for name in ENGINES}
    for _ in range(REPEATS):
        for name, load in ENGINES.items():
            command = [sys.executable, "-c", COLD.format(load=load), str(folder), str(find_model(None))]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            measured[name].append([float(value) for value in done.stdout.split()])
    return measured


def section() -> str:
    """The measurements as Markdown."""
    found = run()
    lines = ["## Knowledge base", "", "### Starter desk, test split", ""]
    lines += [*_table({"starter": found["starter"]}, RANKING + GATE), "", _served(found["starter"]), ""]
    if found["stackfaq"]:
        full = {name: report for name, report in found["stackfaq"].items() if "removed" not in name}
        removed = {name: report for name, report in found["stackfaq"].items() if "removed" in name}
        lines += [STACKFAQ_NOTE, "", *_table(full, RANKING), "", *_table(removed, GATE), ""]
    return "\n".join([*lines, *_encoder_table(found["encoder"]), ""])


STACKFAQ_NOTE = """### StackFAQ

719 question-answer pairs of 125 threads, 1,249 paraphrases (ML-Recipes/BERT-FAQ, Karan & Snajder 2018; text from
Stack Exchange, CC BY-SA). Served: the ranking and gate that come with Deskhand, whose coefficients were fitted on the
even threads; the odd threads are new to them. "Removed": the answers of the held-out topics are taken out, so their
310 queries have no answer. Answer only: the FAQ's own question is not indexed."""


def _table(reports: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    titles = [name.removeprefix("answered_right_").replace("_", " ") for name in names]
    lines = ["| | method | " + " | ".join(titles) + " |", "|---|---|" + "---|" * len(names)]
    for name, report in reports.items():
        for method, values in {"**served**": report, **report["peers"]}.items():
            numbers = " | ".join("–" if values[key] is None else f"{values[key]:.3f}" for key in names)
            lines.append(f"| {name} | {method} | {numbers} |")
    return lines


def _served(report: Mapping[str, Any]) -> str:
    served = report["served"]
    wrong = "–" if served["wrong"] is None else f"{served['wrong']:.3f}"
    threshold = "none: suggestions only" if served["threshold"] is None else f"{served['threshold']:.3f}"
    shares = {name: f"{served[name]:.3f}" for name in ("answered", "suggested", "clarified", "abstained")}
    return (
        f"At the limit of {served['limit']:.0%} wrong answers (threshold {threshold}): answered {shares['answered']}, "
        f"wrong among them {wrong}, suggested {shares['suggested']}, clarified {shares['clarified']}, "
        f"abstained {shares['abstained']} of {served['questions']} questions; {report['articles']} articles."
    )


def _encoder_table(measured: Mapping[str, list[list[float]]]) -> list[str]:
    ours, theirs = measured.values()
    lines = [
        f"### Encoder: one thread, {REPEATS} cold starts of each in turn",
        "",
        "| | " + " | ".join(measured) + " | theirs / ours, median (least – most) |",
        "|---|---|---|---|",
    ]
    for at, name in enumerate(("first vector, s", "memory, MiB", "short question p50, ms", "long question p50, ms")):
        ratios = sorted(their[at] / our[at] for our, their in zip(ours, theirs, strict=True))
        medians = [statistics.median(row[at] for row in rows) for rows in (ours, theirs)]
        spread = f"{statistics.median(ratios):.1f} ({ratios[0]:.1f} – {ratios[-1]:.1f})"
        lines.append(f"| {name} | {medians[0]:.2f} | {medians[1]:.2f} | {spread} |")
    return lines


if __name__ == "__main__":
    print(section())
