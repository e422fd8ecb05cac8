"""Keep conversations in a JSON file, so that they survive a restart of the process."""

import json
import os
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Any

from bot.local_slack.errors import LocalSlackError
from bot.local_slack.jsontypes import Json
from bot.local_slack.state.agent_threads import AgentThread
from bot.local_slack.state.channels import Channel
from bot.local_slack.state.messages import Message
from bot.local_slack.state.views import View
from bot.local_slack.state.workspace import Workspace

_FORMAT = 1


def snapshot(workspace: Workspace) -> str:
    """What is worth keeping, as JSON: channels, messages, homes and agent threads (not modals, not ephemerals)."""
    channels = workspace.channels.all()
    kept = {
        "format": _FORMAT,
        "team_id": workspace.team_id,
        "channels": [_values(c) for c in channels],
        "messages": [_values(m) for c in channels for m in workspace.messages.in_channel(c.id)],
        "homes": [_values(v) for v in workspace.views.homes()],
        "agent_threads": [
            {"channel": c.id, "thread_ts": ts, **_values(thread)}
            for c in channels
            for ts, thread in workspace.agent_threads.in_channel(c.id).items()
        ],
    }
    return json.dumps(kept, ensure_ascii=False, default=_values)


def _values(item: Any) -> Json:
    """A dataclass's fields. Not `asdict`, which copies every block of every message: that held everybody up."""
    return {f.name: getattr(item, f.name) for f in fields(item)}


def write(path: Path, kept: str) -> None:
    """Write the file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(kept)
        os.replace(name, path)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise LocalSlackError(f"{path}: cannot be written ({error.strerror})") from error


def restore(workspace: Workspace, path: Path) -> None:
    """Bring back what was kept; no file, an empty workspace. Raises LocalSlackError on a broken one."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["format"] != _FORMAT:
            raise LocalSlackError(f"{path}: written by another version; move it away to start afresh")
        _apply(workspace, kept)
    except FileNotFoundError:
        return
    except (ValueError, KeyError, TypeError) as error:
        raise LocalSlackError(f"{path}: not a saved workspace ({error}); move it away to start afresh") from error


def _apply(workspace: Workspace, kept: Json) -> None:
    for entry in kept["channels"]:
        known = {m: None for m in entry["members"] if workspace.people.get(m)}
        configured = workspace.channels.get(entry["id"])
        if configured:
            known |= dict.fromkeys(configured.members)
        channel: Channel = _build(Channel, entry)
        channel.topic = configured.topic if configured else channel.topic
        channel.members = list(known)
        workspace.channels.add(channel)
    for entry in kept["messages"]:
        message: Message = _build(Message, entry)
        workspace.messages.add(message)
        workspace.clock.never_before(message.ts)
    for entry in kept["homes"]:
        workspace.views.set_home(_build(View, entry))
    for entry in kept["agent_threads"]:
        thread: AgentThread = _build(AgentThread, entry)
        thread.status, thread.loading_messages = "", []
        stored = workspace.agent_threads.at(entry["channel"], entry["thread_ts"])
        stored.__dict__.update(thread.__dict__)


def _build(kind: Any, entry: Json) -> Any:
    return kind(**{f.name: entry[f.name] for f in fields(kind) if f.name in entry})
