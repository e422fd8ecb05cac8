"""The search that says why: as whom one may ask, what is shown, and that nothing hidden shows."""

import html
import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import func, select

from bot.console.views import search as views
from bot.knowledge import Knowledge
from knowledge_base.explaining import Explanation, explain_search, pieces
from knowledge_base.keywords import tokenise
from tests.console.browsing import Served
from tests.console.knowing import FOR_IT, FOR_MANAGERS
from tests.console.world import ADMIN, AGENT, EMPLOYEE, WORKSPACE, World
from workers.knowledge import articles
from workers.store.tables import AuditEntry, Receipt
from workers.tickets.permissions import NotAllowed

PATH = "/console/articles/search"
LEAVER = "What do I have to do on the last day of somebody who leaves my team?"


def ask(page: Page, question: str, whom: str | None = None) -> None:
    if whom is not None:
        page.get_by_test_id("whom").click()
        page.get_by_role("option", name=whom).click()
    page.get_by_test_id("question").fill(question)
    page.get_by_test_id("search").click()


def hit(page: Page, article_id: str) -> Locator:
    return page.get_by_test_id(f"hit-{article_id}")


# the page


def test_a_search_says_what_would_be_done_and_why_each_passage_ranks_there(answering: Served) -> None:
    page = answering.page(PATH, AGENT)
    expect(page.get_by_test_id("empty")).to_contain_text("Nothing that you ask here is kept")
    ask(page, "OneDrive error 0x8007016A zzyzx, it is stuck")
    first = hit(page, "onedrive-sync-stuck")
    expect(first).to_be_visible()
    assert page.locator("[data-testid^='hit-']").first.get_attribute("data-testid") == "hit-onedrive-sync-stuck"
    expect(page.get_by_test_id("kind")).to_have_text(re.compile("answers|suggests|asks back|opens a ticket"))
    expect(page.get_by_test_id("why")).to_contain_text("OneDrive does not sync")
    expect(first.locator("mark").filter(has_text="0x8007016A")).to_have_count(1)
    expect(first.get_by_test_id("doors")).to_contain_text("example question")
    expect(first).to_contain_text("Not in the article: zzyzx")
    expect(page.get_by_test_id("words").locator(".dh-bad")).to_have_text(["zzyzx"])
    expect(first.locator("[role=img][aria-label^='Score']")).to_be_visible()
    first.get_by_text(re.compile("^Why")).click()
    expect(first.locator("table")).to_contain_text("Before anything is known")
    expect(first).to_contain_text("as log-odds")
    page.context.close()


def test_a_search_leaves_no_trace(answering: Served) -> None:
    def counted() -> tuple[int | None, int | None]:
        with answering.world.desk.store.read() as session:
            return (
                session.scalar(select(func.count()).select_from(Receipt)),
                session.scalar(select(func.count()).where(AuditEntry.action != "signed_in")),
            )

    page = answering.page(PATH, ADMIN)
    before = counted()
    ask(page, "the vpn drops on windows")
    expect(hit(page, "vpn-windows")).to_be_visible()
    assert counted() == before
    page.context.close()


def test_a_question_can_come_with_the_address(answering: Served) -> None:
    page = answering.page(f"{PATH}?q=wifi+in+the+office", AGENT)
    expect(hit(page, "office-wifi")).to_be_visible()
    page.context.close()


def test_a_retracted_article_is_not_found_any_more(answering: Served) -> None:
    page = answering.page(PATH, ADMIN)
    with answering.world.desk.store.begin() as session:
        articles.retract(session, WORKSPACE, "label-printer", ADMIN, "wrong driver")
    try:
        ask(page, "the label printer prints blank labels")
        expect(page.get_by_test_id("decision")).to_be_visible()
        expect(hit(page, "label-printer")).to_have_count(0)
    finally:
        with answering.world.desk.store.begin() as session:
            articles.restore(session, WORKSPACE, "label-printer", ADMIN)
    ask(page, "the label printer prints blank labels please")
    expect(hit(page, "label-printer")).to_be_visible()
    page.context.close()


# as whom


def test_an_admin_searches_as_a_manager_and_everyone_does_not_see_what_managers_do(answering: Served) -> None:
    page = answering.page(PATH, ADMIN)
    ask(page, LEAVER)
    expect(page.get_by_test_id("decision")).to_be_visible()
    expect(hit(page, FOR_MANAGERS)).to_have_count(0)
    ask(page, LEAVER, "a manager")
    expect(hit(page, FOR_MANAGERS)).to_be_visible()
    expect(hit(page, FOR_IT)).to_have_count(0)
    page.context.close()


def test_an_agent_is_not_offered_to_search_as_a_manager(answering: Served) -> None:
    page = answering.page(PATH, AGENT)
    page.get_by_test_id("whom").click()
    expect(page.get_by_role("option")).to_have_text(["an employee", "somebody in IT"])
    page.context.close()


@pytest.mark.parametrize(
    ("handle", "allowed"),
    [(ADMIN, {"everyone", "managers", "it"}), (AGENT, {"everyone", "it"}), (EMPLOYEE, {"everyone"})],
)
def test_whoever_asks_as_somebody_who_reads_more_is_refused(world: World, handle: str, allowed: set[str]) -> None:
    with world.desk.store.read() as session:
        person = world.person(session, handle)
        assert set(views.choices(person)) == allowed
        for whom in ("everyone", "managers", "it", "made-up"):
            if whom in allowed:
                assert views.readers(person, whom) == {"everyone", whom}
            else:
                with pytest.raises(NotAllowed):
                    views.readers(person, whom)


# the words


def test_numbers_carry_a_proper_sign() -> None:
    assert [views.signed(-0.204, 3), views.signed(0.5), views.signed(1.5, plus=True)] == [
        "\u22120.204",
        "0.50",
        "+1.50",
    ]


def test_the_features_shown_add_up_to_the_probability_and_those_that_add_nothing_are_counted(knowing: World) -> None:
    explained = explained_for(knowing, "the vpn drops on windows")
    for hit, shown in zip(explained.hits, views.view_of(explained, "").hits, strict=True):
        odds = sum(row.adds for row in shown.features)
        assert 1 / (1 + math.exp(-odds)) == pytest.approx(hit.probability, abs=1e-6)
        assert len(shown.features) - 1 + shown.silent == len(hit.features)


def test_an_article_that_stands_before_a_higher_score_says_so(knowing: World) -> None:
    explained = explained_for(knowing, "the vpn drops on windows")
    first, second, *_ = (replace(hit, score=score) for hit, score in zip(explained.hits, (0.4, 0.5), strict=False))
    view = views.view_of(replace(explained, hits=(first, second)), "")
    assert [hit.lifted for hit in view.hits] == [True, False]


def explained_for(world: World, question: str) -> Explanation:
    answerer = Knowledge.of(world.desk).current()
    assert answerer is not None
    return explain_search(answerer, question, frozenset({"everyone"}), views.SHOWN, 0.1)


# articles are data


@given(st.text(alphabet=st.sampled_from("<>&\"' abimgsrconerror=/()"), max_size=80), st.text(max_size=30))
def test_a_passage_stays_text_whatever_is_in_it(text: str, question: str) -> None:
    shown = views.marked(pieces(text, frozenset(tokenise(question))))
    tags = re.findall(r"<[^>]*>", shown)
    assert set(tags) <= {"<mark>", "</mark>"}
    assert html.unescape(re.sub(r"</?mark>", "", shown)) == text
