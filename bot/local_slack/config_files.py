"""Read a workspace's people from YAML and its app from a Slack manifest."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from bot.local_slack.config import (
    AppConfig,
    ChannelConfig,
    CommandConfig,
    PersonConfig,
    ShortcutConfig,
    WorkspaceConfig,
)
from bot.local_slack.errors import LocalSlackError
from bot.local_slack.jsontypes import Json


def people_from_yaml(path: Path) -> tuple[PersonConfig, ...]:
    """People of a file `people: [{id, handle, name, email, title, guest, admin | role: admin, time_zone}]`.

    Keys that a workspace does not know are left alone. Raises LocalSlackError naming file and person.
    """
    entries = _mapping(path, _read_yaml(path)).get("people")
    if not isinstance(entries, list) or not entries:
        raise LocalSlackError(f"{path}: needs a list under the key people")
    return tuple(_person(path, number, entry) for number, entry in enumerate(entries, start=1))


def app_from_manifest(path: Path, *, request_url: str | None = None) -> AppConfig:
    """The app that a Slack manifest (YAML or JSON) describes, with the local tokens.

    Commands, shortcuts, scopes, event subscriptions and the agent view are the manifest's: what it does not
    ask for, the local Slack does not give.
    """
    manifest = _mapping(path, _read_yaml(path))
    features = manifest.get("features") or {}
    subscriptions = (manifest.get("settings") or {}).get("event_subscriptions") or {}
    scopes = ((manifest.get("oauth_config") or {}).get("scopes") or {}).get("bot") or []
    try:
        return AppConfig(
            name=manifest["display_information"]["name"],
            description=manifest["display_information"].get("description", ""),
            request_url=request_url,
            scopes=frozenset(scopes),
            events=frozenset(subscriptions.get("bot_events") or []),
            commands=tuple(_command(entry) for entry in features.get("slash_commands") or []),
            shortcuts=tuple(_shortcut(entry) for entry in features.get("shortcuts") or []),
            agent_view="agent_view" in features,
            suggested_prompts=_prompts(features.get("agent_view") or {}),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise LocalSlackError(f"{path}: not a Slack app manifest, {error!r} is missing or malformed") from error


def workspace_from_files(
    people: Path,
    *,
    channels: Sequence[str | ChannelConfig] = ("general",),
    manifest: Path | None = None,
    request_url: str | None = None,
    state_file: Path | None = None,
    team_name: str = "Local workspace",
) -> WorkspaceConfig:
    """A workspace from a people file, channel names and an app manifest (none: it may do all)."""
    app = app_from_manifest(manifest, request_url=request_url) if manifest else AppConfig()
    return WorkspaceConfig(
        people=people_from_yaml(people),
        channels=tuple(c if isinstance(c, ChannelConfig) else ChannelConfig(c) for c in channels),
        apps=(replace(app, request_url=request_url),),
        team_name=team_name,
        state_file=state_file,
    )


def _read_yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LocalSlackError(f"{path}: cannot be read ({error.strerror})") from error
    except yaml.YAMLError as error:
        raise LocalSlackError(f"{path}: not valid YAML: {error}") from error


def _mapping(path: Path, value: Any) -> Json:
    if not isinstance(value, dict):
        raise LocalSlackError(f"{path}: expected keys and values at the top")
    return value


def _person(path: Path, number: int, entry: Any) -> PersonConfig:
    if not isinstance(entry, dict):
        raise LocalSlackError(f"{path}: person {number} is not a mapping")
    for key in ("id", "handle", "name"):
        if not entry.get(key):
            raise LocalSlackError(f"{path}: person {number} has no {key}")
    return PersonConfig(
        id=str(entry["id"]),
        handle=str(entry["handle"]),
        name=str(entry["name"]),
        email=str(entry.get("email") or ""),
        title=str(entry.get("title") or ""),
        guest=bool(entry.get("guest")),
        admin=bool(entry.get("admin")) or entry.get("role") == "admin",
        time_zone=str(entry.get("time_zone") or "Europe/London"),
    )


def _command(entry: Json) -> CommandConfig:
    return CommandConfig(entry["command"], entry.get("description", ""), entry.get("usage_hint", ""))


def _shortcut(entry: Json) -> ShortcutConfig:
    return ShortcutConfig(entry["name"], entry["callback_id"], entry.get("type", "message"))


def _prompts(agent_view: Json) -> tuple[tuple[str, str], ...]:
    return tuple((p["title"], p["message"]) for p in agent_view.get("suggested_prompts") or [])
