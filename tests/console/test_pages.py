"""The pages in a real browser: what agents and admins do there, and what they see of each other."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.console.browsing import Served
from tests.console.world import ADMIN, AGENT, MODELS, WORKSPACE, World, write_from_employee
from workers import articles, serving
from workers.governance import audit, automations
from workers.store.tables import AuditEntry, Delivery, LabelDecision, SlaTimer, Ticket, TicketEntry, TrainingRun
from workers.tickets import work


def ticket_of(world: World, ticket_id: int) -> tuple[str, str | None, str | None]:
    """Status, team and agent's name."""
    with world.desk.store.read() as session:
        ticket = session.get_one(Ticket, ticket_id)
        return ticket.status, ticket.team, ticket.assignee.handle if ticket.assignee else None


def said(page: Page, words: str) -> None:
    """A notice with these words appears."""
    expect(page.get_by_role("alert").filter(has_text=words).first).to_be_visible()


def choose(page: Page, words: str) -> None:
    """Pick an option in the dialog, and say yes."""
    field = page.get_by_test_id("dialog-choice")
    field.click()
    field.press("Control+a")
    field.press_sequentially(words)
    page.get_by_role("option").filter(has_text=words).first.click()
    page.get_by_test_id("dialog-yes").click()


# the queue


def test_the_queue_opens_on_my_teams_open_tickets_and_shows_all_ninety(served: Served) -> None:
    page = served.page("/console/tickets", AGENT)
    rows = page.locator("[data-testid^='row-']")
    expect(rows.first).to_be_visible()
    with served.world.desk.store.read() as session:
        mine = session.scalars(select(Ticket.id).where(Ticket.team == "network", Ticket.status != "resolved")).all()
    expect(rows).to_have_count(len(mine))
    page.goto(served.url + "/console/tickets?team=all&status=all")
    assert rows.count() >= 90
    page.context.close()


def test_filters_narrow_the_queue_and_stay_in_the_address(served: Served) -> None:
    wanted = served.world.open_ticket("The espresso machine in Leeds shows error E-4711", "procurement")
    page = served.page("/console/tickets?team=all", AGENT)
    page.get_by_test_id("filter-text").fill("e-4711")
    rows = page.locator("[data-testid^='row-']")
    expect(rows).to_have_count(1)
    expect(page.get_by_test_id(f"row-{wanted}")).to_contain_text("espresso")
    page.get_by_test_id("filter-status").get_by_text("Resolved").click()
    expect(page.get_by_test_id("empty")).to_contain_text("No ticket fits")
    page.wait_for_url("**/console/tickets?team=all&status=resolved&q=e-4711")
    page.reload()
    expect(page.get_by_test_id("empty")).to_contain_text("No ticket fits")
    page.context.close()


def test_the_keyboard_walks_the_queue_and_opens_a_ticket(served: Served) -> None:
    page = served.page("/console/tickets?team=all", AGENT)
    rows = page.locator("[data-testid^='row-']")
    expect(rows.first).to_be_visible()
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_have_class("q-tr dh-chosen")
    page.keyboard.press("k")
    expect(rows.nth(0)).to_have_class("q-tr dh-chosen")
    reference = rows.nth(0).locator("a").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(reference)
    page.context.close()


def test_a_new_ticket_appears_in_an_open_queue(served: Served) -> None:
    page = served.page("/console/tickets", AGENT)
    expect(page.locator("[data-testid^='row-']").first).to_be_visible()
    new = served.world.open_ticket("The tunnel to Ghent is down", "network_vpn")
    expect(page.get_by_test_id(f"row-{new}")).to_be_visible()
    page.context.close()


def test_markup_from_people_stays_text(served: Served) -> None:
    text = "<img src=x onerror=\"document.title='owned'\"> {{ constructor }} <b>bold</b>"
    number = served.world.open_ticket(text, "network_vpn")
    write_from_employee(served.world, number, text)
    page = served.page("/console/tickets", AGENT)
    expect(page.get_by_test_id(f"row-{number}")).to_contain_text("<img src=x onerror")
    page.goto(f"{served.url}/console/tickets/{number}")
    expect(page.get_by_test_id("text")).to_have_text(text)
    expect(page.get_by_test_id("entry-from-employee")).to_contain_text("<b>bold</b>")
    assert page.locator("img").count() == 0 and "owned" not in page.title()
    page.context.close()


# one ticket


def test_an_agent_claims_notes_replies_and_resolves(served: Served) -> None:
    number = served.world.open_ticket("The VPN drops every ten minutes", "network_vpn")
    page = served.page(f"/console/tickets/{number}", AGENT)
    expect(page.get_by_test_id("why")).to_contain_text("93 %")
    expect(page.get_by_test_id("why")).to_contain_text("71 %")
    expect(page.get_by_test_id("why")).to_contain_text(MODELS[0])
    page.get_by_test_id("do-claim").click()
    expect(page.get_by_test_id("status")).to_have_text("In progress")
    page.get_by_test_id("composer-text").fill("Gateway 2 again")
    expect(page.get_by_test_id("preview")).to_be_hidden()
    page.get_by_test_id("composer-send").click()
    expect(page.get_by_test_id("entry-note")).to_contain_text("Gateway 2 again")
    page.get_by_test_id("composer-kind").get_by_text("Reply to Anna Lind").click()
    page.get_by_test_id("composer-text").fill("Please try again. My password is: hunter22secret")
    expect(page.get_by_test_id("preview")).to_contain_text("Anna Lind will read this in Slack")
    expect(page.get_by_test_id("preview")).not_to_contain_text("hunter22secret")
    expect(page.get_by_test_id("composer-send")).to_have_text("Send to Anna Lind")
    page.get_by_test_id("composer-send").click()
    expect(page.get_by_test_id("entry-to-employee")).to_contain_text("Please try again.")
    expect(page.get_by_test_id("composer-send")).to_have_text("Add note")  # internal is the default, every time
    page.get_by_test_id("do-resolve").click()
    page.get_by_test_id("dialog-words").fill("Moved to gateway 1")
    page.get_by_test_id("dialog-yes").click()
    expect(page.get_by_test_id("status")).to_have_text("Resolved")
    expect(page.get_by_test_id("details")).to_contain_text("Moved to gateway 1")
    page.get_by_test_id("do-reopen").click()
    expect(page.get_by_test_id("status")).to_have_text("Assigned")
    page.context.close()
    with served.world.desk.store.read() as session:
        entries = session.scalars(select(TicketEntry).where(TicketEntry.ticket_id == number)).all()
        kinds = [entry.kind for entry in entries if entry.kind != "event"]
        to_employee = session.scalars(select(Delivery).where(Delivery.lane == f"ticket:{number}")).all()
    assert kinds == ["note", "reply"]
    shown = [str(d.payload) for d in to_employee if d.payload.get("to") == f"thread:{number}"]
    assert any("Please try again" in text for text in shown)
    assert not any("Gateway 2 again" in text for text in shown)
    assert f"ticket:{number}" in served.lanes()


def test_hold_priority_team_and_label_are_set_from_the_page(served: Served) -> None:
    number = served.world.open_ticket("My laptop and the VPN are slow", "network_vpn")
    page = served.page(f"/console/tickets/{number}", AGENT)
    page.get_by_test_id("do-claim").click()
    page.get_by_test_id("do-hold").click()
    expect(page.get_by_test_id("status")).to_have_text("On hold")
    expect(page.get_by_test_id("promise").last).to_have_text("Resolution: paused")
    page.get_by_test_id("do-continue").click()
    page.get_by_test_id("do-priority").click()
    choose(page, "Organisation affected, high")
    expect(page.get_by_test_id("story")).to_contain_text("P1")
    page.get_by_test_id("do-reassign").click()
    choose(page, "Workplace")
    expect(page.get_by_test_id("details")).to_contain_text("Workplace")
    page.get_by_test_id("do-relabel").click()
    choose(page, "Laptops & desktops")
    expect(page.get_by_test_id("details")).to_contain_text(f"Laptops & desktops (by {AGENT})")
    page.context.close()
    with served.world.desk.store.read() as session:
        given = select(LabelDecision.by).where(LabelDecision.ticket_id == number).order_by(LabelDecision.id)
        assert session.scalars(given).all() == ["classifier", AGENT]


def test_what_somebody_else_did_meanwhile_is_said_in_a_sentence(served: Served) -> None:
    number = served.world.open_ticket("The VPN drops", "network_vpn")
    page = served.page(f"/console/tickets/{number}", AGENT)
    expect(page.get_by_test_id("do-claim")).to_be_visible()
    served.world.do(number, work.claim, by="aisha.khan")
    page.get_by_test_id("do-claim").click()
    said(page, "A ticket that is in progress cannot be changed by “claim”.")
    expect(page.get_by_test_id("details")).to_contain_text("Aisha Khan")
    assert ticket_of(served.world, number)[2] == "aisha.khan"
    page.context.close()


def test_others_words_appear_and_what_i_am_writing_stays(served: Served) -> None:
    number = served.world.open_ticket("The VPN drops", "network_vpn")
    page = served.page(f"/console/tickets/{number}", AGENT)
    page.get_by_test_id("composer-text").fill("I am still writing")
    write_from_employee(served.world, number, "It does it again")
    expect(page.get_by_test_id("entry-from-employee")).to_contain_text("It does it again")
    expect(page.get_by_test_id("composer-text")).to_have_value("I am still writing")
    page.context.close()


def test_a_ticket_in_triage_takes_a_label_and_goes_to_its_team(served: Served) -> None:
    number = served.world.open_ticket("it does not work", None)
    page = served.page(f"/console/tickets/{number}", "aisha.khan")
    expect(page.get_by_test_id("status")).to_have_text("Triage")
    page.get_by_test_id("do-relabel").click()
    choose(page, "Printing")
    expect(page.get_by_test_id("status")).to_have_text("Assigned")
    expect(page.get_by_test_id("outcome").first).to_contain_text("Corrected by aisha.khan")
    page.context.close()


# articles


def test_an_admin_retracts_an_article_and_restores_it(served: Served) -> None:
    page = served.page("/console/articles", ADMIN)
    expect(page.get_by_test_id("article-problems")).to_contain_text("printer-drafts.md, line 5, field updated")
    page.get_by_test_id("article-search").fill("label printer zebra")
    expect(page.locator("[data-testid^='article-label']")).to_have_count(1)
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


# models


def test_a_challenger_is_trained_promoted_and_rolled_back(served: Served) -> None:
    page = served.page("/console/models", ADMIN)
    expect(page.get_by_test_id("comparison")).to_contain_text("Right on 91.1% instead of 87.2%")
    page.get_by_test_id("train").click()
    progress = page.get_by_test_id("progress")
    expect(progress).to_be_visible()
    expect(page.get_by_test_id("train")).to_be_disabled()
    with served.world.desk.store.begin() as session:
        run = session.scalars(select(TrainingRun).where(TrainingRun.state == "queued")).one()
        run.state, run.done, run.stage = "running", 0.4, "learning from all training tickets"
    expect(page.get_by_text("40% · learning from all training tickets")).to_be_visible()
    page.get_by_test_id("cancel-run").click()
    expect(progress).to_be_hidden()
    page.get_by_test_id(f"version-{MODELS[1]}").get_by_test_id("promote").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Right on 91.1% instead of 87.2%")
    page.get_by_test_id("dialog-words").fill("Better on the same tickets")
    page.get_by_test_id("dialog-yes").click()
    expect(page.get_by_test_id(f"version-{MODELS[1]}").get_by_test_id("is-served")).to_be_visible()
    with served.world.desk.store.read() as session:
        assert serving.served(session, "classifier") == MODELS[1]
    page.get_by_test_id("roll-back").click()
    page.get_by_test_id("dialog-words").fill("Printing tickets go astray")
    page.get_by_test_id("dialog-yes").click()
    expect(page.get_by_test_id(f"version-{MODELS[0]}").get_by_test_id("is-served")).to_be_visible()
    with served.world.desk.store.read() as session:
        assert serving.served(session, "classifier") == MODELS[0]
    page.context.close()


# automations


def test_an_admin_suspends_resumes_demotes_and_promotes(served: Served) -> None:
    page = served.page("/console/automations", ADMIN)
    card = page.get_by_test_id("automation-route")
    card.get_by_test_id("suspend").click()
    page.get_by_test_id("dialog-words").fill("A wave of misroutes")
    page.get_by_test_id("dialog-yes").click()
    expect(card.get_by_test_id("state")).to_have_text("suspended")
    expect(card.get_by_test_id("why")).to_contain_text("A wave of misroutes")
    with served.world.desk.store.read() as session:
        assert not automations.permit(session, WORKSPACE, "route").allowed
    card.get_by_test_id("resume").click()
    expect(card.get_by_test_id("state")).to_have_text("running")
    card.get_by_test_id("demote").click()
    page.get_by_test_id("dialog-words").fill("Until the new labels are learnt")
    page.get_by_test_id("dialog-yes").click()
    expect(card).to_contain_text("approve: people approve each")
    card.get_by_test_id("promote").click()
    page.get_by_test_id("dialog-words").fill("They are learnt")
    page.get_by_test_id("dialog-yes").click()
    expect(card).to_contain_text("auto: acts by itself")
    page.get_by_test_id("decisions").locator("tbody tr").first.click()
    expect(page.get_by_role("dialog").get_by_test_id("receipt")).to_be_visible()
    page.context.close()


# audit


def test_the_chain_is_verified_and_a_change_in_it_is_found(served: Served) -> None:
    page = served.page("/console/audit", ADMIN)
    page.get_by_test_id("verify").click()
    expect(page.get_by_test_id("verdict")).to_contain_text("The chain is intact")
    page.get_by_test_id("filter-actor").fill("automation:route")
    expect(page.get_by_test_id("audit").locator("tbody tr").first).to_contain_text("Ticket routed")
    expect(page.get_by_test_id("audit")).not_to_contain_text("Signed in")
    with served.world.desk.store.begin() as session:
        entry = session.get_one(AuditEntry, 5)
        was, entry.actor = entry.actor, "somebody.else"
    try:
        page.get_by_test_id("verify").click()
        expect(page.get_by_test_id("verdict")).to_contain_text("broken at entry 5")
    finally:
        with served.world.desk.store.begin() as session:
            session.get_one(AuditEntry, 5).actor = was
            assert audit.verify(session).intact
    page.context.close()


def test_a_failed_message_is_sent_again(served: Served) -> None:
    with served.world.desk.store.begin() as session:
        failed = Delivery(
            workspace=WORKSPACE, method="chat.postMessage", lane="ticket:2", payload={"to": "channel:it-security"},
            state="failed", error="channel_not_found", attempts=8,
        )  # fmt: skip
        session.add(failed)
        session.flush()
        number = failed.id
    page = served.page("/console/audit", ADMIN)
    row = page.get_by_test_id("failed-delivery").filter(has_text="channel_not_found")
    row.get_by_test_id("send-again").click()
    expect(row).to_have_count(0)
    with served.world.desk.store.read() as session:
        delivery = session.get_one(Delivery, number)
        assert (delivery.state, delivery.attempts) == ("waiting", 0)
    page.context.close()


# the first page, the looks


def test_numbers_on_the_first_page_lead_to_what_they_count(served: Served) -> None:
    page = served.page("/console/", ADMIN)
    overdue = int(page.get_by_test_id("number-overdue").locator(".dh-number").inner_text())
    assert overdue > 0
    expect(page.get_by_test_id("machine")).to_contain_text("prioritise")
    page.get_by_test_id("number-overdue").click()
    expect(page.locator("h1")).to_have_text("Tickets")
    expect(page.locator("[data-testid^='row-']")).to_have_count(overdue)
    page.context.close()


def test_the_theme_is_kept_in_the_browser(served: Served) -> None:
    page = served.page("/console/", AGENT)
    page.get_by_test_id("theme").click()
    expect(page.locator("body.body--dark")).to_have_count(1)
    page.reload()
    expect(page.locator("body.body--dark")).to_have_count(1)
    page.context.close()


@pytest.mark.parametrize("width", [390, 1360])
@pytest.mark.parametrize("path", ["", "tickets?team=all", "tickets/3", "articles", "models", "automations", "audit"])
def test_no_page_is_wider_than_the_window(served: Served, path: str, width: int) -> None:
    page = served.page(f"/console/{path}", ADMIN, width=width)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert errors == []
    page.context.close()


PICTURES = {
    "start": "/console/", "tickets": "/console/tickets?team=all", "articles": "/console/articles",
    "models": "/console/models", "automations": "/console/automations", "audit": "/console/audit",
}  # fmt: skip


@pytest.mark.parametrize("name", [*PICTURES, "ticket", "tickets-dark", "tickets-phone", "sign-in"])
def test_pictures_are_taken(served: Served, screenshots: Path, name: str) -> None:
    path, handle = PICTURES.get(name.split("-")[0], "/console/sign-in"), ADMIN
    if name == "ticket":
        path = f"/console/tickets/{_talked_about(served.world)}"
    page = served.page(
        path, None if name == "sign-in" else handle, dark="dark" in name, width=390 if "phone" in name else 1360
    )
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_load_state("networkidle")
    if name == "models":
        expect(page.locator("canvas").first).to_be_visible()
    page.screenshot(path=screenshots / f"console-{name}.png")
    page.context.close()
    assert (screenshots / f"console-{name}.png").stat().st_size > 5_000


def _talked_about(world: World) -> int:
    with world.desk.store.read() as session:
        busy = select(TicketEntry.ticket_id).where(TicketEntry.kind == "reply").limit(1)
        number = session.scalar(busy)
        assert session.scalar(select(SlaTimer.id).limit(1)) is not None
    if number is None:
        number = world.open_ticket("The VPN drops every ten minutes", "network_vpn")
        write_from_employee(world, number, "It does it again")
    return number
