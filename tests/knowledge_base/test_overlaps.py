"""Articles that say the same, or the opposite."""

from __future__ import annotations

import pytest

from knowledge_base.documents import Article, make_article
from knowledge_base.embedding import Encoder
from knowledge_base.index import Index
from knowledge_base.overlaps import contradictions, difference, duplicates, overlap

RESET = "Press the reset button for ten seconds, wait until the light is green, then sign in again with your card."


def article(id: str, body: str, title: str = "") -> Article:
    return make_article(id=id, title=title or id.replace("-", " "), body=body)


CONTRADICTING = (
    ("Passwords must have at least 14 characters.", "A password must have at least 12 characters.", "14 ≠ 12"),
    ("Install GlobalProtect 6.2 from Company Portal.", "Install GlobalProtect 5.1 from Company Portal.", "6.2 ≠ 5.1"),
    ("Macros are disabled by default in Excel.", "Macros are enabled by default in Excel.", "disabled ≠ enabled"),
    (r"Copy the file to C:\Temp\Logs first.", r"First copy the file to D:\Logs.", r"c:\temp\logs ≠ d:\logs"),
    ("You may print from a phone.", "You may not print from a phone.", "only one of them says “not”"),
)
# Both may be true, or one says less. The first five stand in the starter desk.
FITTING = (
    ("A licence unused for 60 days is taken, with a mail 14 days before.", "A licence unused for 60 days is taken."),
    ("Sessions end after 60 minutes without input; unsaved entries are gone.", "Sessions end after 20 minutes."),
    ("Allowed are PDF, JPG and PNG under 5 MB.", "Files: PDF or JPG under 10 MB, no special signs in the name."),
    ("From £100 to £500 the cost centre's owner too.", "Over £1,000 the cost centre's owner must agree too."),
    ("Install it from Company Portal if it is missing.", "If it is not there, install it from Company Portal."),
    ("On Windows 11 open Settings > Accounts.", "On macOS 15 open Settings > Accounts."),
    ("Restart the laptop and try again.", "Restart the laptop, then try again."),
    ("", "Restart."),
)


@pytest.mark.parametrize(("one", "other", "differs"), CONTRADICTING)
def test_nearly_the_same_sentence_with_another_value_contradicts(one: str, other: str, differs: str) -> None:
    assert difference(one, other) == differs
    assert difference(other, one) is not None


@pytest.mark.parametrize(("one", "other"), FITTING)
def test_what_may_both_be_true_is_no_contradiction(one: str, other: str) -> None:
    assert difference(one, other) is None


def test_a_contradiction_is_found_between_articles_and_names_both_sentences(encoder: Encoder) -> None:
    found = contradictions(
        Index.build(
            [
                article("password-rules", "Write it down nowhere. Passwords must have at least 14 characters."),
                article("first-day", "Choose a password. A password must have at least 12 characters."),
                article("lunch", "The canteen opens at 12 and has 14 tables for everybody."),
            ],
            encoder,
        )
    )
    assert [(pair.first, pair.second, pair.differs) for pair in found] == [("first-day", "password-rules", "12 ≠ 14")]


def test_a_retracted_article_contradicts_nobody(encoder: Encoder) -> None:
    one, other = (
        article("a", "The VPN gateway answers on port 443."),
        article("b", "The VPN gateway answers on port 8443."),
    )
    index = Index.build([one, other], encoder)
    assert len(contradictions(index)) == 1
    assert contradictions(index.without(["b"])) == []


def test_a_copied_passage_makes_a_duplicate(encoder: Encoder) -> None:
    index = Index.build(
        [
            article("badge-reset", RESET),
            article("reader-reset", f"{RESET} Tell nobody."),
            article("tea", "Boil water."),
        ],
        encoder,
    )
    (pair,) = duplicates(index)
    assert (pair.first, pair.second) == ("badge-reset", "reader-reset") and pair.same_words == 1.0


def test_two_articles_with_one_title_are_duplicates(encoder: Encoder) -> None:
    index = Index.build(
        [article("one", "Open a ticket.", "Reset your badge"), article("two", "Ask at the gate.", "Reset your badge")],
        encoder,
    )
    assert [(pair.first, pair.second) for pair in duplicates(index)] == [("one", "two")]


def test_articles_on_one_subject_in_other_words_are_no_duplicates(index: Index) -> None:
    assert duplicates(index) == []


def test_overlap_counts_triples_of_the_shorter_text() -> None:
    assert overlap("alpha beta gamma delta", "alpha beta gamma delta epsilon zeta") == 1.0
    assert overlap("alpha beta gamma", "gamma beta alpha") == 0.0
