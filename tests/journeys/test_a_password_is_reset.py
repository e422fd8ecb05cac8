"""“I forgot my password” to the end: article, offer, identity, private link, our page, directory, everyone told."""

import re

import httpx
from argon2 import PasswordHasher
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from tests.journeys.running import RunningDesk, until
from tests.journeys.words import buttons, text_of, wait_reply, with_words
from workers.slack import notices
from workers.store.tables import AuditEntry, DirectoryAccount, RunbookRun

NEW_PASSWORD = "seven quiet otters paddle"


def test_an_employee_sets_a_new_password_by_self_service(desk: RunningDesk, chromium: Browser) -> None:
    anna = desk.person("anna.lind")
    link = _link(desk, "anna.lind", "I forgot my password and cannot sign in")
    before = _account(desk, "U0ANNA").password_hash

    page = chromium.new_page(java_script_enabled=False)
    page.goto(link)
    assert _account(desk, "U0ANNA").password_hash == before, "looking at the page changes nothing"
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("One-time code").fill(_code(desk, "anna.private"))
    page.get_by_role("button", name="Confirm").click()
    _choose_password(page, NEW_PASSWORD)
    page.get_by_role("heading", name="Your password is changed").wait_for()
    page.close()

    assert PasswordHasher().verify(_account(desk, "U0ANNA").password_hash, NEW_PASSWORD)
    assert httpx.get(link).status_code in (404, 410), "the link works once"
    until(lambda: with_words(anna.messages(), "password", "changed"))
    until(lambda: with_words(desk.person("anna.private").messages(), "password", "changed"))
    assert NEW_PASSWORD not in desk.output()
    with desk.store.read() as session:
        run = session.scalars(select(RunbookRun).where(RunbookRun.state == "done")).first()
        assert run is not None
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == f"run:{run.id}")).all()
    assert "run_requested" in actions and "run_granted" in actions
    assert desk.cli_json("audit", "verify")["intact"]


def test_this_wasnt_me_takes_it_back_and_stops_the_runbook(desk: RunningDesk, chromium: Browser) -> None:
    dev = desk.person("dev.patel")
    before = _account(desk, "U0DEV").password_hash
    page = chromium.new_page(java_script_enabled=False)
    page.goto(_link(desk, "dev.patel", "my password has expired, need a new one"))
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("One-time code").fill(_code(desk, "dev.private"))
    page.get_by_role("button", name="Confirm").click()
    _choose_password(page, "nobody knows this sentence")
    page.get_by_role("heading", name="Your password is changed").wait_for()
    page.close()
    told = until(lambda: with_words(dev.messages(), "password", "changed"))
    dev.click(notices.RUNBOOK_NOT_ME, ts=told["ts"])
    try:
        until(lambda: _account(desk, "U0DEV").password_hash == before)
        until(lambda: with_words(desk.person("ruth.okafor").messages("#it-security"), "wasn't"))
        rows = {row["name"]: row for row in desk.cli_json("automations", "list")}
        assert rows["runbook:password_reset"]["suspended"]
    finally:
        desk.cli("automations", "resume", "runbook:password_reset")


def test_a_privileged_account_reads_the_same_words_and_gets_a_person(desk: RunningDesk) -> None:
    same = [_asked(desk, who) for who in ("ben.carter", "mira.holt", "eva.strand")]
    assert len(set(same)) == 1
    card = until(lambda: with_words(desk.person("tomas.reyes").messages("#it-identity"), "please help me"))
    assert "DESK-" in text_of(card)
    mira = desk.person("mira.holt")
    assert not with_words(mira.messages(), "/self-service/")


def _asked(desk: RunningDesk, who: str) -> str:
    person = desk.person(who)
    ts = person.say("I forgot my password")
    offer = wait_reply(desk, who, ts, "Reset my password")
    person.click(notices.RUNBOOK_START, ts=offer["ts"])
    reply = wait_reply(desk, who, ts, "If your account")
    return text_of(reply)


def _link(desk: RunningDesk, who: str, words: str) -> str:
    person = desk.person(who)
    ts = person.say(words)
    offer = wait_reply(desk, who, ts, "Reset my password")
    assert "Reset my password" in buttons(offer)
    person.click(notices.RUNBOOK_START, ts=offer["ts"])
    message = until(lambda: with_words(person.messages(), "/self-service/"))
    found = re.search(r"http://[^\s|>]+/self-service/[\w-]+", str(message))
    assert found is not None
    return found[0]


def _code(desk: RunningDesk, second: str) -> str:
    message = until(lambda: with_words(desk.person(second).messages(), "code"))
    found = re.search(r"\b\d{6}\b|\b\d{3} \d{3}\b", text_of(message))
    assert found is not None
    return found[0]


def _choose_password(page: Page, password: str) -> None:
    page.get_by_label("New password").fill(password)
    page.get_by_label("The same again").fill(password)
    page.get_by_role("button", name="Set the new password").click()


def _account(desk: RunningDesk, slack_id: str) -> DirectoryAccount:
    with desk.store.read() as session:
        return session.scalars(select(DirectoryAccount).where(DirectoryAccount.slack_id == slack_id)).one()
