"""What each step of the ranking earns on material for developing: fitted with and without it, judged out of fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from knowledge_base.bundle import CALIBRATION, DEVELOPMENT
from knowledge_base.embedding import Encoder
from knowledge_base.gate_fitting import FOLDS, LabelledRow, folds_of, rank_all
from knowledge_base.prior import PRIOR
from knowledge_base.ranking import PARTS, Ranking
from knowledge_base.ranking_fitting import RankedQuestion, fit_ranking
from knowledge_base.retrieval import Retriever
from knowledge_base.sources import read_articles, read_questions
from tests.benchmarks.materials import EVEN, FORMS, STACKFAQ, STARTER, indexed, linter_rules, stackfaq

STEPS: Mapping[str, tuple[str, ...]] = {
    "all steps": (),
    "without support": ("support",),
    "without what is generic": ("generic", "generic_question"),
    "without sentences": ("sentence",),
    "without words (BM25)": ("keyword",),
    "the best door and words only": ("passage", "question", "sentence", "generic", "generic_question", "support"),
}


def measure(encoder: Encoder) -> dict[str, dict[str, tuple[float, float]]]:
    """Hit@1 and MAP by material and step."""
    articles = read_articles(STARTER / "articles").articles
    asked = [*(q for name in (DEVELOPMENT, CALIBRATION) for q in read_questions(STARTER / "questions" / name))]
    rules = linter_rules()
    materials = {"starter, development and calibration": (indexed("starter", articles, encoder), asked)}
    materials["linter, half for developing"] = (indexed("linter", rules.articles, encoder), list(rules.develop))
    for form, titled in FORMS.items() if STACKFAQ.is_dir() else ():
        faq = stackfaq(titled)
        materials[f"StackFAQ, {form}, even"] = (indexed(form, faq.articles, encoder), list(faq.questions(EVEN)))
    found = {}
    for name, (index, questions) in materials.items():
        rows = [row for row in rank_all(Retriever(index, encoder), questions) if row.right.any()]
        found[name] = {step: _judge(rows, without) for step, without in STEPS.items()}
    return found


def _judge(rows: Sequence[LabelledRow], without: Sequence[str]) -> tuple[float, float]:
    folds = folds_of([row.question for row in rows])
    seen = [_blind(row.candidates(), without) for row in rows]
    hits, precisions = [], []
    for fold in range(FOLDS):
        learnt = fit_ranking([one for one, its in zip(seen, folds, strict=True) if its != fold], PRIOR.ranking)
        ranking = replace(learnt, support=0.0) if "support" in without else learnt
        for one, row in ((one, row) for one, row, its in zip(seen, rows, folds, strict=True) if its == fold):
            right = one.right[_order(ranking, one)]
            places = np.flatnonzero(right) + 1
            hits.append(bool(right[0]))
            precisions.append(float((np.arange(1, len(places) + 1) / places).sum()) / int(row.right.sum()))
    return float(np.mean(hits)), float(np.mean(precisions))


def _blind(question: RankedQuestion, without: Sequence[str]) -> RankedQuestion:
    """The question when these parts tell nothing."""
    parts = question.parts.copy()
    parts[:, [PARTS.index(name) for name in without if name in PARTS]] = 0.0
    return replace(question, parts=parts)


def _order(ranking: Ranking, question: RankedQuestion) -> np.ndarray:
    return ranking.order(ranking.join(question.parts), question.likeness)


def table(found: Mapping[str, Mapping[str, tuple[float, float]]]) -> list[str]:
    """As Markdown: Hit@1 / MAP."""
    lines = [
        "### What each step earns, on material for developing: Hit@1 / MAP, fitted anew without it, out of fold",
        "",
        "| | " + " | ".join(STEPS) + " |",
        "|---|" + "---|" * len(STEPS),
    ]
    for name, steps in found.items():
        lines.append(f"| {name} | " + " | ".join(f"{hit:.3f} / {mean:.3f}" for hit, mean in steps.values()) + " |")
    return lines
