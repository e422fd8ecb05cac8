"""Documents → Markdown in a process of their own, with a limit on time and memory, and kept by content.

Other people's documents may hang a parser, or grow beyond all measure when expanded. The process is started with the
first document, serves one after another, and is ended when one takes too long.
"""

from __future__ import annotations

import hashlib
import json
import os
import select
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import mkstemp
from types import TracebackType
from typing import Any, Literal, Self

from knowledge_base.sources.problems import Broken

Kind = Literal["page", "fragment", "storage", "wiki", "pdf", "docx"]
MADE_BY = 1  # raise when our own part would give other Markdown
LIBRARIES = ("beautifulsoup4", "lxml", "markdownify", "mammoth", "pypdf")
MAX_SECONDS = 30.0
MAX_MEMORY_BYTES = 2 * 1024**3
MAX_BYTES: dict[Kind, int] = {
    "page": 5 * 1024**2,
    "fragment": 5 * 1024**2,
    "storage": 5 * 1024**2,
    "wiki": 1024**2,
    "pdf": 64 * 1024**2,
    "docx": 64 * 1024**2,
}
KEPT_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True)
class Converted:
    """A document as Markdown, and what it says of itself; empty where it says nothing."""

    text: str
    title: str = ""
    updated: str = ""  # an ISO date
    language: str = ""


class Converter:
    """Converts, as long as its `with` block lasts. `cache` is a folder for what was converted; None keeps nothing."""

    def __init__(self, cache: Path | None = None, seconds: float = MAX_SECONDS) -> None:
        self._cache = cache
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        if self._cache is not None:
            _forget_old(self._cache)

    def convert(self, kind: Kind, raw: bytes) -> Converted:
        """The document as Markdown. Raises Broken: not of this kind, over a limit, or without text."""
        if len(raw) > MAX_BYTES[kind]:
            raise Broken(1, "", f"is too big: {len(raw)} bytes, the limit is {MAX_BYTES[kind]}")
        place = self._cache / f"{_digest(kind, raw)}.json" if self._cache else None
        answer = _recall(place) if place else None
        if answer is None:
            answer = self._ask(kind, raw)
            if place:
                _keep(place, answer)
        if "broken" in answer:
            line, field, message = answer["broken"]
            raise Broken(line, field, message)
        return Converted(**answer["converted"])

    def _ask(self, kind: Kind, raw: bytes) -> dict[str, Any]:
        process = self._process = self._process or _start()
        assert process.stdin is not None and process.stdout is not None
        try:
            waiting = memoryview(json.dumps([kind, len(raw)]).encode() + b"\n" + raw)
            while waiting:  # a signal may cut a write short
                waiting = waiting[process.stdin.write(waiting) :]
            line = _read_line(process.stdout.fileno(), time.monotonic() + self._seconds)
        except BrokenPipeError:
            line = b""
        if line is None:
            self._end()
            raise Broken(1, "", f"took longer than {self._seconds:.0f} seconds to convert")
        if not line:
            self._end()
            raise Broken(1, "", "cannot be converted: the converter ended, perhaps for lack of memory")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            with self._process:
                pass
            self._process = None


def _start() -> subprocess.Popen[bytes]:
    # Nothing of our environment: this process reads what strangers wrote.
    return subprocess.Popen(
        [sys.executable, "-P", "-B", "-W", "ignore", "-m", "knowledge_base.sources.converter"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "PYTHONUTF8": "1"},
        bufsize=0,
    )


def _read_line(handle: int, deadline: float) -> bytes | None:
    """One line; None when it did not come in time, "" when the other side ended."""
    found = bytearray()
    while not found.endswith(b"\n"):
        ready, _, _ = select.select([handle], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return None
        part = os.read(handle, 1 << 20)
        if not part:
            return b""
        found += part
    return bytes(found)


def _digest(kind: Kind, raw: bytes) -> str:
    made_by = [MADE_BY, kind, *(version(name) for name in LIBRARIES)]
    return hashlib.sha256(json.dumps(made_by).encode() + raw).hexdigest()


def _recall(place: Path) -> dict[str, Any] | None:
    try:
        answer: dict[str, Any] = json.loads(place.read_bytes())
        os.utime(place)
    except (OSError, ValueError):
        return None
    return answer


def _keep(place: Path, answer: dict[str, Any]) -> None:
    """Written aside and moved, so nobody reads half of it. A full disk costs only the time of the next conversion."""
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = mkstemp(prefix=".", dir=place.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(answer, file)
        Path(name).replace(place)


def _forget_old(cache: Path) -> None:
    """What no folder has asked for in a month may hold what somebody took out on purpose."""
    limit = time.time() - KEPT_SECONDS
    with suppress(OSError):
        for path in cache.iterdir():
            if path.stat().st_mtime < limit:
                path.unlink()


def as_answer(converted: Converted) -> dict[str, Any]:
    """What the converting process says when it went well."""
    return {"converted": asdict(converted)}


def as_refusal(broken: Broken) -> dict[str, Any]:
    """What the converting process says when a document cannot be used."""
    return {"broken": [broken.line, broken.field, broken.message]}
