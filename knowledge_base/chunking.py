"""An article's body → passages: split by structure, lists of steps and tables kept whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from markdown_it import MarkdownIt

from knowledge_base.documents import Article, Passage

VERSION = 1  # raise when the same body would give other passages
MAX_WORDS = 140  # about what the encoder's 256 word pieces hold, with the title path
HARD_MAX_WORDS = 320  # even a table or a code block is cut here


@dataclass(frozen=True)
class _Block:
    headings: tuple[str, ...]
    text: str

    @property
    def words(self) -> int:
        return len(self.text.split())


def split(article: Article) -> tuple[Passage, ...]:
    """The passages of an article, in reading order; at least one for a body that is not empty."""
    blocks = [part for block in _blocks(article.body) for part in _cut(block)]
    title = (article.title,) if article.title else ()
    texts = _join(blocks) or [((), article.body.strip())]
    return tuple(
        Passage(f"{article.id}#{number}", article.id, number, title + headings, text)
        for number, (headings, text) in enumerate(texts, 1)
    )


def _blocks(body: str) -> list[_Block]:
    lines = body.split("\n")
    tokens = [token for token in _parser().parse(body) if token.level == 0 and token.map]
    starts = [token.map[0] for token in tokens if token.map] + [len(lines)]
    headings: list[tuple[int, str]] = []
    blocks: list[_Block] = []
    for token, (start, end) in zip(tokens, pairwise(starts), strict=True):
        text = "\n".join(lines[start:end]).rstrip()
        if token.type == "heading_open":
            level = int(token.tag[1:])
            headings = [kept for kept in headings if kept[0] < level] + [(level, plain(text).strip())]
        elif text.strip():
            blocks.append(_Block(tuple(name for _, name in headings if name), text))
    return blocks


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"maxNesting": 20}).enable("table")


def _cut(block: _Block) -> list[_Block]:
    if block.words <= HARD_MAX_WORDS:
        return [block]
    pieces: list[str] = []
    for line in _short_lines(block.text):
        if pieces and len(f"{pieces[-1]} {line}".split()) <= MAX_WORDS:
            pieces[-1] += "\n" + line
        else:
            pieces.append(line)
    return [_Block(block.headings, piece) for piece in pieces if piece.strip()]


def _short_lines(text: str) -> list[str]:
    short: list[str] = []
    for line in text.split("\n"):
        words = line.split(" ")
        short += [" ".join(words[at : at + MAX_WORDS]) for at in range(0, len(words), MAX_WORDS)]
    return short


def _join(blocks: list[_Block]) -> list[tuple[tuple[str, ...], str]]:
    joined: list[_Block] = []
    for block in blocks:
        last = joined[-1] if joined else None
        if last and last.headings == block.headings and last.words + block.words <= MAX_WORDS:
            joined[-1] = _Block(block.headings, f"{last.text}\n\n{block.text}")
        else:
            joined.append(block)
    return [(block.headings, block.text) for block in joined]


_LINK = re.compile(r"!?\[([^\]\n]{0,300})\]\([^)\n]{0,2000}\)")
_LINE_MARK = re.compile(r"^[ \t]{0,12}(?:#{1,6}[ \t]+|>[ \t]?|[-*+][ \t]+|\d{1,4}[.)][ \t]+)", re.MULTILINE)
_RULE = re.compile(r"^[ \t|:=-]{3,}$", re.MULTILINE)


def plain(markdown: str) -> str:
    """The words of a piece of Markdown, for the encoder and for BM25; not for showing."""
    text = _LINK.sub(r"\1", markdown)
    text = _RULE.sub("", text)
    text = _LINE_MARK.sub("", text)
    return re.sub(r"[ \t]+", " ", text.replace("**", "").replace("`", "").replace("|", " "))


def passage_text(passage: Passage) -> str:
    """What is encoded of a passage: its title path in front of its words."""
    path = " > ".join(passage.title_path)
    words = " ".join(plain(passage.text).split())
    return f"{path}. {words}" if path else words


_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
MIN_SENTENCE_WORDS = 3


def sentences(article: Article) -> tuple[str, ...]:
    """The sentences, steps and table rows of an article's body as plain text, each once; headings left out."""
    return tuple(dict.fromkeys(sentences_in(article.body)))


def sentences_in(markdown: str) -> list[str]:
    """The same of a piece of a body, in order."""
    found: list[str] = []
    for line in markdown.split("\n"):
        if not line.lstrip().startswith("#"):
            found += _SENTENCE_END.split(" ".join(plain(line).split()))
    return [text for text in found if len(text.split()) >= MIN_SENTENCE_WORDS]
