"""PDF → Markdown. A PDF knows letters and places, not headings: those are taken from the size of the letters.

Runs in the converting process (`conversion`).
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
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
    """Lines as Markdown: larger short lines are headings, a wide gap ends a paragraph, bullets are list items."""
    weights: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            weights[line.size] += len(line.text)
    if not weights:
        return ""
    body = weights.most_common(1)[0][0]
    larger = sorted({size for size in weights if size >= body * HEADING}, reverse=True)
    levels = {size: min(2 + number, 4) for number, size in enumerate(larger)}
    written: list[str] = []
    for lines in pages:
        before: Line | None = None
        for line in lines:
            written += _written(line, before, levels)
            before = line
        written.append("")
    return "\n".join(written)


def _written(line: Line, before: Line | None, levels: dict[float, int]) -> list[str]:
    if line.size in levels and len(line.text.split()) <= MAX_HEADING_WORDS:
        return ["", f"{'#' * levels[line.size]} {line.text}", ""]
    apart = before is not None and abs(before.top - line.top) > GAP * max(line.size, 1.0)
    text = _BULLET.sub("- ", line.text)
    return ["", text] if apart else [text]
