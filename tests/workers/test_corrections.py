"""An article changes or goes: every answer that quoted it is found, and corrected once, for those who may read it."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select, update

from knowledge_base.answering import Answerer
from knowledge_base.documents import Article, make_article
from knowledge_base.embedding import Encoder
from knowledge_base.index import Index
from knowledge_base.prior import PRIOR
from tests.workers.asked import SALARY, VPN, WIFI, ask, choose
from tests.workers.office import ANNA, BEN, JONAS, MIRA, WORKSPACE, Office, at_once
from tests.workers.slack_server import Slack, serve_slack
from workers import outbox, people, serving
from workers.governance import audit
from workers.knowledge import articles, corrections
from workers.knowledge.articles import ArticleTrouble
from workers.knowledge.corrections import QuotedAnswer, must_keep
from workers.slack.messenger import Messenger
from workers.store.columns import now
from workers.store.tables import Correction, Delivery
from workers.tickets.permissions import NotAllowed

WHY = "The old text said to restart the laptop"


def edited(article: Article, body: str, audience: tuple[str, ...] | None = None) -> Article:
    return make_article(
        id=article.id, title=article.title, owner=article.owner, body=body, updated=article.updated,
        audience=audience or article.audience,
    )  # fmt: skip


NEW_VPN = edited(VPN, "Choose another gateway in GlobalProtect. Never restart the laptop while the VPN drops.")
NEW_SALARY = edited(SALARY, "Salary letters are printed on the third floor only. Ask HR for the key.")


@pytest.fixture
def slack() -> Iterator[Slack]:
    with serve_slack() as made:
        yield made


class Library:
    """The served articles."""

    def __init__(self, office: Office, encoder: Encoder) -> None:
        self.office, self.encoder = office, encoder

    def serve(self, *of: Article) -> Answerer:
        """What answers from now on."""
        answerer = Answerer(Index.build(of, self.encoder), self.encoder, PRIOR)
        with self.office.store.begin() as session:
            serving.serve(session, WORKSPACE, "knowledge", answerer.version, MIRA, "articles synchronised")
        return answerer

    def retract(self, answerer: Answerer, article: Article) -> Answerer:
        """As `bot.knowledge` does it."""
        with self.office.store.begin() as session:
            articles.retract(session, WORKSPACE, article.id, MIRA, "wrong")
        return answerer.without([article.id])


@pytest.fixture
def library(office: Office, encoder: Encoder) -> Library:
    return Library(office, encoder)


def quoted(office: Office, answerer: Answerer, article: Article) -> tuple[QuotedAnswer, ...]:
    with office.store.read() as session:
        return corrections.answers_that_quoted(session, WORKSPACE, corrections.standing(answerer, article.id))


def post(office: Office, answerer: Answerer | None, article: Article, why: str = WHY) -> int:
    with office.store.read() as session:
        plan = corrections.plan(session, WORKSPACE, answerer, article.id)
    with office.store.begin() as session:
        return corrections.post(session, WORKSPACE, plan, why, MIRA)


def deliver(office: Office, slack: Slack) -> list[dict[str, str]]:
    """Send all that is written, due or not; gives the messages."""
    with office.store.begin() as session:
        session.execute(update(Delivery).values(due_at=now() - timedelta(seconds=1)))
    before = len(slack.messages)
    outbox.deliver_due(office.store, Messenger("xoxb-test", slack.url))
    return slack.messages[before:]


def test_answers_that_quoted_an_article_are_listed_with_what_they_quoted(office: Office, library: Library) -> None:
    answerer = library.serve(VPN, WIFI)
    ask(office, "vpn drops", VPN)
    chosen = ask(office, "it drops", VPN, WIFI, decision="suggestions", by=BEN)
    choose(office, chosen, VPN)
    ask(office, "it drops, but nothing was chosen", VPN, WIFI, decision="suggestions")
    ask(office, "wifi drops", WIFI)
    ask(office, "vpn dropped last winter", VPN, days_ago=120)
    found = quoted(office, answerer, VPN)
    assert [(row.person, row.question, row.is_outdated) for row in found] == [
        (BEN, "it drops", False),
        (ANNA, "vpn drops", False),
    ]
    assert all(row.is_outdated for row in quoted(office, library.serve(NEW_VPN, WIFI), VPN))
    assert post(office, answerer, VPN) == 0  # nothing has changed for what the first index serves


def test_a_correction_quotes_the_new_passage_in_the_thread_once_a_version(
    office: Office, library: Library, slack: Slack
) -> None:
    ask(office, "vpn drops when I restart the laptop", VPN)
    answerer = library.serve(NEW_VPN, WIFI)
    assert post(office, answerer, VPN) == 1
    assert post(office, answerer, VPN) == 0
    (message,) = deliver(office, slack)
    assert message["channel"] == "D0ANNA"
    assert message["thread_ts"].endswith(".000200")
    assert WHY in message["text"]
    assert "Choose another gateway" in str(message["blocks"])
    assert [row.corrected for row in quoted(office, answerer, VPN)] == [True]
    again = library.serve(edited(VPN, "Now it says a third thing. It is short."), WIFI)
    assert post(office, again, VPN, "Changed once more") == 1
    assert "third thing" in str(deliver(office, slack)[0]["blocks"])
    assert "answers_corrected" in office.actions("article:vpn")


def test_an_answer_from_an_article_that_is_gone_is_withdrawn(office: Office, library: Library, slack: Slack) -> None:
    ask(office, "vpn drops", VPN)
    answerer = library.serve(VPN, WIFI)
    assert post(office, library.retract(answerer, VPN), VPN) == 1
    (message,) = deliver(office, slack)
    assert "withdrawn" in message["text"]
    assert WHY in message["text"]
    assert "Restart it" not in str(message)
    ask(office, "wifi drops", WIFI)
    assert post(office, library.serve(VPN), WIFI) == 1  # its file was removed
    assert "withdrawn" in deliver(office, slack)[0]["text"]


def secret_free(message: dict[str, str]) -> bool:
    return "third floor" not in str(message) and WHY not in str(message) and "Salary" not in str(message)


def test_whoever_may_not_read_the_article_any_more_learns_nothing_of_it(
    office: Office, library: Library, slack: Slack
) -> None:
    ask(office, "where do I print salary letters", SALARY, by=BEN)  # was a manager then
    ask(office, "where do I print salary letters", SALARY, by=MIRA)
    ask(office, "where do I print salary letters", SALARY, by=MIRA, channel="C0GENERAL")
    ask(office, "where do I print salary letters", SALARY, by="left.us")
    assert post(office, library.serve(NEW_SALARY), SALARY) == 4
    messages = deliver(office, slack)
    assert [secret_free(message) for message in messages] == [True, True, False, True]
    assert all("does not hold" in message["text"] for message in messages if secret_free(message))


def test_who_may_read_is_looked_at_again_when_it_is_sent(office: Office, library: Library, slack: Slack) -> None:
    ask(office, "where do I print salary letters", SALARY, by=MIRA)
    answerer = library.serve(NEW_SALARY)
    post(office, answerer, SALARY)
    with office.store.begin() as session:
        person = people.by_handle(session, WORKSPACE, MIRA)
        assert person is not None
        person.role, person.is_manager = "employee", False
    assert secret_free(deliver(office, slack)[0])


@pytest.mark.parametrize("meanwhile", ["retracted", "another index"])
def test_what_changed_again_before_it_was_sent_is_not_quoted(
    office: Office, library: Library, slack: Slack, meanwhile: str
) -> None:
    ask(office, "vpn drops", VPN)
    answerer = library.serve(NEW_VPN, WIFI)
    post(office, answerer, VPN)
    if meanwhile == "retracted":
        library.retract(answerer, VPN)
    else:
        library.serve(edited(VPN, "For IT alone.", ("it",)), WIFI)
    (message,) = deliver(office, slack)
    assert "does not hold" in message["text"]
    assert "gateway" not in str(message)


def test_two_who_post_at_the_same_moment_correct_each_answer_once(office: Office, library: Library) -> None:
    for number in range(6):
        ask(office, f"vpn drops {number}", VPN)
    answerer = library.serve(NEW_VPN, WIFI)
    with office.store.read() as session:
        plan = corrections.plan(session, WORKSPACE, answerer, VPN.id)

    def write() -> int:
        with office.store.begin() as session:
            return corrections.post(session, WORKSPACE, plan, WHY, MIRA)

    assert sorted(at_once(write, write)) == [0, 6]
    with office.store.read() as session:
        assert len(session.scalars(select(Correction)).all()) == 6
        assert audit.verify(session).intact


def test_corrections_come_one_a_second_and_keep_nobody_waiting(office: Office, library: Library, slack: Slack) -> None:
    for number in range(3):
        ask(office, f"vpn drops {number}", VPN)
    post(office, library.serve(NEW_VPN, WIFI), VPN)
    rows = office.deliveries()
    assert [after.due_at - before.due_at for before, after in pairwise(rows)] == [corrections.APART] * 2
    with office.store.begin() as session:
        answer = {"to": "channel:D0ANNA", "text": "A new answer"}
        outbox.put(session, WORKSPACE, "chat.postMessage", answer, lane="chat:D0ANNA:1.000200")
    outbox.deliver_due(office.store, Messenger("xoxb-test", slack.url), lane="chat:D0ANNA:1.000200")
    assert slack.texts() == ["A new answer"]


def test_without_a_reason_or_an_index_nothing_is_written(office: Office, library: Library) -> None:
    ask(office, "vpn drops", VPN)
    with pytest.raises(ArticleTrouble, match="Say what was wrong"):
        post(office, library.serve(NEW_VPN), VPN, "  ")
    assert office.deliveries() == []
    assert corrections.standing(None, "vpn").version == "gone"


def test_only_admins_and_the_articles_owner_may_correct(office: Office) -> None:
    must_keep(office.person(MIRA), VPN)
    must_keep(office.person(JONAS), VPN)  # its owner
    for handle, article in ((JONAS, WIFI), (JONAS, None), (ANNA, VPN)):
        with pytest.raises(NotAllowed):
            must_keep(office.person(handle), article)
