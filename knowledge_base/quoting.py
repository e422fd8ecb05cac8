"""Which sentences, steps and table rows of a passage answer a question, and how they are marked.

A mark is a place in the passage's Markdown, from where to where it is set in bold. Nothing is written anew: the marked
text without its marks is the article's text, character by character, and a mark that would change anything but the
weight of the letters when it is shown (half of a link, a table's pipes, a code block) is not set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from knowledge_base.chunking import sentences_in

Span = tuple[int, int]  # from the first character to behind the last

BOLD = "**"
MOST = 3  # parts that are marked in one passage
CLOSE = 0.05  # how much farther from the question than the nearest part another one may be (cosine)
STEP_WORDS = 40  # a step up to this length is marked whole: half an instruction is none

# A sentence ends before white space and anything but a small letter ("e.g. this" goes on); marks may close behind it.
_SENTENCE_END = re.compile(r"[.!?](?:\*\*|__|[`\"”’)]|\]\([^)\n]*\))*(?=\s+[^\sa-z])")
_STRONG = re.compile(r"\*\*(?=[^\s*]).+?(?<=[^\s*])\*\*|__(?=[^\s_]).+?(?<=[^\s_])__", re.DOTALL)
_WHOLE = re.compile(  # code, links and images, links by reference, <links>
    r"(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)|!?\[[^\]\n]*\](?:\([^)\n]*\)|\[[^\]\n]*\])|<[^<>\s]+>", re.DOTALL
)
_CELL = re.compile(r"(?:\\.|[^|\\])+")
_WORD = re.compile(r"[^\W_]")


@dataclass(frozen=True)
class Part:
    """A sentence, a step or a table row of a passage."""

    spans: tuple[Span, ...]  # what is marked of it: what is not bold already; of a table row each cell
    text: str  # Markdown


def best_parts(passage: str, nearness: Mapping[str, float]) -> tuple[Span, ...]:
    """The marks for the one to three parts of a passage that are nearest to the question.

    `nearness` is the cosine of each sentence of the article, by its text as `chunking.sentences` gives it. At most
    half of the parts are marked. Nothing is where there is but one (it is the quote as it stands), or where a sentence
    elsewhere in the article is clearly nearer: then the passage shows where to look, and none of its parts answers.
    """
    parts = parts_of(passage)
    near = [_nearest(part, nearness) for part in parts]
    if len(parts) < 2 or max(near) < max(nearness.values(), default=0.0) - CLOSE:
        return ()
    order = sorted(range(len(parts)), key=lambda at: -near[at])[: min(MOST, (len(parts) + 1) // 2)]
    return _faithful(passage, [parts[at] for at in order if near[at] >= near[order[0]] - CLOSE])


def _nearest(part: Part, nearness: Mapping[str, float]) -> float:
    """-1 for a part that is too short to have been encoded."""
    return max((nearness.get(text, -1.0) for text in sentences_in(part.text)), default=-1.0)


def marked(passage: str, marks: Sequence[Span]) -> str:
    """The passage with its marks set in bold."""
    pieces, done = [], 0
    for start, end in marks:
        pieces += [passage[done:start], BOLD, passage[start:end], BOLD]
        done = end
    return "".join([*pieces, passage[done:]])


def unmarked(text: str, marks: Sequence[Span]) -> str:
    """The inverse of `marked`."""
    places = [place for mark in marks for place in mark]
    pieces, done = [], 0
    for number, place in enumerate(places):
        at = place + number * len(BOLD)
        pieces.append(text[done:at])
        done = at + len(BOLD)
    return "".join([*pieces, text[done:]])


def _faithful(passage: str, chosen: Sequence[Part]) -> tuple[Span, ...]:
    """The marks of these parts; without those that would be read as anything but bold type."""
    marks = tuple(sorted(span for part in chosen for span in part.spans))
    if reads_alike(passage, marks):
        return marks
    kept = [part for part in chosen if reads_alike(passage, part.spans)]
    marks = tuple(sorted(span for part in kept for span in part.spans))
    return marks if reads_alike(passage, marks) else ()


def reads_alike(passage: str, marks: Sequence[Span]) -> bool:
    """Whether the marked passage, as CommonMark reads it, says the same but for bold type."""
    return list(_said(marked(passage, marks))) == list(_said(passage))


def _said(markdown: str) -> Iterator[tuple[Any, ...]]:
    for token in _parser().parse(markdown):
        yield (token.type, token.tag, token.info, token.markup, token.attrs, "" if token.children else token.content)
        text = ""
        for child in token.children or ():
            if child.type == "text":
                text += child.content
            elif child.type not in ("strong_open", "strong_close"):
                yield (text, child.type, child.content, child.attrs)
                text = ""
        yield (text,)


def parts_of(passage: str) -> tuple[Part, ...]:
    """The parts of a passage that can be marked, in order: no headings, no table heads, no code blocks."""
    lines = passage.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    tokens = _parser().parse(passage)
    found: list[Part] = []
    for at, token in enumerate(tokens):
        before = tokens[at - 1].type if at else ""
        if token.type == "inline" and token.map and before == "paragraph_open":
            found += _parts_of_paragraph(passage, lines, starts, token, in_step=tokens[at - 2].type == "list_item_open")
        elif token.type == "tr_open" and token.map and tokens[at + 1].type == "td_open":
            found.append(_row(lines[token.map[0]], starts[token.map[0]]))
    return tuple(part for part in found if part.spans)


def _parts_of_paragraph(
    passage: str, lines: Sequence[str], starts: Sequence[int], token: Token, in_step: bool
) -> list[Part]:
    """A step as a whole, or the sentences. None where the paragraph's lines are not found as they stand."""
    place: list[int] = []  # of each character of the paragraph, in the passage
    said = ""
    first = token.map[0] if token.map else 0
    for number, content in enumerate(token.content.split("\n"), first):
        content, line = content.strip(), lines[number].rstrip()
        if not line.endswith(content):
            return []
        begin = starts[number] + len(line) - len(content)
        said += content + "\n"
        place += range(begin, begin + len(content) + 1)
    said = said[:-1]
    ends = [len(said)] if in_step and len(said.split()) <= STEP_WORDS else _sentence_ends(said)
    found = []
    for start, end in zip([0, *ends], ends, strict=False):
        spans = tuple((place[a], place[b - 1] + 1) for a, b in _not_bold(said, start, end))
        found.append(Part(spans, said[start:end].strip()))
    return found


def _sentence_ends(said: str) -> list[int]:
    whole = [match.span() for match in (*_WHOLE.finditer(said), *_STRONG.finditer(said))]
    ends = [match.end() for match in _SENTENCE_END.finditer(said)]
    return [end for end in ends if not any(start < end < stop for start, stop in whole)] + [len(said)]


def _not_bold(said: str, start: int, end: int) -> Iterator[Span]:
    """The stretches between what is bold already, without white space around them."""
    code = [match.span() for match in _WHOLE.finditer(said)]
    bold = [match.span() for match in _STRONG.finditer(said) if not any(a < match.start() < b for a, b in code)]
    borders = [start, *(place for a, b in bold if start <= a and b <= end for place in (a, b)), end]
    for a, b in zip(borders[::2], borders[1::2], strict=True):
        if _WORD.search(said, a, b):
            piece = said[a:b]
            yield a + len(piece) - len(piece.lstrip()), b - len(piece) + len(piece.rstrip())


def _row(line: str, start: int) -> Part:
    spans = [
        (start + begin, start + end)
        for cell in _CELL.finditer(line)
        for begin, end in _not_bold(line, cell.start(), cell.end())
    ]
    return Part(tuple(spans), line)


def shown(passage: str, marks: Sequence[Span], limit: int) -> tuple[str, bool]:
    """The marked passage in at most `limit` characters, cut between blocks; and whether that is all of it."""
    whole = marked(passage, marks)
    if len(whole) <= limit:
        return whole, True
    first = portions(passage, limit - 2 * len(BOLD) * len(marks))[0]
    start = passage.find(first)  # not there where one block alone is too long and had to be closed
    inside = [(a - start, b - start) for a, b in marks if 0 <= start <= a and b <= start + len(first)]
    return marked(first, inside), False


def portions(markdown: str, limit: int) -> tuple[str, ...]:
    """A text in portions of at most `limit` characters, cut between blocks; a block alone is cut if it is longer."""
    joined: list[str] = []
    for block in _blocks(markdown):
        for piece in [block] if len(block) <= limit else _cut(block, limit):
            if joined and len(joined[-1]) + len(piece) <= limit:
                joined[-1] += piece
            else:
                joined.append(piece)
    return tuple(stripped for portion in joined if (stripped := portion.strip("\n")))


def _blocks(markdown: str) -> list[str]:
    """The outermost blocks, each with the empty lines behind it."""
    lines = markdown.splitlines(keepends=True)
    starts = [token.map[0] for token in _parser().parse(markdown) if token.level == 0 and token.map]
    borders = [0, *sorted({start for start in starts if start}), len(lines)]
    return ["".join(lines[start:end]) for start, end in pairwise(borders)]


def _cut(block: str, limit: int) -> list[str]:
    """Lines of one long block; a table's portions all have its head, a code block's are closed and opened again."""
    lines = block.rstrip().splitlines(keepends=True)
    head, foot = _frame(lines)
    room = limit - len(head) - len(foot)
    if room < limit // 2:
        head, foot, room = "", "", limit
    pieces = [""]
    for line in lines[head.count("\n") : len(lines) - foot.count("\n")]:
        for start in range(0, len(line), room):
            stretch = line[start : start + room]
            if len(pieces[-1]) + len(stretch) > room:
                pieces.append("")
            pieces[-1] += stretch
    return [head + piece + foot for piece in pieces if piece]


def _frame(lines: Sequence[str]) -> tuple[str, str]:
    """What each portion of a block begins and ends with: a table's head, a code block's fences."""
    fence = re.match(r"[ \t]*(`{3,}|~{3,})", lines[0])
    if fence and len(lines) > 2 and lines[-1].strip().startswith(fence[1]):
        return lines[0], f"{fence[1]}\n"
    is_table = len(lines) > 2 and "|" in lines[0] and re.fullmatch(r"[\s|:-]*-[\s|:-]*", lines[1])
    return "".join(lines[:2]) if is_table else "", ""


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"maxNesting": 20}).enable("table")
