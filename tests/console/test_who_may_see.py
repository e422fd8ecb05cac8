"""Roles, checked on every page and every action, and the way in."""

import re
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from bot.console import pages
from bot.console.pages.audit import send_again
from bot.console.sign_in_pages import router
from tests.console.browsing import Served
from tests.console.world import ADMIN, AGENT, EMPLOYEE, WORKSPACE, World
from workers import sign_in
from workers.governance.audit import latest
from workers.knowledge.articles import ArticleTrouble, restore, retract, retracted
from workers.store.tables import Delivery
from workers.tickets.permissions import NotAllowed

FOR_AGENTS = (
    "/console/", "/console/tickets", "/console/tickets/1", "/console/articles", "/console/articles/search",
    "/console/articles/gaps", "/console/articles/gaps/1", "/console/articles/report", "/console/labelling",
)  # fmt: skip
FOR_ADMINS = (
    "/console/articles/answers", "/console/models", "/console/models/versions/1", "/console/models/shadow",
    "/console/models/replay", "/console/models/drift",
    "/console/automations", "/console/audit",
)  # fmt: skip


def get(served: Served, path: str, token: str | None) -> httpx.Response:
    cookies = {"deskhand_console": token} if token else {}
    return httpx.get(served.url + path, cookies=cookies, timeout=30)


@pytest.mark.parametrize("path", [*FOR_AGENTS, *FOR_ADMINS])
@pytest.mark.parametrize("token", [None, "made-up"])
def test_nobody_sees_a_page_without_signing_in(served: Served, path: str, token: str | None) -> None:
    answer = get(served, path, token)
    assert answer.status_code == 401
    assert "/desk console" in answer.text and "deskhand sign-in" in answer.text


def test_agents_see_tickets_and_articles_and_admins_everything(served: Served) -> None:
    agent, admin = served.world.session_for(AGENT), served.world.session_for(ADMIN)
    assert [get(served, path, agent).status_code for path in FOR_AGENTS] == [200] * len(FOR_AGENTS)
    assert [get(served, path, agent).status_code for path in FOR_ADMINS] == [403] * len(FOR_ADMINS)
    assert {get(served, path, admin).status_code for path in (*FOR_AGENTS, *FOR_ADMINS)} == {200}


def test_somebody_who_became_an_employee_is_refused_everywhere(served: Served) -> None:
    token = served.world.session_for("pieter.vos")
    _set_role(served.world, "pieter.vos", "employee")
    try:
        assert {get(served, path, token).status_code for path in (*FOR_AGENTS, *FOR_ADMINS)} == {403}
    finally:
        _set_role(served.world, "pieter.vos", "agent")


def test_no_page_was_left_out_of_these_tests() -> None:
    source = "".join(file.read_text(encoding="utf-8") for file in Path(pages.__path__[0]).glob("*.py"))
    registered = set(re.findall(r'console\.page\("([^"]+)"', source))
    tested = {path.removeprefix("/console") for path in (*FOR_AGENTS, *FOR_ADMINS)}
    assert {re.sub(r"\{[^}]*\}", "1", path) for path in registered} == tested
    assert "ui.page(" not in source  # pages come in through the guard only


def test_a_ticket_of_another_workspace_is_not_there(served: Served) -> None:
    answer = get(served, "/console/tickets/999999", served.world.session_for(AGENT))
    assert answer.status_code == 404 and "no ticket DESK-999999" in answer.text


# signing in


def link(world: World, handle: str) -> str:
    with world.desk.store.begin() as session:
        return f"/console/sign-in/{sign_in.make_link(session, world.person(session, handle))}"


def test_looking_at_a_link_shows_a_button_and_does_not_use_it_up(served: Served) -> None:
    path = link(served.world, AGENT)
    for _ in range(3):  # a preview, another one, the person
        answer = httpx.get(served.url + path)
        assert answer.status_code == 200 and 'method="post"' in answer.text
        assert not answer.cookies
    used = httpx.post(served.url + path)
    assert used.status_code == 303 and used.headers["location"] == "/console/"
    again = httpx.post(served.url + path)
    assert again.status_code == 410 and "no longer works" in again.text
    assert httpx.get(served.url + path).status_code == 410


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(served: Served) -> None:
    set_cookie = httpx.post(served.url + link(served.world, AGENT)).headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=lax", "Path=/console", "Max-Age=43200"):
        assert part in set_cookie
    assert "Secure" not in set_cookie  # plain http on this machine


def test_behind_https_the_cookie_is_secure(world: World) -> None:
    settings = world.desk.settings.model_copy(update={"public_url": "https://desk.example"})
    app = FastAPI()
    app.include_router(router(replace(world.desk, settings=settings)))
    with TestClient(app, follow_redirects=False) as client:
        assert "Secure" in client.post(link(world, AGENT)).headers["set-cookie"]


def test_sign_in_pages_run_no_script_and_tell_nobody_the_address(served: Served) -> None:
    answer = httpx.get(served.url + link(served.world, AGENT))
    assert "<script" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy
    assert answer.headers["referrer-policy"] == "no-referrer" and answer.headers["cache-control"] == "no-store"


def test_no_other_site_may_frame_a_console_page(served: Served) -> None:
    headers = get(served, "/console/tickets", served.world.session_for(AGENT)).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_another_site_cannot_sign_somebody_in(served: Served) -> None:
    path = link(served.world, AGENT)
    assert httpx.post(served.url + path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert httpx.post(served.url + path, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_signing_out_ends_the_session(served: Served) -> None:
    token = served.world.session_for(AGENT)
    httpx.post(served.url + "/console/sign-out", cookies={"deskhand_console": token})
    assert get(served, "/console/", token).status_code == 401


def test_a_person_clicks_through_the_link_into_the_console_and_out(served: Served) -> None:
    page = served.page(link(served.world, ADMIN), None)
    page.get_by_test_id("sign-in").click()
    expect(page.get_by_test_id("me")).to_have_text("Mira Holt")
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("heading")).to_have_text("Sign in with a link")
    page.goto(served.url + "/console/audit")
    expect(page.get_by_test_id("heading")).to_have_text("Sign in with a link")
    page.context.close()


# roles in pages that are open already


def test_a_role_that_was_taken_away_counts_for_the_next_click(served: Served) -> None:
    page = served.page("/console/articles", "tomas.reyes")
    page.get_by_test_id("article-guest-wifi").click()
    page.get_by_test_id("article-act").click()
    page.get_by_test_id("dialog-words").fill("testing")
    _set_role(served.world, "tomas.reyes", "agent")
    try:
        page.get_by_test_id("dialog-yes").click()
        expect(page.get_by_text("Only admins of the service desk can do this.")).to_be_visible()
        with served.world.desk.store.read() as session:
            assert "guest-wifi" not in retracted(session)
    finally:
        _set_role(served.world, "tomas.reyes", "admin")
        page.context.close()


def test_a_page_that_is_open_closes_itself_when_the_role_is_taken_away(served: Served) -> None:
    page = served.page("/console/automations", "tomas.reyes")
    expect(page.get_by_test_id("automation-answer")).to_be_visible()
    _set_role(served.world, "tomas.reyes", "agent")
    try:
        expect(page.get_by_test_id("heading")).to_have_text("This is not open to you")
    finally:
        _set_role(served.world, "tomas.reyes", "admin")
        page.context.close()


def test_an_agent_is_offered_no_way_to_retract_an_article(served: Served) -> None:
    page = served.page("/console/articles", AGENT)
    page.get_by_test_id("article-vpn-windows").click()
    expect(page.get_by_test_id("article")).to_be_visible()
    expect(page.get_by_test_id("article-act")).to_have_count(0)
    expect(page.get_by_test_id("nav-audit")).to_have_count(0)
    page.context.close()


def test_a_message_of_another_workspace_cannot_be_sent_again(world: World) -> None:
    with world.desk.store.begin() as session:
        theirs = Delivery(workspace="T-OTHER", method="chat.postMessage", lane="x", payload={}, state="failed")
        session.add(theirs)
        session.flush()
        with pytest.raises(NotAllowed):
            send_again(session, world.person(session, ADMIN), theirs.id)
        assert theirs.state == "failed"


# articles out of service


def test_a_retracted_article_is_named_and_comes_back(world: World) -> None:
    with world.desk.store.begin() as session:
        retract(session, WORKSPACE, "vpn-windows", ADMIN, "wrong server name")
        assert retracted(session) == {"vpn-windows"}
        restore(session, WORKSPACE, "vpn-windows", ADMIN)
        assert retracted(session) == frozenset()
        assert [line.action for line in latest(session, "article:vpn-windows")] == [
            "article_restored", "article_retracted",
        ]  # fmt: skip


def test_an_article_is_retracted_once_and_never_without_a_reason(world: World) -> None:
    with world.desk.store.begin() as session:
        with pytest.raises(ArticleTrouble, match="Say why"):
            retract(session, WORKSPACE, "vpn-windows", ADMIN, "  ")
        retract(session, WORKSPACE, "vpn-windows", ADMIN, "wrong")
        with pytest.raises(ArticleTrouble, match="already"):
            retract(session, WORKSPACE, "vpn-windows", ADMIN, "wrong")
        with pytest.raises(ArticleTrouble, match="not retracted"):
            restore(session, WORKSPACE, "vpn-macos", ADMIN)


def test_an_employee_gets_no_link(world: World) -> None:
    with world.desk.store.begin() as session, pytest.raises(NotAllowed):
        _link_for(session, world, EMPLOYEE)


def _link_for(session: Session, world: World, handle: str) -> str:
    return sign_in.make_link(session, world.person(session, handle))


def _set_role(world: World, handle: str, role: str) -> None:
    with world.desk.store.begin() as session:
        world.person(session, handle).role = role
