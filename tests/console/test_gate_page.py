"""What the gate promises: said in words, drawn, as numbers, and beside what came true."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from bot.console.access import Console
from bot.console.pages.parts import NotServed, answerer_of
from bot.console.views import gate as views
from bot.console.views.gate_charts import reliability_chart, risk_chart
from bot.knowledge import Knowledge
from knowledge_base import risk
from knowledge_base.gate import Gate
from knowledge_base.prior import PRIOR
from tests.console.browsing import Served
from tests.console.knowing import serve_without_questions
from tests.console.world import ADMIN, EMPLOYEE, WORKSPACE, World, index_articles
from workers import serving
from workers.governance import automations
from workers.routing.explaining import Explainer
from workers.store.tables import Automation, Receipt

PATH = "/console/articles/answers"


def gate_of(world: World) -> Gate:
    with world.desk.store.read() as session:
        version = serving.served(session, "knowledge")
    assert version is not None
    return Gate.load(world.desk.bundles / version / "gate.json")


def view_of(world: World, gate: Gate) -> views.GateView:
    with world.desk.store.read() as session:
        return views.look(session, world.person(session, ADMIN), gate, "v1")


def limit_of(world: World) -> float:
    with world.desk.store.read() as session:
        return session.scalars(select(Automation.risk_limit).where(Automation.name == "answer")).one()


def suppose(page: Page, limit: str) -> None:
    page.get_by_test_id("limits").get_by_role("button", name=limit, exact=True).click()


# the page


def test_what_a_limit_would_mean_is_shown_and_changes_nothing(answering: Served) -> None:
    gate, before = gate_of(answering.world), limit_of(answering.world)
    loose = gate.threshold_for(0.15)
    assert loose is not None and gate.threshold_for(0.01) is None
    page = answering.page(PATH, ADMIN)
    suppose(page, "15 %")
    expect(page.get_by_test_id("promise-state")).to_have_text("answers by itself")
    expect(page.get_by_test_id("what-if")).to_be_visible()
    expect(page.get_by_test_id("promise-words")).to_contain_text(f"answers on its own from {views.percent(loose)} on")
    expect(page.get_by_test_id("risk").locator("svg")).to_contain_text(f"from {views.percent(loose)} on")
    suppose(page, "1 %")
    expect(page.get_by_test_id("promise-state")).to_have_text("suggestions only")
    expect(page.get_by_test_id("promise-words")).to_contain_text("cannot prove that at most 1 % of answers would be")
    expect(page.get_by_test_id("risk").locator("svg")).to_contain_text("limit 1 %")
    assert limit_of(answering.world) == before
    page.context.close()


def test_both_charts_are_there_as_numbers_and_in_words_too(answering: Served) -> None:
    gate = gate_of(answering.world)
    page = answering.page(PATH, ADMIN)
    for name, rows in (
        ("risk", sum(1 for point in risk.risk_curve(gate.calibration, gate.delta, 199)[::10] if point.answered)),
        ("reliability", len(risk.reliability(gate.calibration))),
    ):
        card = page.get_by_test_id(name)
        expect(card.locator("svg").first).to_be_visible()
        expect(
            card.locator("[aria-label*='labelled'], [aria-label*='questions'], [aria-label*='answered']").first
        ).to_be_attached()
        card.get_by_text("As numbers").click()
        expect(card.locator("tbody tr")).to_have_count(rows)
    expect(page.get_by_test_id("promises").locator("tbody tr")).to_have_count(5)
    expect(page.get_by_test_id("lived")).to_contain_text("Of 30 answers, 27 were judged")
    page.context.close()


def test_without_labelled_questions_the_page_says_suggestions_only(answering: Served, encoder_dir: Path) -> None:
    world = answering.world
    with world.desk.store.read() as session:
        was = serving.served(session, "knowledge")
    assert was is not None
    version = serve_without_questions(world, encoder_dir)
    with world.desk.store.begin() as session:
        serving.serve(session, WORKSPACE, "knowledge", version, ADMIN, "no questions")
    page = answering.page(PATH, ADMIN)
    try:
        expect(page.get_by_test_id("promise-state")).to_have_text("suggestions only")
        expect(page.get_by_test_id("promise-words")).to_contain_text("there are no labelled questions yet")
        expect(page.get_by_test_id("risk")).to_have_count(0)
        with world.desk.store.begin() as session:
            serving.serve(session, WORKSPACE, "knowledge", was, ADMIN, "back")
        expect(page.get_by_test_id("risk")).to_be_visible()  # a page that is open follows what is served
    finally:
        with world.desk.store.begin() as session:
            serving.serve(session, WORKSPACE, "knowledge", was, ADMIN, "back")
        page.context.close()


def _console_of(world: World) -> Console:
    knowledge = Knowledge.of(world.desk)
    return Console(world.desk, knowledge, lambda *_: 0, lambda *_: None, lambda _: None, Explainer(world.desk))


def test_an_index_that_cannot_be_opened_is_said_with_what_to_do(world: World, encoder_dir: Path) -> None:
    index_articles(world, encoder_dir)
    for gate in world.desk.bundles.glob("*/gate.json"):
        gate.write_text("{}", encoding="utf-8")
    said = answerer_of(_console_of(world))
    assert isinstance(said, NotServed) and "Run `deskhand kb sync` to build it again" in said.hint


def test_before_anything_was_indexed_that_is_said(world: World) -> None:
    assert answerer_of(_console_of(world)) == NotServed(
        "No article has been indexed yet", "`deskhand kb sync` builds the index."
    )


# the words


def test_the_promise_is_the_threshold_that_answers(knowing: World) -> None:
    gate = gate_of(knowing)
    promise = views.promise_of(gate, 0.15)
    assert promise.threshold == gate.threshold_for(0.15) and promise.shortfall is None
    sure = [outcome for outcome in gate.calibration if outcome.probability >= (promise.threshold or 1)]
    assert (promise.answered, promise.wrong) == (len(sure), sum(not outcome.right for outcome in sure))
    assert promise.wrong / promise.answered <= promise.upper <= 0.15


def test_without_calibration_the_least_number_of_questions_is_named(knowing: World) -> None:
    words, tone = views.in_words(view_of(knowing, PRIOR), 0.05)
    assert tone == "warn" and "takes at least 45 that are answered, none of them wrong" in words.replace("\u00a0", " ")


def test_a_bin_lies_within_its_interval_which_narrows_with_the_number_of_questions() -> None:
    few = views.bar_of(risk.ReliabilityBin(10, 0.62, 0.6), 0.1)
    many = views.bar_of(risk.ReliabilityBin(1000, 0.62, 0.6), 0.1)
    assert few.low < many.low < 0.6 < many.high < few.high


def test_an_estimate_has_two_digits_and_is_never_too_small() -> None:
    assert [views.rounded(number) for number in (3, 41, 4896, 783, 12001)] == [3, 41, 4900, 790, 13000]


def test_where_nobody_set_a_limit_the_strictest_counts(world: World) -> None:
    with world.desk.store.begin() as session:
        session.delete(session.scalars(select(Automation).where(Automation.name == "answer")).one())
    view = view_of(world, PRIOR)
    assert view.limit == 0.01 and not view.allowed and "nobody has set up answer" in view.why_not


def test_a_suspended_automation_is_said(world: World) -> None:
    with world.desk.store.begin() as session:
        automations.suspend(session, WORKSPACE, "answer", ADMIN, "wrong answers about VPN")
    view = view_of(world, PRIOR)
    assert not view.allowed and "wrong answers about VPN" in view.why_not


@pytest.mark.parametrize(
    ("solved", "not_solved", "tone", "said"),
    [
        (0, 0, "calm", "Nothing was answered yet"),
        (95, 5, "good", "5.0 %"),
        (8, 1, "warn", "may be chance"),
        (80, 20, "bad", "more than chance explains"),
    ],
)
def test_what_came_true_is_held_against_the_promise(
    world: World, solved: int, not_solved: int, tone: str, said: str
) -> None:
    with world.desk.store.begin() as session:
        session.add_all(receipt("accepted") for _ in range(solved))
        session.add_all(receipt("overridden") for _ in range(not_solved))
        session.add(receipt("accepted", decision="suggestions"))  # a person chose: no promise was made
    words, found = views.lived_in_words(view_of(world, PRIOR))
    assert found == tone and said in words


def test_the_charts_show_what_was_counted(knowing: World) -> None:
    view = view_of(knowing, gate_of(knowing))
    points = next(series for series in reliability_chart(view)["series"] if series["type"] == "scatter")["data"]
    assert [point["value"] for point in points] == [[round(bar.said, 4), round(bar.right, 4)] for bar in view.bars]
    wrong, upper = risk_chart(view, view.promise(0.15))["series"]
    assert all(low[1] <= high[1] and low[0] == high[0] for low, high in zip(wrong["data"], upper["data"], strict=True))
    promise = view.promise(0.15)
    assert wrong["markPoint"]["data"][0]["coord"] in wrong["data"]
    assert {mark.get("yAxis", mark.get("xAxis")) for mark in wrong["markLine"]["data"]} == {
        0.15,
        promise.answered_share,
    }
    assert "markPoint" not in risk_chart(view, view.promise(0.01))["series"][0]


def receipt(outcome: str, decision: str = "answer") -> Receipt:
    return Receipt(
        workspace=WORKSPACE, automation="answer", subject="message:D1/1.0", person=EMPLOYEE, seen="", decision=decision,
        why="", confidence=0.94, threshold=0.9, tier="auto", versions={}, evidence={}, outcome=outcome,
    )  # fmt: skip
