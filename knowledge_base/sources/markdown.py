"""Markdown articles, with or without front matter."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

from knowledge_base.sources.fields import Value, read_yaml
from knowledge_base.sources.problems import Broken

MAX_FRONT_MATTER_CHARACTERS = 16 * 1024


def split_front_matter(text: str) -> tuple[dict[str, Value], str]:
    """The fields of the front matter, none where there is none, and the text below it. Raises Broken."""
    if not re.match(r"---[ \t]*\n", text):
        return {}, text
    end = re.compile(r"^---[ \t]*$", re.MULTILINE).search(text, text.index("\n"))
    if end is None:
        raise Broken(1, "", "the front matter has no closing line of '---'")
    front = text[text.index("\n") + 1 : end.start()]
    if len(front) > MAX_FRONT_MATTER_CHARACTERS:
        raise Broken(1, "", f"the front matter is longer than {MAX_FRONT_MATTER_CHARACTERS} characters")
    return read_yaml(front, 2, "the front matter"), text[end.end() :]


_CODE_OR_COMMENT = re.compile(
    r"(^ {0,3}(?:```|~~~).*?(?:^ {0,3}(?:```|~~~)[ \t]*$|\Z)|`[^`\n]*`)|<!--.*?(?:-->|\Z)", re.MULTILINE | re.DOTALL
)


def without_comments(text: str) -> str:
    """Markdown without HTML comments: authors write there what readers are not meant to see. Code stays as it is."""
    return _CODE_OR_COMMENT.sub(lambda found: found[1] or "", text)


_TITLE = re.compile(r"\A\s*#[ \t]+(.+?)[ \t#]*\n")


def take_title(body: str) -> tuple[str, str]:
    """The first heading of the highest level as the title, and the text below it; "" where it begins otherwise."""
    found = _TITLE.match(body + "\n")
    return (found[1], body[found.end() :]) if found else ("", body)


def unwrapped(text: str) -> str:
    """Markdown whose paragraphs have one line each, as they are shown; authors of repositories wrap them.

    Sentences are told apart by lines later. Paragraphs with line breaks that are meant stay as they are.
    """
    lines = text.split("\n")
    for token in reversed(MarkdownIt("commonmark", {"maxNesting": 20}).enable("table").parse(text)):
        written = token.content.split("\n")
        if token.type != "inline" or token.map is None or len(written) < 2:
            continue
        first, behind = token.map
        start = lines[first].find(written[0])
        if start < 0 or behind - first != len(written) or any(line.endswith(("  ", "\\")) for line in written[:-1]):
            continue
        joined = " ".join(line.strip() for line in written)
        lines[first:behind] = [lines[first][:start] + joined]
    return "\n".join(lines)
