"""Standard Markdown (the markdown block) as HTML; raw HTML in it is shown as text."""

from urllib.parse import urlsplit

from markdown_it import MarkdownIt

from bot.local_slack.page.emoji import with_emoji


def to_html(text: str) -> str:
    """Markdown as safe HTML: no raw HTML, no images, links only to http(s) and mailto."""
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    parser.disable("image")
    parser.validateLink = _is_safe  # type: ignore[method-assign]  # markdown-it's own way to set it
    rendered: str = parser.render(with_emoji(text))
    return rendered.replace("<a ", '<a target="_blank" rel="noopener noreferrer" ')


def _is_safe(url: str) -> bool:
    return urlsplit(url).scheme.lower() in ("http", "https", "mailto")
