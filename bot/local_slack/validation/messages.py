"""A message's text and blocks."""

from typing import Any

from bot.local_slack.errors import SlackApiError
from bot.local_slack.jsontypes import Blocks
from bot.local_slack.validation.blocks import message_block_problems

MAX_TEXT = 40_000


def require_content(text: Any, blocks: Any, *, has_attachments: bool = False) -> tuple[str, Blocks]:
    """The text and blocks of a message, or Slack's error: no_text, msg_too_long, invalid_blocks."""
    if blocks is not None and not isinstance(blocks, list):
        raise SlackApiError("invalid_blocks_format")
    if text is not None and not isinstance(text, str):
        raise SlackApiError(
            "invalid_arguments",
            response_metadata={"messages": ["[ERROR] must provide a string [json-pointer:/text]"]},
        )
    if not blocks and not has_attachments and not (text or "").strip():
        raise SlackApiError("no_text")
    if len(text or "") > MAX_TEXT:
        raise SlackApiError("msg_too_long")
    problems = message_block_problems(blocks or [])
    if problems:
        raise SlackApiError(
            "invalid_blocks",
            errors=[str(p).removeprefix("[ERROR] ") for p in problems],
            response_metadata={"messages": [str(p) for p in problems]},
        )
    return text or "", blocks or []
