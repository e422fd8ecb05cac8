"""Which files of a folder are articles, and how each kind is read."""

from __future__ import annotations

from knowledge_base.sources.conversion import Kind
from knowledge_base.sources.fields import Value, said
from knowledge_base.sources.markdown import split_front_matter, take_title, unwrapped, without_comments

KINDS: dict[str, Kind | None] = {  # by ending; None is Markdown
    ".md": None,
    ".html": "page",
    ".htm": "page",
    ".pdf": "pdf",
    ".docx": "docx",
}


def markdown_values(text: str) -> tuple[dict[str, Value], str]:
    """The fields of a Markdown file and its text; without a `title` its first heading is one. Raises Broken."""
    values, body = split_front_matter(text)
    body = unwrapped(without_comments(body))
    if "title" not in values:
        title, body = take_title(body)
        values |= said(title=title)
    return values, body
