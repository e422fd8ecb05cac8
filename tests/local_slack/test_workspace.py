"""Configuration, what survives a restart, and small rules of the state."""

import dataclasses
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.local_slack import filling
from bot.local_slack.__main__ import main
from bot.local_slack.client import Admin, Person
from bot.local_slack.clock import Clock
from bot.local_slack.config import AppConfig, ChannelConfig, PersonConfig, WorkspaceConfig
from bot.local_slack.config_files import app_from_manifest, people_from_yaml, workspace_from_files
from bot.local_slack.delivery.http import sign
from bot.local_slack.errors import LocalSlackError, SlackApiError
from bot.local_slack.posting import with_ids
from bot.local_slack.server import LocalSlack
from bot.local_slack.state.triggers import ResponseUrl, ResponseUrls, Triggers
from bot.local_slack.state.workspace import Workspace

from .running import PEOPLE, workspace_config

ANNA = PersonConfig("U0ANNA", "anna", "Anna")


def test_conversations_survive_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "slack.json"
    first = LocalSlack(workspace_config(state_file=state), port=0, page=False)
    first.start()
    with Person(first.base_url, PEOPLE[0].token) as anna:
        root = anna.say("remember me")
        anna.say("and my reply", thread_ts=root)
        anna.react(root, "eyes")
        channel = anna.dm()
    first.stop()
    second = LocalSlack(workspace_config(state_file=state), port=0, page=False)
    second.start()
    with Person(second.base_url, PEOPLE[0].token) as anna:
        assert anna.dm() == channel
        assert [m["text"] for m in anna.messages(thread_ts=root)] == ["remember me", "and my reply"]
        assert anna.messages()[0]["reactions"][0]["name"] == "eyes"
        assert anna.say("later") > root
    second.stop()


def test_a_broken_state_file_is_named_and_left_alone(tmp_path: Path) -> None:
    state = tmp_path / "slack.json"
    state.write_text('{"format": 1, "channels": [{}]}')
    with pytest.raises(LocalSlackError, match=r"slack\.json: not a saved workspace"):
        LocalSlack(workspace_config(state_file=state), port=0, page=False).start()
    assert state.read_text().startswith('{"format": 1')


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("people: [{id: U1, name: A}]", "person 1 has no handle"),
        ("people: []", "needs a list under the key people"),
        ("people: [1]", "person 1 is not a mapping"),
        ("[", "not valid YAML"),
        ("- a", "expected keys and values"),
    ],
)
def test_a_wrong_people_file_says_what_is_wrong(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(content)
    with pytest.raises(LocalSlackError, match=message) as wrong:
        people_from_yaml(path)
    assert str(path) in str(wrong.value)


def test_an_app_is_what_its_manifest_says(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(
        """
display_information: {name: Helper Bot, description: Helps}
features:
  agent_view: {suggested_prompts: [{title: VPN, message: My VPN is down}]}
  slash_commands: [{command: /help-me, description: Help, usage_hint: "[topic]"}]
  shortcuts: [{name: Open, callback_id: open, type: message}]
oauth_config: {scopes: {bot: [chat:write, im:history, commands]}}
settings: {event_subscriptions: {bot_events: [message.im]}}
"""
    )
    app = app_from_manifest(manifest, request_url="http://127.0.0.1:8100/slack/events")
    assert (app.name, app.handle, app.agent_view) == ("Helper Bot", "helperbot", True)
    assert app.scopes == {"chat:write", "im:history", "commands"} and app.events == {"message.im"}
    assert app.commands[0].command == "/help-me" and app.shortcuts[0].callback_id == "open"
    assert app.suggested_prompts == (("VPN", "My VPN is down"),)


def test_the_starter_desks_people_and_manifest_make_a_workspace() -> None:
    deploy = Path(__file__).parents[2] / "deploy"
    config = workspace_from_files(deploy / "starter" / "people.yaml", manifest=deploy / "slack_manifest.yaml")
    assert Workspace(config).people.by_handle("anna.lind")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (lambda: WorkspaceConfig(people=()), "at least one person"),
        (lambda: WorkspaceConfig(people=(ANNA, ANNA)), "person id used twice: U0ANNA"),
        (lambda: WorkspaceConfig(people=(ANNA,), channels=(ChannelConfig("Not Good"),)), "channel name 'Not Good'"),
        (
            lambda: WorkspaceConfig(
                people=(ANNA,), apps=(AppConfig(scopes=frozenset(), events=frozenset({"app_mention"})),)
            ),
            "app_mention needs the bot scope app_mentions:read",
        ),
        (
            lambda: Workspace(WorkspaceConfig(people=(ANNA,), channels=(ChannelConfig("a", members=("U9",)),))),
            "member U9 is not in the workspace",
        ),
    ],
)
def test_a_workspace_that_cannot_be_is_refused(config: object, message: str) -> None:
    with pytest.raises(LocalSlackError, match=message):
        config()  # type: ignore[operator]  # a table of calls


def test_the_command_says_what_is_wrong_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--people", str(tmp_path / "none.yaml")]) == 1
    assert "none.yaml: cannot be read" in capsys.readouterr().err


def test_the_signature_is_slacks() -> None:
    # The example of Slack's own documentation on verifying requests.
    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert sign("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body) == expected


def test_a_trigger_works_once_and_for_three_seconds() -> None:
    triggers = Triggers()
    used = triggers.give("U1", "A1", 100.0)
    triggers.exchange(used, "A1", 102.9)
    for trigger, app, now, error in (
        (used, "A1", 102.9, "exchanged_trigger_id"),
        (triggers.give("U1", "A1", 100.0), "A1", 103.1, "expired_trigger_id"),
        (triggers.give("U1", "A1", 100.0), "A2", 100.0, "invalid_trigger_id"),
    ):
        with pytest.raises(SlackApiError) as refused:
            triggers.exchange(trigger, app, now)
        assert refused.value.error == error


def test_a_response_url_lasts_half_an_hour() -> None:
    urls = ResponseUrls()
    key = urls.give(ResponseUrl("A1", "U1", "C1", created=0.0))
    urls.use(key, 1799.0)
    with pytest.raises(SlackApiError, match="expired_url"):
        urls.use(key, 1801.0)


@given(st.lists(st.floats(0, 4e9), min_size=1, max_size=50))
def test_timestamps_only_grow_whatever_the_clock_does(times: list[float]) -> None:
    readings = iter(times)
    clock = Clock(lambda: next(readings))
    stamps = [clock.ts() for _ in times]
    assert stamps == sorted(set(stamps), key=lambda s: tuple(map(int, s.split("."))))
    assert len(set(stamps)) == len(stamps)


def test_a_form_takes_what_its_elements_can_hold() -> None:
    pick = {
        "type": "checkboxes",
        "action_id": "c",
        "options": [{"text": {"type": "plain_text", "text": "A"}, "value": "a"}],
    }
    mail = {"type": "email_text_input", "action_id": "m"}
    label = {"type": "plain_text", "text": "L"}
    blocks = with_ids(
        [
            {"type": "input", "block_id": "one", "label": label, "element": pick, "optional": True},
            {"type": "input", "block_id": "two", "label": label, "element": mail},
        ]
    )
    values = filling.initial_values(blocks)
    assert filling.input_errors(blocks, values) == {"two": filling.REQUIRED}
    values = filling.fill(blocks, values, {"one": {"c": ["a"]}, "two": {"m": "not a mail"}})
    assert values["one"]["c"]["selected_options"][0]["value"] == "a"
    assert filling.input_errors(blocks, values) == {"two": "Enter a valid email address."}
    assert not filling.input_errors(blocks, filling.fill(blocks, values, {"two": {"m": "a@b.example"}}))
    for wrong in ({"one": {"c": ["z"]}}, {"one": {"x": "a"}}, {"three": {"c": ["a"]}}):
        with pytest.raises(SlackApiError):
            filling.fill(blocks, values, wrong)


def test_two_bots_hear_each_other_and_only_what_they_subscribed_to() -> None:
    other = AppConfig(
        name="Other",
        app_id="A2",
        bot_user_id="U2",
        bot_id="B2",
        bot_token="xoxb-2",
        app_token="xapp-2",
        events=frozenset(),
    )
    config = workspace_config()
    both = dataclasses.replace(
        config, apps=(*config.apps, other), channels=(ChannelConfig("ops", members=("U2", "U0LOCALBOT")),)
    )
    slack = LocalSlack(both, port=0, page=False)
    slack.start()
    try:
        sent = httpx.post(f"{slack.api_url}chat.postMessage", json={"channel": "#ops", "text": "beep"},
                          headers={"Authorization": "Bearer xoxb-2"}).json()  # fmt: skip
        assert sent["ok"]
        with Admin(slack.base_url, both.admin_token) as admin, Person(slack.base_url, PEOPLE[0].token) as anna:
            tried = anna.until(lambda: admin.log("delivery"))
        assert {d["app"] for d in tried} == {"A0LOCALAPP"}
        assert tried[0]["payload"]["event"]["bot_id"] == "B2"
    finally:
        slack.stop()
