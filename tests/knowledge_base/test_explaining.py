"""Why an article ranks where it does: the reasons add up, and tell of nothing hidden."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.answering import Answerer
from knowledge_base.documents import Article, make_article
from knowledge_base.embedding import Encoder
from knowledge_base.explaining import explain_search, pieces
from knowledge_base.index import Index
from knowledge_base.keywords import tokenise
from knowledge_base.prior import PRIOR

EVERYONE = frozenset({"everyone"})
QUESTION = "vpn keeps disconnecting since the update, zzyzx"
HIDDEN = make_article(
    id="vpn-shutdown-plan",
    title="VPN disconnecting: the gateway is switched off next week",
    body="Since the update the VPN keeps disconnecting. zzyzx is the project's name.",
    audience=("managers",),
    ask=("why does the vpn keep disconnecting since the update",),
)


@pytest.fixture(scope="module")
def answerer(index: Index, encoder: Encoder) -> Answerer:
    return Answerer(index, encoder, PRIOR)


def test_the_parts_add_up_to_the_score_and_the_features_to_the_probability(answerer: Answerer) -> None:
    explained = explain_search(answerer, QUESTION, EVERYONE, 5, 0.1)
    assert len(explained.hits) == 5
    for hit in explained.hits:
        assert sum(part.adds for part in hit.parts) == pytest.approx(hit.score, abs=1e-6)
        odds = explained.intercept + sum(feature.adds for feature in hit.features)
        assert 1 / (1 + math.exp(-odds)) == pytest.approx(hit.probability, abs=1e-6)


def test_the_order_and_the_decision_are_those_that_are_served(answerer: Answerer) -> None:
    explained = explain_search(answerer, QUESTION, EVERYONE, 4, 0.1)
    served = answerer.search(QUESTION, EVERYONE, 4)
    assert [hit.article_id for hit in explained.hits] == [hit.article_id for hit in served]
    assert [hit.probability for hit in explained.hits] == pytest.approx([hit.probability for hit in served])
    assert ["".join(piece.text for piece in hit.passage) for hit in explained.hits] == [hit.passage for hit in served]
    assert explained.reply == answerer.answer(QUESTION, EVERYONE, 0.1)


def test_each_way_in_is_named_with_the_text_that_was_nearest(articles: tuple[Article, ...], encoder: Encoder) -> None:
    article = next(article for article in articles if article.ask and article.readable_by(EVERYONE))
    confirmed = {article.id: ["how come that nothing of it works any more on my old machine"]}
    index = Index.build(articles, encoder, confirmed=confirmed)
    explained = explain_search(Answerer(index, encoder, PRIOR), article.ask[0], EVERYONE, 1, 0.1)
    doors = {door.kind: door for door in explained.hits[0].doors}
    assert explained.hits[0].article_id == article.id
    assert explained.hits[0].doors[0].kind == "ask" and doors["ask"].text == article.ask[0]
    assert doors["ask"].cosine == pytest.approx(1.0, abs=0.02)  # the question runs through the int8 graph
    assert doors["title"].text == article.title and doors["confirmed"].text == confirmed[article.id][0]
    cosines = [door.cosine for door in explained.hits[0].doors]
    assert cosines == sorted(cosines, reverse=True)


def test_words_are_found_in_the_passage_elsewhere_or_nowhere(encoder: Encoder) -> None:
    article = make_article(
        id="printer",
        title="The printer stays silent",
        body="Press the green button of the printer.\n\n## Toner\n\nThe cartridge is changed by the caretaker.",
    )
    explained = explain_search(
        Answerer(Index.build([article], encoder), encoder, PRIOR),
        "press the printers button, not the cartridge, zzyzx", EVERYONE, 1, 0.1,
    )  # fmt: skip
    place = dict(zip([word.text for word in explained.words], explained.hits[0].places, strict=True))
    assert (place["printers"], place["button"], place["zzyzx"]) == ("passage", "passage", "nowhere")
    known = {word.text: word.known for word in explained.words}
    assert known["cartridge"] and not known["zzyzx"]
    assert sum(word.telling for word in explained.words) == pytest.approx(1.0)
    assert next(word.telling for word in explained.words if word.text == "the") == 0
    assert {piece.text for piece in explained.hits[0].passage if piece.asked} >= {"printer", "button"}


@given(st.text(max_size=200), st.text(max_size=60))
def test_pieces_together_are_the_text(text: str, question: str) -> None:
    assert "".join(piece.text for piece in pieces(text, frozenset(tokenise(question)))) == text


@pytest.mark.parametrize("question", ["", "   ", "?!", "\x00\ud800"])
def test_a_question_without_words_has_no_ranking(answerer: Answerer, question: str) -> None:
    explained = explain_search(answerer, question, EVERYONE, 5, 0.1)
    assert (explained.hits, explained.words, explained.reply.kind) == ((), (), "abstain")


def test_nothing_tells_of_an_article_that_the_reader_may_not_see(
    articles: tuple[Article, ...], encoder: Encoder
) -> None:
    with_it = Answerer(Index.build([*articles, HIDDEN], encoder), encoder, PRIOR)
    without = Answerer(Index.build(articles, encoder), encoder, PRIOR)
    seen, unseen = (explain_search(one, QUESTION, EVERYONE, 50, 0.1) for one in (with_it, without))
    # The version follows from all articles, so it is no part of what is explained.
    assert replace(seen, reply=replace(seen.reply, index_version="")) == replace(
        unseen, reply=replace(unseen.reply, index_version="")
    )
    assert not next(word.known for word in seen.words if word.text == "zzyzx")
    managers = explain_search(with_it, QUESTION, frozenset({"managers"}), 1, 0.1)
    assert managers.hits[0].article_id == HIDDEN.id
    assert next(word.known for word in managers.words if word.text == "zzyzx")


def test_a_retracted_article_is_gone_from_the_explanation(answerer: Answerer) -> None:
    first = explain_search(answerer, QUESTION, EVERYONE, 1, 0.1).hits[0].article_id
    left = explain_search(answerer.without([first]), QUESTION, EVERYONE, 50, 0.1)
    assert first not in {hit.article_id for hit in left.hits}
