"""The way in and out of the console: plain pages that work without a script, under a strict policy.

Opening a link shows a button and changes nothing, because link previews open links, too; the button uses it up.
"""

import secrets
from pathlib import Path

from fastapi import APIRouter
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from workers import sign_in
from workers.service_desk import ServiceDesk

COOKIE = "deskhand_console"
PREFIX = "/console"
HOME, SIGN_IN, SIGN_OUT = f"{PREFIX}/", f"{PREFIX}/sign-in", f"{PREFIX}/sign-out"

_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)


def router(desk: ServiceDesk) -> APIRouter:
    """The routes; to be added before the console is mounted at the same prefix."""
    routes, name = APIRouter(), desk.handbook.desk.name
    secure = desk.settings.public_url.startswith("https://")

    @routes.get(SIGN_IN)
    def no_link() -> Response:
        return how_to_sign_in(name, status=200)

    @routes.get(SIGN_IN + "/{token}")
    def look_at_link(token: str) -> Response:
        with desk.store.read() as session:
            usable = sign_in.is_usable(session, token)
        return _offer(name, token) if usable else _link_is_over(name)

    @routes.post(SIGN_IN + "/{token}")
    def use_link(request: Request, token: str) -> Response:
        if _is_from_elsewhere(request):
            return refused(name, "Another site sent you here. Open the link itself to sign in.")
        with desk.store.begin() as session:
            session_token = sign_in.use_link(session, token)
        if session_token is None:
            return _link_is_over(name)
        response = RedirectResponse(HOME, status_code=303, headers=_HEADERS)
        life = int(sign_in.SESSION_LIVES.total_seconds())
        response.set_cookie(
            COOKIE, session_token, max_age=life, path=PREFIX, httponly=True, samesite="lax", secure=secure
        )
        return response

    @routes.post(SIGN_OUT)
    def sign_out(request: Request) -> Response:
        if not _is_from_elsewhere(request):
            with desk.store.begin() as session:
                sign_in.sign_out(session, request.cookies.get(COOKIE, ""))
        response = RedirectResponse(SIGN_IN, status_code=303, headers=_HEADERS)
        response.delete_cookie(COOKIE, path=PREFIX, httponly=True, samesite="lax", secure=secure)
        return response

    return routes


def how_to_sign_in(desk_name: str, status: int = 401) -> Response:
    """For somebody who is not signed in."""
    lines = ["The console is for agents and admins of the service desk."]
    return _page(desk_name, "Sign in with a link", status, lines=lines, how=True)


def refused(desk_name: str, why: str) -> Response:
    """For somebody who is signed in and may not see this."""
    return _page(desk_name, "This is not open to you", 403, lines=[why, "Ask the bot in Slack for your own tickets."])


def not_there(desk_name: str, what: str) -> Response:
    """For an address that leads nowhere."""
    return _page(desk_name, "Nothing is here", 404, lines=[what])


def _offer(desk_name: str, token: str) -> Response:
    lines = ["You stay signed in on this device for 12 hours, or until you sign out."]
    return _page(desk_name, "Sign in to the console", 200, lines=lines, action=f"{SIGN_IN}/{token}", button="Sign in")


def _link_is_over(desk_name: str) -> Response:
    lines = ["It was used already, or is older than 15 minutes."]
    return _page(desk_name, "This link no longer works", 410, lines=lines, how=True)


_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the token stands in the address
    "X-Content-Type-Options": "nosniff",
}


def _page(
    desk_name: str,
    title: str,
    status: int,
    *,
    lines: list[str],
    how: bool = False,
    action: str = "",
    button: str = "",
) -> Response:
    nonce = secrets.token_urlsafe(16)
    minutes = int(sign_in.LINK_LIVES.total_seconds() // 60)
    body = _pages.get_template("sign_in.html").render(
        desk=desk_name, title=title, lines=lines, how=how, action=action, button=button, nonce=nonce, minutes=minutes
    )
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(body, status, {**_HEADERS, "Content-Security-Policy": policy})


def _is_from_elsewhere(request: Request) -> bool:
    # Without this, another site could sign somebody in as somebody else, and read what they then write.
    return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
