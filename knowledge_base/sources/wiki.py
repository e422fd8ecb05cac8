"""ServiceNow's wiki markup (that of MediaWiki) → Markdown. Runs in the converting process (`conversion`)."""

from __future__ import annotations

import re

from knowledge_base.sources.conversion import Converted
from knowledge_base.sources.html import convert_fragment, tidy

_HEADING = re.compile(r"^(={1,6})\s*(.+?)\s*\1\s*$", re.MULTILINE)
_ITEM = re.compile(r"^([*#]+)\s*", re.MULTILINE)
_PAGE_LINK = re.compile(r"\[\[(?:[^\]|\n]*\|)?([^\]|\n]+)\]\]")
_WEB_LINK = re.compile(r"\[(https?://[^\s\]]+)\s+([^\]\n]+)\]")
_TAG = re.compile(r"</?[a-z][a-z0-9]*[^<>]*>|<!--", re.IGNORECASE)


def convert_wiki(text: str) -> Converted:
    """Headings, lists, bold and links; HTML in between is cleaned as elsewhere."""
    if _TAG.search(text):
        text = convert_fragment(f"<pre>{text}</pre>").text.strip("`\n")
    # Items before headings: `#` is an item here and a heading there.
    text = _ITEM.sub(lambda match: "   " * (len(match[1]) - 1) + ("1. " if match[1][-1] == "#" else "- "), text)
    text = _HEADING.sub(lambda match: f"{'#' * len(match[1])} {match[2]}\n", text)
    text = _WEB_LINK.sub(r"[\2](\1)", _PAGE_LINK.sub(r"\1", text))
    return Converted(tidy(text.replace("'''", "**").replace("''", "*")))
