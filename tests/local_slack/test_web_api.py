"""The Web API as slack_sdk and curl see it, and what it refuses."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.local_slack.client import Person
from bot.local_slack.config import AppConfig
from bot.local_slack.server import LocalSlack

from .running import PEOPLE, workspace_config

BOT = "xoxb-local-app"


@pytest.fixture(scope="module")
def slack() -> Iterator[LocalSlack]:
    config = workspace_config()
    modest = AppConfig(
        name="Modest",
        app_id="A0MODEST",
        bot_user_id="U0MODEST",
        bot_id="B0MODEST",
        bot_token="xoxb-modest",
        app_token="xapp-modest",
        scopes=frozenset({"chat:write"}),
        events=frozenset(),
    )
    running = LocalSlack(dataclasses.replace(config, apps=(*config.apps, modest)), port=0, page=False)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def bot(slack: LocalSlack) -> WebClient:
    return WebClient(token=BOT, base_url=slack.api_url)


@pytest.fixture
def anna(slack: LocalSlack) -> Iterator[Person]:
    with Person(slack.base_url, PEOPLE[0].token) as person:
        yield person


@pytest.fixture
def ben(slack: LocalSlack) -> Iterator[Person]:
    with Person(slack.base_url, PEOPLE[1].token) as person:
        yield person


def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        call()
    return str(refused.value.response["error"])


def test_auth_test_names_the_bot_its_team_and_its_scopes(bot: WebClient) -> None:
    answer = bot.auth_test()
    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == ("U0LOCALBOT", "B0LOCALBOT", "T0LOCAL")
    assert answer["enterprise_id"] is None
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({}, "not_authed"),
        ({"headers": {"Authorization": "Bearer xoxb-wrong"}}, "invalid_auth"),
        ({"data": {"token": "xoxb-wrong"}}, "invalid_auth"),
        ({"headers": {"Authorization": "Bearer xapp-local-app"}}, "not_allowed_token_type"),
        (
            {"headers": {"Authorization": f"Bearer {BOT}"}, "json": {"channel": "C0NO", "text": "a"}},
            "channel_not_found",
        ),
        ({"headers": {"Authorization": f"Bearer {BOT}"}, "data": {"text": "a"}}, "invalid_arguments"),
        (
            {
                "headers": {"Authorization": f"Bearer {BOT}", "Content-Type": "application/json"},
                "content": "{broken",
            },
            "invalid_json",
        ),
    ],
)
def test_a_call_without_the_right_token_or_arguments_is_refused(
    slack: LocalSlack, sent: dict[str, Any], error: str
) -> None:
    answer = httpx.post(f"{slack.api_url}chat.postMessage", **sent).json()
    assert answer["ok"] is False and answer["error"] == error


def test_an_unknown_method_is_refused(slack: LocalSlack) -> None:
    answer = httpx.post(f"{slack.api_url}chat.sendFax", headers={"Authorization": f"Bearer {BOT}"}).json()
    assert answer == {"ok": False, "error": "unknown_method", "req_method": "chat.sendFax"}


@pytest.mark.parametrize("how", ["json", "data", "params"])
def test_arguments_come_as_json_as_a_form_or_in_the_query(slack: LocalSlack, how: str) -> None:
    blocks = '[{"type": "divider"}]'
    sent = {how: {"channel": "U0ANNA", "text": "Hi", "blocks": blocks}}
    answer = httpx.post(f"{slack.api_url}chat.postMessage", headers={"Authorization": f"Bearer {BOT}"}, **sent).json()
    assert answer["ok"] and answer["message"]["blocks"][0]["type"] == "divider"


def test_blocks_that_slack_refuses_come_back_with_every_fault(bot: WebClient) -> None:
    blocks = [{"type": "section"}, {"type": "header", "text": {"type": "mrkdwn", "text": "a"}}]
    with pytest.raises(SlackApiError) as refused:
        bot.chat_postMessage(channel="U0ANNA", text="a", blocks=blocks)
    assert refused.value.response["error"] == "invalid_blocks"
    messages = refused.value.response["response_metadata"]["messages"]
    assert len(messages) == 2 and "[json-pointer:/blocks/0]" in messages[0]


def test_a_bot_writes_only_where_it_may(slack: LocalSlack, bot: WebClient, ben: Person) -> None:
    modest = WebClient(token="xoxb-modest", base_url=slack.api_url)
    assert refusal(lambda: modest.chat_postMessage(channel="#general", text="a")) == "not_in_channel"
    assert bot.chat_postMessage(channel="#general", text="a")["ok"], "chat:write.public"
    secret = next(c["id"] for c in ben.channels() if c.get("name") == "secret")
    assert refusal(lambda: bot.chat_postMessage(channel=secret, text="a")) == "channel_not_found"
    ben.invite("#secret", "@helper")
    assert bot.chat_postMessage(channel=secret, text="a")["ok"]


def test_missing_scopes_are_named(slack: LocalSlack) -> None:
    modest = WebClient(token="xoxb-modest", base_url=slack.api_url)
    with pytest.raises(SlackApiError) as refused:
        modest.users_list()
    assert refused.value.response["error"] == "missing_scope"
    assert refused.value.response["needed"] == "users:read"
    assert refused.value.response["provided"] == "chat:write"


def test_only_own_messages_are_changed(bot: WebClient, anna: Person) -> None:
    ts = anna.say("mine")
    channel = anna.dm()
    assert refusal(lambda: bot.chat_update(channel=channel, ts=ts, text="no")) == "cant_update_message"
    assert refusal(lambda: bot.chat_delete(channel=channel, ts=ts)) == "cant_delete_message"
    assert refusal(lambda: bot.chat_update(channel=channel, ts="1.0", text="no")) == "message_not_found"


def test_a_reply_to_a_deleted_message_lands_in_the_channel(bot: WebClient, anna: Person) -> None:
    ts = anna.say("never mind")
    anna.delete(ts)
    answer = bot.chat_postMessage(channel=anna.dm(), thread_ts=ts, text="Here is help")
    assert "thread_ts" not in answer["message"]
    assert "Here is help" in [m["text"] for m in anna.messages()]


def test_an_ephemeral_message_is_seen_by_one_person_and_is_no_history(
    bot: WebClient, anna: Person, ben: Person
) -> None:
    channel = bot.conversations_list(types="public_channel")["channels"]
    team = next(c["id"] for c in channel if c["name"] == "it-team")
    bot.chat_postEphemeral(channel=team, user="U0BEN", text="psst")
    assert [m for m in ben.messages("#it-team") if m.get("is_ephemeral") and m["text"] == "psst"]
    assert "psst" not in [m["text"] for m in bot.conversations_history(channel=team)["messages"]]
    assert refusal(lambda: bot.chat_postEphemeral(channel=team, user="U0ANNA", text="a")) == "user_not_in_channel"


def test_history_and_replies_are_paged(bot: WebClient, anna: Person) -> None:
    root = anna.say("root of many")
    for number in range(5):
        bot.chat_postMessage(channel=anna.dm(), thread_ts=root, text=f"reply {number}")
    seen: list[str] = []
    cursor = None
    while True:
        page = bot.conversations_replies(channel=anna.dm(), ts=root, limit=2, cursor=cursor)
        seen += [m["text"] for m in page["messages"]]
        cursor = page["response_metadata"]["next_cursor"]
        if not cursor:
            break
    assert seen == ["root of many", *(f"reply {n}" for n in range(5))]
    newest = bot.conversations_history(channel=anna.dm(), limit=1)["messages"][0]
    assert newest["ts"] == root and newest["reply_count"] == 5, "replies are not in the history of the channel"
    later = bot.conversations_history(channel=anna.dm(), oldest=root, inclusive=False)["messages"]
    assert root not in [m["ts"] for m in later]


def test_people_are_found_by_id_and_mail(slack: LocalSlack, bot: WebClient) -> None:
    assert bot.users_info(user="U0GUS")["user"]["is_restricted"] is True
    assert bot.users_lookupByEmail(email="BEN@firm.example")["user"]["id"] == "U0BEN"
    assert refusal(lambda: bot.users_lookupByEmail(email="no@firm.example")) == "users_not_found"
    assert refusal(lambda: bot.users_info(user="U0NOBODY")) == "user_not_found"


def test_a_guest_sees_no_channel_they_were_not_invited_to(slack: LocalSlack) -> None:
    with Person(slack.base_url, PEOPLE[2].token) as gus:
        assert gus.web("conversations.list")["channels"] == []
        assert gus.web("chat.postMessage", channel="#general", text="hi")["error"] == "channel_not_found"


def test_a_trigger_opens_one_view_within_three_seconds(bot: WebClient) -> None:
    view = {
        "type": "modal",
        "title": {"type": "plain_text", "text": "A"},
        "blocks": [{"type": "divider"}],
    }
    assert refusal(lambda: bot.views_open(trigger_id="1.2.abc", view=view)) == "invalid_trigger_id"
    assert refusal(lambda: bot.views_open(trigger_id="1.2.abc", view={**view, "title": None})) == "invalid_arguments"
    assert refusal(lambda: bot.views_update(view_id="V0NONE", view=view)) == "not_found"


def test_home_with_an_old_hash_is_a_conflict(bot: WebClient) -> None:
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    first = bot.views_publish(user_id="U0ANNA", view=home)["view"]["hash"]
    bot.views_publish(user_id="U0ANNA", view=home, hash=first)
    assert refusal(lambda: bot.views_publish(user_id="U0ANNA", view=home, hash=first)) == "hash_conflict"


def test_a_stream_grows_and_ends_as_a_message(bot: WebClient, anna: Person) -> None:
    root = anna.say("tell me")
    channel = anna.dm()
    ts = bot.chat_startStream(channel=channel, thread_ts=root, markdown_text="**One** ")["ts"]
    bot.chat_appendStream(channel=channel, ts=ts, markdown_text="two")
    assert anna.messages(thread_ts=root)[-1]["text"] == "**One** two"
    bot.chat_stopStream(channel=channel, ts=ts, blocks=[{"type": "divider"}])
    assert [b["type"] for b in anna.messages(thread_ts=root)[-1]["blocks"]] == ["markdown", "divider"]
    late = refusal(lambda: bot.chat_appendStream(channel=channel, ts=ts, markdown_text="more"))
    assert late == "message_not_in_streaming_state"


def test_status_title_and_prompts_stand_around_the_thread(bot: WebClient, anna: Person) -> None:
    root = anna.say("status?")
    channel = anna.dm()
    bot.assistant_threads_setStatus(channel_id=channel, thread_ts=root, status="is thinking...")
    bot.assistant_threads_setTitle(channel_id=channel, thread_ts=root, title="A question")
    bot.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=[{"title": "VPN", "message": "VPN is down"}])
    assert anna.status(root)["status"] == "is thinking..." and anna.status(root)["title"] == "A question"
    assert anna.status("")["prompts"] == [{"title": "VPN", "message": "VPN is down"}]
    bot.agents_sessions_setStatus(channel_id=channel, thread_ts=root, status="processing")
    assert anna.status(root)["session_status"] == "processing"
    wrong = refusal(lambda: bot.agents_sessions_setStatus(channel_id=channel, thread_ts=root, status="busy"))
    assert wrong == "invalid_arguments"


def test_reactions_are_added_once(bot: WebClient, anna: Person) -> None:
    ts = anna.say("nice")
    bot.reactions_add(channel=anna.dm(), timestamp=ts, name="eyes")
    assert refusal(lambda: bot.reactions_add(channel=anna.dm(), timestamp=ts, name="eyes")) == "already_reacted"
    assert anna.messages()[-1]["reactions"] == [{"name": "eyes", "users": ["U0LOCALBOT"], "count": 1}]
    bot.reactions_remove(channel=anna.dm(), timestamp=ts, name="eyes")
    assert "reactions" not in anna.messages()[-1]


def test_channels_are_created_joined_and_invited_to(bot: WebClient, anna: Person) -> None:
    made = bot.conversations_create(name="incident-7")["channel"]["id"]
    assert refusal(lambda: bot.conversations_create(name="incident-7")) == "name_taken"
    assert refusal(lambda: bot.conversations_create(name="Not Good")) == "invalid_name_specials"
    bot.conversations_invite(channel=made, users="U0ANNA")
    assert bot.conversations_members(channel=made)["members"] == ["U0LOCALBOT", "U0ANNA"]
    anna.say("here", channel="#incident-7")
    assert refusal(lambda: bot.conversations_invite(channel=made, users="U0ANNA")) == "already_in_channel"


def test_permalinks_name_the_thread_of_a_reply(bot: WebClient, anna: Person) -> None:
    root = anna.say("link me")
    reply = bot.chat_postMessage(channel=anna.dm(), thread_ts=root, text="reply")["ts"]
    link = bot.chat_getPermalink(channel=anna.dm(), message_ts=reply)["permalink"]
    assert link.endswith(f"/archives/{anna.dm()}/p{reply.replace('.', '')}?thread_ts={root}&cid={anna.dm()}")


def test_an_eleventh_socket_is_refused_only_when_ten_are_open(slack: LocalSlack) -> None:
    client = WebClient(token="xapp-local-app", base_url=slack.api_url)
    answer = client.apps_connections_open(app_token="xapp-local-app")
    assert answer["url"].startswith("ws://127.0.0.1:") and "ticket=" in answer["url"]


def test_a_person_writes_through_the_web_api_as_themselves(bot: WebClient, anna: Person) -> None:
    anna.web("chat.postMessage", channel=anna.dm(), text="<!channel> raw text")
    latest = bot.conversations_history(channel=anna.dm(), limit=1)["messages"][0]
    assert latest["user"] == "U0ANNA" and "bot_id" not in latest
