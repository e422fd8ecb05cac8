from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.runbooks.world import PUBLIC_URL, World
from workers.runbooks import messages, service, states
from workers.runbooks.reset import LinkGone
from workers.slack.messenger import SlackTrouble
from workers.store.columns import now
from workers.store.tables import Automation, RunbookRun


def approve(world: World, handle: str) -> RunbookRun:
    with world.store.begin() as session:
        return service.approve(session, world.runbook, world.run().id, session.merge(world.person(handle)))


def decline(world: World, handle: str) -> RunbookRun:
    with world.store.begin() as session:
        return service.decline(session, world.runbook, world.run().id, session.merge(world.person(handle)))


def test_on_tier_approve_nothing_is_sent_before_a_person_said_yes(world: World) -> None:
    world.set_tier("approve")
    world.start()
    assert (world.run().state, world.deliver()) == (states.AWAITING_APPROVAL, 0)
    assert world.mailbox.to("U0ANNA") == []
    run = approve(world, "tomas.reyes")
    assert "approved by <@U0TOMAS>" in str(messages.decided_card(run, world.runbook, world.person("tomas.reyes")))
    assert world.deliver() == 1
    assert world.page.look(world.token(), "").stage == "confirm"
    assert world.receipt().approved_by == "tomas.reyes"


def test_on_tier_approve_a_no_ends_it_and_counts_as_overridden(world: World) -> None:
    world.set_tier("approve")
    world.start()
    run = decline(world, "tomas.reyes")
    assert "declined by <@U0TOMAS>" in str(messages.decided_card(run, world.runbook, world.person("tomas.reyes")))
    assert (world.run().state, world.receipt().outcome) == (states.REFUSED, "overridden")
    assert world.deliver() == 0
    assert "A person looked at your request" in world.mailbox.to("U0ANNA")[-1]["text"]


def test_only_agents_of_the_team_decide_and_never_about_themselves(world: World) -> None:
    world.set_tier("approve")
    world.start()
    for handle in ("ben.carter", "ines.duarte", "gus.visitor"):
        with pytest.raises(service.RunbookError, match="Only agents of the team"):
            approve(world, handle)
    world.start("jonas.brandt")
    with world.store.begin() as session:
        session.merge(world.person("jonas.brandt")).teams = ["identity"]
    with pytest.raises(service.RunbookError, match="Somebody else"):
        approve(world, "jonas.brandt")


def test_a_second_click_on_the_card_is_refused(world: World) -> None:
    world.set_tier("approve")
    world.start()
    approve(world, "tomas.reyes")
    with pytest.raises(service.RunbookError, match="not waiting for a decision any more"):
        decline(world, "tomas.reyes")


def test_an_approval_after_its_time_is_refused(world: World) -> None:
    world.set_tier("approve")
    world.start()
    world.change_run(expires_at=now() - timedelta(seconds=1))
    with pytest.raises(service.RunbookError, match="not waiting"):
        approve(world, "tomas.reyes")
    assert service.expire_old(world.store) == 1
    world.deliver()
    assert "stopped" in world.mailbox.to("U0ANNA")[-1]["text"]


def test_on_tier_suggest_a_person_does_it(world: World) -> None:
    world.set_tier("suggest")
    started = world.start()
    assert started.open_ticket is not None
    assert (world.run().state, world.deliver()) == (states.REFUSED, 0)


def test_without_an_owner_the_runbook_does_not_run(world: World) -> None:
    with world.store.begin() as session:
        session.execute(update(Automation).values(owner=None))
    assert world.start().open_ticket is not None
    assert "no owner" in str(world.run().refused_why)


def test_the_switch_is_read_when_the_link_is_sent(world: World) -> None:
    world.start()
    world.suspend()
    assert world.deliver() == 0
    assert world.run().state == states.CANCELLED
    (told,) = world.mailbox.to("U0ANNA")
    assert "stopped and nothing was changed" in told["text"]


def test_the_tier_is_read_when_the_link_is_sent(world: World) -> None:
    world.start()
    world.set_tier("approve")
    assert world.deliver() == 0
    assert world.run().state == states.CANCELLED


def test_the_switch_is_read_on_each_step_of_the_page(world: World) -> None:
    token = world.linked()
    world.suspend()
    with pytest.raises(LinkGone):
        world.page.send_code(token)
    assert world.run().state == states.CANCELLED


def test_a_crash_between_sending_and_writing_it_down_sends_a_new_link_and_kills_the_old(world: World) -> None:
    first = world.linked()
    # As the crash left it: sent, not written down, its sender's claim old by now.
    world.change_run(state=states.LINK_DUE, link_claimed_at=now() - timedelta(minutes=1))
    assert world.page.look(first, "").stage == "confirm", "who has the link already can go on with it"
    assert world.deliver() == 1
    assert world.token() != first
    with pytest.raises(LinkGone):
        world.page.look(first, "")


def test_two_senders_at_once_send_one_link(world: World) -> None:
    world.start()
    world.change_run(link_claimed_at=now())
    assert world.deliver() == 0


def test_a_link_that_slack_did_not_take_is_tried_again_until_its_time_is_over(world: World) -> None:
    world.start()
    deadline = world.run().expires_at
    world.mailbox.trouble = SlackTrouble("Slack answered ratelimited", can_retry=True)
    assert world.deliver() == 0
    assert (world.run().state, world.run().link_hash, world.run().expires_at) == (states.LINK_DUE, None, deadline)
    world.mailbox.trouble = None
    assert world.deliver() == 0, "not at once"
    world.change_run(link_claimed_at=now() - timedelta(minutes=1))
    assert world.deliver() == 1


def test_a_link_that_can_never_be_sent_ends_the_run(world: World) -> None:
    world.start()
    world.mailbox.trouble = SlackTrouble("Slack answered user_not_found", can_retry=False)
    service.deliver_due_links(world.store, world.mailbox, world.runbooks, PUBLIC_URL)
    assert world.run().state == states.CANCELLED
    assert "user_not_found" in str(world.run().refused_why)


def test_old_links_expire_and_young_ones_do_not(world: World) -> None:
    world.linked()
    assert service.expire_old(world.store) == 0
    world.change_run(expires_at=now() - timedelta(seconds=1))
    assert service.expire_old(world.store) == 1
    assert world.run().state == states.EXPIRED


def test_a_change_that_was_interrupted_is_not_left_silent(world: World) -> None:
    world.linked()
    world.change_run(state=states.CHANGING, expires_at=now() - timedelta(seconds=1))
    service.expire_old(world.store)
    world.deliver()
    assert "interrupted" in world.mailbox.to("U0ANNA")[-1]["text"]
    assert "look at the account" in str(world.run().refused_why)


def test_a_run_of_another_workspace_does_not_exist_for_this_one(world: World) -> None:
    world.set_tier("approve")
    world.start()
    world.change_run(workspace="T0OTHER")
    with pytest.raises(service.RunbookError, match="There is no run"):
        approve(world, "tomas.reyes")
