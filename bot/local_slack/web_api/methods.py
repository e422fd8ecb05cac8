"""Every method that the local Slack knows, with its scopes and the tokens it takes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.local_slack.jsontypes import Json
from bot.local_slack.web_api import (
    apps,
    assistant,
    chat,
    conversations,
    people,
    reactions,
    streams,
    views,
)
from bot.local_slack.web_api.call import Call

_BOT_OR_PERSON = frozenset({"bot", "person"})
_BOT = frozenset({"bot"})
_APP = frozenset({"app"})


@dataclass(frozen=True)
class Method:
    """`scopes`: the caller needs one of them (none when empty)."""

    run: Callable[[Call], Awaitable[Json]]
    scopes: tuple[str, ...] = ()
    tokens: frozenset[str] = _BOT_OR_PERSON


_WRITE = ("chat:write",)
_AGENT = ("assistant:write", "chat:write")
_OPEN = ("im:write", "mpim:write")

METHODS: dict[str, Method] = {
    "api.test": Method(apps.api_test, tokens=frozenset({"bot", "person", "app", "none"})),
    "auth.test": Method(apps.auth_test, tokens=frozenset({"bot", "person", "app"})),
    "apps.connections.open": Method(apps.connections_open, tokens=_APP),
    "chat.postMessage": Method(chat.post_message, _WRITE),
    "chat.postEphemeral": Method(chat.post_ephemeral, _WRITE, _BOT),
    "chat.update": Method(chat.update, _WRITE),
    "chat.delete": Method(chat.delete, _WRITE),
    "chat.getPermalink": Method(chat.get_permalink),
    "chat.startStream": Method(streams.start, _WRITE, _BOT),
    "chat.appendStream": Method(streams.append, _WRITE, _BOT),
    "chat.stopStream": Method(streams.stop, _WRITE, _BOT),
    "conversations.open": Method(conversations.open_, _OPEN),
    "conversations.list": Method(conversations.list_),
    "conversations.info": Method(conversations.info),
    "conversations.members": Method(conversations.members),
    "conversations.history": Method(conversations.history),
    "conversations.replies": Method(conversations.replies),
    "conversations.join": Method(conversations.join, ("channels:join",)),
    "conversations.create": Method(conversations.create),
    "conversations.invite": Method(conversations.invite),
    "users.list": Method(people.users_list, ("users:read",)),
    "users.info": Method(people.users_info, ("users:read",)),
    "users.lookupByEmail": Method(people.lookup_by_email, ("users:read.email",)),
    "users.profile.get": Method(people.profile_get, ("users.profile:read",)),
    "users.conversations": Method(people.user_conversations, ("channels:read",)),
    "usergroups.list": Method(people.usergroups_list, ("usergroups:read",)),
    "bots.info": Method(people.bots_info, ("users:read",)),
    "team.info": Method(people.team_info, ("team:read",)),
    "reactions.add": Method(reactions.add, ("reactions:write",)),
    "reactions.remove": Method(reactions.remove, ("reactions:write",)),
    "reactions.get": Method(reactions.get, ("reactions:read",)),
    "views.open": Method(views.open_, tokens=_BOT),
    "views.push": Method(views.push, tokens=_BOT),
    "views.update": Method(views.update, tokens=_BOT),
    "views.publish": Method(views.publish, tokens=_BOT),
    "assistant.threads.setStatus": Method(assistant.set_status, _AGENT, _BOT),
    "assistant.threads.setTitle": Method(assistant.set_title, ("assistant:write",), _BOT),
    "assistant.threads.setSuggestedPrompts": Method(assistant.set_prompts, ("assistant:write",), _BOT),
    "agents.sessions.setStatus": Method(assistant.session_status, _AGENT, _BOT),
    "agents.sessions.rename": Method(assistant.session_rename, _AGENT, _BOT),
}
