"""What Slack's own client makes of the words that a person types."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.local_slack.jsontypes import Blocks, Json

_TOKEN = re.compile(
    r"(?P<url>https?://[^\s<>]+[^\s<>.,;:!?)\]'\"])"
    r"|(?P<mail>(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]*\w)"
    r"|(?<![\w@])@(?P<user>[a-z0-9][a-z0-9._-]*[a-z0-9]|[a-z0-9])"
    r"|(?<![\w#])#(?P<channel>[a-z0-9_-]+)"
)
_BROADCASTS = ("here", "channel", "everyone")


@dataclass(frozen=True)
class Composed:
    """mrkdwn as Slack stores it, and the rich_text block beside it."""

    text: str
    blocks: Blocks


def escape(text: str) -> str:
    """Slack's three escapes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def compose(typed: str, user_id: Callable[[str], str | None], channel_id: Callable[[str], str | None]) -> Composed:
    """Turn typed text into a message: addresses, e-mail, @handles and #channels become links, the rest is escaped.

    `user_id` and `channel_id` find an id by name or give None.
    """
    text: list[str] = []
    elements: Blocks = []
    position = 0
    for match in _TOKEN.finditer(typed):
        linked = _linked(match, user_id, channel_id)
        if linked is None:
            continue
        before = typed[position : match.start()]
        _add_plain(before, text, elements)
        text.append(linked[0])
        elements.append(linked[1])
        position = match.end()
    _add_plain(typed[position:], text, elements)
    section = {"type": "rich_text_section", "elements": elements}
    return Composed("".join(text), [{"type": "rich_text", "elements": [section]}])


def _add_plain(plain: str, text: list[str], elements: Blocks) -> None:
    if plain:
        text.append(escape(plain))
        elements.append({"type": "text", "text": plain})


def _linked(
    match: re.Match[str], user_id: Callable[[str], str | None], channel_id: Callable[[str], str | None]
) -> tuple[str, Json] | None:
    url, mail, user, channel = match.group("url", "mail", "user", "channel")
    if url:
        return f"<{escape(url)}>", {"type": "link", "url": url}
    if mail:
        return f"<mailto:{mail}|{mail}>", {"type": "link", "url": f"mailto:{mail}", "text": mail}
    if user in _BROADCASTS:
        return f"<!{user}>", {"type": "broadcast", "range": user}
    if user:
        found = user_id(user)
        return (f"<@{found}>", {"type": "user", "user_id": found}) if found else None
    found = channel_id(channel)
    return (f"<#{found}|{channel}>", {"type": "channel", "channel_id": found}) if found else None
