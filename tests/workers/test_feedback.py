"""What people said about answers becomes doors and evidence; nobody can teach it alone, and nothing hidden leaks."""

import shutil
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.documents import Article, Question, fingerprint, make_article
from knowledge_base.index import Index
from tests.workers.asked import SALARY, VPN, WIFI, ask, choose, judge
from tests.workers.office import ANNA, BEN, GUEST, MIRA, WORKSPACE, Office
from workers import serving
from workers.knowledge.feedback import (
    A_PERSON,
    LONGEST,
    LiveOutcome,
    confirmed_questions,
    few_of_each,
    live_questions,
    outcomes,
    summary,
)
from workers.knowledge.indexing import served_articles, sync_articles
from workers.service_desk import ServiceDesk
from workers.settings import Settings
from workers.store.columns import now
from workers.store.tables import Receipt
from workers.tickets import work

SMALL_DESK = Path(__file__).parents[1] / "knowledge_base" / "desk"
ARTICLES = (VPN, WIFI, SALARY)


def a_question(door: bool, words: str = "the vpn drops") -> str:
    """A question that falls into this half."""
    numbered = (f"{words} {number}" for number in count())
    return next(text for text in numbered if (int(fingerprint(text), 16) % 2 == 0) is door)


DOOR, EVIDENCE = a_question(door=True), a_question(door=False)


def doors(office: Office, *articles: Article) -> dict[str, list[str]]:
    with office.store.read() as session:
        return confirmed_questions(session, WORKSPACE, articles or ARTICLES)


def evidence(office: Office, labelled: tuple[Question, ...] = ()) -> tuple[Question, ...]:
    with office.store.read() as session:
        return live_questions(session, WORKSPACE, ARTICLES, labelled)


def said(
    office: Office, question: str, solved: bool, by: str = ANNA, article: Article = VPN, channel: str = "D0ANNA"
) -> int:
    receipt = ask(office, question, article, by=by, channel=channel)
    judge(office, receipt, article, solved)
    return receipt


def test_a_question_that_was_solved_is_a_door_or_evidence_and_never_both(office: Office) -> None:
    said(office, DOOR, True)
    said(office, EVIDENCE, True)
    assert doors(office) == {"vpn": [DOOR]}
    (found,) = evidence(office)
    assert (found.text, found.articles, found.weight) == (EVIDENCE, {"vpn"}, pytest.approx(1.0))


def test_a_question_that_was_not_solved_is_no_door_and_labels_no_article(office: Office) -> None:
    said(office, DOOR, False)
    said(office, EVIDENCE, False)
    assert doors(office) == {}
    assert [question.articles for question in evidence(office)] == [frozenset()]


def test_a_door_is_closed_when_the_same_question_is_not_solved_later(office: Office) -> None:
    said(office, DOOR, True)
    said(office, DOOR.upper(), False, by=BEN)
    assert doors(office) == {}
    said(office, DOOR, True, by=MIRA)
    assert doors(office) == {"vpn": [DOOR]}


def test_one_person_opens_two_doors_to_an_article_at_most(office: Office) -> None:
    questions = [a_question(door=True, words=f"my printer {number} sings") for number in range(6)]
    for question in questions:
        said(office, question, True)
    assert doors(office) == {"vpn": questions[:-3:-1]}  # the newest two, newest first
    said(office, questions[0], True, by=BEN)
    assert len(doors(office)["vpn"]) == A_PERSON + 1


def test_only_what_the_asker_may_read_now_opens_a_door(office: Office) -> None:
    said(office, DOOR, True, by=ANNA, article=SALARY)  # no manager: was one once
    said(office, DOOR, True, by=GUEST)
    said(office, DOOR, True, by="somebody.gone")
    said(office, DOOR, True, by=MIRA, article=SALARY, channel="C0GENERAL")  # everybody could read along
    assert doors(office) == {}
    said(office, DOOR, True, by=MIRA, article=SALARY)
    assert doors(office) == {"salary": [DOOR]}


def test_evidence_is_asked_with_the_eyes_of_the_person_who_asked(office: Office) -> None:
    said(office, EVIDENCE, True, by=MIRA, channel="C0GENERAL")
    assert [question.audiences for question in evidence(office)] == [{"everyone"}]


def test_only_articles_that_are_there_teach(office: Office) -> None:
    said(office, DOOR, True)
    assert doors(office, WIFI) == {}


def test_a_not_solved_of_an_older_text_says_nothing_about_the_new_one(office: Office) -> None:
    said(office, DOOR, True)
    said(office, DOOR, False)
    said(office, EVIDENCE, False)
    changed = make_article(id="vpn", title="VPN drops", owner="jonas.brandt", body="Restart it twice. Then wait.")
    with office.store.read() as session:
        assert live_questions(session, WORKSPACE, [changed]) == ()
        assert confirmed_questions(session, WORKSPACE, [changed]) == {}  # what was said before does not count again
        assert len(live_questions(session, WORKSPACE, [VPN])) == 1


def test_a_ticket_that_was_taken_back_says_nothing_about_the_article(office: Office) -> None:
    receipt = said(office, EVIDENCE, False)
    with office.store.read() as session:
        (outcome,) = outcomes(session, WORKSPACE, ARTICLES)
        assert outcome.receipt == receipt
    ticket = office.open(EVIDENCE)
    subject = f"message:D0ANNA/{office.ticket(ticket).source_ts}"
    with office.store.begin() as session:
        session.get_one(Receipt, receipt).subject = subject
    office.do(work.withdraw, ticket, ANNA)
    assert evidence(office) == ()


def test_what_is_labelled_already_and_what_is_a_story_is_left_out(office: Office) -> None:
    said(office, EVIDENCE, True)
    assert evidence(office, (Question(EVIDENCE.upper(), frozenset({"vpn"})),)) == ()
    said(office, "my day " * LONGEST, True)
    assert len(evidence(office)) == 1


def test_a_click_on_the_third_suggestion_weighs_more_than_one_on_the_first(office: Office) -> None:
    first, third = a_question(False, "it drops on the first"), a_question(False, "it drops on the third")
    for question, chosen, by in ((first, VPN, MIRA), (third, SALARY, MIRA)):
        receipt = ask(office, question, VPN, WIFI, SALARY, decision="suggestions", by=by)
        choose(office, receipt, chosen)
        judge(office, receipt, chosen, solved=True)
    weights = {question.text: question.weight for question in evidence(office)}
    assert 2.5 < weights[third] / weights[first] < 3.5  # one click has moved the estimate a little
    assert sum(weights.values()) == pytest.approx(2.0)


def test_one_question_that_two_articles_solved_is_labelled_with_both(office: Office) -> None:
    said(office, EVIDENCE, True)
    said(office, EVIDENCE, True, by=BEN, article=WIFI)
    (found,) = evidence(office)
    assert found.articles == {"vpn", "wifi"}


def test_the_numbers_are_told(office: Office) -> None:
    said(office, DOOR, True)
    said(office, EVIDENCE, False, by=BEN)
    ask(office, "not judged", VPN)
    with office.store.read() as session:
        told = summary(session, WORKSPACE, ARTICLES, ())
    assert (told.outcomes, told.solved, told.not_solved, told.doors) == (2, 1, 1, {"vpn": 1})
    assert told.response_shares == {"answer": pytest.approx(2 / 3)}
    assert (told.evidence, told.evidence_right, told.worth) == (1, 0, 1.0)


def test_a_sync_takes_in_what_people_said(quick_office: Office, tmp_path: Path, encoder_folder: Path) -> None:
    office = quick_office
    shutil.copytree(SMALL_DESK, tmp_path / "desk")
    shutil.copytree(encoder_folder, tmp_path / "encoder" / encoder_folder.name)
    settings = Settings(home=tmp_path, desk=tmp_path / "desk")
    desk = ServiceDesk(settings, office.store, office.handbook)
    sync_articles(desk, WORKSPACE, MIRA)
    with office.store.read() as session:
        password = next(article for article in served_articles(session, desk.bundles) if article.id == "password")
    said(office, DOOR, True, article=password)
    sync_articles(desk, WORKSPACE, MIRA)
    with office.store.read() as session:
        served = serving.served(session, "knowledge")
    assert Index.load(desk.bundles / str(served) / "index").confirmed == {"password": (DOOR,)}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.text("pq", max_size=3), st.booleans())))
def test_nobody_counts_more_than_twice_for_an_article(rows: list[tuple[str, str, str, bool]]) -> None:
    found = [
        LiveOutcome(text, article, right, 1.0, person, frozenset({"everyone"}), number, now())
        for number, (person, article, text, right) in enumerate(rows)
    ]
    kept = few_of_each(found)
    assert [outcome for outcome in found if outcome in kept] == kept
    for person in "abc":
        for article in "xy":
            its = [o for o in found if (o.person, o.article) == (person, article)]
            assert [o for o in kept if (o.person, o.article) == (person, article)] == its[:A_PERSON]
