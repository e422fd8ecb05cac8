"""PDF → Markdown. A PDF knows letters and places, not headings: those are taken from the size of the letters.

Runs in the converting process (`conversion`).
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from knowledge_base.sources.conversion import Converted
from knowledge_base.sources.html import tidy
from knowledge_base.sources.problems import Broken

MAX_PAGES = 1_000
MAX_CHARACTERS = 2_000_000
HEADING = 1.15  # times the size of most of the text
MAX_HEADING_WORDS = 14
GAP = 1.7  # line heights between two lines that make two paragraphs
FULL = 0.7  # of a long line: what reaches so far goes on in the next line
EDGE = 2  # lines at the top and at the bottom of a page that may be its header and footer
REPEATED = 0.05  # of the pages: what stands at so many edges is no part of the text
_NUMBER = re.compile(r"\b(?:\d+|[ivxlc]+)\b")
_LEADERS = re.compile(r"(?:\. ?){5,}\s*(?:\d+|[ivxlc]+)?\s*$")
_ITEM = re.compile(r"(?:[-*–—•]|\(?(?:\d{1,3}|[a-zA-Z])[.)])\s|--?[a-zA-Z]")
_BROKEN_WORD = re.compile(r"[a-z]-$")
_BULLET = re.compile(r"^[•‣◦▪●○■–]\s*")
_FIRST_HEADING = re.compile(r"## (.+)\n")


@dataclass(frozen=True)
class Line:
    """A line as it stands on a page; sizes and places in points."""

    text: str
    size: float
    top: float


def convert_pdf(raw: bytes) -> Converted:
    """The text of a PDF, page by page. Raises Broken for what is encrypted, too long, or only pictures."""
    try:
        reader = PdfReader(io.BytesIO(raw))
        if reader.is_encrypted:
            raise Broken(1, "", "is encrypted; save it again without a password")
        if len(reader.pages) > MAX_PAGES:
            raise Broken(1, "", f"has {len(reader.pages)} pages, the limit is {MAX_PAGES}")
        pages: list[list[Line]] = []
        for page in reader.pages:
            pages.append(_lines(page))
            if sum(len(line.text) for lines in pages for line in lines) > MAX_CHARACTERS:
                raise Broken(1, "", "holds too much text for one article; split it")
        title, updated = _properties(reader)
    except PyPdfError as error:
        raise Broken(1, "", f"is not a PDF that can be read: {error}") from error
    text = tidy(_markdown(pages))
    if not text.strip():
        raise Broken(1, "body", "has no text, only pictures; recognise its text first (OCR)")
    heading = _FIRST_HEADING.match(text)
    if heading and (not title or heading[1].casefold() == title.casefold()):
        return Converted(text[heading.end() :].strip("\n"), heading[1], updated)
    return Converted(text, title, updated)


def _properties(reader: PdfReader) -> tuple[str, str]:
    about = reader.metadata
    if about is None:
        return "", ""
    title = about.title if isinstance(about.title, str) else ""
    try:
        changed = about.modification_date or about.creation_date
    except ValueError:  # a date that is none
        changed = None
    return title, changed.date().isoformat() if changed else ""


def _lines(page: Any) -> list[Line]:
    """The lines of one page, in the order in which the PDF writes them."""
    lines: list[Line] = []
    current: list[tuple[str, float, float]] = []

    def end_line() -> None:
        text = "".join(piece for piece, _, _ in current)
        if text.strip():
            size = max(size for piece, size, _ in current if piece.strip())
            lines.append(Line(" ".join(text.split()), size, current[0][2]))
        current.clear()

    def visit(text: str, cm: Sequence[float], tm: Sequence[float], font: Any, size: float) -> None:
        # The size of the letters on paper: the font's, scaled by both matrices.
        scaled = abs(size) * (abs(tm[3]) or abs(tm[1]) or 1.0) * (abs(cm[3]) or abs(cm[1]) or 1.0)
        top = tm[5] * cm[3] + cm[5]
        for number, piece in enumerate(text.split("\n")):
            if number:
                end_line()
            if piece:
                current.append((piece, round(scaled, 1), top))

    page.extract_text(visitor_text=visit)
    end_line()
    return lines


def _markdown(pages: Sequence[Sequence[Line]]) -> str:
    """Lines as Markdown: larger short lines are headings, a full line goes on in the next, bullets are list items."""
    kept = _without_margins(pages)
    weights: Counter[float] = Counter()
    for line in chain.from_iterable(kept):
        weights[line.size] += len(line.text)
    if not weights:
        return ""
    body = weights.most_common(1)[0][0]
    larger = sorted({size for size in weights if size >= body * HEADING}, reverse=True)
    levels = {size: min(2 + number, 4) for number, size in enumerate(larger)}
    lengths = sorted(len(line.text) for line in chain.from_iterable(kept) if line.size == body)
    full = FULL * lengths[len(lengths) * 9 // 10]
    written: list[str] = []
    before: Line | None = None
    for lines in kept:
        for number, line in enumerate(lines):
            _write(line, before, written, levels, full, new_page=number == 0)
            before = line
    return "\n".join(written)


def _write(
    line: Line, before: Line | None, written: list[str], levels: dict[float, int], full: float, new_page: bool
) -> None:
    text = _BULLET.sub("- ", line.text)
    if line.size in levels and len(line.text.split()) <= MAX_HEADING_WORDS:
        written += ["", f"{'#' * levels[line.size]} {line.text}", ""]
    elif before is None or before.size in levels:
        written.append(text)
    elif new_page and not text[0].islower():
        written += ["", text]
    elif not new_page and abs(before.top - line.top) > GAP * max(line.size, 1.0):
        written += ["", text]
    elif _BROKEN_WORD.search(written[-1]) and text[0].islower():
        written[-1] = written[-1][:-1] + text
    elif _ITEM.match(text) or len(before.text) < full:
        written.append(text)
    else:
        written[-1] += f" {text}"


def _without_margins(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Without page numbers, without what stands at the edge of many pages, and without tables of contents."""
    edges: Counter[str] = Counter()
    for lines in pages:
        edges.update({_shape(line) for line in (*lines[:EDGE], *lines[-EDGE:])})
    often = {shape for shape, count in edges.items() if count >= max(3, len(pages) * REPEATED)}
    if len(pages) > 1:
        often.add("#")
    kept: list[list[Line]] = []
    for number, lines in enumerate(pages):
        # The first page's top line is the title, even where all other pages repeat it.
        inner = range(EDGE if number else 0, len(lines) - EDGE)
        kept.append(
            [
                line
                for place, line in enumerate(lines)
                if (place in inner or _shape(line) not in often) and not _LEADERS.search(line.text)
            ]
        )
    return kept


def _shape(line: Line) -> str:
    """A line with its numbers taken out: page numbers differ from page to page."""
    return _NUMBER.sub("#", line.text.casefold())
