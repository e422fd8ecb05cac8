"""Block Kit's blocks, and what must hold over all blocks of one message or view."""

from collections.abc import Iterator
from typing import Any

from bot.local_slack.validation.checks import (
    Check,
    Problem,
    anything,
    choice,
    every,
    flag,
    listing,
    record,
    string,
    typed,
)
from bot.local_slack.validation.elements import (
    ACCESSORY,
    ACTIONS_ELEMENT,
    CARD_ACTION,
    CONTEXT_ACTIONS_ELEMENT,
    CONTEXT_ELEMENT,
    IMAGE,
    INPUT_ELEMENT,
)
from bot.local_slack.validation.objects import IDENTIFIER, SLACK_FILE, URL, any_text, plain_text
from bot.local_slack.validation.rich_text import RICH_TEXT

MESSAGE_BLOCKS, VIEW_BLOCKS, MARKDOWN_CHARACTERS = 50, 100, 12_000


def _block(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    return record({"type": anything} | required, {"block_id": IDENTIFIER} | (optional or {}))


def _needs_one_of(*keys: str) -> Check:
    def check(value: Any, at: str) -> Iterator[Problem]:
        if isinstance(value, dict) and all(value.get(key) is None for key in keys):
            yield Problem(f"missing required field: {keys[0]}", at)

    return check


_CELL = typed(
    {
        "raw_text": record({"type": anything, "text": string(3000)}),
        "raw_number": record({"type": anything, "value": anything}, {"text": string(255)}),
        "rich_text": RICH_TEXT,
    }
)
_TASK_CARD = _block(
    {
        "task_id": string(255),
        "title": string(255),
        "status": choice("pending", "in_progress", "complete", "error"),
    },
    {"details": RICH_TEXT, "output": RICH_TEXT, "sources": listing(anything, 1, 100)},
)

_EVERYWHERE: dict[str, Check] = {
    "section": every(
        _block(
            {},
            {
                "text": any_text(3000),
                "fields": listing(any_text(2000), 1, 10),
                "accessory": ACCESSORY,
                "expand": flag,
            },
        ),
        _needs_one_of("text", "fields"),
    ),
    "divider": _block({}),
    "header": _block({"text": plain_text(150)}),
    "image": _block(
        {"alt_text": string(2000)},
        {"image_url": URL, "slack_file": SLACK_FILE, "title": plain_text(2000)},
    ),
    "context": _block({"elements": listing(CONTEXT_ELEMENT, 1, 10)}),
    "actions": _block({"elements": listing(ACTIONS_ELEMENT, 1, 25)}),
    "input": _block(
        {"label": plain_text(2000), "element": INPUT_ELEMENT},
        {"hint": plain_text(2000), "optional": flag, "dispatch_action": flag},
    ),
    "rich_text": RICH_TEXT,
    "alert": _block({"text": any_text(3000)}, {"level": choice("default", "info", "warning", "error", "success")}),
    "card": every(
        _block(
            {},
            {
                "hero_image": IMAGE,
                "icon": IMAGE,
                "title": any_text(150),
                "subtitle": any_text(150),
                "body": any_text(200),
                "actions": listing(CARD_ACTION, 1, 5),
            },
        ),
        _needs_one_of("hero_image", "title", "actions", "body"),
    ),
}
_MESSAGES_ONLY: dict[str, Check] = {
    "markdown": _block({"text": string(MARKDOWN_CHARACTERS)}),
    "context_actions": _block({"elements": listing(CONTEXT_ACTIONS_ELEMENT, 1, 5)}),
    "table": _block({"rows": listing(listing(_CELL, 1, 20), 1, 100)}, {"column_settings": listing(anything, 0, 20)}),
    "task_card": _TASK_CARD,
    "plan": _block({"title": string(255)}, {"tasks": listing(typed({"task_card": _TASK_CARD}), 1, 100)}),
}
_KNOWN = frozenset(_EVERYWHERE | _MESSAGES_ONLY)
_MESSAGE_BLOCK = typed(_EVERYWHERE | _MESSAGES_ONLY, also_known=_KNOWN)
_VIEW_BLOCK = typed(_EVERYWHERE, also_known=_KNOWN)


def message_block_problems(blocks: Any, at: str = "/blocks") -> list[Problem]:
    """Everything Slack would refuse in the blocks of a message."""
    problems = list(listing(_MESSAGE_BLOCK, 0, MESSAGE_BLOCKS)(blocks, at))
    return problems + list(_over_all(blocks, at))


def view_block_problems(blocks: Any, at: str = "/view/blocks") -> list[Problem]:
    """Everything Slack would refuse in the blocks of a modal or a Home tab."""
    problems = list(listing(_VIEW_BLOCK, 1, VIEW_BLOCKS)(blocks, at))
    return problems + list(_over_all(blocks, at)) + list(_one_focus(blocks, at))


def elements_of(block: Any) -> list[tuple[str, Any]]:
    """The elements of a block with their place in it; whatever is malformed is left out."""
    if not isinstance(block, dict):
        return []
    found = [(key, block[key]) for key in ("accessory", "element") if isinstance(block.get(key), dict)]
    for key in ("elements", "actions"):
        if isinstance(block.get(key), list):
            found += [(f"{key}/{i}", e) for i, e in enumerate(block[key]) if isinstance(e, dict)]
    return found


def _over_all(blocks: Any, at: str) -> Iterator[Problem]:
    if not isinstance(blocks, list):
        return
    yield from _duplicates(blocks, at)
    for index, block in enumerate(blocks):
        places = elements_of(block)
        seen: set[str] = set()
        for place, element in places:
            action_id = element.get("action_id")
            if isinstance(action_id, str) and action_id in seen:
                yield Problem(f"action_id already exists: {action_id}", f"{at}/{index}/{place}/action_id")
            elif isinstance(action_id, str):
                seen.add(action_id)
    texts = [b.get("text") for b in blocks if isinstance(b, dict) and b.get("type") == "markdown"]
    if sum(len(t) for t in texts if isinstance(t, str)) > MARKDOWN_CHARACTERS:
        yield Problem(f"markdown must be less than {MARKDOWN_CHARACTERS + 1} characters in all", at)
    if sum(isinstance(b, dict) and b.get("type") == "table" for b in blocks) > 1:
        yield Problem("only one table allowed", at)


def _duplicates(blocks: list[Any], at: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        block_id = block.get("block_id") if isinstance(block, dict) else None
        if isinstance(block_id, str) and block_id in seen:
            yield Problem(f"block_id already exists: {block_id}", f"{at}/{index}/block_id")
        elif isinstance(block_id, str):
            seen.add(block_id)


def _one_focus(blocks: Any, at: str) -> Iterator[Problem]:
    if not isinstance(blocks, list):
        return
    focused = [e for b in blocks for _, e in elements_of(b) if e.get("focus_on_load")]
    if len(focused) > 1:
        yield Problem("only one element may have focus_on_load", at)
