"""`/local/<operation>` for people, `/local/misbehave` and `/local/log` for tests."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, ValidationError, validate_call

from bot.local_slack.acting import forms, interactions, messages
from bot.local_slack.acting.misbehaving import misbehave
from bot.local_slack.errors import SlackApiError
from bot.local_slack.hub import Hub
from bot.local_slack.jsontypes import Json
from bot.local_slack.state.people import Member
from bot.local_slack.web_api.routes import bearer

MAX_WAIT = 60.0


async def wait(hub: Hub, person: Member, version: int = -1, timeout: float = 25.0) -> Json:
    """Wait until something happens in the workspace after `version`, at most `timeout` seconds."""
    return {"version": await hub.workspace.changes.beyond(version, min(timeout, MAX_WAIT))}


async def whoami(hub: Hub, person: Member) -> Json:
    """The person behind the token, the team, and the apps with their direct messages."""
    apps = [
        {
            "app_id": app.app_id,
            "name": app.name,
            "bot_user_id": app.bot_user_id,
            "channel": hub.workspace.direct(person.id, app.bot_user_id).id,
            "commands": [c.command for c in app.commands],
            "shortcuts": [{"callback_id": s.callback_id, "type": s.kind} for s in app.shortcuts],
        }
        for app in hub.config.apps
    ]
    return {"user_id": person.id, "name": person.name, "team_id": hub.config.team_id, "apps": apps}


OPERATIONS: dict[str, Callable[..., Awaitable[Json]]] = {
    "whoami": whoami,
    "say": messages.say,
    "edit": messages.edit,
    "delete": messages.delete,
    "react": messages.react,
    "read": messages.read,
    "channels": messages.channels,
    "mark": messages.mark,
    "join": messages.join,
    "invite": messages.invite,
    "look_at": messages.look_at,
    "click": interactions.click,
    "command": interactions.command,
    "shortcut": interactions.shortcut,
    "open_home": interactions.open_home,
    "views": forms.views,
    "fill": forms.fill,
    "submit": forms.submit,
    "close": forms.close,
    "wait": wait,
}


def acting(hub: Hub) -> APIRouter:
    """The routes for scripts."""
    router = APIRouter(prefix="/local")
    check = validate_call(config=ConfigDict(arbitrary_types_allowed=True))
    checked = {name: check(operation) for name, operation in OPERATIONS.items()}

    @router.get("/log")
    async def log(request: Request, after: int = 0, kind: str | None = None) -> JSONResponse:
        if bearer(request) != hub.config.admin_token:
            return JSONResponse(SlackApiError("invalid_auth").answer())
        return JSONResponse({"ok": True, "entries": hub.journal.after(after, kind)})

    @router.post("/verify_request_url")
    async def verify_request_url(request: Request) -> JSONResponse:
        return JSONResponse(await _guarded(_verify(hub, request)))

    @router.post("/misbehave")
    async def misbehave_now(request: Request) -> JSONResponse:
        return JSONResponse(await _guarded(_misbehave(hub, request)))

    @router.post("/{operation}")
    async def operate(operation: str, request: Request) -> JSONResponse:
        return JSONResponse(await _guarded(_operate(hub, checked, operation, request)))

    return router


async def _verify(hub: Hub, request: Request) -> Json:
    if bearer(request) != hub.config.admin_token:
        raise SlackApiError("invalid_auth")
    for app in hub.config.apps:
        if app.request_url and not await hub.deliverer.url_verification(app):
            raise SlackApiError(
                "url_not_verified", detail=f"{app.request_url} does not answer the challenge of url_verification"
            )
    return {}


async def _misbehave(hub: Hub, request: Request) -> Json:
    if bearer(request) != hub.config.admin_token:
        raise SlackApiError("invalid_auth")
    return await misbehave(hub, await _body(request))


async def _operate(hub: Hub, checked: dict[str, Callable[..., Awaitable[Json]]], name: str, request: Request) -> Json:
    person = hub.workspace.people.by_token(bearer(request))
    if person is None:
        raise SlackApiError("invalid_auth")
    if name not in checked:
        raise SlackApiError("unknown_operation", known=sorted(checked))
    body = await _body(request)
    if {"hub", "person"} & set(body):
        raise SlackApiError("invalid_arguments", detail="hub and person are not arguments")
    return await checked[name](hub, person, **body)


async def _guarded(work: Awaitable[Json]) -> Json:
    try:
        return {"ok": True, **await work}
    except SlackApiError as error:
        return error.answer()
    except ValidationError as error:
        wrong = [f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors()]
        return {"ok": False, "error": "invalid_arguments", "detail": "; ".join(wrong)}


async def _body(request: Request) -> Json:
    raw = await request.body()
    try:
        parsed: Any = json.loads(raw) if raw else {}
    except ValueError as error:
        raise SlackApiError("invalid_json") from error
    if not isinstance(parsed, dict):
        raise SlackApiError("invalid_json")
    return parsed
