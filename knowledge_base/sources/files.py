"""Files of the articles' folder, read within bounds."""

from __future__ import annotations

from pathlib import Path

from knowledge_base.errors import unreadable
from knowledge_base.sources.problems import Broken

MAX_ARTICLE_BYTES = 512 * 1024


def read_bytes(path: Path, folder: Path, limit: int) -> bytes:
    """A file's content. Raises Broken as `check_file`."""
    check_file(path, folder, limit)
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise Broken(1, "", str(unreadable(path, error))) from error


def check_file(path: Path, folder: Path, limit: int) -> None:
    """Raises Broken for a file that lies outside the folder, is over the limit, or cannot be read."""
    # A link could point at a secret outside the folder and would be quoted to everybody.
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Broken(1, "", "is a link to a file outside the articles' folder")
    try:
        if not path.is_file():
            raise Broken(1, "", "is not a file")
        size = path.stat().st_size
        if size > limit:
            raise Broken(1, "", f"is too big: {size} bytes, the limit is {limit}")
    except OSError as error:
        raise Broken(1, "", str(unreadable(path, error))) from error


def read_text(path: Path, folder: Path, limit: int = MAX_ARTICLE_BYTES) -> str:
    """A file's text. Raises Broken as `read_bytes`, and for what is not UTF-8."""
    return decode(read_bytes(path, folder, limit))


def decode(raw: bytes) -> str:
    """Text with plain line ends. Raises Broken with the line that is not UTF-8 or holds a NUL."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Broken(line, "", "is not UTF-8; save it again with the encoding UTF-8") from error
    if "\0" in text:
        raise Broken(text.count("\n", 0, text.index("\0")) + 1, "", "contains a NUL character")
    return text.replace("\r\n", "\n").replace("\r", "\n")
