import logging
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from bot.self_service.access_log import HideTokens, hide_tokens
from bot.self_service.routes import BODY_LIMIT, REQUESTS, router
from bot.self_service.throttle import Throttle
from tests.runbooks.world import GOOD, PUBLIC_URL, World
from workers.runbooks.errors import RunbookError
from workers.slack.messenger import SlackTrouble
from workers.store.columns import now

UNKNOWN = "A" * 43


@pytest.fixture
def browser(world: World) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(router(world.store, world.directory, world.desk, world.runbooks, PUBLIC_URL))
    with TestClient(app, base_url=PUBLIC_URL) as client:
        yield client


def at(token: str, step: str = "") -> str:
    return f"/self-service/{token}" + (f"/{step}" if step else "")


def confirmed(world: World, browser: TestClient) -> str:
    """A link whose code this browser has confirmed."""
    token = world.linked()
    browser.post(at(token, "code"))
    assert "Choose a new password" in browser.post(at(token, "confirm"), data={"code": world.code()}).text
    return token


def chosen(browser: TestClient, token: str, password: str = GOOD, **more: str) -> Response:
    return browser.post(at(token, "password"), data={"password": password, "again": password, **more})


class Shown(HTMLParser):
    """Collects tags and their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def test_an_employee_sets_a_new_password_from_link_to_end(world: World, browser: TestClient) -> None:
    token = world.linked()
    assert "Confirm that it is you" in browser.get(at(token)).text
    assert "Type the code" in browser.post(at(token, "code")).text
    assert "Choose a new password" in browser.post(at(token, "confirm"), data={"code": world.code()}).text
    last = chosen(browser, token, end_sessions="yes")
    assert (last.status_code, last.url.path) == (200, "/self-service/finished")
    assert "Your password is changed" in last.text
    assert world.signs_in(GOOD)
    assert world.account().sessions_ended_at is not None


def test_opening_the_link_sends_nothing_and_uses_nothing_up(world: World, browser: TestClient) -> None:
    token = world.linked()
    before = len(world.mailbox.sent)
    for _ in range(3):
        assert browser.get(at(token)).status_code == 200
    assert (len(world.mailbox.sent), world.run().codes_sent) == (before, 0)


def test_unknown_expired_used_and_stopped_links_cannot_be_told_apart(world: World, browser: TestClient) -> None:
    used = confirmed(world, browser)
    chosen(browser, used)
    expired = world.linked("ben.carter", "U0BEN")
    world.change_run(expires_at=now())
    stopped = world.linked("chiara.conti", "U0CHIARA")
    world.suspend()
    browser.post(at(stopped, "code"))
    answers = [browser.get(at(token)) for token in (UNKNOWN, used, expired, stopped, "x", "%2e%2e%2fetc")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers[:5]}) == 1
    for step in ("code", "confirm", "password"):
        tried = [browser.post(at(token, step)) for token in (UNKNOWN, used, expired, stopped)]
        assert {(one.status_code, one.text) for one in tried} == {(404, answers[0].text)}


def test_wrong_codes_are_counted_down_and_then_the_link_is_dead(world: World, browser: TestClient) -> None:
    token = world.linked()
    browser.post(at(token, "code"))
    wrong = f"{(int(world.code()) + 1) % 1_000_000:06d}"
    for left in range(world.runbook.code_attempts - 1, 0, -1):
        answer = browser.post(at(token, "confirm"), data={"code": wrong})
        assert (answer.status_code, f"You can try {left} more" in answer.text) == (422, True)
    assert browser.post(at(token, "confirm"), data={"code": wrong}).status_code == 404
    assert browser.post(at(token, "confirm"), data={"code": world.code()}).status_code == 404
    world.deliver()
    assert "Too many wrong codes" in world.mailbox.to("U0ANNA")[-1]["text"]


def test_new_codes_do_not_give_new_attempts_and_are_few(world: World, browser: TestClient) -> None:
    token = world.linked()
    for _ in range(world.runbook.codes):
        assert browser.post(at(token, "code")).status_code == 200
        browser.post(at(token, "confirm"), data={"code": "no"})
    assert world.run().code_attempts == world.runbook.codes
    answer = browser.post(at(token, "code"))
    assert (answer.status_code, "No more codes" in answer.text) == (422, True)
    assert "Send another code" not in answer.text


def test_only_the_newest_code_works_spaces_do_not_matter(world: World, browser: TestClient) -> None:
    token = world.linked()
    browser.post(at(token, "code"))
    first = world.code()
    browser.post(at(token, "code"))
    newest = world.code()
    if first != newest:
        assert browser.post(at(token, "confirm"), data={"code": first}).status_code == 422
    spaced = f" {newest[:3]} {newest[3:]} "
    assert "Choose a new password" in browser.post(at(token, "confirm"), data={"code": spaced}).text


def test_the_password_page_belongs_to_the_browser_that_confirmed(world: World, browser: TestClient) -> None:
    token = confirmed(world, browser)
    with TestClient(browser.app, base_url=PUBLIC_URL) as thief:
        assert "Confirm that it is you" in thief.get(at(token)).text
        assert chosen(thief, token).status_code == 422
    assert not world.signs_in(GOOD)
    assert chosen(browser, token).status_code == 200


def test_the_proof_is_kept_from_scripts_other_sites_and_other_pages(world: World, browser: TestClient) -> None:
    token = world.linked()
    browser.post(at(token, "code"))
    answer = browser.post(at(token, "confirm"), data={"code": world.code()}, follow_redirects=False)
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and f"Path=/self-service/{token}" in cookie


def test_behind_tls_the_proof_travels_only_over_tls(world: World) -> None:
    app = FastAPI()
    app.include_router(router(world.store, world.directory, world.desk, world.runbooks, "https://desk.example"))
    with TestClient(app, base_url="https://desk.example") as browser:
        token = world.linked()
        browser.post(at(token, "code"))
        answer = browser.post(at(token, "confirm"), data={"code": world.code()}, follow_redirects=False)
    assert "Secure" in answer.headers["set-cookie"]


def test_the_pages_are_not_offered_without_tls(world: World) -> None:
    with pytest.raises(RunbookError, match="https://"):
        router(world.store, world.directory, world.desk, world.runbooks, "http://desk.example")


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("kurz-pw", "kurz-pw", "Too short"),
        (GOOD, GOOD + "x", "not the same"),
        ("Password123456!", "Password123456!", "Too easy to guess"),
        ("Larkfield-Anna-Lind", "Larkfield-Anna-Lind", "Too easy to guess"),
        ("", "", "Too short"),
    ],
)
def test_a_password_that_will_not_do_is_explained_and_never_shown_again(
    world: World, browser: TestClient, password: str, again: str, said: str
) -> None:
    token = confirmed(world, browser)
    answer = browser.post(at(token, "password"), data={"password": password, "again": again})
    assert (answer.status_code, said in answer.text) == (422, True)
    assert not password or password not in answer.text
    assert chosen(browser, token).status_code == 200, "the link still works for a better one"


def test_a_second_click_on_the_last_button_changes_nothing_more(world: World, browser: TestClient) -> None:
    token = confirmed(world, browser)
    proof = browser.cookies["deskhand_proof"]
    chosen(browser, token)
    hashed = world.account().password_hash
    again = browser.post(
        at(token, "password"),
        data={"password": "seven quiet lanterns drift", "again": "seven quiet lanterns drift"},
        headers={"cookie": f"deskhand_proof={proof}"},
    )
    assert (again.status_code, world.account().password_hash) == (404, hashed)


def test_when_the_code_cannot_be_sent_the_page_says_so(world: World, browser: TestClient) -> None:
    token = world.linked()
    world.mailbox.trouble = SlackTrouble("away", can_retry=True)
    answer = browser.post(at(token, "code"))
    assert (answer.status_code, "could not be sent" in answer.text) == (422, True)


def test_a_form_of_another_site_gets_nothing(world: World, browser: TestClient) -> None:
    token = world.linked()
    for site in ("cross-site", "same-site", "none"):
        assert browser.post(at(token, "code"), headers={"sec-fetch-site": site}).status_code == 404
    assert world.run().codes_sent == 0
    assert browser.post(at(token, "code"), headers={"sec-fetch-site": "same-origin"}).status_code == 200


def test_bodies_that_are_no_form_of_ours_are_survived(world: World, browser: TestClient) -> None:
    token = confirmed(world, browser)
    json = {"content-type": "application/json"}
    for content in (b"\xff\xfe\x00", b"{}", b"password=" + b"x" * BODY_LIMIT, b"&".join([b"a=1"] * 8)):
        answer = browser.post(at(token, "password"), content=content, headers=json)
        assert (answer.status_code, "xxxxxxxx" in answer.text) == (422, False)


def test_too_many_fields_are_refused(world: World, browser: TestClient) -> None:
    token = confirmed(world, browser)
    answer = browser.post(at(token, "password"), content=b"&".join([b"a=1"] * 2000))
    assert answer.status_code == 422


def test_one_address_cannot_go_on_for_ever(browser: TestClient) -> None:
    answers = [browser.get(at(UNKNOWN)).status_code for _ in range(REQUESTS + 1)]
    assert answers == [404] * REQUESTS + [429]


def test_the_throttle_counts_each_address_and_forgets_in_time() -> None:
    moment = 0.0
    throttle = Throttle(2, 10, clock=lambda: moment)
    assert [throttle.allows("a"), throttle.allows("a"), throttle.allows("a"), throttle.allows("b")] == [
        True, True, False, True,
    ]  # fmt: skip
    moment = 10.0
    assert throttle.allows("a")


def test_every_answer_is_strict_and_leaves_no_trace(world: World, browser: TestClient) -> None:
    token = world.linked()
    answers = [browser.get(at(token)), browser.get(at(UNKNOWN)), browser.get("/self-service/finished")]
    answers.append(browser.post(at(token, "code"), follow_redirects=False))
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "form-action 'self'" in policy and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy and answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_pages_hold_no_script_no_inline_style_and_nothing_from_elsewhere(world: World, browser: TestClient) -> None:
    token = world.linked()
    pages = [browser.get(at(token)).text, browser.post(at(token, "code")).text]
    pages.append(browser.post(at(token, "confirm"), data={"code": world.code()}).text)
    pages += [browser.get("/self-service/finished").text, browser.get(at(UNKNOWN)).text]
    for page in pages:
        shown = Shown(page)
        assert not shown.all("script") and not shown.all("style") and not shown.all("img")
        assert all("style" not in attrs and not any(name.startswith("on") for name in attrs) for _, attrs in shown.tags)
        assert [link["href"] for link in shown.all("link")] == ["/self-service/style.css"]
    style = browser.get("/self-service/style.css")
    assert style.headers["content-type"].startswith("text/css")
    assert "url(" not in style.text and "@import" not in style.text


def test_every_field_has_its_label_and_browsers_know_what_it_is(world: World, browser: TestClient) -> None:
    token = world.linked()
    code = Shown(browser.post(at(token, "code")).text)
    password = Shown(browser.post(at(token, "confirm"), data={"code": world.code()}).text)
    for shown in (code, password):
        labelled = {label["for"] for label in shown.all("label")}
        assert {field["id"] for field in shown.all("input") if "hidden" not in field} == labelled
        assert shown.all("html")[0]["lang"] == "en"
    assert code.all("input")[0]["autocomplete"] == "one-time-code"
    kinds = [field.get("autocomplete") for field in password.all("input") if field["type"] == "password"]
    assert kinds == ["new-password", "new-password"]
    assert "checked" in next(field for field in password.all("input") if field.get("id") == "end_sessions")


def test_an_error_is_announced_and_tied_to_its_field(world: World, browser: TestClient) -> None:
    token = confirmed(world, browser)
    page = chosen(browser, token, "short")
    shown = Shown(page.text)
    (alert,) = [attrs for _, attrs in shown.tags if attrs.get("role") == "alert"]
    field = next(one for one in shown.all("input") if one.get("id") == "password")
    assert str(alert["id"]) in str(field["aria-describedby"]) and field["aria-invalid"] == "true"
    assert re.search(r"<title>Please correct: ", page.text)


def test_a_name_is_shown_as_text(world: World, browser: TestClient) -> None:
    with world.store.begin() as session:
        session.merge(world.person("anna.lind")).name = "<b>Anna</b> {{ 7*7 }}"
    page = browser.get(at(world.linked())).text
    assert "&lt;b&gt;Anna&lt;/b&gt; {{ 7*7 }}" in page


def test_the_access_log_does_not_show_the_link(world: World, browser: TestClient) -> None:
    logger = logging.getLogger("uvicorn.access")
    hide_tokens(logger)
    assert len([one for one in logger.filters if isinstance(one, HideTokens)]) == 1
    token = world.linked()
    record = logging.LogRecord(
        "uvicorn.access", logging.INFO, "", 0, '%s - "%s %s HTTP/%s" %d',
        ("127.0.0.1:1", "GET", f"/self-service/{token}/code?x=1", "1.1", 200), None,
    )  # fmt: skip
    assert all(one.filter(record) for one in logger.filters if isinstance(one, logging.Filter))
    assert token not in record.getMessage() and "/self-service/…/code" in record.getMessage()


def test_no_log_line_of_a_whole_reset_holds_password_code_or_link(
    world: World, browser: TestClient, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    token = confirmed(world, browser)
    code = world.code()
    chosen(browser, token, "short")
    chosen(browser, token)
    # The test's own browser writes its requests down.
    lines = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    written = "\n".join(lines) + "".join(capsys.readouterr())
    assert not [secret for secret in (GOOD, token, code) if secret in written]
