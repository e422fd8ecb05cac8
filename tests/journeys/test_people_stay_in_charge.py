"""Unsure → triage → corrected; suspended → triage; promoted and demoted by people; nobody else."""

from sqlalchemy import select

from tests.journeys.running import RunningDesk, until
from tests.journeys.words import buttons, text_of, wait_card, with_words
from workers.slack import notices
from workers.store.tables import LabelDecision, Receipt, Ticket

UNSURE = "open a ticket: the thing on the left does not do the thing any more since the people came"


def test_an_unsure_ticket_waits_in_triage_and_its_correction_is_a_training_label(file_desk: RunningDesk) -> None:
    desk = file_desk
    desk.person("anna.lind").say(UNSURE)
    card = wait_card(desk, "mira.holt", "it-triage", "the thing on the left")
    labels = [action for action in buttons(card).values() if action.startswith(notices.CHOOSE_LABEL)]
    assert len(labels) == 3
    mira = desk.person("mira.holt")
    mira.click(labels[1], ts=card["ts"], channel="#it-triage")
    until(lambda: with_words(mira.messages("#it-triage"), "was moved to"))
    ticket = _newest(desk)
    assert ticket.status == "assigned" and ticket.label_by == "mira.holt"
    with desk.store.read() as session:
        decision = session.scalars(select(LabelDecision).where(LabelDecision.ticket_id == ticket.id)).one()
        receipt = session.get_one(Receipt, ticket.receipt_id)
    assert (decision.by, decision.label) == ("mira.holt", ticket.label)
    assert receipt.outcome == "corrected"


def test_a_suspended_route_leaves_tickets_in_triage_until_it_runs_again(file_desk: RunningDesk) -> None:
    desk = file_desk
    desk.cli("automations", "suspend", "route", "--why", "trying it out")
    desk.person("ben.carter").say("open a ticket: cannot connect to the vpn, GlobalProtect says gateway not reachable")
    card = wait_card(desk, "mira.holt", "it-triage", "GlobalProtect")
    assert "suspended" in text_of(card)
    desk.cli("automations", "resume", "route")
    desk.person("ben.carter").say("open a ticket: vpn GlobalProtect cannot reach the gateway from home, timeout again")
    until(lambda: _newest(desk).receipt_id is not None and "timeout again" in _newest(desk).text, 30)
    with desk.store.read() as session:
        receipt = session.get_one(Receipt, _newest(desk).receipt_id)
    assert "suspended" not in receipt.why


def test_a_suspended_answer_lets_a_person_answer(file_desk: RunningDesk) -> None:
    desk, mira = file_desk, file_desk.person("mira.holt")
    mira.command("/desk", "suspend answer we rewrite the articles")
    until(lambda: with_words(mira.messages(), "answer: suspended"))
    assert desk.cli_json("ask", "how do I restore a deleted file in onedrive")["kind"] == "open_ticket"
    mira.command("/desk", "resume answer")
    until(lambda: with_words(mira.messages(), "answer: running again"))


def test_an_employee_may_switch_nothing(file_desk: RunningDesk) -> None:
    anna = file_desk.person("anna.lind")
    anna.command("/desk", "suspend all because I can")
    until(lambda: with_words(anna.messages(), "Only admins"))
    assert all(row["suspended"] is None for row in file_desk.cli_json("automations", "list"))


def test_tiers_are_moved_by_people_and_written_down(file_desk: RunningDesk) -> None:
    file_desk.cli("automations", "demote", "route", "--why", "two misroutes this morning")
    rows = {row["name"]: row for row in file_desk.cli_json("automations", "list")}
    assert rows["route"]["tier"] == "approve"
    entry = file_desk.cli_json("audit", "show", "automation:route")[0]
    assert entry["action"] == "automation_demoted"
    assert entry["detail"]["why"] == "two misroutes this morning"


def _newest(desk: RunningDesk) -> Ticket:
    with desk.store.read() as session:
        found = session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()
    assert found is not None
    return found
