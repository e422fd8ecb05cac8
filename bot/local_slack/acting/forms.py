"""Fill in a modal, send it in, close it; see what is open."""

from typing import Any

from bot.local_slack import filling, modals
from bot.local_slack.acting.interactions import own_view
from bot.local_slack.config import AppConfig
from bot.local_slack.delivery import envelopes
from bot.local_slack.errors import SlackApiError
from bot.local_slack.hub import Hub
from bot.local_slack.jsontypes import Json
from bot.local_slack.state.people import Member
from bot.local_slack.state.views import View
from bot.local_slack.validation.views import require_view

TROUBLE = "We had some trouble connecting. Try again?"
Given = dict[str, dict[str, Any]]


async def views(hub: Hub, person: Member) -> Json:
    """This person's open modals (the one on top last) and homes by app id."""
    stack = hub.workspace.views.stack(person.id)
    homes = {v.app_id: v.to_api() for v in hub.workspace.views.homes() if v.user == person.id}
    return {"modals": [v.to_api() | {"errors": v.errors} for v in stack], "homes": homes}


async def fill(hub: Hub, person: Member, view_id: str, values: Given) -> Json:
    """Put values into a form without sending it: block_id → action_id → text, option value, list, id, date."""
    view = own_view(hub, person, view_id)
    view.values = filling.fill(view.blocks, view.values, values)
    hub.changed()
    return {"view": view.to_api()}


async def submit(hub: Hub, person: Member, view_id: str, values: Given | None = None) -> Json:
    """Send a form in. `ok` is false when fields are wrong: then `errors` says so, by block_id.

    The app may answer with errors, a new content, another modal on top, or close all.
    """
    view = own_view(hub, person, view_id)
    app = hub.workspace.app(view.app_id)
    if view.kind != "modal" or app is None:
        raise SlackApiError("view_not_found")
    view.values = filling.fill(view.blocks, view.values, values or {})
    errors = filling.input_errors(view.blocks, view.values)
    if errors:
        return _errors(hub, view, errors)
    payload = envelopes.view_submission(
        app,
        hub.config.team_id,
        hub.config.domain,
        person,
        view=view.to_api(),
        trigger_id=hub.trigger(person.id, app, view.id),
    )
    outcome = await hub.deliverer.interaction(app, "interactive", payload)
    if not outcome.ok:
        return {"ok": False, "error": "dispatch_failed", "reason": outcome.reason, "detail": TROUBLE}
    return _respond(hub, app, view, outcome.payload or {})


async def close(hub: Hub, person: Member, view_id: str, everything: bool = False) -> Json:
    """Close a modal (and those above it), or with `everything` the whole stack."""
    view = own_view(hub, person, view_id)
    app = hub.workspace.app(view.app_id)
    if view.kind != "modal" or app is None:
        raise SlackApiError("view_not_found")
    cleared = everything or view.clear_on_close
    if cleared:
        hub.workspace.views.clear(person.id)
    else:
        hub.workspace.views.pop(view)
    hub.changed()
    if view.notify_on_close:
        payload = envelopes.view_closed(
            app, hub.config.team_id, hub.config.domain, person, view=view.to_api(), is_cleared=cleared
        )
        await hub.deliverer.interaction(app, "interactive", payload)
    return {}


def _respond(hub: Hub, app: AppConfig, view: View, response: Json) -> Json:
    action = response.get("response_action")
    try:
        if action == "errors":
            return _errors(hub, view, _known_errors(view, response.get("errors")))
        if action == "update":
            modals.replace(hub, view, require_view(response.get("view"), "modal"))
        elif action == "push":
            _push(hub, app, view, response)
        elif action == "clear":
            hub.workspace.views.clear(view.user)
        elif action is None:
            hub.workspace.views.pop(view)
        else:
            raise SlackApiError("invalid_response_action")
    except SlackApiError as error:
        hub.journal.note("bad_answer", hub.clock.now(), error=error.error, detail=error.detail, payload=response)
        return {"ok": False, "error": error.error, "detail": TROUBLE, **error.detail}
    hub.changed()
    return {"response_action": action}


def _push(hub: Hub, app: AppConfig, view: View, response: Json) -> None:
    payload = require_view(response.get("view"), "modal")
    if hub.workspace.views.is_full(view.user):
        raise SlackApiError("push_limit_reached")
    modals.push_modal(hub, app, view.user, payload)


def _known_errors(view: View, errors: Any) -> dict[str, str]:
    """The app's errors; Slack refuses those that name no input block of the view."""
    inputs = {b["block_id"] for b in view.blocks if b["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise SlackApiError("invalid_errors", messages=f"errors must name input blocks: {sorted(inputs)}")
    return {str(block_id): str(message) for block_id, message in errors.items()}


def _errors(hub: Hub, view: View, errors: dict[str, str]) -> Json:
    view.errors = errors
    hub.changed()
    return {"ok": False, "error": "invalid_fields", "errors": errors}
