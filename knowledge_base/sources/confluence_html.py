"""One page of Confluence's HTML export. It does not say who may read what: `source.yaml` must."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from knowledge_base.sources.exports import Document, Export, Found, Misfit, slug
from knowledge_base.sources.fields import said
from knowledge_base.sources.problems import Broken

CONTENTS = "index.html"
HEAD_CHARACTERS = 20_000  # title and dates stand before the text
_NUMBER = re.compile(r"(?:.*_)?(\d{3,20})\Z")
_TITLE = re.compile(r"<title>\s*(?:([^<]*?) : )?([^<]*?)\s*</title>")
_DAY = r" on ([A-Z][a-z]{2} \d{1,2}, \d{4})"
_WHO = r"(?: by\s*(?:<span[^<>]*>)?[^<>]{0,200}(?:</span>)?)?"
_CHANGED = re.compile(rf"last (?:modified|updated){_WHO}{_DAY}")
_CREATED = re.compile(rf"Created{_WHO}{_DAY}")


def from_html(export: Export, path: Path) -> Iterator[Found]:
    """The page; nothing for the table of contents. Raises Broken for a file that cannot be read."""
    name, raw = export.name(path), export.read(path)
    if path.name == CONTENTS:
        return
    head = raw[:HEAD_CHARACTERS].decode("utf-8", "replace")
    title = _TITLE.search(head)
    number = _NUMBER.match(path.stem)
    which = number[1] if number else slug(path.stem)
    source = f"confluence:{which}"
    own = said(
        name,
        id=f"{export.prefix}-{which}",
        title=html.unescape(title[2]) if title else "",
        updated=_changed(head),
    )
    try:
        values = export.fields(own, [f"space:{html.unescape(title[1])}"] if title and title[1] else [])
    except Broken as broken:
        yield Misfit(name, source, broken)
    else:
        yield Document(name, source, "page", raw, values)


def _changed(head: str) -> str:
    found = _CHANGED.search(head) or _CREATED.search(head)
    try:
        return datetime.strptime(found[1], "%b %d, %Y").date().isoformat() if found else ""
    except ValueError:
        return ""
