from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from knowledge_base.documents import EVERYONE, Article
from knowledge_base.embedding import Encoder
from knowledge_base.gate import features
from knowledge_base.index import Index
from knowledge_base.prior import PRIOR
from knowledge_base.ranking import AGAINST, PARTS, Floats, Ranking
from knowledge_base.ranking_fitting import RankedQuestion, fit_ranking
from knowledge_base.retrieval import CANDIDATES, Ranked, Retriever, candidates_of
from knowledge_base.view import View

QUESTIONS = [
    "how can I print the salary letters",
    "rotate domain administrator credentials CHG-2201",
    "printer at my desk does not print",
    "0x800704cf",
    "AADSTS50076 when joining the wifi",
    "pizza tonight?",
]


def ids(ranked: Ranked) -> list[str]:
    return [ranked.article(at).id for at in ranked.order.tolist()]


@pytest.mark.parametrize("audiences", [frozenset[str](), frozenset({"managers"}), frozenset({"it"})])
@pytest.mark.parametrize("question", QUESTIONS)
def test_hidden_articles_leave_no_trace_in_order_scores_or_probability(
    articles: tuple[Article, ...], encoder: Encoder, index: Index, audiences: frozenset[str], question: str
) -> None:
    visible = [article for article in articles if article.readable_by(audiences)]
    assert len(visible) < len(articles)
    ours = Retriever(index, encoder).rank(question, audiences, PRIOR.ranking)
    alone = Retriever(Index.build(visible, encoder, previous=index), encoder).rank(question, audiences, PRIOR.ranking)
    assert ids(ours) == ids(alone)
    assert np.allclose(ours.parts, alone.parts, atol=1e-5)
    first = int(ours.order[0])
    assert np.allclose(features(ours, first, PRIOR.ranking), features(alone, first, PRIOR.ranking), atol=1e-4)


def test_everybody_reads_what_is_for_everyone_and_only_members_the_rest(index: Index, encoder: Encoder) -> None:
    retriever = Retriever(index, encoder)

    def found(*audiences: str) -> set[str]:
        return set(ids(retriever.rank("printer", frozenset(audiences), PRIOR.ranking)))

    assert found() == found(EVERYONE) == found("managers", "it") - {"salary-letters", "domain-admin"}
    assert "salary-letters" in found("managers")
    assert "domain-admin" not in found("managers")


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("0x800704cf", "vpn-windows"),
        ("AADSTS50076", "wifi"),
        ("SC542", "printer"),
        ("globalprotect on my mac", "vpn-mac"),
        ("cant remember my pass word", "password"),
    ],
)
def test_codes_and_meaning_both_find_the_article(index: Index, encoder: Encoder, question: str, article: str) -> None:
    assert ids(Retriever(index, encoder).rank(question, frozenset(), PRIOR.ranking))[0] == article


def test_the_shown_passage_is_a_passage_of_the_article_nearest_to_the_question(index: Index, encoder: Encoder) -> None:
    ranked = Retriever(index, encoder).rank(
        "my phone with the authenticator is lost, password", frozenset(), PRIOR.ranking
    )
    passage, _ = ranked.passage(int(ranked.order[0]))
    assert passage.title_path == ("Reset a forgotten password", "When it does not help")
    assert passage.text in ranked.article(int(ranked.order[0])).body


def test_a_retracted_article_is_gone_from_vectors_and_words_at_once(
    articles: tuple[Article, ...], encoder: Encoder, index: Index
) -> None:
    before = Retriever(index.without(["vpn-windows"]), encoder).rank("0x800704cf vpn", frozenset(), PRIOR.ranking)
    rest = [article for article in articles if article.id != "vpn-windows"]
    afresh = Retriever(Index.build(rest, encoder), encoder).rank("0x800704cf vpn", frozenset(), PRIOR.ranking)
    assert ids(before) == ids(afresh)
    assert np.allclose(before.scores, afresh.scores, atol=1e-5)
    assert "vpn-windows" in ids(Retriever(index, encoder).rank("vpn", frozenset(), PRIOR.ranking)), "the old one stays"


def test_an_index_with_nothing_to_read_gives_nothing(index: Index, encoder: Encoder) -> None:
    nothing = index.without(article.id for article in index.articles)
    assert ids(Retriever(nothing, encoder).rank("vpn", frozenset(), PRIOR.ranking)) == []


def test_candidates_are_named_by_vectors_and_by_words() -> None:
    parts = np.zeros((100, len(PARTS)))
    parts[:40, PARTS.index("dense")] = np.linspace(0.9, 0.5, 40)
    parts[60:, PARTS.index("keyword")] = np.linspace(0.1, 0.8, 40)
    named = candidates_of(parts).tolist()
    assert named == [*range(CANDIDATES), *range(100 - CANDIDATES, 100)]


def test_behind_a_tie_the_earlier_article_is_named() -> None:
    assert candidates_of(np.zeros((100, len(PARTS)))).tolist() == list(range(CANDIDATES))


def test_what_is_like_everything_else_is_known_as_generic(index: Index) -> None:
    view = View(index, np.array(index.readable(frozenset()), np.int64))
    passages = [door for door in view.doors.tolist() if index.door_columns[door] == 1]
    likeness = {door: view.generic(door) for door in passages}
    vectors = index.matrix[passages]
    own = index.door_articles[passages]
    nearest = np.where(own[:, None] == own[None, :], -1.0, vectors @ vectors.T).max(axis=1)
    assert all(0 <= likeness[door] <= near + 1e-6 for door, near in zip(passages, nearest.tolist(), strict=True))
    assert len({round(value, 3) for value in likeness.values()}) > 1


def test_an_article_with_like_ones_behind_it_comes_second_but_never_first() -> None:
    scores = np.array([1.0, 0.9, 0.88, 0.87])
    likeness = np.eye(4)
    likeness[2, 3] = likeness[3, 2] = 0.9
    assert replace(PRIOR.ranking, support=0.0).order(scores, likeness).tolist() == [0, 1, 2, 3]
    helped = replace(PRIOR.ranking, support=5.0).order(scores, likeness).tolist()
    assert helped[0] == 0
    assert set(helped[1:3]) == {2, 3}


def made_question(parts: Floats, right: int | None) -> RankedQuestion:
    return RankedQuestion(parts, np.arange(len(parts)) == right, np.eye(len(parts)))


def make_questions(telling: int, count: int, seed: int) -> list[RankedQuestion]:
    """Questions over ten articles in which one part alone tells the right one, or tells against the wrong ones."""
    dice = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        parts = dice.random((10, len(PARTS)))
        own = parts[:, telling]
        made.append(made_question(parts, int(own.argmin() if PARTS[telling] in AGAINST else own.argmax())))
    return made


@pytest.mark.parametrize("telling", range(len(PARTS)))
def test_the_fit_trusts_the_part_that_finds_the_right_article(telling: int) -> None:
    ranking = fit_ranking(make_questions(telling, 120, 0), PRIOR.ranking)
    assert int(np.argmax(np.abs(ranking.weights))) == telling
    assert sum(weight for weight in ranking.weights if weight > 0) == pytest.approx(1.0)
    against = [name in AGAINST for name in PARTS]
    assert all(weight <= 0 if bad else weight >= 0 for weight, bad in zip(ranking.weights, against, strict=True))


def test_few_questions_change_little() -> None:
    telling = PARTS.index("keyword")
    few = fit_ranking(make_questions(telling, 1, 0), PRIOR.ranking)
    many = fit_ranking(make_questions(telling, 200, 0), PRIOR.ranking)
    assert abs(few.weights[telling] - PRIOR.ranking.weights[telling]) < 0.1
    assert many.weights[telling] > 0.6


def test_questions_without_a_right_article_leave_the_ranking_as_it_was() -> None:
    wrong = made_question(np.random.default_rng(0).random((5, len(PARTS))), None)
    assert fit_ranking([wrong], PRIOR.ranking) == PRIOR.ranking


def test_a_ranking_survives_json() -> None:
    assert Ranking.from_json(PRIOR.ranking.to_json()) == PRIOR.ranking
