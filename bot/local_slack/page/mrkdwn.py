"""Slack's mrkdwn as HTML. What is not a link or a mark of Slack's is escaped."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.local_slack.page.emoji import with_emoji

_FENCE = re.compile(r"```(.*?)```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_ANGLE = re.compile(r"<([^<>\n]+)>")
_STYLES = (
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]*?\S)\*(?![\w*])"), "b"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]*?\S)_(?![\w_])"), "i"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]*?\S)~(?![\w~])"), "s"),
)
_HELD = re.compile("\x00(\\d+)\x00")


@dataclass(frozen=True)
class Names:
    """How ids are shown; both give None for an id that is not known."""

    user: Callable[[str], str | None]
    channel: Callable[[str], str | None]


def to_html(text: str, names: Names) -> str:
    """mrkdwn, escaped as Slack wants it, as safe HTML."""
    held: list[str] = []

    def hold(markup: str) -> str:
        held.append(markup)
        return f"\x00{len(held) - 1}\x00"

    text = text.replace("\x00", "")
    text = _FENCE.sub(lambda m: hold(f"<pre>{_escaped(m[1].strip(chr(10)))}</pre>"), text)
    text = _CODE.sub(lambda m: hold(f"<code>{_escaped(m[1])}</code>"), text)
    text = _ANGLE.sub(lambda m: hold(_angle(m[1], names)), text)
    text = with_emoji(_escaped(text))
    for pattern, tag in _STYLES:
        text = pattern.sub(rf"<{tag}>\1</{tag}>", text)
    text = _quoted(text)
    while _HELD.search(text):
        text = _HELD.sub(lambda m: held[int(m[1])], text)
    return text


def plain_to_html(text: str) -> str:
    """A plain_text object as safe HTML: nothing but emoji has a meaning."""
    return html.escape(with_emoji(text)).replace("\n", "<br>")


def link(url: str, label: str) -> str:
    """A link; only http(s) and mailto are clickable. `label` is text, not markup."""
    if urlsplit(url).scheme.lower() not in ("http", "https", "mailto"):
        return html.escape(label)
    return f'<a href="{html.escape(url)}" target="_blank" rel="noopener noreferrer">{html.escape(label)}</a>'


def mention(words: str) -> str:
    """A name that stands out."""
    return f'<span class="ls-mention">{html.escape(words)}</span>'


def _escaped(text: str) -> str:
    return html.escape(unescape(text))


def unescape(text: str) -> str:
    """Slack's three escapes taken back."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _angle(inside: str, names: Names) -> str:
    target, _, label = inside.partition("|")
    label = unescape(label)
    if target.startswith("@"):
        return mention("@" + (names.user(target[1:]) or label or target[1:]))
    if target.startswith("#"):
        return mention("#" + (names.channel(target[1:]) or label or target[1:]))
    if target.startswith("!date^"):
        return html.escape(label or target)
    if target.startswith("!"):
        return mention("@" + (label.lstrip("@") or target[1:].split("^")[0]))
    if "://" in target or target.startswith("mailto:"):
        return link(unescape(target), with_emoji(label) or unescape(target))
    return html.escape(unescape(f"<{inside}>"))


def _quoted(text: str) -> str:
    lines: list[str] = []
    for line in text.split("\n"):
        if line.startswith("&gt;"):
            content = line.removeprefix("&gt;").lstrip(" ")
            if lines and lines[-1].startswith("<blockquote>"):
                lines[-1] = lines[-1].removesuffix("</blockquote>") + f"<br>{content}</blockquote>"
            else:
                lines.append(f"<blockquote>{content}</blockquote>")
        else:
            lines.append(line)
    joined = "<br>".join(lines)
    return joined.replace("</blockquote><br>", "</blockquote>")
