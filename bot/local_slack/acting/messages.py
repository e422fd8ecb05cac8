"""Write, edit, delete, react, read."""

from bot.local_slack import posting
from bot.local_slack.clock import new_id
from bot.local_slack.composing import compose
from bot.local_slack.delivery import events
from bot.local_slack.errors import SlackApiError
from bot.local_slack.hub import Hub
from bot.local_slack.jsontypes import Json
from bot.local_slack.posting import Draft
from bot.local_slack.state.channels import Channel
from bot.local_slack.state.messages import Message
from bot.local_slack.state.people import Member
from bot.local_slack.validation.messages import require_content


def home_channel(hub: Hub, person: Member) -> Channel:
    """The direct message between a person and the first app."""
    return hub.workspace.direct(person.id, hub.config.app.bot_user_id)


def find_channel(hub: Hub, person: Member, channel: str | None) -> Channel:
    """A channel by id, `#name` or `@handle`; None is the direct message with the first app."""
    if channel is None:
        return home_channel(hub, person)
    if channel.startswith("@"):
        other = hub.workspace.people.by_handle(channel[1:])
        if other is None:
            raise SlackApiError("user_not_found")
        return hub.workspace.direct(person.id, other.id)
    if hub.workspace.people.get(channel):
        return hub.workspace.direct(person.id, channel)
    named = hub.workspace.channels.by_name(channel)
    return hub.workspace.visible_channel(named.id if named else channel, person.id)


def find_message(hub: Hub, person: Member, channel: Channel, ts: str) -> Message:
    """A message the person sees, ephemeral ones too."""
    found = hub.workspace.messages.get(channel.id, ts) or hub.workspace.messages.ephemeral(channel.id, ts, person.id)
    if found is None:
        raise SlackApiError("message_not_found")
    return found


async def say(hub: Hub, person: Member, text: str, channel: str | None = None, thread_ts: str | None = None) -> Json:
    """Type a text and send it, into a thread or not."""
    where = find_channel(hub, person, channel)
    if person.id not in where.members:
        raise SlackApiError("not_in_channel")
    composed = _composed(hub, text)
    root = hub.workspace.messages.get(where.id, thread_ts) if thread_ts else None
    if thread_ts and root is None:
        raise SlackApiError("thread_not_found")
    draft = Draft(
        person.id,
        composed[0],
        blocks=composed[1],
        thread_ts=(root.thread_ts or root.ts) if root else None,
        client_msg_id=_client_msg_id(),
    )
    message = posting.post(hub, where, draft)
    return {"channel": where.id, "ts": message.ts, "thread_ts": message.thread_ts}


async def edit(hub: Hub, person: Member, channel: str, ts: str, text: str) -> Json:
    """Edit one's own message."""
    where = find_channel(hub, person, channel)
    message = _own(hub, person, where, ts)
    composed = _composed(hub, text)
    posting.edit(hub, where, message, text=composed[0], blocks=composed[1], editor=person.id)
    return {"channel": where.id, "ts": ts}


async def delete(hub: Hub, person: Member, channel: str, ts: str) -> Json:
    """Delete one's own message, or dismiss one that only oneself sees."""
    where = find_channel(hub, person, channel)
    message = find_message(hub, person, where, ts)
    if message.ephemeral_to:
        hub.workspace.messages.drop_ephemeral(message)
        hub.changed()
    else:
        posting.delete(hub, where, _own(hub, person, where, ts))
    return {"channel": where.id, "ts": ts}


async def react(hub: Hub, person: Member, channel: str, ts: str, name: str) -> Json:
    """Add a reaction, or take it back when it is there."""
    where = find_channel(hub, person, channel)
    message = hub.workspace.messages.get(where.id, ts)
    if message is None:
        raise SlackApiError("message_not_found")
    name = name.strip(":")
    if person.id in message.reactions.get(name, []):
        posting.unreact(hub, where, message, person.id, name)
    else:
        posting.react(hub, where, message, person.id, name)
    return {"channel": where.id, "ts": ts}


async def read(hub: Hub, person: Member, channel: str | None = None, thread_ts: str | None = None) -> Json:
    """What this person sees in a channel or a thread, oldest first, with what only they see."""
    where = find_channel(hub, person, channel)
    store = hub.workspace.messages
    if thread_ts:
        root = store.get(where.id, thread_ts)
        seen = ([root] if root else []) + store.replies(where.id, thread_ts)
    else:
        seen = store.roots(where.id)
    own = [m for m in store.ephemerals(where.id, person.id) if m.thread_ts == thread_ts]
    shown = [store.shown(m) | _extra(m) for m in sorted([*seen, *own], key=lambda m: float(m.ts))]
    threads = {ts: t.to_api() for ts, t in hub.workspace.agent_threads.in_channel(where.id).items()}
    return {"channel": where.id, "messages": shown, "agent_threads": threads}


async def channels(hub: Hub, person: Member) -> Json:
    """The conversations in this person's sidebar, with how many messages they have not read."""
    mine = [c for c in hub.workspace.channels.all() if person.id in c.members]
    listed = []
    for channel in mine:
        last_read = float(channel.read_up_to.get(person.id, "0"))
        unread = [
            m for m in hub.workspace.messages.in_channel(channel.id) if float(m.ts) > last_read and m.user != person.id
        ]
        shown = channel.to_api(person.id, hub.config.team_id)
        listed.append(shown | {"unread_count": len(unread)})
    return {"channels": listed}


async def mark(hub: Hub, person: Member, channel: str) -> Json:
    """Everything in the channel is read."""
    where = find_channel(hub, person, channel)
    latest = hub.workspace.messages.in_channel(where.id)
    if latest and where.read_up_to.get(person.id) != latest[-1].ts:
        where.read_up_to[person.id] = latest[-1].ts
        hub.changed()
    return {"channel": where.id}


async def join(hub: Hub, person: Member, channel: str) -> Json:
    """Join a public channel."""
    where = find_channel(hub, person, channel)
    posting.join(hub, where, person.id)
    return {"channel": where.id}


async def invite(hub: Hub, person: Member, channel: str, user: str) -> Json:
    """Invite somebody, or an app's bot user, into a channel one is in. `user` is an id or an `@handle`."""
    where = find_channel(hub, person, channel)
    if person.id not in where.members:
        raise SlackApiError("not_in_channel")
    by_handle = hub.workspace.people.by_handle(user.removeprefix("@"))
    invited = by_handle or hub.workspace.member(user)
    posting.join(hub, where, invited.id, inviter=person.id)
    return {"channel": where.id}


async def look_at(hub: Hub, person: Member, channel: str) -> Json:
    """Look at a conversation; agents whose direct message is open hear of it (app_context_changed)."""
    where = find_channel(hub, person, channel)
    for app in hub.config.apps:
        direct = hub.workspace.channels.direct_with(person.id, app.bot_user_id)
        if app.agent_view and direct and direct.id != where.id:
            stamp = hub.clock.ts()
            hub.deliverer.event(app, events.context_changed(person.id, direct, where, hub.config.team_id, stamp))
    return {"channel": where.id}


def _own(hub: Hub, person: Member, channel: Channel, ts: str) -> Message:
    message = find_message(hub, person, channel, ts)
    if message.user != person.id:
        raise SlackApiError("cant_update_message")
    return message


def _composed(hub: Hub, text: str) -> tuple[str, list[Json]]:
    def user_id(handle: str) -> str | None:
        member = hub.workspace.people.by_handle(handle)
        return member.id if member else None

    def channel_id(name: str) -> str | None:
        channel = hub.workspace.channels.by_name(name)
        return channel.id if channel else None

    composed = compose(text, user_id, channel_id)
    return require_content(composed.text, composed.blocks if composed.text.strip() else None)


def _extra(message: Message) -> Json:
    extra: Json = {"is_ephemeral": True} if message.ephemeral_to else {}
    return extra | ({"error": message.error} if message.error else {})


def _client_msg_id() -> str:
    raw = (new_id("") + new_id("") + new_id("") + "00").lower()
    return f"{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}"
