"""The pages as people see them, in real Chromium; `--screenshots DIR` keeps the pictures (`make screenshots`)."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.running import RunningDesk
from tests.journeys.words import wait_card, wait_reply
from workers.slack import notices

pytestmark = pytest.mark.slow


Shoot = Callable[[Page, str], None]


@pytest.fixture
def shoot(pytestconfig: pytest.Config, tmp_path: Path) -> Shoot:
    """Take a picture of a page; kept only when a folder is given."""
    folder = Path(pytestconfig.getoption("--screenshots") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str) -> None:
        page.wait_for_timeout(600)  # what slides in has stopped
        page.screenshot(path=folder / f"{name}.png")
        assert (folder / f"{name}.png").stat().st_size > 10_000

    return take


@pytest.fixture
def page(chromium: Browser) -> Page:
    return chromium.new_page(viewport={"width": 1280, "height": 800})


def test_an_employee_plays_through_the_browser(own_desk: RunningDesk, page: Page, shoot: Shoot) -> None:
    desk = own_desk
    page.goto(f"{desk.slack_url}/?as=U0ANNA")
    composer = page.get_by_test_id("composer")
    composer.click()
    page.keyboard.type("OneDrive is stuck syncing, what can I do about it?")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This solved it").first).to_be_visible(timeout=20_000)
    shoot(page, "local-slack")
    page.get_by_test_id("tab-home").first.click()
    expect(page.get_by_text("My tickets").first).to_be_visible(timeout=20_000)
    shoot(page, "local-slack-home")


def test_an_agent_and_an_admin_use_the_console(own_desk: RunningDesk, page: Page, shoot: Shoot) -> None:
    desk = own_desk
    for who, words in (
        ("anna.lind", "open a ticket please: blue screen twice today on LF-20417, the battery looks swollen"),
        ("ben.carter", "open a ticket please: SAP says no authorisation for transaction FB60 since this morning"),
        ("dev.patel", "open a ticket please: CI runners are stuck, every GitHub job waits for an hour"),
        ("chiara.conti", "open a ticket please: the thing at gate 4 does the thing again"),
    ):
        wait_reply(desk, who, desk.person(who).say(words), "I've opened")
    card = wait_card(desk, "mira.holt", "it-triage", "gate 4", seconds=60)
    number = next(t["reference"] for t in desk.cli_json("tickets", "list") if t["requester"] == "anna.lind").split("-")[
        1
    ]
    page.goto(f"{desk.slack_url}/?as=U0MIRA")
    page.get_by_test_id("channel-it-triage").click()
    expect(page.get_by_text("gate 4").first).to_be_visible(timeout=20_000)
    shoot(page, "local-slack-triage")
    desk.person("mira.holt").click(f"{notices.CHOOSE_LABEL}_0", ts=card["ts"], channel="#it-triage")

    link = re.search(r"http\S+/sign-in/\S+", desk.cli("sign-in", "mira.holt"))
    assert link is not None
    page.goto(link[0])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/**")
    shoot(page, "console-start")
    for path, words, name in (
        ("tickets?team=all", "DESK-", "console-tickets"),
        (f"tickets/{number}", "blue screen", "console-ticket"),
        ("articles", "VPN", "console-articles"),
        ("articles/search?q=OneDrive+is+stuck,+error+0x8007016A", "Found through", "console-search"),
        ("articles/answers", "Risk curve", "console-answers"),
        ("models", "Served now", "console-models"),
        ("automations", "route", "console-automations"),
        ("audit", "opened", "console-audit"),
    ):
        page.goto(f"{desk.url}/console/{path}")
        expect(page.get_by_text(re.compile(words, re.I)).first).to_be_visible(timeout=20_000)
        shoot(page, name)


def test_the_page_for_a_new_password_is_plain_and_clear(own_desk: RunningDesk, page: Page, shoot: Shoot) -> None:
    anna = own_desk.person("anna.lind")
    ts = anna.say("I forgot my password")
    offer = wait_reply(own_desk, "anna.lind", ts, "Reset my password")
    anna.click(notices.RUNBOOK_START, ts=offer["ts"])
    message = anna.wait_for(lambda seen: [m for m in seen if "/self-service/" in str(m)], 30)
    found = re.search(r"http://[^\s|>\"']+/self-service/[\w-]+", str(message))
    assert found is not None
    page.goto(found[0])
    expect(page.get_by_role("button", name="Send me a code")).to_be_visible()
    shoot(page, "self-service")
