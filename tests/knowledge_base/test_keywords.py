from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.keywords import Keywords, stem, tokenise


@pytest.mark.parametrize(
    ("text", "whole", "parts"),
    [
        ("Error 0x800704CF!", "0x800704cf", {"800704"}),
        ("AADSTS50076:", "aadsts50076", {"aadst", "50076"}),
        ("laptop LF-12345.", "lf-12345", {"lf", "12345"}),
        ("802.1x", "802.1x", {"802"}),
        ("Version 10.0.22631?", "10.0.22631", {"22631"}),
        ("Wi-Fi", "wi-fi", {"wi", "fi"}),
        ("KB5068861", "kb5068861", {"kb", "5068861"}),
    ],
)  # fmt: skip
def test_codes_versions_and_names_are_kept_whole_as_well_as_in_parts(text: str, whole: str, parts: set[str]) -> None:
    tokens = tokenise(text)
    assert whole in tokens
    assert parts <= set(tokens)


@pytest.mark.parametrize(
    ("one", "other"),
    [("printers", "printer"), ("printing", "print"), ("printed", "print"), ("stopped", "stop"), ("policies", "policy"),
     ("connecting", "connect"), ("mailboxes", "mailboxe"), ("logged", "logging")],
)  # fmt: skip
def test_plural_and_verb_endings_do_not_matter(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_words_without_meaning_of_their_own_are_left_out() -> None:
    assert tokenise("How do I get to the VPN, and what's my PIN?") == ["vpn", "pin"]


def test_a_question_whose_words_stand_nowhere_scores_nothing_and_is_unknown() -> None:
    keywords = Keywords([tokenise("reset a password"), tokenise("print with a badge")])
    assert keywords.scores(tokenise("pizza tonight")).tolist() == [0.0, 0.0]
    assert keywords.unknown(tokenise("pizza tonight")) == pytest.approx(1.0)


def test_an_exact_code_beats_a_common_word() -> None:
    documents = ["error when printing", "error 0x800704cf on the vpn", "error in outlook error error"]
    scores = Keywords([tokenise(text) for text in documents]).scores(tokenise("error 0x800704CF"))
    assert scores.argmax() == 1


def test_no_documents_and_no_words_are_fine() -> None:
    assert Keywords([]).scores(["a"]).tolist() == []
    assert Keywords([[]]).scores([]).tolist() == [0.0]


@given(st.lists(st.text(max_size=60), max_size=8), st.text(max_size=80))
def test_scores_and_cover_are_shares(documents: list[str], question: str) -> None:
    keywords = Keywords([tokenise(text) for text in documents])
    tokens = tokenise(question)
    assert all(0 <= score <= 1 + 1e-6 for score in keywords.scores(tokens))
    for text in documents:
        assert 0 <= keywords.cover(tokens, frozenset(tokenise(text))) <= 1 + 1e-9


WORDS = st.lists(st.lists(st.sampled_from("vpn wifi pin mail badge outlook".split()), max_size=12), max_size=8)


@given(WORDS, st.sets(st.integers(0, 7)), st.lists(st.sampled_from("vpn wifi pin mail pizza".split()), max_size=5))
def test_documents_that_are_taken_out_are_as_if_they_had_never_been_counted(
    documents: list[list[str]], gone: set[int], question: list[str]
) -> None:
    ours = Keywords(documents).without({row: words for row, words in enumerate(documents) if row in gone})
    afresh = Keywords([words for row, words in enumerate(documents) if row not in gone])
    assert ours.count == afresh.count
    assert ours.raw(question) == pytest.approx(afresh.raw(question), abs=1e-5)
    assert ours.scores(question) == pytest.approx(afresh.scores(question), abs=1e-5)
    assert ours.unknown(question) == pytest.approx(afresh.unknown(question))
    assert ours.cover(question, ["vpn", "mail"]) == pytest.approx(afresh.cover(question, ["vpn", "mail"]))
