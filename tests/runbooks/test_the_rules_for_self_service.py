"""One test or more for each rule of self-service on accounts, numbered as the rules are."""

import re
from datetime import timedelta

import pytest

from tests.runbooks.world import GOOD, PUBLIC_URL, World
from workers.governance import audit
from workers.runbooks import service, states
from workers.runbooks.links import address_of_pages, deliver_link
from workers.runbooks.reset import Choice, LinkGone, NotYet
from workers.store.columns import now

DONE = Choice(GOOD, GOOD, end_sessions=True)


def reset(world: World, choice: Choice = DONE) -> str:
    token = world.linked()
    world.page.send_code(token)
    proof = world.page.confirm_code(token, world.code())
    world.page.change(token, proof, choice)
    world.deliver()
    return token


def test_rule_1_the_account_is_the_requesters_own_found_by_slack_id(world: World) -> None:
    # Ben calls himself as Anna does, and has her address: it is still Ben's account.
    with world.store.begin() as session:
        ben = session.merge(world.person("ben.carter"))
        ben.name, ben.email = "Anna Lind", "anna.lind@larkfield.example"
    world.start("ben.carter")
    assert world.run().account_id == "local-U0BEN"


def test_rule_1_a_link_alone_changes_nothing_without_the_code_from_the_second_channel(world: World) -> None:
    token = world.linked()
    with pytest.raises(NotYet, match="Confirm first"):
        world.page.change(token, "", DONE)
    world.page.send_code(token)
    with pytest.raises(NotYet, match="Confirm first"):
        world.page.change(token, "guessed", DONE)
    assert not world.signs_in(GOOD)


def test_rule_1_the_code_goes_to_the_second_channel_only(world: World) -> None:
    world.page.send_code(world.linked())
    assert world.code() not in str(world.mailbox.to("U0ANNA"))


def test_rule_1_guests_are_refused_and_get_no_ticket_about_an_account_they_have_not(world: World) -> None:
    started = world.start("gus.visitor")
    assert (world.run().state, started.open_ticket) == (states.REFUSED, None)
    assert "guest" in str(world.run().refused_why)


def test_rule_1_an_account_that_is_bound_to_somebody_else_meanwhile_is_not_touched(world: World) -> None:
    token = world.linked()
    world.page.send_code(token)
    proof = world.page.confirm_code(token, world.code())
    world.change_account(id="local-somebody-else")
    with pytest.raises(LinkGone):
        world.page.change(token, proof, DONE)


def test_rule_2_no_message_of_ours_holds_the_new_password(world: World) -> None:
    reset(world)
    assert GOOD not in str(world.mailbox.sent)
    assert GOOD not in world.everything_stored()


@pytest.mark.parametrize("url", ["http://desk.example", "http://127.0.0.1.evil.example", "ftp://127.0.0.1", ""])
def test_rule_2_no_link_is_made_to_a_page_without_tls(world: World, url: str) -> None:
    with pytest.raises(service.RunbookError, match="https://"):
        address_of_pages(url)


def test_rule_2_tls_or_this_very_machine_are_fine(world: World) -> None:
    assert address_of_pages("https://desk.example/") == "https://desk.example/self-service"
    assert address_of_pages(PUBLIC_URL) == "http://127.0.0.1:8100/self-service"


def test_rule_3_a_token_is_long_random_and_never_stored(world: World) -> None:
    token = world.linked()
    assert re.fullmatch(r"[\w-]{43}", token)  # 256 bits
    assert token not in world.everything_stored()
    other = world.linked("ben.carter", "U0BEN")
    assert token != other


def test_rule_3_a_code_is_not_stored_either_and_its_hash_cannot_be_searched(world: World) -> None:
    import hashlib

    token = world.linked()
    world.page.send_code(token)
    code = world.code()
    assert code not in str(world.run().code_hash)
    assert hashlib.sha256(code.encode()).hexdigest() != world.run().code_hash
    with world.store.read():
        assert f"*{code}*" not in world.everything_stored()


def test_rule_3_a_link_works_for_fifteen_minutes(world: World) -> None:
    token = world.linked()
    expires = world.run().expires_at
    assert expires is not None
    assert timedelta(minutes=14) < expires - now() <= timedelta(minutes=15)
    world.change_run(expires_at=now() - timedelta(seconds=1))
    with pytest.raises(LinkGone):
        world.page.look(token, "")
    with pytest.raises(LinkGone):
        world.page.send_code(token)


def test_rule_3_a_link_works_once(world: World) -> None:
    token = reset(world)
    assert world.signs_in(GOOD)
    with pytest.raises(LinkGone):
        world.page.look(token, "")
    with pytest.raises(LinkGone):
        world.page.send_code(token)


def test_rule_3_a_new_request_kills_the_older_link(world: World) -> None:
    older = world.linked()
    newer = world.linked()
    assert world.page.look(newer, "").stage == "confirm"
    with pytest.raises(LinkGone):
        world.page.look(older, "")


def test_rule_3_a_request_that_is_refused_leaves_the_older_link_alone(world: World) -> None:
    world.limits(per_requester_per_day=1)
    older = world.linked()
    world.start()
    assert world.run().state == states.REFUSED
    assert world.page.look(older, "").stage == "confirm"


def test_rule_3_looking_at_the_page_changes_nothing(world: World) -> None:
    token = world.linked()
    before = world.everything_stored()
    for _ in range(3):
        world.page.look(token, "")
    assert world.everything_stored() == before


@pytest.mark.parametrize("handle", ["anna.lind", "mira.holt", "eva.strand", "gus.visitor", "anna.private"])
def test_rule_4_everybody_reads_the_same_words(world: World, handle: str) -> None:
    assert world.start(handle).reply == service.ALWAYS_THE_SAME_REPLY


def test_rule_4_a_refused_request_writes_as_much_as_a_granted_one(world: World) -> None:
    def written() -> int:
        return world.everything_stored().count("\n")

    start = written()
    world.start("anna.lind")
    granted = written() - start
    world.start("mira.holt")
    assert written() - start == 2 * granted


def test_rule_4_the_ticket_text_which_the_requester_can_read_does_not_say_why(world: World) -> None:
    started = world.start("eva.strand")
    assert started.open_ticket is not None
    assert "VIP" not in started.open_ticket
    assert "VIP" in started.note


@pytest.mark.parametrize(
    ("handle", "why"),
    [("mira.holt", "privileged"), ("tomas.reyes", "privileged"), ("eva.strand", "VIP")],
)
def test_rule_5_privileged_people_and_vips_are_left_to_people(world: World, handle: str, why: str) -> None:
    started = world.start(handle)
    assert world.run().state == states.REFUSED
    assert why in str(world.run().refused_why)
    assert (started.open_ticket is not None, started.team) == (True, "identity")
    assert world.deliver() == 0


def test_rule_5_a_second_channel_that_was_changed_lately_must_cool_off(world: World) -> None:
    days = world.runbook.cooling_off_days
    world.change_account(second_channel_changed_at=now() - timedelta(days=days) + timedelta(minutes=1))
    world.start()
    assert "second channel was changed" in str(world.run().refused_why)
    world.change_account(second_channel_changed_at=now() - timedelta(days=days, minutes=1))
    world.start()
    assert world.run().state == states.LINK_DUE


def test_rule_5_without_a_second_channel_nobody_can_be_identified(world: World) -> None:
    world.change_account(second_channel=None)
    assert world.start().open_ticket is not None
    assert "no second channel" in str(world.run().refused_why)


def test_rule_6_one_requester_gets_so_many_links_a_day(world: World) -> None:
    for _ in range(world.runbook.limits.per_requester_per_day):
        world.start()
        assert world.run().state == states.LINK_DUE
    assert world.start().open_ticket is not None
    assert "within a day" in str(world.run().refused_why)
    assert world.start().open_ticket is None, "one ticket for somebody who keeps on asking"
    world.start("ben.carter")
    assert world.run().state == states.LINK_DUE, "others are not held up"


def test_rule_6_all_together_get_so_many_links_an_hour(world: World) -> None:
    world.limits(total_per_hour=2)
    for handle in ("anna.lind", "ben.carter", "chiara.conti"):
        world.start(handle)
    assert "all people together" in str(world.run().refused_why)


def test_rule_6_a_burst_over_many_accounts_suspends_the_runbook_and_alarms_security(world: World) -> None:
    world.limits(alarm_accounts_per_hour=3)
    world.start("anna.lind")
    world.start("mira.holt")  # refused ones count: trying privileged accounts out is an attack too
    assert not world.is_suspended()
    world.start("ben.carter")
    assert (world.run().state, world.is_suspended()) == (states.REFUSED, True)
    assert world.deliver() == 0, "links that were due before the alarm are not sent any more"
    (alarm,) = world.mailbox.to("it-security")
    assert "3 different people" in str(alarm)
    world.start("chiara.conti")
    world.deliver()
    assert len(world.mailbox.to("it-security")) == 1, "one alarm, not one for each request"


def test_rule_7_the_directory_has_the_last_word(world: World) -> None:
    world.directory.set_password("local-U0ANNA", GOOD)
    token = world.linked()
    world.page.send_code(token)
    proof = world.page.confirm_code(token, world.code())
    with pytest.raises(NotYet, match="present password"):
        world.page.change(token, proof, DONE)
    other = "seven quiet lanterns drift"
    world.page.change(token, proof, Choice(other, other, end_sessions=False))
    assert world.signs_in(other), "after a refusal the same link can be used for a better password"


def test_rule_9_both_channels_are_told_and_can_say_that_it_was_not_them(world: World) -> None:
    reset(world)
    for slack_id in ("U0ANNA", "U0ANNA2ND"):
        message = world.mailbox.to(slack_id)[-1]
        assert "was changed" in message["text"]
        assert "runbook_not_me" in str(message["blocks"])


@pytest.mark.parametrize("handle", ["anna.lind", "anna.private"])
def test_rule_9_not_me_puts_the_password_back_suspends_and_asks_for_a_security_ticket(
    world: World, handle: str
) -> None:
    world.directory.set_password("local-U0ANNA", "the old one of Anna")
    reset(world)
    ticket = service.not_me(world.store, world.directory, world.desk, world.run().id, world.person(handle))
    assert ticket is not None
    assert (ticket.team, ticket.requester.handle) == ("security", "anna.lind")
    assert "put back" in ticket.text
    assert world.signs_in("the old one of Anna")
    assert world.run().state == states.ROLLED_BACK
    assert world.is_suspended()
    assert world.receipt().outcome == "rolled_back"
    world.deliver()
    assert "this wasn't me" in str(world.mailbox.to("it-security"))


def test_rule_9_a_second_press_opens_no_second_ticket(world: World) -> None:
    reset(world)
    anna, run_id = world.person("anna.lind"), world.run().id
    assert service.not_me(world.store, world.directory, world.desk, run_id, anna) is not None
    assert service.not_me(world.store, world.directory, world.desk, run_id, anna) is None
    assert world.actions().count("automation_suspended") == 1


def test_rule_9_nobody_else_can_press_it(world: World) -> None:
    reset(world)
    with pytest.raises(service.RunbookError, match="Only the person"):
        service.not_me(world.store, world.directory, world.desk, world.run().id, world.person("ben.carter"))
    assert not world.is_suspended()


def test_rule_9_not_me_before_anything_changed_kills_the_link(world: World) -> None:
    token = world.linked()
    anna = world.person("anna.lind")
    ticket = service.not_me(world.store, world.directory, world.desk, world.run().id, anna)
    assert ticket is not None and "before anything was changed" in ticket.text
    with pytest.raises(LinkGone):
        world.page.look(token, "")


def test_rule_9_ending_other_sessions_is_offered_and_done_only_when_wanted(world: World) -> None:
    reset(world, Choice(GOOD, GOOD, end_sessions=False))
    assert world.account().sessions_ended_at is None
    other = "seven quiet lanterns drift"
    reset(world, Choice(other, other, end_sessions=True))
    assert world.account().sessions_ended_at is not None


def test_rule_10_every_message_with_a_link_or_a_code_says_not_to_type_it_into_chat(world: World) -> None:
    assert "never ask you for a password or a one-time code" in service.ALWAYS_THE_SAME_REPLY
    world.page.send_code(world.linked())
    assert "Never in Slack" in str(world.mailbox.to("U0ANNA")[-1])
    assert "never into a chat" in str(world.mailbox.to("U0ANNA2ND")[-1])


def test_rule_11_every_step_names_its_undo_and_the_approver_reads_it(world: World) -> None:
    world.set_tier("approve")
    world.start()
    world.deliver()
    (card,) = world.mailbox.to("it-identity")
    assert "(undo: restore password)" in str(card)
    assert "Nothing has been sent or changed yet" in str(card)


def test_rule_11_a_finished_run_can_be_rolled_back(world: World) -> None:
    world.directory.set_password("local-U0ANNA", "the old one of Anna")
    reset(world)
    service.roll_back(world.store, world.directory, world.run().id, "ruth.okafor")
    assert world.signs_in("the old one of Anna")
    assert (world.run().state, world.receipt().outcome) == (states.ROLLED_BACK, "rolled_back")


def test_rule_12_text_from_people_stays_text(world: World) -> None:
    with world.store.begin() as session:
        session.merge(world.person("anna.lind")).name = "<!channel> {{ 7*7 }} '; DROP TABLE people; --"
    world.set_tier("approve")
    world.start()
    world.deliver()
    (card,) = world.mailbox.to("it-identity")
    assert "<!channel>" not in str(card["blocks"])
    assert world.person("anna.lind").name.startswith("<!channel>")


def test_each_step_is_in_the_audit_log_and_the_chain_holds(world: World) -> None:
    reset(world)
    steps = ["run_requested", "run_granted", "link_sent", "code_sent", "code_confirmed", "password_chosen"]
    assert [action for action in world.actions() if action in steps] == steps
    assert world.actions()[-1] == "password_changed"
    with world.store.read() as session:
        assert audit.verify(session).intact


def test_a_run_that_is_done_is_evidence_for_the_automation(world: World) -> None:
    reset(world)
    receipt = world.receipt()
    assert (receipt.automation, receipt.subject) == ("runbook:password_reset", f"run:{world.run().id}")
    assert (receipt.outcome, receipt.tier) == ("accepted", "auto")
    assert receipt.versions == {"runbook": world.runbook.version}


def test_the_link_is_sent_in_private_and_its_notification_does_not_show_it(world: World) -> None:
    token = world.linked()
    message = world.mailbox.to("U0ANNA")[-1]
    assert message["dm_with"] == "U0ANNA"
    assert token not in message["text"]
    assert (message["unfurl_links"], message["unfurl_media"]) == (False, False)
    assert not deliver_link(world.store, world.mailbox, world.run().id, world.runbook, PUBLIC_URL)
