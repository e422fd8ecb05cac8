"""How good what is served is, on labelled questions, beside the simpler methods."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge_base.answering import Answerer
from knowledge_base.documents import Question
from knowledge_base.embedding import Progress
from knowledge_base.ranking import PARTS, Floats, Ranking
from knowledge_base.retrieval import Ranked

WRONG_SHARES = (0.01, 0.05, 0.10)
FUSION = 60  # the constant of reciprocal rank fusion


@dataclass(frozen=True)
class Judged:
    """One question under one method."""

    right: npt.NDArray[np.bool_]  # by rank: whether the article there answers
    relevant: int  # how many articles answer
    confidence: float  # of the first hit


def evaluate(
    answerer: Answerer, questions: Sequence[Question], risk_limit: float, progress: Progress | None = None
) -> dict[str, Any]:
    """Metrics for what is served; under `served` what it does at the limit; under `peers` the simpler methods.

    Those are BM25 and the best cosine alone, both joined by their ranks (reciprocal rank fusion, Cormack et al., SIGIR
    2009), and both joined by the weights that are served, without a closer look at the candidates.
    """
    methods: dict[str, list[Judged]] = {"served": [], "bm25": [], "dense": [], "rank_fusion": [], "joined": []}
    kinds: list[tuple[str, bool]] = []
    for done, question in enumerate(questions, 1):
        ranked = answerer.retriever.rank(question.text, question.audiences, answerer.gate.ranking)
        if len(ranked.order) == 0:
            continue
        right = np.array([ranked.article(at).id in question.articles for at in range(len(ranked.scores))])
        sure = answerer.gate.probability(ranked, int(ranked.order[0]))
        methods["served"].append(Judged(right[ranked.complete_order], len(question.articles), sure))
        for name, scores in simpler(ranked, answerer.gate.ranking).items():
            methods[name].append(_judge(right, question, scores))
        reply = answerer.reply(ranked, risk_limit)
        kinds.append((reply.kind, bool(reply.hits) and reply.hits[0].article_id in question.articles))
        if progress is not None:
            progress("questions", done, len(questions))
    result: dict[str, Any] = metrics(methods.pop("served"))
    result["served"] = at_limit(kinds, answerer.threshold_for(risk_limit), risk_limit)
    result["peers"] = {name: metrics(rows) for name, rows in methods.items()}
    return result


def simpler(ranked: Ranked, ranking: Ranking) -> dict[str, Floats]:
    """The scores of all readable articles under each simpler method."""
    dense, keyword = (ranked.parts[:, PARTS.index(name)] for name in ("dense", "keyword"))
    words = ranking.weights[PARTS.index("keyword")]
    return {
        "bm25": ranked.view.keywords.raw(ranked.tokens).astype(np.float64),
        "dense": dense,
        "rank_fusion": 1 / (FUSION + _places(dense)) + 1 / (FUSION + _places(keyword)),
        "joined": (1 - words) * dense + words * keyword,
    }


def _places(scores: Floats) -> Floats:
    """The place of each score, the best 1."""
    places = np.empty(len(scores))
    places[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return places


def _judge(right: npt.NDArray[np.bool_], question: Question, scores: Floats) -> Judged:
    order = np.argsort(-scores, kind="stable")
    return Judged(right[order], len(question.articles), float(scores[order[0]]))


def at_limit(kinds: Sequence[tuple[str, bool]], threshold: float | None, limit: float) -> dict[str, float | int | None]:
    """What happens at the served threshold. `wrong` is a share of the answered, the other shares are of all."""
    total = len(kinds)
    answered = [right for kind, right in kinds if kind == "answer"]

    def share(kind: str) -> float | None:
        return sum(found == kind for found, _ in kinds) / total if total else None

    return {
        "limit": limit,
        "threshold": threshold,
        "questions": total,
        "answered": share("answer"),
        "wrong": sum(not right for right in answered) / len(answered) if answered else None,
        "suggested": share("suggestions"),
        "clarified": share("clarify"),
        "abstained": share("abstain"),
    }


def metrics(rows: Sequence[Judged]) -> dict[str, float | None]:
    """Ranking over the answerable questions; telling answerable from not; what can be answered right.

    None where the questions cannot tell (no answerable ones, or none without an answer).
    """
    answerable = [row for row in rows if row.relevant]
    result: dict[str, float | None] = {
        "hit_at_1": _mean([float(row.right[0]) for row in answerable]),
        "hit_at_5": _mean([float(row.right[:5].any()) for row in answerable]),
        "mrr": _mean([_reciprocal(row) for row in answerable]),
        "map": _mean([_average_precision(row) for row in answerable]),
        "ndcg_at_10": _mean([_ndcg(row) for row in answerable]),
        "answerable_auroc": auroc([(row.confidence, row.relevant > 0) for row in rows]),
    }
    outcomes = [(row.confidence, bool(row.right[0])) for row in rows]
    for share in WRONG_SHARES:
        name = f"answered_right_at_{share * 100:.0f}pct_wrong"
        result[name] = answered_right(outcomes, share) / len(answerable) if answerable else None
    return result


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _reciprocal(row: Judged) -> float:
    found = np.flatnonzero(row.right)
    return 1.0 / (int(found[0]) + 1) if len(found) else 0.0


def _average_precision(row: Judged) -> float:
    found = np.flatnonzero(row.right) + 1
    return float((np.arange(1, len(found) + 1) / found).sum()) / row.relevant


def _ndcg(row: Judged, depth: int = 10) -> float:
    gain = sum(1 / math.log2(rank + 2) for rank in np.flatnonzero(row.right[:depth]).tolist())
    return gain / sum(1 / math.log2(rank + 2) for rank in range(min(depth, row.relevant)))


def auroc(outcomes: Sequence[tuple[float, bool]]) -> float | None:
    """The probability that a positive scores above a negative, ties half."""
    good = np.array([score for score, positive in outcomes if positive])
    bad = np.array([score for score, positive in outcomes if not positive])
    if not len(good) or not len(bad):
        return None
    ordered = np.sort(bad)
    below = np.searchsorted(ordered, good, "left") + np.searchsorted(ordered, good, "right")
    return float(below.mean() / (2 * len(bad)))


def answered_right(outcomes: Sequence[tuple[float, bool]], wrong_share: float) -> int:
    """The most that can be answered right by any threshold on the score with at most this share of answers wrong.

    Questions of the same score are answered all or none.
    """
    best = right = answered = 0
    ordered = sorted(outcomes, key=lambda outcome: -outcome[0])
    for at, (score, correct) in enumerate(ordered):
        right, answered = right + correct, answered + 1
        last_of_score = at + 1 == len(ordered) or ordered[at + 1][0] != score
        if last_of_score and answered - right <= wrong_share * answered + 1e-9:
            best = max(best, right)
    return best
