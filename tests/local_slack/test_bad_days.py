"""What Slack does on a bad day, in both modes."""

import time
from typing import Any

import httpx
import pytest
from slack_sdk.errors import SlackApiError

from bot.local_slack.client import OperationRefused
from bot.local_slack.jsontypes import Json

from .running import Desk


def heard(desk: Desk, ts: str, count: int) -> list[Json]:
    def enough() -> Any:
        found = [e for e in desk.app.heard if e.get("ts") == ts]
        return found if len(found) >= count else None

    found: list[Json] = desk.anna.until(enough)
    return found


def test_one_message_can_come_twice_with_different_event_ids(desk: Desk) -> None:
    desk.admin.misbehave("duplicate_events", times=1)
    ts = desk.anna.say("twice please")
    events = heard(desk, ts, 2)
    assert events[0]["event_id"] != events[1]["event_id"] and events[0]["text"] == events[1]["text"]


def test_an_event_can_come_again_though_it_was_acknowledged(desk: Desk) -> None:
    desk.admin.misbehave("same_event_again", times=1)
    events = heard(desk, desk.anna.say("again please"), 2)
    assert events[0]["event_id"] == events[1]["event_id"]
    assert "x-slack-retry-num" not in events[0]["headers"] or events[0]["headers"]["x-slack-retry-num"] == ["0"]
    assert events[1]["headers"]["x-slack-retry-num"] == ["1"]
    assert events[1]["headers"]["x-slack-retry-reason"] == ["http_timeout"]


def test_an_old_event_can_be_sent_again(desk: Desk) -> None:
    ts = desk.anna.say("from the past")
    event_id = heard(desk, ts, 1)[0]["event_id"]
    desk.admin.misbehave("redeliver", event_id=event_id)
    assert [e["event_id"] for e in heard(desk, ts, 2)] == [event_id, event_id]
    with pytest.raises(OperationRefused, match="event_not_found"):
        desk.admin.misbehave("redeliver", event_id="Ev0NEVER")


def test_a_rate_limited_method_says_when_to_come_again(desk: Desk) -> None:
    desk.admin.misbehave("rate_limit", method="chat.postMessage", times=2, retry_after=7)
    for _ in range(2):
        with pytest.raises(SlackApiError) as limited:
            desk.app.client.chat_postMessage(channel="U0ANNA", text="a")
        assert limited.value.response.status_code == 429
        assert limited.value.response.headers["Retry-After"] == "7"
        assert limited.value.response["error"] == "ratelimited"
    assert desk.app.client.chat_postMessage(channel="U0ANNA", text="a")["ok"]


def test_a_call_may_be_carried_out_though_the_answer_is_an_error(desk: Desk) -> None:
    desk.admin.misbehave("api_error", method="chat.postMessage", status=503, after=True)
    with pytest.raises(SlackApiError):
        desk.app.client.chat_postMessage(channel="U0BEN", text="did it arrive?")
    assert [m["text"] for m in desk.ben.messages()].count("did it arrive?") == 1


def test_a_link_preview_changes_the_message_but_not_its_text(desk: Desk) -> None:
    ts = desk.anna.say("see https://intranet.example/page")
    heard(desk, ts, 1)
    desk.admin.misbehave("link_preview", channel=desk.anna.dm(), ts=ts)

    def changed() -> Any:
        return [
            e
            for e in desk.app.heard
            if e.get("subtype") == "message_changed" and e["message"]["ts"] == ts and e["message"].get("attachments")
        ]

    event = desk.anna.until(changed)[0]
    assert event["message"]["text"] == event["previous_message"]["text"] == "see <https://intranet.example/page>"


def test_events_can_be_late(desk: Desk) -> None:
    desk.admin.misbehave("delay_events", seconds=0.3, times=1)
    late = desk.ben.say("late", channel="#it-team")
    soon = desk.ben.say("soon", channel="#it-team")
    heard(desk, late, 1)
    order = [e["ts"] for e in desk.app.heard if e.get("ts") in (late, soon)]
    assert order == [soon, late]


def test_after_a_cut_connection_the_app_comes_back_and_misses_nothing_that_is_retried() -> None:
    desk = Desk("socket", retry_delays=(0.0, 2.0, 6.0))
    try:
        for kind in ("drop_connections", "disconnect"):
            assert desk.admin.misbehave(kind)["closed"] == 1
            ts = desk.anna.say(f"after {kind}")
            desk.anna.until(lambda ts=ts: [e for e in desk.app.heard if e.get("ts") == ts], 30)
    finally:
        desk.close()


def test_a_silent_socket_looks_alive_and_brings_nothing(desk: Desk) -> None:
    desk.admin.misbehave("silence")
    lost = desk.anna.say("into the void")
    desk.admin.misbehave("silence", on=False)
    heard(desk, desk.anna.say("heard again"), 1)
    assert not [e for e in desk.app.heard if e.get("ts") == lost]
    history = desk.app.client.conversations_history(channel=desk.anna.dm())["messages"]
    assert lost in [m["ts"] for m in history], "the history has what the event did not bring"


def test_an_app_that_is_down_gets_the_event_when_it_is_back() -> None:
    desk = Desk("http", retry_delays=(0.0, 2.0, 2.0))
    try:
        desk.app.stop()
        desk.app.stopped.clear()
        port = int(desk.slack.config.app.request_url.split(":")[2].split("/")[0])
        ts = desk.anna.say("is anybody there?")
        desk.anna.until(lambda: [d for d in desk.admin.log("delivery") if d["retry"] == 1])
        desk.app.serve_http(port)
        event = heard(desk, ts, 1)[0]
        assert event["headers"]["x-slack-retry-num"] == ["2"]

        def attempts() -> Any:
            made = [d for d in desk.admin.log("delivery") if d["event_id"] == event["event_id"]]
            return made if made[-1]["ok"] else None

        reasons = [d["reason"] for d in desk.anna.until(attempts)]
        assert reasons == ["connection_failed", "connection_failed", None]
    finally:
        desk.close()


def test_the_request_url_is_verified_by_a_challenge_and_refuses_what_is_not_signed() -> None:
    desk = Desk("http")
    try:
        desk.admin.verify_request_url()
        url = desk.slack.config.app.request_url
        headers = {"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "v0=00"}
        assert httpx.post(url, json={"type": "event_callback"}, headers=headers).status_code == 401
        desk.app.stop()
        desk.app.stopped.clear()
        with pytest.raises(OperationRefused, match="url_not_verified"):
            desk.admin.verify_request_url()
    finally:
        desk.close()


def test_only_the_admin_token_orders_faults_and_reads_the_journal(desk: Desk) -> None:
    for path in ("misbehave", "verify_request_url"):
        answer = httpx.post(f"{desk.slack.base_url}/local/{path}", json={"kind": "behave"}).json()
        assert answer["error"] == "invalid_auth"
    assert httpx.get(f"{desk.slack.base_url}/local/log").json()["error"] == "invalid_auth"
    with pytest.raises(OperationRefused, match="invalid_arguments"):
        desk.admin.misbehave("rate_limit", method="chat.postMessage", times=-1)


def test_the_journal_has_no_tokens(desk: Desk) -> None:
    desk.anna.say("journal")
    assert "xoxb-" not in str(desk.admin.log("api"))


def test_a_response_url_works_five_times(desk: Desk) -> None:
    desk.anna.command("/desk", "list", channel="#general")
    url = [d for d in desk.admin.log("delivery") if d["type"] == "slash_commands"][-1]["payload"]["response_url"]
    answers = [httpx.post(url, json={"text": f"answer {n}"}) for n in range(6)]
    assert [a.status_code for a in answers] == [200] * 5 + [404]
    assert answers[0].text == "ok" and answers[5].json()["error"] == "used_url"
    assert httpx.post(url[:-4] + "xxxx", json={"text": "a"}).json()["error"] == "expired_url"
