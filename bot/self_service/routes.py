"""The private page of a password reset: address → step. What a step means is in `workers.runbooks.reset`."""

import logging
from collections.abc import Callable, Mapping
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader

from bot.self_service.access_log import hide_tokens
from bot.self_service.throttle import Throttle
from workers.desk import Desk
from workers.directory.port import Directory
from workers.runbooks.files import Runbook
from workers.runbooks.links import PAGES, address_of_pages
from workers.runbooks.reset import Choice, LinkGone, NotYet, ResetPage
from workers.store.session import Store

PROOF = "deskhand_proof"
BODY_LIMIT = 16_000  # bytes; a form of ours is far smaller
REQUESTS, WITHIN_SECONDS = 60, 300.0
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

Fields = Mapping[str, str]


async def fields(request: Request) -> Fields:
    """The form's fields. Read here and not by FastAPI, whose errors would repeat a password."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            return {}
    try:
        found = parse_qs(body.decode("utf-8"), max_num_fields=10)
    except ValueError:  # not UTF-8, or no form of ours: then nothing was filled in
        return {}
    return {name: values[0] for name, values in found.items()}


class Pages:
    """Shows the pages: each answer with the same strict headers."""

    def __init__(self, desk: Desk) -> None:
        self._templates = Environment(loader=PackageLoader("bot.self_service"), autoescape=True)
        self._desk = desk

    def page(self, name: str, status: int = 200, **shown: Any) -> Response:
        """The template `name`."""
        html = self._templates.get_template(name).render(desk=self._desk.name, pages=PAGES, **shown)
        return HTMLResponse(html, status, headers=HEADERS)

    def gone(self) -> Response:
        """One page for unknown, expired, used and stopped links: nothing can be told from it."""
        return self.page("gone.html", 404)

    def style(self) -> Response:
        """The style sheet."""
        css = self._templates.get_template("style.css").render()
        return Response(css, media_type="text/css", headers={**HEADERS, "Cache-Control": "public, max-age=3600"})


class Steps:
    """What each address does; runs in FastAPI's threads, since store and directory wait."""

    def __init__(self, reset: ResetPage, pages: Pages, is_https: bool) -> None:
        self._reset = reset
        self._pages = pages
        self._is_https = is_https
        self._throttle = Throttle(REQUESTS, WITHIN_SECONDS)

    def look(self, request: Request, token: str) -> Response:
        """The page, as far as the person has come. Changes nothing."""
        return self._tried(request, token, lambda: self._shown(request, token))

    def send_code(self, request: Request, token: str) -> Response:
        """Send a code over the second channel."""

        def act() -> Response:
            self._reset.send_code(token)
            return self._onward(token)

        return self._tried(request, token, act)

    def confirm(self, request: Request, token: str, form: Annotated[Fields, Depends(fields)]) -> Response:
        """Check the code; the browser keeps the proof."""

        def act() -> Response:
            proof = self._reset.confirm_code(token, form.get("code", ""))
            answer = self._onward(token)
            answer.set_cookie(
                PROOF, proof, path=f"{PAGES}/{token}", httponly=True, samesite="strict", secure=self._is_https
            )
            return answer

        return self._tried(request, token, act)

    def change(self, request: Request, token: str, form: Annotated[Fields, Depends(fields)]) -> Response:
        """Set the new password."""
        choice = Choice(form.get("password", ""), form.get("again", ""), form.get("end_sessions") == "yes")

        def act() -> Response:
            self._reset.change(token, request.cookies.get(PROOF, ""), choice)
            answer = RedirectResponse(f"{PAGES}/finished", 303, headers=HEADERS)
            answer.delete_cookie(PROOF, path=f"{PAGES}/{token}", httponly=True, samesite="strict")
            return answer

        return self._tried(request, token, act)

    def _tried(self, request: Request, token: str, act: Callable[[], Response]) -> Response:
        if not self._throttle.allows(request.client.host if request.client else ""):
            return self._pages.page("slow.html", 429)
        # Browsers say where a form was sent from; other sites' forms get nothing.
        if request.method == "POST" and request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return self._pages.gone()
        try:
            return act()
        except LinkGone:
            return self._pages.gone()
        except NotYet as wrong:
            return self._shown(request, token, str(wrong))

    def _shown(self, request: Request, token: str, wrong: str = "") -> Response:
        try:
            view = self._reset.look(token, request.cookies.get(PROOF, ""))
        except LinkGone:
            return self._pages.gone()
        here = f"{PAGES}/{token}"
        return self._pages.page(f"{view.stage}.html", 422 if wrong else 200, view=view, here=here, wrong=wrong)

    @staticmethod
    def _onward(token: str) -> RedirectResponse:
        return RedirectResponse(f"{PAGES}/{token}", 303, headers=HEADERS)


def router(
    store: Store, directory: Directory, desk: Desk, runbooks: Mapping[str, Runbook], public_url: str
) -> APIRouter:
    """The pages under `/self-service`. Raises `RunbookError` when passwords would travel there unencrypted."""
    is_https = address_of_pages(public_url).startswith("https://")
    hide_tokens(logging.getLogger("uvicorn.access"))
    pages = Pages(desk)
    steps = Steps(ResetPage(store, directory, desk, runbooks), pages, is_https)
    made = APIRouter(prefix=PAGES, include_in_schema=False, default_response_class=HTMLResponse)

    made.add_api_route("/style.css", pages.style, methods=["GET"])
    made.add_api_route("/finished", lambda: pages.page("finished.html"), methods=["GET"])
    made.add_api_route("/{token}", steps.look, methods=["GET"])
    made.add_api_route("/{token}/code", steps.send_code, methods=["POST"])
    made.add_api_route("/{token}/confirm", steps.confirm, methods=["POST"])
    made.add_api_route("/{token}/password", steps.change, methods=["POST"])
    return made
