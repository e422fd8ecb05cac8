"""`python -m tests.benchmarks.prior`: fit anew what `knowledge_base/prior.py` holds, and print it.

Fitted on StackFAQ's even threads (with and without the FAQ's own question; each quarter of them taken out in turn, so
that some questions have no answer), on every other linter rule, and on the starter desk's development questions; each
material counts the same. Needs some minutes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from knowledge_base.bundle import DEVELOPMENT
from knowledge_base.embedding import Encoder
from knowledge_base.encoder_export import ensure_encoder
from knowledge_base.gate import FEATURES, Gate
from knowledge_base.gate_fitting import LabelledRow, fit_coefficients, rank_all, reorder, table_of, weights_of
from knowledge_base.prior import PRIOR
from knowledge_base.ranking_fitting import fit_ranking
from knowledge_base.retrieval import Retriever
from knowledge_base.settings import Settings
from knowledge_base.sources import read_articles, read_questions
from tests.benchmarks.materials import EVEN, FORMS, STARTER, indexed, linter_rules, stackfaq, with_gaps


def fit() -> Gate:
    """Ranking and coefficients, held near nothing."""
    settings = Settings()
    encoder = Encoder.open(ensure_encoder(settings.encoder_cache, settings.encoder), 2)
    rules = linter_rules()
    technical = rank_all(Retriever(indexed("linter", rules.articles, encoder), encoder), rules.develop)
    articles = read_articles(STARTER / "articles").articles
    asked = read_questions(STARTER / "questions" / DEVELOPMENT)
    desk = rank_all(Retriever(indexed("starter", articles, encoder), encoder), asked)
    faqs = {form: stackfaq(titled) for form, titled in FORMS.items()}
    whole = [
        rank_all(Retriever(indexed(form, faq.articles, encoder), encoder), faq.questions(EVEN))
        for form, faq in faqs.items()
    ]
    gaps = [with_gaps(form, faq, encoder) for form, faq in faqs.items()]
    flat = replace(PRIOR.ranking, weights=(0.0,) * len(PRIOR.ranking.weights), sharpness=50.0, support=0.0)
    candidates = [row.candidates() for row in evenly([technical, desk, *whole])]
    ranking = replace(fit_ranking(candidates, flat, 1.0), support=0.0)
    rows = reorder(evenly([desk, *gaps]), ranking)
    right = np.array([row.right[int(row.ranked.order[0])] for row in rows], np.bool_)
    blank = replace(PRIOR, ranking=ranking, coefficients=(0.0,) * len(FEATURES), intercept=0.0)
    coefficients, intercept = fit_coefficients(table_of(rows, ranking), right, weights_of(rows), blank)
    return replace(blank, coefficients=coefficients, intercept=intercept)


def evenly(materials: Sequence[Sequence[LabelledRow]]) -> list[LabelledRow]:
    """All rows, weighted so that each material counts as 500 questions."""
    return [replace(row, question=replace(row.question, weight=500 / len(rows))) for rows in materials for row in rows]


if __name__ == "__main__":
    made = fit()
    named = dict(zip(FEATURES, [round(value, 2) for value in made.coefficients], strict=True))
    print(json.dumps(made.ranking.to_json(), indent=1))
    print(json.dumps({name: value for name, value in named.items() if value}, indent=1), round(made.intercept, 2))
