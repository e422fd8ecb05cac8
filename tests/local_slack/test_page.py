"""The page in a real browser: one reader is employee and colleague."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.local_slack.client import Person
from bot.local_slack.config import AppConfig

from .bolt_app import BoltApp
from .running import free_port

MANIFEST = """
display_information: {name: Helper, description: Helps with everything}
features:
  agent_view: {suggested_prompts: [{title: VPN trouble, message: My VPN is down}]}
  slash_commands: [{command: /desk, description: Your tickets}]
  shortcuts: [{name: Open a ticket, callback_id: open_ticket, type: message}]
oauth_config:
  scopes:
    bot: [app_mentions:read, assistant:write, channels:history, chat:write, commands, im:history, im:write]
settings: {event_subscriptions: {bot_events: [app_home_opened, app_mention, message.channels, message.im]}}
"""
PEOPLE = """
people:
  - {id: U0ANNA, handle: anna.lind, name: Anna Lind, title: Sales}
  - {id: U0BEN, handle: ben.carter, name: Ben Carter, title: Finance}
"""


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("page")
    (folder / "manifest.yaml").write_text(MANIFEST)
    (folder / "people.yaml").write_text(PEOPLE)
    port = free_port()
    command = [sys.executable, "-m", "bot.local_slack", "--people", str(folder / "people.yaml"), "--port", str(port)]
    command += ["--manifest", str(folder / "manifest.yaml"), "--channel", "general"]
    # NiceGUI behaves differently when it believes to be inside a test.
    environment = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}"
        _wait_until_up(url, process)
        app = BoltApp(AppConfig(), f"{url}/api/")
        app.connect_socket(f"{url}/api/")
        yield url
        app.stop()
        process.terminate()


@pytest.fixture(scope="module")
def browser(chromium: Browser) -> Iterator[BrowserContext]:
    # One context, so that the scripts of the page are loaded once.
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    yield context
    context.close()


@pytest.fixture
def anna(browser: BrowserContext, base_url: str) -> Iterator[Page]:
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: errors.append(dialog.message))
    page.goto(f"{base_url}/?as=U0ANNA")
    expect(page.get_by_test_id("title")).to_have_text("Helper", timeout=20_000)
    yield page
    page.close()
    assert errors == []


def test_a_question_is_asked_answered_and_solved_by_clicking(anna: Page) -> None:
    anna.get_by_test_id("composer").fill("The <b>printer</b> is *on fire* <img src=x onerror=alert(1)>")
    anna.get_by_test_id("composer").press("Enter")
    answer = anna.get_by_test_id("message").filter(has_text="You said").last
    expect(answer).to_contain_text("<b>printer</b> is on fire <img src=x onerror=alert(1)>", timeout=15_000)
    expect(answer.locator("b")).to_have_text("on fire")
    expect(anna.get_by_test_id("new-conversation")).to_be_visible()
    answer.get_by_test_id("action-solved").click()
    expect(anna.get_by_text("Glad to hear.")).to_be_visible()


def test_a_suggested_prompt_sends_itself(anna: Page) -> None:
    anna.get_by_test_id("prompt").filter(has_text="VPN trouble").click()
    expect(anna.get_by_text("You said: My VPN is down")).to_be_visible(timeout=15_000)


def test_a_command_opens_a_form_that_shows_its_errors_under_the_fields(anna: Page) -> None:
    anna.get_by_test_id("composer").fill("/desk form")
    anna.get_by_test_id("composer-send").click()
    anna.get_by_test_id("modal-submit").click(timeout=15_000)
    expect(anna.get_by_test_id("error-what")).to_have_text("Please complete this required field.")
    anna.get_by_test_id("field-text").fill("short")
    anna.get_by_test_id("modal-submit").click()
    expect(anna.get_by_test_id("error-what")).to_have_text("Say more, please.")
    expect(anna.get_by_test_id("field-text")).to_have_value("short")
    anna.get_by_test_id("field-text").fill("No network in room 12")
    anna.get_by_test_id("modal-submit").click()
    expect(anna.get_by_text("Opened: No network in room 12")).to_be_visible()
    expect(anna.get_by_test_id("modal-submit")).to_be_hidden()


def test_an_answer_to_a_command_is_only_visible_to_the_person(anna: Page) -> None:
    anna.get_by_test_id("channel-general").click()
    expect(anna.get_by_test_id("title")).to_have_text("# general")
    anna.get_by_test_id("composer").fill("/desk list")
    anna.get_by_test_id("composer").press("Enter")
    message = anna.get_by_test_id("message").filter(has_text="You have no tickets, anna.lind")
    expect(message).to_contain_text("Only visible to you", timeout=15_000)
    message.get_by_test_id("dismiss").click()
    expect(message).to_be_hidden()


def test_home_is_drawn_from_what_the_app_publishes(anna: Page) -> None:
    anna.get_by_test_id("tab-home").click()
    expect(anna.get_by_test_id("home")).to_contain_text("New", timeout=15_000)
    anna.get_by_test_id("action-from_home").click()
    expect(anna.get_by_test_id("modal")).to_contain_text("New ticket")
    anna.get_by_test_id("modal-close").click()
    expect(anna.get_by_test_id("modal-submit")).to_be_hidden()


def test_two_people_see_each_other_write_and_use_a_message_shortcut(anna: Page, base_url: str) -> None:
    anna.get_by_test_id("channel-general").click()
    with Person(base_url, "xoxp-local-ben.carter") as ben:
        ts = ben.say("Lunch, @anna.lind?", channel="#general")
        message = anna.get_by_test_id("messages").locator(f'[data-ts="{ts}"]')
        expect(message).to_contain_text("Lunch, @Anna Lind?", timeout=15_000)
        message.hover()
        message.get_by_test_id("reply").click()
        anna.get_by_test_id("thread-composer").fill("With pleasure")
        anna.get_by_test_id("thread-composer").press("Enter")
        expect(message.get_by_test_id("open-thread")).to_have_text("1 reply")
        assert ben.messages("#general", thread_ts=ts)[-1]["text"] == "With pleasure"
        message.hover()
        message.get_by_test_id("more").click()
        anna.get_by_test_id("shortcut-open_ticket").click()
        expect(anna.get_by_test_id("modal")).to_contain_text("From message", timeout=15_000)
        anna.get_by_test_id("modal-x").click()


def test_one_becomes_somebody_else_and_finds_what_is_unread(anna: Page, base_url: str) -> None:
    anna.get_by_test_id("channel-general").click()
    anna.get_by_test_id("composer").fill("Anybody seen my badge?")
    anna.get_by_test_id("composer").press("Enter")
    expect(anna.get_by_test_id("message").filter(has_text="badge")).to_be_visible()
    anna.get_by_test_id("person-switcher").click()
    anna.get_by_role("option").filter(has_text="Ben Carter").click()
    anna.wait_for_url("**/?as=U0BEN")
    expect(anna.get_by_test_id("channel-general")).to_have_class(re.compile("unread"), timeout=20_000)
    anna.get_by_test_id("channel-general").click()
    expect(anna.get_by_test_id("message").filter(has_text="badge")).to_be_visible()


def test_a_private_conversation_is_begun_from_the_sidebar(anna: Page, base_url: str) -> None:
    anna.get_by_test_id("new-message").click()
    anna.get_by_test_id("to-ben.carter").click()
    expect(anna.get_by_test_id("title")).to_have_text("Ben Carter")
    anna.get_by_test_id("composer").fill("Between you and me")
    anna.get_by_test_id("composer").press("Enter")
    expect(anna.get_by_test_id("dm-ben.carter")).to_be_visible()
    with Person(base_url, "xoxp-local-ben.carter") as ben:
        ben.until(lambda: [m for m in ben.messages("@anna.lind") if m["text"] == "Between you and me"])


def test_a_permalink_leads_to_the_message(anna: Page, base_url: str) -> None:
    with Person(base_url, "xoxp-local-ben.carter") as ben:
        ts = ben.say("Link to me", channel="#general")
        link = ben.web("chat.getPermalink", channel=_general(ben), message_ts=ts)
    anna.goto(link["permalink"])
    expect(anna.locator(f'[data-ts="{ts}"].found')).to_contain_text("Link to me", timeout=20_000)


def _general(person: Person) -> str:
    return str(next(c["id"] for c in person.channels() if c.get("name") == "general"))


def _wait_until_up(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the local Slack did not start"
        try:
            httpx.get(f"{url}/healthz")
            return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail("the local Slack does not answer within a minute")
