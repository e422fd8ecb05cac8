"""The list of articles: whether each answers, how it did, and only what the visitor may read."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import delete, func, select

from bot.console.views import articles as views
from bot.console.views.articles import ArticlesView
from knowledge_base.index import Index
from knowledge_base.sources import read_articles
from tests.console.browsing import Served
from tests.console.knowing import FOR_IT, FOR_MANAGERS
from tests.console.world import ADMIN, AGENT, EMPLOYEE, WORKSPACE, World, unsearchable
from workers.governance import receipts
from workers.knowledge import articles
from workers.knowledge.health import ArticleHealth
from workers.store.columns import now
from workers.store.tables import Receipt, RetractedArticle, ShownArticle

PATH = "/console/articles"


def served_index(world: World) -> Index:
    return unsearchable(read_articles(world.desk.settings.desk / "articles").articles)


def look(world: World, handle: str, index: Index | None) -> ArticlesView:
    with world.desk.store.read() as session:
        return views.look(session, world.person(session, handle), world.desk, index, now())


def show(world: World, article_id: str, solved: bool | None, days: int = 0) -> None:
    """One answer that quoted the article, some days ago."""
    then = now() - timedelta(days=days)
    with world.desk.store.begin() as session:
        receipt = Receipt(
            workspace=WORKSPACE, automation="answer", subject="message:D1/1.0", person=EMPLOYEE, seen="", why="",
            decision="answer", tier="auto", versions={}, evidence={}, at=then,
        )  # fmt: skip
        session.add(receipt)
        session.flush()
        session.add(
            ShownArticle(
                workspace=WORKSPACE, receipt_id=receipt.id, way="answer", article_id=article_id, content_hash="0" * 64,
                audience=["everyone"], passage=1, place=1, probability=0.9, propensity=1.0, quoted_at=then,
                solved=solved, at=then,
            )
        )  # fmt: skip
        if solved is not None:
            receipts.settle(session, receipt.id, "accepted" if solved else "overridden", EMPLOYEE)


def health(solved: int, not_solved: int, stale: str = "") -> ArticleHealth:
    total = solved + not_solved
    return ArticleHealth("a", "A", "owner", total, total, 0, 0, solved, not_solved, None, stale)


# what is shown


def test_an_article_says_whether_it_answers_now(world: World) -> None:
    folder = world.desk.settings.desk / "articles"
    index = served_index(world)
    (folder / "new.md").write_text(
        "---\nid: new\ntitle: New\nowner: a\nupdated: 2026-01-01\naudience: [everyone]\n---\nText.\n", encoding="utf-8"
    )
    changed = folder / "office-wifi.md"
    changed.write_text(changed.read_text(encoding="utf-8") + "\nAsk at the desk.\n", encoding="utf-8")
    (folder / "broken.md").write_text("---\nid: broken\n---\n", encoding="utf-8")
    with world.desk.store.begin() as session:
        session.add(RetractedArticle(article_id="vpn-macos", by=ADMIN, why="wrong server"))
    view = look(world, ADMIN, index)
    state = {row.id: row.state for row in view.rows}
    assert (state["new"], state["office-wifi"]) == ("not indexed yet", "older text answers")
    assert (state["vpn-macos"], state["vpn-windows"]) == ("retracted", "answers")
    assert (view.counted(views.RETRACTED), view.waiting) == (1, 2)
    assert [(problem.file, problem.field) for problem in view.problems] == [("broken.md", "title")]
    assert [row.id for row in views.matching(view, "", views.RETRACTED)] == ["vpn-macos"]


def test_articles_are_found_by_words_anywhere_in_them(world: World) -> None:
    view = look(world, ADMIN, None)
    hits = [row.id for row in views.matching(view, "  VPN   windows ", views.ALL)]
    assert "vpn-windows" in hits and len(hits) < len(view.rows)
    assert views.matching(view, "no such words together", views.ALL) == []


def test_an_article_shows_what_came_of_it(world: World) -> None:
    for solved in (True, True, False, None):
        show(world, "office-wifi", solved)
    show(world, "guest-wifi", True, days=200)
    view = look(world, ADMIN, served_index(world))
    rows = {row.id: row for row in view.rows}
    wifi = rows["office-wifi"]
    assert (wifi.shown, wifi.solved, wifi.wrong, wifi.last_used) == (4, 2, 1, "just now")
    assert (rows["guest-wifi"].shown, rows["guest-wifi"].last_used) == (0, "–")
    assert view.counted(views.UNUSED) == len(view.rows) - 1


def test_what_needs_attention_comes_with_its_reason(world: World) -> None:
    for solved in (False, False, False, True):
        show(world, "office-wifi", solved)
    folder = world.desk.settings.desk / "articles"
    updated = date.today() - timedelta(days=900)
    (folder / "fax.md").write_text(
        f"---\nid: fax\ntitle: Fax\nowner: a\nupdated: {updated}\naudience: [everyone]\n---\nPress send.\n",
        encoding="utf-8",
    )
    view = look(world, ADMIN, served_index(world))
    reasons = {row.id: row.attention for row in views.matching(view, "", views.ATTENTION)}
    assert reasons["office-wifi"] == ("did not solve it for 3 of 4 who said so",)
    assert reasons["fax"] == ("not updated for 900 days",)
    assert "vpn-windows" not in reasons


@pytest.mark.parametrize(
    ("solved", "not_solved", "limit", "often"),
    [(0, 1, 0.05, False), (0, 2, 0.1, True), (18, 2, 0.1, False), (95, 5, 0.1, False), (80, 20, 0.1, True)],
)
def test_one_complaint_makes_no_article_bad_and_chance_is_allowed_for(
    solved: int, not_solved: int, limit: float, often: bool
) -> None:
    assert views.is_often_wrong(health(solved, not_solved), limit) == often


def test_retracted_articles_need_no_attention(world: World) -> None:
    with world.desk.store.begin() as session:
        session.add(RetractedArticle(article_id="vpn-macos", by=ADMIN, why="wrong server"))
    row = next(row for row in look(world, ADMIN, None).rows if row.id == "vpn-macos")
    assert row.attention == ()


# who sees what


def test_agents_are_told_nothing_of_articles_that_they_may_not_read(world: World) -> None:
    folder = world.desk.settings.desk / "articles"
    index = served_index(world)
    for hidden in folder.glob("*.md"):  # nothing about managers' articles may be counted either
        text = hidden.read_text(encoding="utf-8")
        if "audience: [managers]" in text:
            hidden.write_text(text + "\nMore.\n", encoding="utf-8")
    (folder / "broken.md").write_text("---\nid: broken\naudience: [managers]\n---\n", encoding="utf-8")
    admin, agent = look(world, ADMIN, index), look(world, AGENT, index)
    assert FOR_MANAGERS in {row.id for row in admin.rows} and FOR_IT in {row.id for row in agent.rows}
    assert admin.waiting > 0 and admin.problems
    assert (agent.waiting, agent.problems) == (0, ())
    assert {row.audience for row in agent.rows} == {"everyone", "IT"}


# in the browser


def test_an_admin_retracts_an_article_and_restores_it(served: Served) -> None:
    page = served.page(PATH, ADMIN)
    expect(page.get_by_test_id("article-problems")).to_contain_text("printer-drafts.md, line 5, field updated")
    page.get_by_test_id("article-search").fill("label printer zebra")
    expect(page.locator("tr[data-testid^='article-label']")).to_have_count(1)
    expect(page.get_by_test_id("article-vpn-windows")).to_have_count(0)
    page.get_by_test_id("article-label-printer").click()
    page.get_by_test_id("article-act").click()
    expect(page.get_by_test_id("dialog-yes")).to_be_disabled()
    page.get_by_test_id("dialog-words").fill("The driver has changed")
    page.get_by_test_id("dialog-yes").click()
    expect(page.get_by_test_id("article-label-printer")).to_contain_text("retracted")
    with served.world.desk.store.read() as session:
        assert articles.retracted(session) == {"label-printer"}
    page.get_by_test_id("article-label-printer").click()
    expect(page.get_by_test_id("article")).to_contain_text("The driver has changed")
    page.get_by_test_id("article-act").click()
    expect(page.get_by_test_id("article-label-printer")).to_contain_text("answers")
    page.context.close()


@pytest.fixture
def used(answering: Served) -> Iterator[Served]:
    """Two articles were quoted lately, one of them to little use."""
    store = answering.world.desk.store
    with store.read() as session:
        newest = session.scalar(select(func.max(Receipt.id))) or 0
    for solved in (False, False, True):
        show(answering.world, "laptop-slow", solved)
    for _ in range(5):
        show(answering.world, "office-wifi", True)
    yield answering
    with store.begin() as session:
        session.execute(delete(ShownArticle).where(ShownArticle.receipt_id > newest))
        session.execute(delete(Receipt).where(Receipt.id > newest))


def test_the_list_is_filtered_and_sorted_by_how_articles_did(used: Served) -> None:
    page = used.page(PATH, AGENT)
    rows = page.get_by_test_id("articles").locator("tbody tr")
    expect(rows.first).to_be_visible()
    for _ in range(2):  # once rising, once falling
        page.get_by_role("columnheader", name="Used", exact=True).click()
    expect(rows.first).to_have_attribute("data-testid", "article-office-wifi")
    page.get_by_role("button", name="Needs attention").click()
    expect(page.get_by_test_id("article-laptop-slow")).to_contain_text("did not solve it for 2 of 3 who said so")
    expect(page.get_by_test_id("article-office-wifi")).to_have_count(0)
    page.get_by_test_id("article-laptop-slow").click()
    expect(page.get_by_test_id("article")).to_contain_text("3 times in 90 days: solved 1, did not solve 2")
    page.context.close()


def test_from_the_list_the_other_pages_are_one_click_away(answering: Served) -> None:
    page = answering.page(PATH, ADMIN)
    page.get_by_test_id("part-search").click()
    expect(page.locator("h1")).to_have_text("Search")
    expect(page.get_by_test_id("nav-articles")).to_have_attribute("aria-current", "page")
    page.get_by_test_id("part-answers").click()
    expect(page.locator("h1")).to_have_text("Answers")
    page.context.close()
    page = answering.page(PATH, AGENT)
    expect(page.get_by_test_id("part-search")).to_be_visible()
    expect(page.get_by_test_id("part-answers")).to_have_count(0)
    page.context.close()
