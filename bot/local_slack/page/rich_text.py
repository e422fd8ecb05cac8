"""rich_text blocks as HTML."""

import html

from bot.local_slack.jsontypes import Json
from bot.local_slack.page.emoji import emoji, with_emoji
from bot.local_slack.page.mrkdwn import Names, link, mention

_STYLES = (("bold", "b"), ("italic", "i"), ("strike", "s"), ("code", "code"))


def to_html(block: Json, names: Names) -> str:
    """A rich_text block as safe HTML."""
    return "".join(_element(element, names) for element in block.get("elements", []))


def _element(element: Json, names: Names) -> str:
    kind, parts = element["type"], element.get("elements", [])
    if kind == "rich_text_list":
        tag = "ol" if element.get("style") == "ordered" else "ul"
        items = "".join(f"<li>{_inline(item.get('elements', []), names)}</li>" for item in parts)
        return f"<{tag}>{items}</{tag}>"
    if kind == "rich_text_preformatted":
        return f"<pre>{_inline(parts, names)}</pre>"
    if kind == "rich_text_quote":
        return f"<blockquote>{_inline(parts, names)}</blockquote>"
    return f"<div>{_inline(parts, names)}</div>"


def _inline(parts: list[Json], names: Names) -> str:
    return "".join(_styled(part, _plain(part, names)) for part in parts)


def _styled(part: Json, markup: str) -> str:
    style = part.get("style")
    for name, tag in _STYLES:
        if isinstance(style, dict) and style.get(name):
            markup = f"<{tag}>{markup}</{tag}>"
    return markup


def _plain(part: Json, names: Names) -> str:
    kind = part["type"]
    if kind == "text":
        return html.escape(with_emoji(part["text"])).replace("\n", "<br>")
    if kind == "link":
        return link(part["url"], part.get("text") or part["url"].removeprefix("mailto:"))
    if kind == "emoji":
        return html.escape(emoji(part["name"]))
    if kind == "user":
        return mention("@" + (names.user(part["user_id"]) or part["user_id"]))
    if kind == "channel":
        return mention("#" + (names.channel(part["channel_id"]) or part["channel_id"]))
    if kind == "broadcast":
        return mention("@" + part["range"])
    return html.escape(str(part.get("fallback") or part.get("value") or ""))
