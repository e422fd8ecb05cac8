"""From an article's dialog: who was quoted it, and a correction, for admins and its owner alone."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from bot.console.views.corrections import view_of
from knowledge_base.documents import make_article
from tests.console.browsing import Served
from tests.console.world import AGENT, EMPLOYEE, WORKSPACE
from workers.knowledge.corrections import Plan, Planned, QuotedAnswer, Standing
from workers.store.columns import now
from workers.store.tables import Correction, Delivery, Receipt, ShownArticle

OTHER_AGENT = "aisha.khan"
ARTICLE = "vpn-windows"  # kept by AGENT


@pytest.fixture
def quoted(answering: Served) -> Iterator[Served]:
    """An employee was quoted an older text of the article."""
    store = answering.world.desk.store
    with store.begin() as session:
        receipt = Receipt(
            workspace=WORKSPACE, automation="answer", subject="message:D0ANNA/5.000200", person=EMPLOYEE,
            seen="gateway not reachable from the hotel", decision="answer", why="It fits.", confidence=0.95,
            threshold=0.9, tier="auto", versions={}, evidence={},
        )  # fmt: skip
        session.add(receipt)
        session.flush()
        session.add(
            ShownArticle(
                workspace=WORKSPACE,
                receipt_id=receipt.id,
                way="answer",
                article_id=ARTICLE,
                content_hash="older",
                audience=["everyone"],
                passage=1,
                place=1,
                probability=0.95,
                propensity=1.0,
                quoted_at=now(),
            )
        )
        number = receipt.id
    yield answering
    with store.begin() as session:
        for table in (Correction, Delivery, ShownArticle):
            session.execute(delete(table))
        session.execute(delete(Receipt).where(Receipt.id == number))


def open_answers(served: Served, handle: str) -> Page:
    page = served.page("/console/articles", handle)
    page.get_by_test_id(f"article-{ARTICLE}").click()
    page.get_by_test_id("quoted").click()
    expect(page.get_by_test_id("quoted-answers")).to_be_visible()
    return page


def test_the_owner_sees_who_was_quoted_an_older_text_and_corrects_it(quoted: Served) -> None:
    page = open_answers(quoted, AGENT)
    answer = page.get_by_test_id("quoted-answer")
    expect(answer).to_contain_text("gateway not reachable from the hotel")
    expect(answer).to_contain_text("older text")
    page.get_by_test_id("correct").click()
    expect(page.get_by_test_id("says-now")).to_contain_text("Gateway")
    expect(page.get_by_role("dialog")).to_contain_text("1 thread: 1 with the new passage")
    page.get_by_test_id("dialog-words").fill("The gateway in Leeds is gone")
    page.get_by_test_id("dialog-yes").click()
    expect(page.get_by_text("The corrections are on their way")).to_be_visible()
    with quoted.world.desk.store.read() as session:
        assert session.scalars(select(Correction)).one().by == AGENT
        assert "The gateway in Leeds is gone" in str(session.scalars(select(Delivery.payload)).one()["full"])
    page.context.close()
    again = open_answers(quoted, AGENT)
    expect(again.get_by_test_id("quoted-answer")).to_contain_text("corrected")
    expect(again.get_by_test_id("correct")).to_have_count(0)
    again.context.close()


def test_another_agent_sees_the_number_and_nothing_of_what_people_asked(quoted: Served) -> None:
    page = open_answers(quoted, OTHER_AGENT)
    expect(page.get_by_test_id("quoted-answers")).to_contain_text("1 answer of the last 90 days")
    expect(page.get_by_test_id("quoted-answer")).to_have_count(0)
    expect(page.get_by_test_id("correct")).to_have_count(0)
    page.context.close()


def answer(is_outdated: bool, corrected: bool = False) -> QuotedAnswer:
    return QuotedAnswer(1, 1, EMPLOYEE, "why?", now() - timedelta(hours=3), is_outdated, corrected, None)


def test_states_and_reach_are_said_in_words() -> None:
    article = make_article(id="a", title="A", body="text")
    here, gone = Standing("a", article, "v1"), Standing("a", None, "v1")
    two = tuple(Planned(answer(True), None) for _ in range(2))
    rows = view_of([answer(False), answer(True), answer(True, True)], Plan(here, two), True, now()).rows
    assert [(row.state, row.tone, row.when) for row in rows] == [
        ("as it says now", "good", "3 h ago"), ("older text", "warn", "3 h ago"), ("corrected", "calm", "3 h ago"),
    ]  # fmt: skip
    assert view_of([], Plan(here, two), True, now()).reach == (
        "2 threads: 0 with the new passage; 2 may not read it now and learn only that the answer does not hold."
    )
    assert "withdrawn, and why" in view_of([], Plan(gone, two[:1]), True, now()).reach
