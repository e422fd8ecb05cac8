"""The messenger over real HTTP: rate limits, errors, silence, unknown channels."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.servers import free_port
from tests.workers.slack_server import Fault, Slack, serve_slack
from workers.slack.messenger import METADATA_EVENT, Messenger, Sent, SlackTrouble
from workers.store.columns import now

POST = "chat.postMessage"
REFUSED = {"ok": False, "error": "invalid_blocks", "response_metadata": {"messages": ["[ERROR] missing `text`"]}}


@pytest.fixture
def slack() -> Iterator[Slack]:
    with serve_slack() as made:
        yield made


@pytest.fixture
def messenger(slack: Slack) -> Messenger:
    return Messenger("xoxb-test", slack.url)


def send(messenger: Messenger, channel: str = "C0NETWORK", delivery: int = 7) -> Sent:
    return messenger.send(delivery, POST, {"channel": channel, "text": "hello"})


def test_a_message_carries_its_delivery_in_the_metadata(messenger: Messenger, slack: Slack) -> None:
    sent = send(messenger)
    (message,) = slack.messages
    assert sent == Sent("C0NETWORK", message["ts"])
    assert message["metadata"] == {"event_type": METADATA_EVENT, "event_payload": {"delivery": 7}}
    assert message["unfurl_links"] is False


def test_a_channel_is_found_by_name_over_all_pages_once_and_joined(messenger: Messenger, slack: Slack) -> None:
    slack.channels = {"general": "C0GENERAL", "random": "C0RANDOM", "it-network": "C0NETWORK"}
    for _ in range(2):
        assert send(messenger, "#it-network").channel == "C0NETWORK"
    assert len(slack.called("conversations.list")) == 3
    assert slack.called("conversations.join") == [{"channel": "C0NETWORK"}]  # and no other channel


def test_an_unknown_channel_says_what_to_do_and_is_found_when_it_was_made(messenger: Messenger, slack: Slack) -> None:
    with pytest.raises(SlackTrouble, match=r"no channel #it-telephony .* create it, or correct desk.yaml") as caught:
        send(messenger, "it-telephony")
    assert caught.value.can_retry
    slack.channels["it-telephony"] = "C0TELEPHONY"
    assert send(messenger, "it-telephony").channel == "C0TELEPHONY"


def test_somebody_is_written_to_directly(messenger: Messenger, slack: Slack) -> None:
    sent = messenger.send(7, POST, {"dm_with": "U0ANNA", "channel": "", "text": "hello"})
    assert sent.channel == "D0ANNA" and slack.texts() == ["hello"]
    assert messenger.permalink("D0ANNA", sent.ts).endswith(sent.ts)


def test_an_update_keeps_its_place(messenger: Messenger, slack: Slack) -> None:
    sent = messenger.send(7, "chat.update", {"channel": "C0NETWORK", "ts": "1.5", "text": "new"})
    assert sent == Sent("C0NETWORK", "1.5")
    assert "metadata" not in slack.called("chat.update")[0]


@pytest.mark.parametrize("header", ["Retry-After", "retry-after"])
def test_too_many_requests_says_how_long_to_wait(messenger: Messenger, slack: Slack, header: str) -> None:
    body = json.dumps({"ok": False, "error": "ratelimited"})
    slack.misbehave(POST, Fault(429, body, {header: "17"}))
    with pytest.raises(SlackTrouble) as caught:
        send(messenger)
    assert (caught.value.can_retry, caught.value.retry_after) == (True, 17.0)
    assert slack.messages == [] and len(slack.called(POST)) == 1  # waiting is the outbox's matter


@pytest.mark.parametrize(
    "fault",
    [
        Fault(429, "slow down", {"Retry-After": "3"}),
        Fault(500, "<html>oops</html>"),
        Fault(503, json.dumps({"ok": False, "error": "service_unavailable"})),
        Fault(200, json.dumps({"ok": False, "error": "internal_error"})),
        Fault(200, json.dumps({"ok": False, "error": "ratelimited"})),
        Fault(200, "<html>a proxy's login page</html>"),
        Fault(200, ""),
        Fault(200, "[]"),
        Fault(200, '{"ok": tr', {"Content-Length": "900"}),  # cut off
        Fault(hang_up=True),
    ],
    ids=lambda fault: f"{fault.status}-{fault.body[:12]}",
)
def test_passing_trouble_may_be_tried_again(messenger: Messenger, slack: Slack, fault: Fault) -> None:
    slack.misbehave(POST, fault)
    with pytest.raises(SlackTrouble) as caught:
        send(messenger)
    assert caught.value.can_retry
    assert len(slack.called(POST)) == 1


@pytest.mark.parametrize("code", ["channel_not_found", "is_archived", "not_authed", "msg_too_long"])
def test_a_refusal_is_final(messenger: Messenger, slack: Slack, code: str) -> None:
    slack.misbehave(POST, Fault(200, json.dumps({"ok": False, "error": code})))
    with pytest.raises(SlackTrouble, match=code) as caught:
        send(messenger)
    assert not caught.value.can_retry


def test_what_slack_says_about_bad_blocks_is_passed_on(messenger: Messenger, slack: Slack) -> None:
    slack.misbehave(POST, Fault(200, json.dumps(REFUSED)))
    with pytest.raises(SlackTrouble, match=r"invalid_blocks: \[ERROR\] missing `text`"):
        send(messenger)


def test_silence_ends_in_trouble_that_may_be_tried_again(messenger: Messenger, slack: Slack) -> None:
    messenger.client.timeout = 1
    slack.misbehave(POST, Fault(silent_s=2, after_taking=True))
    with pytest.raises(SlackTrouble, match="cannot be reached") as caught:
        send(messenger)
    assert caught.value.can_retry
    assert messenger.find_sent(7, {"channel": "C0NETWORK"}, now() - timedelta(minutes=1)) is not None


def test_nobody_there_may_be_tried_again() -> None:
    with pytest.raises(SlackTrouble, match="cannot be reached") as caught:
        send(Messenger("xoxb-test", f"http://127.0.0.1:{free_port()}/api/"))
    assert caught.value.can_retry


def test_the_token_is_in_no_message_of_an_error(messenger: Messenger, slack: Slack) -> None:
    slack.misbehave(POST, Fault(500, "oops"))
    with pytest.raises(SlackTrouble) as caught:
        send(messenger)
    assert "xoxb-test" not in str(caught.value)


def test_a_message_in_doubt_is_found_by_its_metadata(messenger: Messenger, slack: Slack) -> None:
    since = now() - timedelta(minutes=1)
    place = {"channel": "it-network"}
    assert messenger.find_sent(7, place, since) is None
    sent = send(messenger, "it-network", delivery=7)
    send(messenger, "it-network", delivery=8)
    assert messenger.find_sent(7, place, since) == sent
    assert messenger.find_sent(9, place, since) is None
    assert messenger.find_sent(7, place, now() + timedelta(minutes=1)) is None
    assert slack.called("conversations.history")[0]["include_all_metadata"] in ("1", 1, True)


def test_a_message_in_doubt_is_looked_for_in_its_thread(messenger: Messenger, slack: Slack) -> None:
    since = now() - timedelta(minutes=1)
    place = {"channel": "C0NETWORK", "thread_ts": "1.5"}
    sent = messenger.send(7, POST, place | {"text": "below"})
    assert messenger.find_sent(7, place, since) == sent
    assert messenger.find_sent(7, {"channel": "C0NETWORK"}, since) is None


def test_looking_for_a_direct_message_leaves_its_address(messenger: Messenger, slack: Slack) -> None:
    payload = {"dm_with": "U0ANNA", "channel": "", "text": "hello"}
    assert messenger.find_sent(7, payload, now()) is None
    assert messenger.send(7, POST, payload).channel == "D0ANNA"


def test_an_update_in_doubt_is_simply_done_again(messenger: Messenger, slack: Slack) -> None:
    assert messenger.find_sent(7, {"channel": "C0NETWORK", "ts": "1.5"}, now()) is None
    assert slack.calls == []
