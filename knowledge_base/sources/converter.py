"""The converting process: documents on stdin, Markdown on stdout. Started by `conversion` alone."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

from knowledge_base.sources.confluence_storage import convert_storage
from knowledge_base.sources.conversion import MAX_MEMORY_BYTES, MAX_SECONDS, Converted, Kind, as_answer, as_refusal
from knowledge_base.sources.docx import convert_docx
from knowledge_base.sources.html import convert_fragment, convert_page
from knowledge_base.sources.pdf import convert_pdf
from knowledge_base.sources.problems import Broken
from knowledge_base.sources.wiki import convert_wiki

CONVERTERS: dict[Kind, Callable[[bytes], Converted]] = {
    "page": convert_page,
    "fragment": lambda raw: convert_fragment(raw.decode("utf-8", "replace")),
    "storage": lambda raw: convert_storage(raw.decode("utf-8", "replace")),
    "wiki": lambda raw: convert_wiki(raw.decode("utf-8", "replace")),
    "pdf": convert_pdf,
    "docx": convert_docx,
}

# Whoever waits for us gives up before; this ends us when nobody is left to do so.
LAST_SECONDS = int(MAX_SECONDS) + 30


def answer(kind: Kind, raw: bytes) -> dict[str, Any]:
    """The converted document, or why it cannot be used."""
    try:
        return as_answer(CONVERTERS[kind](raw))
    except Broken as broken:
        return as_refusal(broken)
    except MemoryError:
        return as_refusal(Broken(1, "", "takes too much memory to convert"))
    except Exception as error:  # the parsers of foreign formats raise whatever they stumble over
        return as_refusal(Broken(1, "", f"cannot be converted: {type(error).__name__}"))


def main() -> None:
    """Serve until stdin ends."""
    limit = MAX_MEMORY_BYTES
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not stand between our lines
    while header := sys.stdin.buffer.readline():
        kind, size = json.loads(header)
        raw = sys.stdin.buffer.read(size)
        signal.alarm(LAST_SECONDS)
        out.write(json.dumps(answer(kind, raw)).encode() + b"\n")
        out.flush()
        signal.alarm(0)


if __name__ == "__main__":
    main()
