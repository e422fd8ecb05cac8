"""Labelling in a real browser: by keyboard, undone, and with a look at what is learnt from it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from classifier.labelling.suspects import Findings, Near, Suspect
from tests.console.browsing import Served
from tests.console.test_ticket_pages import choose, said
from tests.console.world import ADMIN, AGENT, WORKSPACE
from workers.governance import audit
from workers.labelling import reviews, triage
from workers.store.tables import LabelReview, Receipt, Ticket, TrainingRun
from workers.training import runs

LIKELY = (("business_applications", 0.74), ("identity_access", 0.12), ("email_calendar", 0.05))


def suspect(id_: str, text: str, given: str = "identity_access") -> Suspect:
    near = (Near("LF-2210", "Workday shows <b>no</b> approval for the new colleague"),)
    return Suspect(id_, text, given, LIKELY, near if given else (), 0.7)


@pytest.fixture
def doubtful(served: Served) -> Iterator[None]:
    """Two suspects and a ticket without label."""
    found = (
        suspect("LF-1039", "workday says I cannot approve because <i>I</i> am Rita"),
        suspect("LF-1040", "SAP is shut"),
    )
    store = served.world.desk.store
    with store.begin() as session:
        reviews.keep_findings(
            session, WORKSPACE, Findings(3163, found, (), (), (suspect("INC-7", "the tile is gone", ""),))
        )
    yield
    with store.begin() as session:
        session.execute(delete(LabelReview))
        session.execute(delete(TrainingRun).where(TrainingRun.kind == "labels"))


def decided(served: Served) -> dict[str, tuple[str | None, str | None, str | None]]:
    with served.world.desk.store.read() as session:
        rows = session.scalars(select(LabelReview))
        return {row.ticket: (row.decision, row.label, row.decided_by) for row in rows}


def shown(page: Page, text: str) -> None:
    expect(page.get_by_test_id("text")).to_contain_text(text)


def test_a_ticket_in_triage_is_labelled_with_one_key_and_comes_back_with_another(
    served: Served, screenshots: Path
) -> None:
    with served.world.desk.store.read() as session:
        order = [ticket.id for ticket in triage.waiting(session, WORKSPACE)]
        first = session.get_one(Ticket, order[0])
        likely = triage.likely_labels(session, [first])[first.id]
    page = served.page("/console/labelling", AGENT)
    shown(page, first.text.split("\n")[0])
    expect(page.get_by_test_id("progress")).to_have_text(f"0 answered here · {len(order)} left")
    page.screenshot(path=screenshots / "console-labelling-triage.png")
    page.keyboard.press("1")
    expect(page.get_by_test_id("progress")).to_have_text(f"1 answered here · {len(order) - 1} left")
    with served.world.desk.store.read() as session:
        ticket = session.get_one(Ticket, first.id)
        assert (ticket.status, ticket.label, ticket.label_by) == ("assigned", likely[0][0], AGENT)
        assert session.get_one(Receipt, ticket.receipt_id).outcome == "accepted"
    assert f"ticket:{first.id}" in served.lanes()
    page.keyboard.press("u")
    shown(page, first.text.split("\n")[0])
    with served.world.desk.store.read() as session:
        ticket = session.get_one(Ticket, first.id)
        assert (ticket.status, ticket.label, ticket.team) == ("triage", None, served.world.desk.handbook.desk.triage)
        assert session.get_one(Receipt, ticket.receipt_id).outcome is None
        actions = [entry.action for entry in audit.latest(session, f"ticket:{first.id}")]
        assert actions[:2] == ["ticket_back_in_triage", "ticket_reassigned"]
    page.context.close()


def test_a_label_that_somebody_works_on_already_is_not_taken_back(served: Served) -> None:
    page = served.page("/console/labelling", AGENT)
    reference = page.get_by_test_id("item").locator("a").inner_text()
    page.keyboard.press("1")
    said(page, reference)
    number = int(reference.removeprefix("DESK-"))
    with served.world.desk.store.begin() as session:
        session.get_one(Ticket, number).status = "in_progress"
    page.keyboard.press("u")
    said(page, "cannot be changed")
    with served.world.desk.store.read() as session:
        assert session.get_one(Ticket, number).label_by == AGENT
    page.context.close()


def test_doubtful_labels_are_kept_changed_and_left_out(served: Served, doubtful: None, screenshots: Path) -> None:
    page = served.page("/console/labelling?what=suspects", AGENT)
    shown(page, "workday says I cannot approve because <i>I</i> am Rita")
    expect(page.get_by_test_id("given")).to_contain_text("Identity & access")
    expect(page.get_by_test_id("nearest")).to_contain_text("<b>no</b>")
    page.screenshot(path=screenshots / "console-labelling.png")
    page.keyboard.press("j")
    shown(page, "SAP is shut")
    page.keyboard.press("k")
    shown(page, "workday")
    page.keyboard.press("1")
    shown(page, "SAP is shut")
    page.keyboard.press("2")  # the label that it has
    expect(page.get_by_test_id("empty")).to_contain_text("No label is in doubt")
    expect(page.get_by_test_id("progress")).to_contain_text("2 answered here · 0 left · 2 decided in all")
    answers = decided(served)
    assert answers["LF-1039"] == ("change", "business_applications", AGENT)
    assert answers["LF-1040"] == ("keep", "identity_access", AGENT)
    page.keyboard.press("u")
    shown(page, "SAP is shut")
    page.keyboard.press("d")
    expect(page.get_by_test_id("empty")).to_be_visible()
    assert decided(served)["LF-1040"] == ("drop", None, AGENT)
    page.context.close()


def test_any_label_can_be_found_and_what_is_skipped_comes_last(served: Served, doubtful: None) -> None:
    page = served.page("/console/labelling?what=suspects", AGENT)
    shown(page, "workday")
    page.keyboard.press("s")
    shown(page, "SAP is shut")
    page.keyboard.press("/")
    choose(page, "Printing")
    shown(page, "workday")
    assert decided(served)["LF-1040"] == ("change", "printing", AGENT)
    page.get_by_test_id("what").get_by_text("Without label").click()
    shown(page, "the tile is gone")
    page.wait_for_url("**/console/labelling?what=unlabelled")
    page.keyboard.press("1")
    expect(page.get_by_test_id("empty")).to_contain_text("Every closed ticket has a label")
    assert decided(served)["INC-7"] == ("change", "business_applications", AGENT)
    page.context.close()


def test_somebody_elses_answer_counts_and_is_said(served: Served, doubtful: None) -> None:
    page = served.page("/console/labelling?what=suspects", AGENT)
    shown(page, "workday")
    with served.world.desk.store.begin() as session:
        (first, *_) = reviews.waiting(session, WORKSPACE)
        reviews.decide(session, WORKSPACE, served.world.desk.handbook, first.id, ADMIN, "keep")
    shown(page, "SAP is shut")
    page.context.close()


def test_only_admins_start_a_search_and_everybody_sees_its_progress(served: Served, doubtful: None) -> None:
    page = served.page("/console/labelling?what=suspects", AGENT)
    expect(page.get_by_test_id("search")).to_contain_text("Nobody has looked")
    expect(page.get_by_test_id("look-now")).to_have_count(0)
    page.context.close()
    page = served.page("/console/labelling?what=suspects", ADMIN)
    page.get_by_test_id("look-now").click()
    expect(page.get_by_test_id("look-now")).to_be_disabled()
    with served.world.desk.store.read() as session:
        (run,) = runs.latest(session, WORKSPACE, "labels")
    assert (run.state, run.requested_by) == ("queued", ADMIN)
    page.context.close()


def test_the_queue_can_be_ordered_by_what_teaches_most(served: Served) -> None:
    with served.world.desk.store.read() as session:
        order = [ticket.id for ticket in triage.waiting(session, WORKSPACE)]
    page = served.page("/console/tickets?team=all&status=triage&order=teaching", AGENT)
    rows = page.locator("[data-testid^='row-']")
    expect(rows.first).to_have_attribute("data-testid", f"row-{order[0]}")
    expect(rows.nth(1)).to_have_attribute("data-testid", f"row-{order[1]}")
    expect(page.get_by_test_id("filter-order")).to_be_visible()
    page.context.close()
