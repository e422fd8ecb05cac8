"""Queue and ticket in a real browser: what agents do there, and what they see of each other."""

from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.console.browsing import Served
from tests.console.world import AGENT, MODELS, World, write_from_employee
from workers.store.tables import Delivery, LabelDecision, Ticket, TicketEntry
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
    expect(page.get_by_test_id("status")).to_have_text("In progress")  # until then a click may meet the old buttons
    page.get_by_test_id("do-hold").click()
    expect(page.get_by_test_id("status")).to_have_text("On hold")
    expect(page.get_by_test_id("promise").last).to_have_text("Resolution: paused")
    page.get_by_test_id("do-continue").click()
    expect(page.get_by_test_id("status")).to_have_text("In progress")
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


def test_what_is_written_while_a_note_is_on_its_way_stays(served: Served) -> None:
    number = served.world.open_ticket("The VPN drops", "network_vpn")
    page = served.page(f"/console/tickets/{number}", AGENT)
    page.get_by_test_id("composer-text").fill("First")
    page.get_by_test_id("composer-send").click()
    expect(page.get_by_test_id("composer-text")).to_have_value("")
    page.get_by_test_id("composer-text").fill("Second")
    expect(page.get_by_test_id("entry-note")).to_contain_text("First")
    said(page, "Note added.")
    expect(page.get_by_test_id("composer-text")).to_have_value("Second")
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


def test_where_no_model_can_be_asked_an_explanation_is_refused_in_a_sentence(served: Served) -> None:
    page = served.page("/console/tickets/3", AGENT)
    page.get_by_test_id("do-explain").click()
    expect(page.locator(".q-notification")).to_contain_text("cannot be loaded")
    expect(page.get_by_test_id("explanation")).to_have_count(0)
    page.context.close()
