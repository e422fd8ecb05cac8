"""reactions.*"""

from bot.local_slack import posting
from bot.local_slack.errors import SlackApiError
from bot.local_slack.jsontypes import Json
from bot.local_slack.state.channels import Channel
from bot.local_slack.state.messages import Message
from bot.local_slack.web_api.call import Call


async def add(call: Call) -> Json:
    channel, message = _target(call)
    name = call.required("name").strip(":")
    if call.caller.user in message.reactions.get(name, []):
        raise SlackApiError("already_reacted")
    posting.react(call.hub, channel, message, call.caller.user, name)
    return {}


async def remove(call: Call) -> Json:
    channel, message = _target(call)
    name = call.required("name").strip(":")
    if call.caller.user not in message.reactions.get(name, []):
        raise SlackApiError("no_reaction")
    posting.unreact(call.hub, channel, message, call.caller.user, name)
    return {}


async def get(call: Call) -> Json:
    channel, message = _target(call)
    return {"type": "message", "channel": channel.id, "message": call.hub.workspace.messages.shown(message)}


def _target(call: Call) -> tuple[Channel, Message]:
    channel = call.hub.workspace.visible_channel(call.required("channel"), call.caller.user)
    message = call.hub.workspace.messages.get(channel.id, call.required("timestamp"))
    if message is None:
        raise SlackApiError("message_not_found")
    return channel, message
