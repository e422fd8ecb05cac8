"""What a Bolt app hears and does, through signed HTTP and through Socket Mode."""

from typing import Any

import pytest

from bot.local_slack.client import OperationRefused
from bot.local_slack.jsontypes import Json

from .running import Desk


def reply(desk: Desk, thread_ts: str) -> Json:
    def answered(messages: list[Json]) -> Any:
        return [m for m in messages if m.get("bot_id")]

    found: Json = desk.anna.wait_for(answered, thread_ts=thread_ts)[0]
    return found


def test_a_direct_message_is_answered_in_its_thread_with_a_button(desk: Desk) -> None:
    ts = desk.anna.say("My laptop is broken")
    answer = reply(desk, ts)
    assert answer["thread_ts"] == ts
    assert answer["blocks"][0]["text"]["text"] == "You said: My laptop is broken"
    assert desk.anna.status(ts)["status"] == "", "the status line goes when the app has answered"


def test_a_click_updates_the_message(desk: Desk) -> None:
    ts = desk.anna.say("Printer")
    answer = reply(desk, ts)
    desk.anna.click("solved", ts=answer["ts"])

    def updated(messages: list[Json]) -> bool:
        return messages[-1]["text"] == "Glad"

    assert desk.anna.wait_for(updated, thread_ts=ts)
    body = desk.app.clicks[-1]
    assert body["actions"][0]["value"] == "yes"
    assert body["actions"][0]["block_id"] == "choose"
    assert body["container"]["message_ts"] == answer["ts"] == body["message"]["ts"]
    assert body["user"]["id"] == "U0ANNA" and body["team"]["id"] == "T0LOCAL"
    assert body["channel"]["id"] == desk.anna.dm()


def test_a_command_answers_only_the_person_who_ran_it(desk: Desk) -> None:
    desk.anna.command("/desk", "list", channel="#general")
    shown = desk.anna.messages("#general")[-1]
    assert shown["is_ephemeral"] and shown["text"] == "You have no tickets, anna.lind"
    assert not [m for m in desk.ben.messages("#general") if m["text"].startswith("You have no tickets")]


def test_an_unknown_command_is_refused(desk: Desk) -> None:
    with pytest.raises(OperationRefused, match="unknown_command"):
        desk.anna.command("/nothing")


def test_a_form_is_refused_field_by_field_until_it_is_right(desk: Desk) -> None:
    desk.anna.command("/desk", "form")
    view = desk.anna.wait_for_modal(title="New ticket")
    with pytest.raises(OperationRefused) as empty:
        desk.anna.submit(view["id"])
    assert empty.value.answer["errors"] == {"what": "Please complete this required field."}
    with pytest.raises(OperationRefused) as short:
        desk.anna.submit(view["id"], {"what": {"text": "short"}})
    assert short.value.answer["errors"] == {"what": "Say more, please."}
    assert desk.anna.modals()[-1]["errors"] == {"what": "Say more, please."}
    desk.anna.submit(view["id"], {"what": {"text": "No network"}})
    assert desk.anna.modals() == []
    assert desk.anna.wait_for(lambda seen: [m for m in seen if m["text"] == "Opened: No network"])


def test_a_form_can_be_replaced_and_gets_another_on_top(desk: Desk) -> None:
    desk.anna.command("/desk", "form")
    view = desk.anna.wait_for_modal(title="New ticket")
    desk.anna.submit(view["id"], {"what": {"text": "update"}})
    second = desk.anna.wait_for_modal(title="Second step")
    assert second["id"] == view["id"] and second["hash"] != view["hash"]
    desk.anna.submit(view["id"], {"what": {"text": "push"}})
    stack = desk.anna.modals()
    assert [v["title"]["text"] for v in stack] == ["Second step", "On top"]
    assert stack[1]["root_view_id"] == stack[1]["previous_view_id"] == view["id"]
    desk.anna.submit(stack[1]["id"], {"what": {"text": "done"}})
    assert desk.anna.modals() == [], "response_action clear closes the whole stack"


def test_a_click_in_a_modal_pushes_another_and_closing_it_is_told(desk: Desk) -> None:
    desk.anna.command("/desk", "form")
    view = desk.anna.wait_for_modal(title="New ticket")
    desk.anna.click("more", view_id=view["id"])
    pushed = desk.anna.wait_for_modal(title="Details")
    desk.anna.close_modal(pushed["id"])
    assert [v["id"] for v in desk.anna.modals()] == [view["id"]]
    assert desk.app.clicks[-1]["type"] == "view_closed"
    assert desk.app.clicks[-1]["is_cleared"] is False


def test_a_wrong_view_in_an_answer_shows_the_person_trouble_and_keeps_the_form(desk: Desk) -> None:
    desk.anna.command("/desk", "form")
    view = desk.anna.wait_for_modal(title="New ticket")
    with pytest.raises(OperationRefused, match="trouble connecting"):
        desk.anna.submit(view["id"], {"what": {"text": "broken"}})
    assert desk.anna.modals()[-1]["title"]["text"] == "New ticket"
    messages = desk.admin.log("bad_answer")[-1]["detail"]["response_metadata"]["messages"]
    assert any("/view/title/text" in m for m in messages)


def test_home_is_published_when_it_is_opened(desk: Desk) -> None:
    desk.ben.open_home()
    view = desk.ben.until(desk.ben.home)
    assert view["type"] == "home" and view["blocks"][0]["text"]["text"] == "Home"
    assert desk.ben.open_home() is not None, "the event of a later visit carries the view"
    desk.ben.click("from_home", view_id=view["id"])
    assert desk.ben.wait_for_modal(title="New ticket")
    assert desk.app.clicks[-1]["container"] == {"type": "view", "view_id": view["id"]}


def test_a_message_shortcut_carries_the_message(desk: Desk) -> None:
    ts = desk.ben.say("The door does not open", channel="#it-team")
    desk.ben.shortcut("open_ticket", ts=ts, channel="#it-team")
    assert desk.ben.wait_for_modal(title="From message")
    body = desk.app.clicks[-1]
    assert body["type"] == "message_action" and body["message"]["text"] == "The door does not open"
    assert body["channel"]["name"] == "it-team" and body["message_ts"] == ts


def test_feedback_buttons_send_the_chosen_value_and_respond_answers_in_private(desk: Desk) -> None:
    thumbs = {
        "type": "feedback_buttons",
        "action_id": "feedback",
        "positive_button": {"text": {"type": "plain_text", "text": "Good"}, "value": "up"},
        "negative_button": {"text": {"type": "plain_text", "text": "Bad"}, "value": "down"},
    }
    blocks = [
        {"type": "markdown", "text": "An *answer*"},
        {"type": "context_actions", "block_id": "rate", "elements": [thumbs]},
    ]
    sent = desk.app.client.chat_postMessage(channel="U0ANNA", text="An answer", blocks=blocks)
    desk.anna.click("feedback", ts=sent["ts"], value="negative")
    assert desk.app.clicks[-1]["actions"][0]["value"] == "down"
    assert desk.app.clicks[-1]["actions"][0]["type"] == "feedback_buttons"
    assert desk.anna.wait_for(lambda seen: [m for m in seen if m["text"] == "Thank you" and m["is_ephemeral"]])


def test_a_mention_comes_as_a_mention_and_as_a_message_of_the_channel(desk: Desk) -> None:
    ts = desk.ben.say("@helper please look at #general", channel="#it-team")
    heard = desk.ben.until(lambda: [e for e in desk.app.heard if e.get("ts") == ts and e["type"] == "app_mention"])
    general = heard[0]["text"].split("<#")[1].split("|")[0]
    assert heard[0]["text"] == f"<@U0LOCALBOT> please look at <#{general}|general>"
    assert desk.ben.until(
        lambda: [e for e in desk.app.heard if e.get("ts") == ts and e.get("channel_type") == "channel"]
    )


def test_edits_and_deletions_are_told_with_what_was_there_before(desk: Desk) -> None:
    ts = desk.ben.say("frist", channel="#it-team")
    desk.ben.edit(ts, "first", channel="#it-team")
    desk.ben.delete(ts, channel="#it-team")

    def gone() -> list[Json]:
        return [e for e in desk.app.heard if e.get("subtype") == "message_deleted" and e["deleted_ts"] == ts]

    assert desk.ben.until(gone)[0]["previous_message"]["text"] == "first"
    changed = [e for e in desk.app.heard if e.get("subtype") == "message_changed" and e["message"]["ts"] == ts]
    assert changed[0]["previous_message"]["text"] == "frist" and changed[0]["message"]["edited"]["user"] == "U0BEN"


def test_the_app_hears_nothing_from_channels_it_is_not_in(desk: Desk) -> None:
    desk.ben.say("between us", channel="#secret")
    ts = desk.ben.say("for all", channel="#it-team")
    assert desk.ben.until(lambda: [e for e in desk.app.heard if e.get("ts") == ts])
    assert not [e for e in desk.app.heard if e.get("text") == "between us"]


def test_a_click_that_is_not_acknowledged_in_three_seconds_shows_the_person_a_failure(desk: Desk) -> None:
    blocks = [
        {
            "type": "actions",
            "elements": [{"type": "button", "action_id": "slow", "text": {"type": "plain_text", "text": "Slow"}}],
        }
    ]
    sent = desk.app.client.chat_postMessage(channel="U0ANNA", text="Slow", blocks=blocks)
    with pytest.raises(OperationRefused) as refused:
        desk.anna.click("slow", ts=sent["ts"])
    expected = {"http": "http_error", "socket": "timeout"}[desk.mode]
    assert refused.value.answer["reason"] in (expected, "http_timeout")
