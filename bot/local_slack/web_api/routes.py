"""`/api/<method>`: read the call, check token and scopes, run it, answer as Slack does."""

import json
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from bot.local_slack.delivery.misbehaviour import ApiFault
from bot.local_slack.errors import SlackApiError
from bot.local_slack.hub import Hub
from bot.local_slack.jsontypes import Json
from bot.local_slack.web_api.call import Call, Caller
from bot.local_slack.web_api.methods import METHODS

_LONG = ("text", "markdown_text", "blocks", "view", "chunks", "attachments", "private_metadata")


def web_api(hub: Hub) -> APIRouter:
    """The routes of the Web API."""
    router = APIRouter()

    @router.api_route("/api/{method:path}", methods=["GET", "POST"])
    async def call_method(method: str, request: Request) -> Response:
        arguments = await read_arguments(request)
        token = bearer(request) or str(arguments.pop("token", "") or "")
        arguments.pop("token", None)
        fault = hub.deliverer.misbehaviour.api_fault(method)
        if fault and not fault.after:
            return _failed(hub, method, arguments, fault)
        answer, headers = await _answer(hub, method, token, arguments)
        if fault:
            return _failed(hub, method, arguments, fault)
        return JSONResponse(answer, headers=headers)

    return router


async def read_arguments(request: Request) -> Json:
    """Query arguments and a body of JSON or of a form, whichever came."""
    arguments: Json = dict(request.query_params)
    body = await request.body()
    kind = request.headers.get("content-type", "").split(";")[0].strip()
    if kind == "application/json" and body:
        try:
            parsed = json.loads(body)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            return arguments | {"": "invalid_json"}
        return arguments | parsed
    if kind == "multipart/form-data":
        form = await request.form()
        return arguments | {key: value for key, value in form.items() if isinstance(value, str)}
    return arguments | dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def bearer(request: Request) -> str:
    """The bearer token of a request, or an empty text."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def caller_of(hub: Hub, token: str) -> Caller | None:
    """Whose token this is."""
    for app in hub.config.apps:
        if token == app.bot_token:
            return Caller("bot", app.bot_user_id, app)
        if token == app.app_token:
            return Caller("app", app.bot_user_id, app)
    person = hub.workspace.people.by_token(token)
    return Caller("person", person.id) if person else None


async def _answer(hub: Hub, name: str, token: str, arguments: Json) -> tuple[Json, dict[str, str]]:
    caller = caller_of(hub, token)
    headers = {"x-slack-req-id": hub.clock.ts().replace(".", "")}
    if caller and caller.app:
        scopes = caller.app.scopes if caller.kind == "bot" else ("connections:write",)
        headers["x-oauth-scopes"] = ",".join(sorted(scopes))
    try:
        answer: Json = {"ok": True, **await _run(hub, name, token, caller, arguments)}
    except SlackApiError as error:
        answer = error.answer()
    hub.journal.note(
        "api",
        hub.clock.now(),
        method=name,
        caller=caller.user if caller else None,
        ok=answer["ok"],
        error=answer.get("error"),
        messages=(answer.get("response_metadata") or {}).get("messages"),
        arguments=_brief(arguments),
    )
    return answer, headers


async def _run(hub: Hub, name: str, token: str, caller: Caller | None, arguments: Json) -> Json:
    method = METHODS.get(name)
    if method is None:
        raise SlackApiError("unknown_method", req_method=name)
    if arguments.get("") == "invalid_json":
        raise SlackApiError("invalid_json")
    if caller is None:
        if "none" not in method.tokens:
            raise SlackApiError("invalid_auth" if token else "not_authed")
        caller = Caller("none", "")
    if caller.kind not in method.tokens:
        raise SlackApiError("not_allowed_token_type")
    call = Call(hub, name, caller, arguments)
    call.require_scope(*method.scopes)
    return await method.run(call)


def _failed(hub: Hub, method: str, arguments: Json, fault: ApiFault) -> Response:
    error = "ratelimited" if fault.status == 429 else "internal_error"
    hub.journal.note(
        "api",
        hub.clock.now(),
        method=method,
        caller=None,
        ok=False,
        error=error,
        misbehaved=True,
        messages=None,
        arguments=_brief(arguments),
    )
    headers = {"Retry-After": str(fault.retry_after)} if fault.status == 429 else {}
    return JSONResponse({"ok": False, "error": error}, status_code=fault.status, headers=headers)


def _brief(arguments: Json) -> Json:
    return {key: value[:300] if key in _LONG and isinstance(value, str) else value for key, value in arguments.items()}
