"""Modals and Home tabs as a whole."""

import json
from collections.abc import Iterator
from typing import Any

from bot.local_slack.errors import SlackApiError
from bot.local_slack.jsontypes import Json
from bot.local_slack.validation.blocks import view_block_problems
from bot.local_slack.validation.checks import (
    Check,
    Problem,
    anything,
    flag,
    record,
    string,
    typed,
)
from bot.local_slack.validation.objects import plain_text

MAX_BYTES = 250_000
_SHARED: dict[str, Check] = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}
_MODAL = record(
    {"type": anything, "title": plain_text(24), "blocks": anything},
    _SHARED
    | {
        "submit": plain_text(24),
        "close": plain_text(24),
        "clear_on_close": flag,
        "notify_on_close": flag,
        "submit_disabled": flag,
    },
)
_HOME = record({"type": anything, "blocks": anything}, _SHARED)
_VIEW = typed({"modal": _MODAL, "home": _HOME})


def view_problems(view: Any, kind: str, at: str = "/view") -> list[Problem]:
    """Everything Slack would refuse in a view that is to be a `modal` or a `home`."""
    problems = list(_VIEW(view, at))
    if isinstance(view, dict):
        if view.get("type") in ("modal", "home") and view["type"] != kind:
            problems.append(Problem(f"must be a {kind} view", f"{at}/type"))
        if view.get("blocks") is not None:
            problems += view_block_problems(view["blocks"], f"{at}/blocks")
        problems += _submit_for_inputs(view, at)
    return problems


def require_view(view: Any, kind: str) -> Json:
    """The view, or Slack's error invalid_arguments with every problem, or view_too_large."""
    problems = view_problems(view, kind)
    if problems:
        raise SlackApiError("invalid_arguments", response_metadata={"messages": [str(p) for p in problems]})
    if len(json.dumps(view).encode()) > MAX_BYTES:
        raise SlackApiError("view_too_large")
    checked: Json = view
    return checked


def _submit_for_inputs(view: Json, at: str) -> Iterator[Problem]:
    blocks = view.get("blocks")
    has_input = isinstance(blocks, list) and any(isinstance(b, dict) and b.get("type") == "input" for b in blocks)
    if view.get("type") == "modal" and has_input and not view.get("submit"):
        yield Problem("missing required field: submit (a view with input blocks needs it)", at)
