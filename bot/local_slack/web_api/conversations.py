"""conversations.*: open, list, info, history, replies, members, join, create, invite, leave."""

import re

from bot.local_slack import posting
from bot.local_slack.delivery import events
from bot.local_slack.errors import SlackApiError
from bot.local_slack.jsontypes import Json
from bot.local_slack.state.channels import PRIVATE, PUBLIC, Channel
from bot.local_slack.web_api.call import Call, paged

_READ = {"channel": "channels:read", "group": "groups:read", "im": "im:read", "mpim": "mpim:read"}
_HISTORY = {
    "channel": "channels:history",
    "group": "groups:history",
    "im": "im:history",
    "mpim": "mpim:history",
}
_TYPE_SCOPES = {
    "public_channel": "channels:read",
    "private_channel": "groups:read",
    "im": "im:read",
    "mpim": "mpim:read",
}
_NAME = re.compile(r"[a-z0-9_-]{1,80}")


async def open_(call: Call) -> Json:
    workspace = call.hub.workspace
    if call.text("channel"):
        channel = workspace.visible_channel(call.required("channel"), call.caller.user)
        return {"channel": channel.to_api(call.caller.user, workspace.team_id)}
    users = call.names("users")
    if not users:
        raise SlackApiError("users_list_not_supplied")
    if any(workspace.people.get(user) is None for user in users):
        raise SlackApiError("user_not_found")
    known = workspace.channels.direct_with(call.caller.user, users[0]) if len(users) == 1 else None
    channel = workspace.channels.direct([call.caller.user, *users], creator=call.caller.user, now=call.hub.clock.now())
    call.hub.changed()
    shown = channel.to_api(call.caller.user, workspace.team_id) if call.flag("return_im") else {"id": channel.id}
    return {"channel": shown, "no_op": known is not None, "already_open": known is not None}


async def list_(call: Call) -> Json:
    kinds = call.names("types") or ["public_channel"]
    for kind in kinds:
        if kind not in _TYPE_SCOPES:
            raise SlackApiError("invalid_types")
        call.require_scope(_TYPE_SCOPES[kind])
    workspace, viewer = call.hub.workspace, call.caller.user
    found = [c for c in workspace.channels.all() if c.kind in kinds and workspace.may_see(c, viewer)]
    return paged(call, [c.to_api(viewer, workspace.team_id) for c in found], "channels")


async def info(call: Call) -> Json:
    channel = _readable(call, _READ)
    return {"channel": channel.to_api(call.caller.user, call.hub.config.team_id)}


async def members(call: Call) -> Json:
    channel = _readable(call, _READ)
    page = paged(call, [{"id": m} for m in channel.members], "members")
    page["members"] = [m["id"] for m in page["members"]]
    return page


async def history(call: Call) -> Json:
    channel = _readable(call, _HISTORY, as_member=True)
    messages = call.hub.workspace.messages
    found = [messages.shown(m) for m in reversed(messages.roots(channel.id))]
    page = paged(call, _between(call, found), "messages")
    return page | {"has_more": bool(page["response_metadata"]["next_cursor"]), "pin_count": 0}


async def replies(call: Call) -> Json:
    channel = _readable(call, _HISTORY, as_member=True)
    messages = call.hub.workspace.messages
    start = messages.get(channel.id, call.required("ts"))
    if start is None:
        raise SlackApiError("thread_not_found")
    root = messages.get(channel.id, start.thread_ts or start.ts) or start
    answers = _between(call, [messages.shown(m) for m in messages.replies(channel.id, root.ts)])
    page = paged(call, [messages.shown(root), *answers], "messages")
    return page | {"has_more": bool(page["response_metadata"]["next_cursor"])}


async def join(call: Call) -> Json:
    channel = call.hub.workspace.visible_channel(call.required("channel"), call.caller.user)
    if channel.channel_type != PUBLIC:
        raise SlackApiError("method_not_supported_for_channel_type")
    posting.join(call.hub, channel, call.caller.user)
    return {"channel": channel.to_api(call.caller.user, call.hub.config.team_id)}


async def create(call: Call) -> Json:
    name = call.required("name")
    private = call.flag("is_private")
    call.require_scope("groups:write" if private else "channels:manage")
    if not _NAME.fullmatch(name):
        raise SlackApiError("invalid_name_specials")
    if call.hub.workspace.channels.by_name(name):
        raise SlackApiError("name_taken")
    channel = call.hub.workspace.channels.create(
        name,
        private=private,
        creator=call.caller.user,
        members=[call.caller.user],
        now=call.hub.clock.now(),
    )
    if not private:
        call.hub.emit(events.channel_created(channel, call.hub.clock.ts()))
    call.hub.changed()
    return {"channel": channel.to_api(call.caller.user, call.hub.config.team_id)}


async def invite(call: Call) -> Json:
    channel = call.hub.workspace.visible_channel(call.required("channel"), call.caller.user)
    call.require_scope("groups:write" if channel.channel_type == PRIVATE else "channels:manage")
    if call.caller.user not in channel.members:
        raise SlackApiError("not_in_channel")
    users = call.names("users")
    for user in users:
        call.hub.workspace.member(user)
        if user == call.caller.user:
            raise SlackApiError("cant_invite_self")
    if users and all(user in channel.members for user in users):
        raise SlackApiError("already_in_channel")
    for user in users:
        posting.join(call.hub, channel, user, inviter=call.caller.user)
    return {"channel": channel.to_api(call.caller.user, call.hub.config.team_id)}


def _readable(call: Call, scopes: dict[str, str], *, as_member: bool = False) -> Channel:
    channel = call.hub.workspace.visible_channel(call.required("channel"), call.caller.user)
    call.require_scope(scopes[channel.channel_type])
    if as_member and call.caller.kind == "bot" and call.caller.user not in channel.members:
        raise SlackApiError("not_in_channel")
    return channel


def _between(call: Call, messages: list[Json]) -> list[Json]:
    oldest, latest = call.text("oldest") or "0", call.text("latest") or "9999999999"
    inclusive = call.flag("inclusive")

    def within(ts: str) -> bool:
        return float(oldest) < float(ts) < float(latest) or (inclusive and ts in (oldest, latest))

    return [m for m in messages if within(m["ts"])]
