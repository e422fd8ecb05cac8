from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.answering import Answerer, Judged, build_bundle, decide
from knowledge_base.documents import Article
from knowledge_base.embedding import Encoder
from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.gate import Gate
from knowledge_base.index import Index
from knowledge_base.prior import PRIOR
from knowledge_base.ranking import PARTS
from knowledge_base.risk import Outcome

NOBODY = frozenset[str]()
PROVED = tuple(Outcome(0.5 + step / 400, True) for step in range(200))


@pytest.fixture(scope="module")
def proved(index: Index, encoder: Encoder) -> Answerer:
    """With a gate to which a calibration without a single mistake was given, from .5 on."""
    return Answerer(index, encoder, replace(PRIOR, calibration=PROVED))


def test_a_clear_question_is_answered_with_passage_article_and_runbook(proved: Answerer) -> None:
    reply = proved.answer("I forgot my password", NOBODY, 0.05)
    (hit,) = reply.hits
    assert (reply.kind, hit.article_id, hit.runbook, hit.owner) == ("answer", "password", "password_reset", "Ada Quill")
    assert "Forgot password" in hit.passage
    assert reply.threshold is not None
    assert reply.confidence == hit.probability >= reply.threshold
    assert set(hit.scores) == set(PARTS)
    assert "Reset a forgotten password" in reply.why


def test_without_labelled_questions_it_only_suggests_and_says_so(index: Index, encoder: Encoder) -> None:
    reply = Answerer(index, encoder, PRIOR).answer("I forgot my password", NOBODY, 0.05)
    assert (reply.kind, reply.threshold) == ("suggestions", None)
    assert reply.hits[0].article_id == "password"
    assert "suggestions only" in reply.why


def test_too_strict_a_limit_means_suggestions_only(proved: Answerer) -> None:
    assert proved.answer("I forgot my password", NOBODY, 0.001).kind == "suggestions"


def test_two_articles_that_compete_lead_to_one_question_with_at_most_three_options(
    index: Index, encoder: Encoder, proved: Answerer
) -> None:
    question = "vpn is not working"
    alone = proved.without(["vpn-mac"]).search(question)[0].probability
    together = proved.search(question)[0].probability
    between = tuple(Outcome((alone + together) / 2, True) for _ in range(60))
    assert alone > together
    reply = Answerer(index, encoder, replace(PRIOR, calibration=between)).answer(question, NOBODY, 0.05)
    assert reply.kind == "clarify"
    assert {hit.article_id for hit in reply.hits} == {"vpn-windows", "vpn-mac"}


@pytest.mark.parametrize("question", ["what is for lunch today", "book a flight to Oslo", "asdf qwer zxcv"])
def test_what_no_article_answers_is_not_answered(proved: Answerer, question: str) -> None:
    reply = proved.answer(question, NOBODY, 0.05)
    assert reply.kind == "abstain"
    assert reply.hits == ()


@pytest.mark.parametrize("question", ["", "   \n", "😀😀", "\0", "???", "\ud83d", "---"])
def test_a_message_without_words_is_an_abstention(proved: Answerer, question: str) -> None:
    reply = proved.answer(question, NOBODY, 0.05)
    assert (reply.kind, reply.hits, reply.confidence) == ("abstain", (), 0.0)
    assert proved.search(question) == ()


def test_a_message_of_forty_thousand_characters_is_handled(proved: Answerer) -> None:
    reply = proved.answer("I forgot my password. " * 1900, NOBODY, 0.05)
    assert reply.hits[0].article_id == "password"
    proved.answer("x" * 40_000, NOBODY, 0.05)


@settings(max_examples=40, deadline=None)
@given(question=st.text(max_size=200), limit=st.floats(0.001, 0.5))
def test_any_message_gets_a_reply_that_holds_together(proved: Answerer, question: str, limit: float) -> None:
    reply = proved.answer(question, NOBODY, limit)
    shown = {"answer": (1, 1), "clarify": (2, 3), "suggestions": (1, 3), "abstain": (0, 0)}[reply.kind]
    assert shown[0] <= len(reply.hits) <= shown[1]
    assert 0 <= reply.confidence <= 1
    assert (reply.kind == "answer") <= (reply.threshold is not None and reply.confidence >= reply.threshold)
    assert not {"salary-letters", "domain-admin"} & {hit.article_id for hit in reply.hits}


def test_a_retracted_article_stops_answering(proved: Answerer) -> None:
    reply = proved.without(["password"]).answer("I forgot my password", NOBODY, 0.05)
    assert "password" not in {hit.article_id for hit in reply.hits}
    assert proved.answer("I forgot my password", NOBODY, 0.05).hits[0].article_id == "password"


def test_a_hidden_article_answers_only_those_who_may_read_it(proved: Answerer) -> None:
    question = "how do I print the salary letters of my team"
    assert "salary-letters" not in {hit.article_id for hit in proved.answer(question, NOBODY, 0.05).hits}
    assert proved.answer(question, frozenset({"managers"}), 0.05).hits[0].article_id == "salary-letters"


def test_an_encoder_other_than_the_indexs_is_refused(index: Index, encoder: Encoder) -> None:
    other = Index(index.articles, {}, index.vectors, index.sentence_vectors, "another")
    with pytest.raises(KnowledgeBaseError, match="kb sync"):
        Answerer(other, encoder, PRIOR)


def test_a_bundle_is_built_once_for_the_same_content_and_serves(
    tmp_path: Path, encoder_dir: Path, articles: tuple[Article, ...]
) -> None:
    first = build_bundle(articles, None, tmp_path, encoder_dir)
    again = build_bundle(articles, None, tmp_path, encoder_dir, previous=first)
    assert again == first
    assert [path.name for path in tmp_path.iterdir()] == [first.name]
    served = Answerer.open(first, encoder_dir)
    assert served.version == first.name == served.answer("vpn", NOBODY, 0.1).index_version


def test_a_bundle_with_another_gate_is_another_version_and_a_damaged_one_is_refused(
    tmp_path: Path, encoder_dir: Path, articles: tuple[Article, ...]
) -> None:
    folder = build_bundle(articles, None, tmp_path, encoder_dir)
    gate = folder / "gate.json"
    gate.write_text(gate.read_text().replace('"delta": 0.1', '"delta": 0.5'))
    with pytest.raises(KnowledgeBaseError, match="damaged"):
        Answerer.open(folder, encoder_dir)
    shutil.rmtree(folder / "index")
    with pytest.raises(KnowledgeBaseError):
        Answerer.open(folder, encoder_dir)


def test_a_gate_survives_json(tmp_path: Path) -> None:
    gate = replace(PRIOR, calibration=PROVED)
    gate.save(tmp_path / "gate.json")
    assert Gate.load(tmp_path / "gate.json") == gate
    summary = json.loads((tmp_path / "gate.json").read_text())["summary"]
    assert summary["calibrated_on"] == 200
    assert len(summary["risk_curve"]) > 10


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"ranking": 3}'])
def test_a_gate_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "gate.json").write_text(text)
    with pytest.raises(KnowledgeBaseError, match="kb sync"):
        Gate.load(tmp_path / "gate.json")


@pytest.mark.parametrize(("second", "kind"), [(0.5, "clarify"), (0.2, "suggestions")])
def test_only_a_hit_about_as_good_as_the_first_is_worth_a_question(second: float, kind: str) -> None:
    judged = Judged(probabilities=(0.8, 0.4, 0.1), alone=(0.95, 0.94, 0.2), beliefs=(1.0, second, 0.01))
    assert decide(judged, 0.93, 0.2)[0] == kind
