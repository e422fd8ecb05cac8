"""The outbox over real HTTP: order, rate limits, doubt, giving up, several senders at once."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from tests.workers.office import WORKSPACE, Office, at_once
from tests.workers.slack_server import Fault, Slack, serve_slack
from workers import outbox
from workers.slack.messenger import Messenger
from workers.store.columns import now
from workers.store.session import Store
from workers.store.tables import Delivery, Ticket
from workers.tickets.history import tell_agents

POST = "chat.postMessage"
LIMITED = Fault(429, json.dumps({"ok": False, "error": "ratelimited"}), {"Retry-After": "30"})
BROKEN = Fault(500, "oops")


@pytest.fixture
def slack() -> Iterator[Slack]:
    with serve_slack() as made:
        yield made


@pytest.fixture
def messenger(slack: Slack) -> Messenger:
    return Messenger("xoxb-test", slack.url)


def put(store: Store, text: str, lane: str = "a", to: str = "channel:C0NETWORK", **options: Any) -> int:
    with store.begin() as session:
        return outbox.put(session, WORKSPACE, POST, {"to": to, "text": text}, lane=lane, **options).id


def row(store: Store, delivery: int) -> Delivery:
    with store.read() as session:
        return session.get_one(Delivery, delivery)


def change(store: Store, **values: Any) -> None:
    with store.begin() as session:
        session.execute(update(Delivery).values(**values))


def test_what_is_put_is_sent_once_and_in_order(store: Store, messenger: Messenger, slack: Slack) -> None:
    ids = [put(store, text) for text in ("one", "two", "three")]
    assert outbox.deliver_due(store, messenger) == 3
    assert outbox.deliver_due(store, messenger) == 0
    assert slack.texts() == ["one", "two", "three"]
    assert {row(store, id_).state for id_ in ids} == {"sent"}


def test_what_was_rolled_back_is_not_sent(store: Store, messenger: Messenger, slack: Slack) -> None:
    with pytest.raises(ZeroDivisionError), store.begin() as session:
        outbox.put(session, WORKSPACE, POST, {"to": "channel:C0NETWORK", "text": "never"}, lane="a")
        1 / 0  # noqa: B018 - raises
    assert outbox.deliver_due(store, messenger) == 0 and slack.calls == []


def test_only_the_asked_lane_is_sent(sqlite_store: Store, messenger: Messenger, slack: Slack) -> None:
    put(sqlite_store, "one", "a")
    put(sqlite_store, "two", "b")
    assert outbox.deliver_due(sqlite_store, messenger, lane="b") == 1
    assert slack.texts() == ["two"]


def test_too_many_requests_postpone_the_lane_and_no_other(store: Store, messenger: Messenger, slack: Slack) -> None:
    first = put(store, "one", "a")
    put(store, "two", "a")
    put(store, "other", "b")
    slack.misbehave(POST, LIMITED)
    assert outbox.deliver_due(store, messenger) == 1
    assert slack.texts() == ["other"]
    waiting = row(store, first)
    assert waiting.state == "waiting" and waiting.due_at > now() + timedelta(seconds=25)
    change(store, due_at=now())
    assert outbox.deliver_due(store, messenger) == 2
    assert slack.texts() == ["other", "one", "two"]


def test_being_told_to_wait_uses_up_no_try(sqlite_store: Store, messenger: Messenger, slack: Slack) -> None:
    delivery = put(sqlite_store, "one")
    slack.misbehave(POST, *[LIMITED] * (outbox.MAX_ATTEMPTS + 3))
    while row(sqlite_store, delivery).state != "sent":
        change(sqlite_store, due_at=now())
        outbox.deliver_due(sqlite_store, messenger)
        assert row(sqlite_store, delivery).state != "failed"
    assert slack.texts() == ["one"]
    assert slack.called("conversations.history") == []  # nothing was in doubt


def test_trouble_is_tried_again_and_given_up_in_the_end(store: Store, messenger: Messenger, slack: Slack) -> None:
    delivery = put(store, "one")
    next_in_lane = put(store, "two")
    slack.misbehave(POST, *[BROKEN] * outbox.MAX_ATTEMPTS)
    waits = []
    while row(store, delivery).state != "failed":
        change(store, due_at=now())
        outbox.deliver_due(store, messenger)
        waits.append((row(store, delivery).due_at - now()).total_seconds())
    assert len(waits) == outbox.MAX_ATTEMPTS
    assert waits[:-1] == sorted(waits[:-1]) and waits[-2] > 30  # ever more patient
    assert "Slack answered" in str(row(store, delivery).error)
    assert row(store, next_in_lane).state == "sent"  # the lane goes on
    with store.read() as session:
        assert [failed.id for failed in outbox.failed(session, WORKSPACE)] == [delivery]


def test_a_refusal_is_not_tried_again(sqlite_store: Store, messenger: Messenger, slack: Slack) -> None:
    delivery = put(sqlite_store, "one")
    slack.misbehave(POST, Fault(200, json.dumps({"ok": False, "error": "invalid_blocks"})))
    assert outbox.deliver_due(sqlite_store, messenger) == 0
    assert (row(sqlite_store, delivery).state, row(sqlite_store, delivery).attempts) == ("failed", 1)


def test_a_failed_delivery_can_be_sent_again_by_hand(sqlite_store: Store, messenger: Messenger, slack: Slack) -> None:
    delivery = put(sqlite_store, "one")
    change(sqlite_store, state="failed", error="is_archived")
    with sqlite_store.begin() as session:
        outbox.send_again(session, delivery)
    assert outbox.deliver_due(sqlite_store, messenger) == 1
    assert slack.texts() == ["one"] and row(sqlite_store, delivery).error is None


def test_a_delivery_that_arrived_before_its_sender_died_is_found(
    store: Store, messenger: Messenger, slack: Slack
) -> None:
    delivery = put(store, "one", to="channel:it-network")
    messenger.send(delivery, POST, {"channel": "it-network", "text": "one"})
    died = now() - outbox.IN_DOUBT_AFTER - timedelta(seconds=1)
    change(store, state="sending", claimed_at=died, attempts=1)
    assert outbox.deliver_due(store, messenger) == 1
    assert slack.texts() == ["one"]
    assert row(store, delivery).state == "sent"


def test_a_delivery_that_never_left_is_sent_when_its_sender_died(
    store: Store, messenger: Messenger, slack: Slack
) -> None:
    put(store, "hello", to="channel:C0NETWORK")
    change(store, state="sending", claimed_at=now() - outbox.IN_DOUBT_AFTER / 2, attempts=1)
    assert outbox.deliver_due(store, messenger) == 0  # its sender may still be at it
    change(store, claimed_at=now() - outbox.IN_DOUBT_AFTER - timedelta(seconds=1))
    assert outbox.deliver_due(store, messenger) == 1
    assert slack.texts() == ["hello"]


def test_a_direct_message_in_doubt_is_not_sent_twice(quick_office: Office, messenger: Messenger, slack: Slack) -> None:
    store, anna = quick_office.store, quick_office.person("anna.lind")
    delivery = put(store, "hello", to=f"person:{anna.id}", record=f"dm:{anna.id}")
    slack.misbehave(POST, Fault(hang_up=True, after_taking=True))
    outbox.deliver_due(store, messenger)
    assert row(store, delivery).state == "waiting"
    change(store, due_at=now())
    outbox.deliver_due(store, messenger)
    assert row(store, delivery).state == "sent" and slack.texts() == ["hello"]
    assert quick_office.person("anna.lind").dm_channel == "D0ANNA"


@pytest.mark.parametrize("fault", [Fault(hang_up=True), BROKEN, Fault(200, "<html>")], ids=["hang up", "500", "proxy"])
@pytest.mark.parametrize("arrived", [True, False])
def test_an_answer_that_got_lost_leads_to_one_message(
    sqlite_store: Store, messenger: Messenger, slack: Slack, fault: Fault, arrived: bool
) -> None:
    delivery = put(sqlite_store, "one")
    slack.misbehave(POST, Fault(fault.status, fault.body, hang_up=fault.hang_up, after_taking=arrived))
    slack.misbehave("conversations.history", LIMITED, BROKEN)  # asking goes wrong too: the doubt remains
    for _ in range(5):
        outbox.deliver_due(sqlite_store, messenger)
        change(sqlite_store, due_at=now())
    assert slack.texts() == ["one"]
    assert row(sqlite_store, delivery).state == "sent"


def test_two_senders_at_once_send_each_message_once_and_in_order(
    store: Store, messenger: Messenger, slack: Slack
) -> None:
    for number in range(12):
        put(store, f"{number:02}", lane=f"lane {number % 3}")
    counts = at_once(*[lambda: outbox.deliver_due(store, messenger)] * 3)
    assert sum(counts) <= 12
    outbox.deliver_due(store, messenger)
    texts = slack.texts()
    assert sorted(texts) == [f"{number:02}" for number in range(12)]
    for lane in range(3):
        mine = [text for text in texts if int(text) % 3 == lane]
        assert mine == sorted(mine)


def test_a_slow_sender_that_lost_its_claim_does_not_undo_the_next_one(
    sqlite_store: Store, messenger: Messenger, slack: Slack
) -> None:
    store = sqlite_store
    delivery = put(store, "one")

    class Overtaken:
        """Takes so long that somebody else sends meanwhile, and then fails."""

        def send(self, *arguments: Any) -> Any:
            change(store, claimed_at=now() - outbox.IN_DOUBT_AFTER - timedelta(seconds=1))
            assert outbox.deliver_due(store, messenger) == 1
            slack.misbehave(POST, BROKEN)
            return messenger.send(*arguments)

        find_sent = messenger.find_sent

    assert outbox.deliver_due(store, Overtaken()) == 0
    assert row(store, delivery).state == "sent"
    assert slack.texts() == ["one"]


def test_the_cards_place_is_remembered_and_used(office: Office, messenger: Messenger, slack: Slack) -> None:
    ticket = office.open_in("network")
    with office.store.begin() as session:
        tell_agents(session, session.get_one(Ticket, ticket), {"text": "below"})
    outbox.deliver_due(office.store, messenger)
    card = next(message for message in slack.messages if message["channel"] == "C0NETWORK")
    found = office.ticket(ticket)
    assert (found.card_channel, found.card_ts) == ("C0NETWORK", card["ts"])
    assert slack.messages[-1]["thread_ts"] == card["ts"]


def test_a_thread_that_begins_with_the_notice_is_remembered(quick_office: Office, messenger: Messenger) -> None:
    office = quick_office
    ticket = office.open()
    with office.store.begin() as session:
        row_ = session.get_one(Ticket, ticket)
        row_.thread_channel = row_.thread_ts = None
        session.execute(update(Delivery).values(record=f"thread:{ticket}"))
    outbox.deliver_due(office.store, messenger)
    assert office.ticket(ticket).thread_channel == "D0ANNA" and office.ticket(ticket).thread_ts


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("card:{ticket}", "has no card yet"),
        ("under-card:{ticket}", "has no card yet"),
        ("thread:999", "there is no ticket 999"),
        ("person:999", "there is no person 999"),
        ("moon:1", "unknown address"),
    ],
)
def test_a_place_that_does_not_exist_is_said_and_blocks_nothing(
    quick_office: Office, messenger: Messenger, slack: Slack, to: str, why: str
) -> None:
    office = quick_office
    ticket = office.open()
    change(office.store, state="sent")
    lost = put(office.store, "lost", lane="x", to=to.format(ticket=ticket))
    put(office.store, "next", lane="x")
    assert outbox.deliver_due(office.store, messenger) == 1
    assert slack.texts() == ["next"]
    assert why in str(row(office.store, lost).error)


def test_an_unknown_channel_is_named_in_the_failure(sqlite_store: Store, messenger: Messenger, slack: Slack) -> None:
    delivery = put(sqlite_store, "one", to="channel:it-telephony")
    outbox.deliver_due(sqlite_store, messenger)
    waiting = row(sqlite_store, delivery)
    assert waiting.state == "waiting"
    assert "there is no channel #it-telephony" in str(waiting.error)
    slack.channels["it-telephony"] = "C0TELEPHONY"
    change(sqlite_store, due_at=now())
    assert outbox.deliver_due(sqlite_store, messenger) == 1
