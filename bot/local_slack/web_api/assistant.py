"""assistant.threads.* and agents.sessions.*: status line, title, suggested prompts of the agent view."""

from bot.local_slack.errors import SlackApiError
from bot.local_slack.jsontypes import Json
from bot.local_slack.state.agent_threads import AgentThread
from bot.local_slack.state.channels import Channel
from bot.local_slack.web_api.call import Call, refuse

_SESSION_STATUSES = ("active", "processing", "suspended", "closed")


async def set_status(call: Call) -> Json:
    thread = _thread(call)
    loading = call.structure("loading_messages") or []
    if not isinstance(loading, list) or len(loading) > 10:
        raise refuse("no more than 10 items allowed [json-pointer:/loading_messages]")
    thread.status = str(call.arguments.get("status") or "")
    thread.loading_messages = [str(m) for m in loading] if thread.status else []
    call.hub.changed()
    return {}


async def set_title(call: Call) -> Json:
    _thread(call).title = call.required("title")
    call.hub.changed()
    return {}


async def set_prompts(call: Call) -> Json:
    prompts = call.structure("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= 4:
        raise refuse("must provide 1 to 4 prompts [json-pointer:/prompts]")
    for prompt in prompts:
        if not (isinstance(prompt, dict) and prompt.get("title") and prompt.get("message")):
            raise refuse("each prompt needs title and message [json-pointer:/prompts]")
    thread = _thread(call, needs_thread=False)
    thread.prompts = [{"title": str(p["title"]), "message": str(p["message"])} for p in prompts]
    thread.prompts_title = call.text("title") or ""
    call.hub.changed()
    return {}


async def session_status(call: Call) -> Json:
    status = call.required("status")
    if status not in _SESSION_STATUSES:
        raise refuse(f"must be one of: {', '.join(_SESSION_STATUSES)} [json-pointer:/status]")
    thread = _thread(call, needs_thread=False)
    thread.session_status = status
    thread.title = call.text("title") or thread.title
    call.hub.changed()
    return {}


async def session_rename(call: Call) -> Json:
    _thread(call, needs_thread=False).title = call.required("title")
    call.hub.changed()
    return {}


def _thread(call: Call, *, needs_thread: bool = True) -> AgentThread:
    channel: Channel = call.hub.workspace.visible_channel(call.required("channel_id"), call.caller.user)
    if call.caller.user not in channel.members:
        raise SlackApiError("channel_not_found")
    thread_ts = call.required("thread_ts") if needs_thread else call.text("thread_ts")
    if thread_ts and call.hub.workspace.messages.get(channel.id, thread_ts) is None:
        raise SlackApiError("invalid_thread_ts")
    return call.hub.workspace.agent_threads.at(channel.id, thread_ts or "")
