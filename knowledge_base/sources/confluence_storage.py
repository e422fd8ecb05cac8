"""Confluence's storage format → Markdown, through HTML. Runs in the converting process (`conversion`).

https://confluence.atlassian.com/doc/confluence-storage-format-790796544.html
"""

from __future__ import annotations

import html
import re

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from knowledge_base.sources.conversion import Converted
from knowledge_base.sources.html import markdown_of, parse

# Exports write the end of a CDATA section inside another one with a space.
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]\s?>", re.DOTALL)
# HTML knows no elements that close themselves, but for these.
_SELF_CLOSED = re.compile(r"<(?!(?:br|col|hr|img|input|wbr)\b)([a-z][\w:-]*)((?:\s[^<>]*?)?)/>", re.IGNORECASE)
_PANELS = {"info": "Info", "note": "Note", "warning": "Warning", "tip": "Tip", "panel": ""}
_CODE = ("code", "noformat")


def convert_storage(text: str) -> Converted:
    """Panels become quotations, code stays code, links to pages their words; unknown macros give their text alone."""
    escaped = _CDATA.sub(lambda match: html.escape(match[1], quote=False), text)
    soup = parse(_SELF_CLOSED.sub(r"<\1\2></\1>", escaped))
    # From the inside out, so what a macro encloses is ready when its own turn comes.
    for macro in reversed(soup.find_all(("ac:structured-macro", "ac:macro"))):
        _macro(soup, macro)
    for link in soup.find_all("ac:link"):
        link.replace_with(NavigableString(_link_words(link)))
    for day in soup.find_all("time"):
        day.replace_with(NavigableString(day.get_text() or str(day.get("datetime", ""))))
    for items in soup.find_all("ac:task-list"):
        items.name = "ul"
    for task in soup.find_all("ac:task"):
        task.name = "li"
    for tag in soup.find_all(("ac:task-id", "ac:task-uuid", "ac:task-status", "ac:parameter", "ac:placeholder",
                              "ac:emoticon", "ac:image", "ac:adf-attribute", "ac:adf-fallback")):  # fmt: skip
        tag.extract()
    return Converted(markdown_of(soup))


def _macro(soup: BeautifulSoup, macro: Tag) -> None:
    name = str(macro.get("ac:name", "")).lower()
    own = {str(tag.get("ac:name", "")): tag.get_text() for tag in macro.find_all("ac:parameter", recursive=False)}
    body = macro.find(("ac:rich-text-body", "ac:plain-text-body"), recursive=False)
    for parameter in macro.find_all("ac:parameter", recursive=False):
        parameter.extract()
    title = own.get("title", "").strip()
    if name == "status":
        macro.replace_with(NavigableString(title))
    elif not isinstance(body, Tag):
        macro.extract()
    elif name in _CODE:
        pre = soup.new_tag("pre", attrs={"class": f"language-{own.get('language', '')}"})
        pre.string = body.get_text()
        macro.replace_with(pre)
        if title:
            pre.insert_before(_paragraph(soup, title))
    else:
        _panel(soup, macro, body, title or _PANELS.get(name, ""), quoted=name in _PANELS)


def _panel(soup: BeautifulSoup, macro: Tag, body: Tag, title: str, quoted: bool) -> None:
    macro.name = "blockquote" if quoted else "div"
    macro.attrs = {}
    body.name = "div"
    if title:
        body.insert_before(_paragraph(soup, title))


def _paragraph(soup: BeautifulSoup, words: str) -> Tag:
    paragraph, strong = soup.new_tag("p"), soup.new_tag("strong")
    strong.string = words
    paragraph.append(strong)
    return paragraph


def _link_words(link: Tag) -> str:
    body = link.find(("ac:plain-text-link-body", "ac:link-body"))
    if isinstance(body, Tag) and body.get_text().strip():
        return body.get_text()
    page = link.find(("ri:page", "ri:blog-post", "ri:attachment", "ri:space"))
    if not isinstance(page, Tag):
        return ""
    words = page.get("ri:content-title") or page.get("ri:filename") or page.get("ri:space-key") or ""
    return str(words)
