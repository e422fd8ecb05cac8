"""Small Block Kit pieces, cut to Slack's limits (https://api.slack.com/reference/block-kit/blocks)."""

from collections.abc import Sequence
from typing import Any

Block = dict[str, Any]

SECTION_LIMIT = 3000
CONTEXT_LIMIT = 2000
BUTTON_TEXT_LIMIT = 75
HEADER_LIMIT = 150


def escape(text: str) -> str:
    """Make people's text harmless in mrkdwn: no mention, no link, no <!channel> can come of it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, with an ellipsis where something is missing; never half an entity."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    amp = kept.rfind("&", max(len(kept) - 5, 0))
    if amp >= 0 and ";" not in kept[amp:]:
        kept = kept[:amp]
    return kept + "…"


def quote(text: str, limit: int = 1200) -> str:
    """People's text as a Slack quotation."""
    return "\n".join(f"> {line}" for line in cut(escape(text.strip()), limit).splitlines()) or "> …"


def section(text: str, **extra: Any) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": cut(text, SECTION_LIMIT) or " "}, **extra}


def header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": cut(text, HEADER_LIMIT), "emoji": True}}


def context(*texts: str) -> Block:
    elements = [{"type": "mrkdwn", "text": cut(text, CONTEXT_LIMIT)} for text in texts if text]
    return {"type": "context", "elements": elements[:10]}


def divider() -> Block:
    return {"type": "divider"}


def button(text: str, action: str, value: str, style: str | None = None, **extra: Any) -> Block:
    label = {"type": "plain_text", "text": cut(text, BUTTON_TEXT_LIMIT), "emoji": True}
    made: Block = {"type": "button", "text": label, "action_id": action, "value": value, **extra}
    return made | {"style": style} if style else made


def actions(elements: Sequence[Block], block_id: str | None = None) -> Block:
    made: Block = {"type": "actions", "elements": list(elements)[:25]}
    return made | {"block_id": block_id} if block_id else made
