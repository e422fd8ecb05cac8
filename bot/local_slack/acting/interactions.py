"""Click, choose, run a command, use a shortcut, open the app's home."""

from typing import Any

from bot.local_slack import filling, posting
from bot.local_slack.acting.messages import find_channel, find_message
from bot.local_slack.config import AppConfig
from bot.local_slack.delivery import envelopes, events
from bot.local_slack.delivery.outcome import Outcome
from bot.local_slack.errors import SlackApiError
from bot.local_slack.hub import Hub
from bot.local_slack.jsontypes import Json
from bot.local_slack.posting import Draft
from bot.local_slack.state.channels import Channel
from bot.local_slack.state.messages import Message
from bot.local_slack.state.people import Member
from bot.local_slack.state.triggers import ResponseUrl
from bot.local_slack.state.views import View
from bot.local_slack.web_api.response_urls import answer

TIMEOUTS = ("http_timeout", "timeout")


async def click(
    hub: Hub,
    person: Member,
    action_id: str,
    channel: str | None = None,
    ts: str | None = None,
    view_id: str | None = None,
    block_id: str | None = None,
    value: Any = None,
) -> Json:
    """Use an element of a message (`channel`, `ts`) or of an open view (`view_id`).

    `value` is what to choose: an option's value, several, a user id, a date, `positive` or `negative`.
    """
    if view_id:
        return await _click_in_view(hub, person, view_id, action_id, block_id, value)
    if ts is None:
        raise SlackApiError("invalid_arguments", detail="name a message (channel and ts) or a view_id")
    where = find_channel(hub, person, channel)
    message = find_message(hub, person, where, ts)
    return await _click_in_message(hub, person, where, message, action_id, block_id, value)


async def command(hub: Hub, person: Member, command: str, text: str = "", channel: str | None = None) -> Json:
    """Run a slash command in a channel. What the app answers at once only this person sees."""
    where = find_channel(hub, person, channel)
    app = next((a for a in hub.config.apps if any(c.command == command for c in a.commands)), None)
    if app is None:
        raise SlackApiError("unknown_command", detail=f"{command} is not a valid command.")
    url = hub.response_url(person.id, app, where)
    payload = envelopes.slash_command(
        app,
        hub.config.team_id,
        hub.config.domain,
        person,
        channel=where,
        command=command,
        text=text,
        trigger_id=hub.trigger(person.id, app),
        response_url=url,
    )
    outcome = await hub.deliverer.interaction(app, "slash_commands", payload)
    if not outcome.ok:
        code = "operation_timeout" if outcome.reason in TIMEOUTS else "dispatch_failed"
        _tell(hub, where, person, f'{command} failed with the error "{code}"')
        return _failure(outcome, code)
    if outcome.payload and (outcome.payload.get("text") or outcome.payload.get("blocks")):
        _answer_command(hub, app, person, where, outcome.payload)
    return {"channel": where.id}


async def shortcut(
    hub: Hub, person: Member, callback_id: str, channel: str | None = None, ts: str | None = None
) -> Json:
    """Use a message shortcut (on the message `channel`, `ts`) or a global one."""
    kind = "message" if ts else "global"
    app = _app_with_shortcut(hub, callback_id, kind)
    trigger_id = hub.trigger(person.id, app)
    who = (app, hub.config.team_id, hub.config.domain, person)
    if ts is None:
        payload = envelopes.global_shortcut(
            *who, callback_id=callback_id, trigger_id=trigger_id, action_ts=hub.clock.ts()
        )
    else:
        where = find_channel(hub, person, channel)
        message = find_message(hub, person, where, ts)
        payload = envelopes.message_shortcut(
            *who,
            callback_id=callback_id,
            channel=where,
            message=hub.workspace.messages.shown(message),
            trigger_id=trigger_id,
            response_url=hub.response_url(
                person.id, app, where, source_ts=message.ts, ephemeral=bool(message.ephemeral_to)
            ),
            action_ts=hub.clock.ts(),
        )
    return _result(await hub.deliverer.interaction(app, "interactive", payload))


async def open_home(hub: Hub, person: Member, tab: str = "home", app_id: str | None = None) -> Json:
    """Open an app's home (`tab` home or messages); the view is there when it was published before."""
    app = hub.workspace.app(app_id) if app_id else hub.config.app
    if app is None or tab not in ("home", "messages"):
        raise SlackApiError("invalid_arguments", detail="an unknown app, or a tab other than home, messages")
    channel = hub.workspace.direct(person.id, app.bot_user_id)
    view = hub.workspace.views.home(person.id, app.app_id)
    hub.deliverer.event(app, events.home_opened(person.id, channel, tab, view, hub.clock.ts()))
    hub.changed()
    return {"channel": channel.id, "view": view.to_api() if view else None}


async def _click_in_message(
    hub: Hub,
    person: Member,
    channel: Channel,
    message: Message,
    action_id: str,
    block_id: str | None,
    value: Any,
) -> Json:
    block, element = filling.find_element(message.blocks, action_id, block_id)
    app = hub.workspace.app(message.app_id or "")
    if app is None:
        raise SlackApiError("action_not_found", detail="no app is behind this message")
    action = filling.action_of(block, element, value, hub.clock.ts())
    key = (channel.id, message.ts, person.id)
    state = hub.workspace.message_values.setdefault(key, filling.initial_values(message.blocks))
    if filling.is_stateful(element):
        state.setdefault(block["block_id"], {})[action_id] = filling.value_state(element, value)
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": bool(message.ephemeral_to),
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    place: Json = {"container": container, "channel": envelopes.channel_brief(channel)}
    if not message.ephemeral_to:
        place["message"] = hub.workspace.messages.shown(message)
    place["state"] = {"values": state}
    place["response_url"] = hub.response_url(
        person.id,
        app,
        channel,
        source_ts=message.ts,
        ephemeral=bool(message.ephemeral_to),
        thread_ts=message.thread_ts,
    )
    return await _send_click(hub, app, person, place, action, hub.trigger(person.id, app))


async def _click_in_view(
    hub: Hub, person: Member, view_id: str, action_id: str, block_id: str | None, value: Any
) -> Json:
    view = own_view(hub, person, view_id)
    app = hub.workspace.app(view.app_id)
    if app is None:
        raise SlackApiError("view_not_found")
    block, element = filling.find_element(view.blocks, action_id, block_id)
    action = filling.action_of(block, element, value, hub.clock.ts())
    if filling.is_stateful(element):
        view.values.setdefault(block["block_id"], {})[action_id] = filling.value_state(element, value)
        if block["type"] == "input" and not block.get("dispatch_action"):
            return {}
        hub.changed()
    place: Json = {"container": {"type": "view", "view_id": view.id}, "view": view.to_api()}
    return await _send_click(hub, app, person, place, action, hub.trigger(person.id, app, view.id))


async def _send_click(hub: Hub, app: AppConfig, person: Member, place: Json, action: Json, trigger_id: str) -> Json:
    payload = envelopes.block_actions(
        app,
        hub.config.team_id,
        hub.config.domain,
        person,
        place=place,
        trigger_id=trigger_id,
        action=action,
    )
    result = _result(await hub.deliverer.interaction(app, "interactive", payload))
    return result | ({"url": action["url"]} if "url" in action else {})


def own_view(hub: Hub, person: Member, view_id: str) -> View:
    """A view that is open before this person, or the error view_not_found."""
    view = hub.workspace.views.find(view_id)
    if view is None or view.user != person.id:
        raise SlackApiError("view_not_found")
    return view


def _app_with_shortcut(hub: Hub, callback_id: str, kind: str) -> AppConfig:
    for app in hub.config.apps:
        if any(s.callback_id == callback_id and s.kind == kind for s in app.shortcuts):
            return app
    raise SlackApiError("unknown_shortcut", detail=f"no app has the {kind} shortcut {callback_id!r}")


def _answer_command(hub: Hub, app: AppConfig, person: Member, channel: Channel, payload: Json) -> None:
    try:
        answer(hub, ResponseUrl(app.app_id, person.id, channel.id, hub.clock.now()), payload)
    except SlackApiError as error:
        hub.journal.note("bad_answer", hub.clock.now(), error=error.error, detail=error.detail, payload=payload)
        _tell(hub, channel, person, f'The app\'s answer was refused with the error "{error.error}"')


def _tell(hub: Hub, channel: Channel, person: Member, text: str) -> None:
    posting.post_ephemeral(hub, channel, person.id, Draft("USLACKBOT", text), error=text)


def _result(outcome: Outcome) -> Json:
    if outcome.ok:
        return {}
    code = "operation_timeout" if outcome.reason in TIMEOUTS else "dispatch_failed"
    return _failure(outcome, code)


def _failure(outcome: Outcome, code: str) -> Json:
    return {
        "ok": False,
        "error": code,
        "reason": outcome.reason,
        "status": outcome.status,
        "detail": "The app did not acknowledge in time."
        if code == "operation_timeout"
        else "The app could not be reached or refused.",
    }
