"""How well the knowledge base finds and answers, and what that costs. Prints a section of docs/BENCHMARKS.md.

`python -m tests.benchmarks.knowledge_base` runs all of it; StackFAQ is left out where its folder is not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from knowledge_base.answering import Answerer
from knowledge_base.bundle import CALIBRATION, DEVELOPMENT, TEST
from knowledge_base.commands import evaluate_folder
from knowledge_base.embedding import Encoder
from knowledge_base.encoder_export import ensure_encoder
from knowledge_base.evaluation import evaluate
from knowledge_base.gate_fitting import fit_rows, rank_all
from knowledge_base.prior import PRIOR
from knowledge_base.retrieval import Retriever
from knowledge_base.settings import Settings
from knowledge_base.sources import read_articles, read_questions
from tests.benchmarks import encoding, guarantee, path, steps
from tests.benchmarks.materials import (
    ALL,
    EVEN,
    FORMS,
    HELD_OUT,
    ODD,
    STACKFAQ,
    STARTER,
    indexed,
    linter_rules,
    stackfaq,
    with_gaps,
)  # fmt: skip

LIMIT = 0.10  # the starter desk's limit for answers
RANKING = ("hit_at_1", "hit_at_5", "mrr", "map", "ndcg_at_10")
GATE = (
    "answerable_auroc", "answered_right_at_1pct_wrong", "answered_right_at_5pct_wrong",
    "answered_right_at_10pct_wrong",
)  # fmt: skip


def starter(settings: Settings) -> dict[str, Any]:
    """The starter desk's test split; gate and ranking fitted on its other two."""
    questions = STARTER / "questions"
    return evaluate_folder(
        STARTER / "articles", questions / TEST, questions / DEVELOPMENT, questions / CALIBRATION, LIMIT, settings
    )


def technical(encoder: Encoder) -> dict[str, Any]:
    """The linter's rules: as Deskhand comes, and fitted on the other half of the questions."""
    rules = linter_rules()
    index = indexed("linter", rules.articles, encoder)
    gates = {
        "as it comes": PRIOR,
        "fitted on the other half": fit_rows(rank_all(Retriever(index, encoder), rules.develop)),
    }
    return {way: evaluate(Answerer(index, encoder, gate), rules.report, LIMIT) for way, gate in gates.items()}


def faq(encoder: Encoder) -> dict[str, Any]:
    """StackFAQ, whole and with held-out topics removed; as Deskhand comes, and fitted on the even threads."""
    report: dict[str, Any] = {}
    for form, titled in FORMS.items():
        found = stackfaq(titled)
        index = indexed(form, found.articles, encoder)
        whole = fit_rows(rank_all(Retriever(index, encoder), found.questions(EVEN)))
        removed = fit_rows(with_gaps(form, found, encoder))
        for name, gone, fitted in (("", frozenset[int](), whole), (", held-out topics removed", HELD_OUT, removed)):
            left = index.without(found.of(gone))
            for way, gate in (("as it comes", PRIOR), ("fitted on even threads", fitted)):
                for part, threads in (("odd threads", ODD), ("all threads", ALL)):
                    asked = found.questions(threads, gone)
                    report[f"{form}{name}; {part}; {way}"] = evaluate(Answerer(left, encoder, gate), asked, LIMIT)
    return report


def kept(encoder: Encoder) -> dict[str, list[guarantee.Kept]]:
    """The guarantee, on questions that the gate has not seen."""
    articles = read_articles(STARTER / "articles").articles
    retriever = Retriever(indexed("starter", articles, encoder), encoder)
    split = {name: read_questions(STARTER / "questions" / name) for name in (DEVELOPMENT, CALIBRATION, TEST)}
    gate = fit_rows(rank_all(retriever, split[DEVELOPMENT]))
    found = {"starter desk": guarantee.check(gate, rank_all(retriever, [*split[CALIBRATION], *split[TEST]]))}
    for form, titled in FORMS.items() if STACKFAQ.is_dir() else ():
        faq = stackfaq(titled)
        left = indexed(form, faq.articles, encoder).without(faq.of(HELD_OUT))
        gate = fit_rows(with_gaps(form, faq, encoder))
        rows = rank_all(Retriever(left, encoder), faq.questions(ODD, HELD_OUT))
        found[f"StackFAQ, {form}, odd threads"] = guarantee.check(gate, rows)
    return found


def section() -> str:
    """The measurements as Markdown."""
    settings = Settings()
    encoder = Encoder.open(ensure_encoder(settings.encoder_cache, settings.encoder))
    desk = starter(settings)
    lines = ["## Knowledge base", "", "### Starter desk, test split", ""]
    lines += [*_table({"starter": desk}, RANKING + GATE), "", _served(desk), ""]
    lines += [TECHNICAL_NOTE, "", *_table(technical(encoder), RANKING), ""]
    if STACKFAQ.is_dir():
        found = faq(encoder)
        full = {name: report for name, report in found.items() if "removed" not in name}
        removed = {name: report for name, report in found.items() if "removed" in name}
        lines += [STACKFAQ_NOTE, "", *_table(full, RANKING), "", *_table(removed, GATE), ""]
    lines += [*steps.table(steps.measure(encoder)), "", *guarantee.table(kept(encoder)), ""]
    lines += [*encoding.table(encoding.engines(encoder.folder)), "", *_path(encoder)]
    return "\n".join([*lines, ""])


def _path(encoder: Encoder) -> list[str]:
    articles = read_articles(STARTER / "articles").articles
    asked, learn = (read_questions(STARTER / "questions" / name) for name in (TEST, DEVELOPMENT))
    index = indexed("starter", articles, encoder)
    return path.table(path.measure(index, encoder, asked, learn), len(articles))


TECHNICAL_NOTE = """### A handbook full of technical terms

What each rule of the linter ruff does (MIT; without names, codes and examples), asked for by the message that the rule
prints: questions that use the handbook's own words."""

STACKFAQ_NOTE = """### StackFAQ

719 question-answer pairs of 125 threads, 1,249 paraphrases (ML-Recipes/BERT-FAQ, Karan & Snajder 2018; text from
Stack Exchange, CC BY-SA). "As it comes": ranking and gate as shipped. "Fitted on even threads": as a desk would that
has labelled its questions, the even threads'; the odd threads are new to it. "Removed": the answers of the held-out
topics are taken out, so their 310 queries have no answer; the gate then learnt from the even threads with a quarter of
them taken out in turn. Answer only: the FAQ's own question is not indexed."""


def _table(reports: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    titles = [name.removeprefix("answered_right_").replace("_", " ") for name in names]
    lines = ["| | method | " + " | ".join(titles) + " |", "|---|---|" + "---|" * len(names)]
    for name, report in reports.items():
        for method, values in {"**served**": report, **report["peers"]}.items():
            numbers = " | ".join("–" if values[key] is None else f"{values[key]:.3f}" for key in names)
            lines.append(f"| {name} | {method.replace('_', ' ')} | {numbers} |")
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


if __name__ == "__main__":
    print(section())
