"""views.*: open, push, update, publish."""

from typing import Any

from bot.local_slack import modals
from bot.local_slack.errors import SlackApiError
from bot.local_slack.jsontypes import Json
from bot.local_slack.state.views import View, new_view
from bot.local_slack.validation.views import require_view
from bot.local_slack.web_api.call import Call


async def open_(call: Call) -> Json:
    payload = require_view(call.structure("view"), "modal")
    trigger = call.hub.workspace.triggers.exchange(call.required("trigger_id"), call.app.app_id, call.hub.clock.now())
    _require_new_external_id(call, payload)
    view = modals.open_modal(call.hub, call.app, trigger.user, payload)
    return {"view": view.to_api()}


async def push(call: Call) -> Json:
    payload = require_view(call.structure("view"), "modal")
    trigger = call.hub.workspace.triggers.exchange(call.required("trigger_id"), call.app.app_id, call.hub.clock.now())
    if trigger.view_id is None or not call.hub.workspace.views.stack(trigger.user):
        raise SlackApiError("not_found")
    if call.hub.workspace.views.is_full(trigger.user):
        raise SlackApiError("push_limit_reached")
    _require_new_external_id(call, payload)
    return {"view": modals.push_modal(call.hub, call.app, trigger.user, payload).to_api()}


async def update(call: Call) -> Json:
    view = call.hub.workspace.views.find(call.text("view_id"), call.text("external_id"))
    if view is None or view.app_id != call.app.app_id:
        raise SlackApiError("not_found")
    payload = require_view(call.structure("view"), view.kind)
    _require_hash(view, call.text("hash"))
    modals.replace(call.hub, view, payload)
    return {"view": view.to_api()}


async def publish(call: Call) -> Json:
    user = call.required("user_id")
    if call.hub.workspace.people.get(user) is None:
        raise SlackApiError("invalid_arguments", response_metadata={"messages": ["[ERROR] user not found"]})
    payload = require_view(call.structure("view"), "home")
    app = call.app
    view = call.hub.workspace.views.home(user, app.app_id)
    if view is None:
        view = new_view(user=user, app_id=app.app_id, bot_id=app.bot_id, team_id=call.hub.config.team_id, kind="home")
        call.hub.workspace.views.set_home(view)
    else:
        _require_hash(view, call.text("hash"))
    modals.replace(call.hub, view, payload)
    return {"view": view.to_api()}


def _require_hash(view: View, known: str | None) -> None:
    if known is not None and known != view.hash:
        raise SlackApiError("hash_conflict")


def _require_new_external_id(call: Call, payload: Any) -> None:
    external_id = payload.get("external_id")
    if external_id and call.hub.workspace.views.find(None, external_id):
        raise SlackApiError("duplicate_external_id")
