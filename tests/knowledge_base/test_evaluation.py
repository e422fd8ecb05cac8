from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, ndcg_score, roc_auc_score

from knowledge_base.evaluation import Judged, answered_right, at_limit, auroc, metrics

OUTCOMES = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60)


@given(OUTCOMES)
def test_auroc_agrees_with_scikit_learn(outcomes: list[tuple[float, bool]]) -> None:
    positives = [positive for _, positive in outcomes]
    if len(set(positives)) < 2:
        assert auroc(outcomes) is None
    else:
        expected = roc_auc_score(positives, [score for score, _ in outcomes])
        assert auroc(outcomes) == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.booleans(), min_size=2, max_size=30).filter(any))
def test_map_and_ndcg_agree_with_scikit_learn(ranks: list[bool]) -> None:
    right = np.array(ranks)
    found = metrics([Judged(right, int(right.sum()), 0.5)])
    scores = -np.arange(len(ranks), dtype=float)
    assert found["map"] == pytest.approx(average_precision_score(right, scores))
    assert found["ndcg_at_10"] == pytest.approx(ndcg_score([right.astype(float)], [scores], k=10))


@given(OUTCOMES, st.sampled_from([0.01, 0.05, 0.1]))
def test_answered_right_is_the_best_of_all_thresholds(outcomes: list[tuple[float, bool]], share: float) -> None:
    best = 0
    for threshold in {score for score, _ in outcomes}:
        answered = [right for score, right in outcomes if score >= threshold]
        if sum(not right for right in answered) <= share * len(answered) + 1e-9:
            best = max(best, sum(answered))
    assert answered_right(outcomes, share) == best


def test_what_happens_at_the_limit_adds_up() -> None:
    kinds = [("answer", True)] * 8 + [("answer", False)] * 2 + [("suggestions", True)] * 5 + [("abstain", False)] * 5
    served = at_limit(kinds, 0.7, 0.25)
    assert served == {
        "limit": 0.25, "threshold": 0.7, "questions": 20, "answered": 0.5, "wrong": 0.2, "suggested": 0.25,
        "clarified": 0.0, "abstained": 0.25,
    }  # fmt: skip


def test_where_the_questions_cannot_tell_there_is_no_number() -> None:
    found = metrics([Judged(np.array([False]), 0, 0.5)])
    assert set(found.values()) == {None}
    assert at_limit([], None, 0.1)["answered"] is None
