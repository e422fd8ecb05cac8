"""A folder in which the n-th change fails: the disk refuses it, or the process dies there.

Python reports every change of a file to audit hooks before it is made, so nothing of the code under test is replaced.
Run as a program it builds a bundle and kills itself, for good, at that change.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REMOVALS = {"os.remove", "os.rmdir", "shutil.rmtree"}
CHANGES = {"os.mkdir", "os.rename", "os.chmod"} | REMOVALS
Failure = Callable[[str], None]  # is told the change, by the name of its audit event


class Died(BaseException):
    """As if the process had been killed here: what would have been tidied up is not, either."""


@dataclass
class _Break:
    folder: str
    left: int  # changes until it breaks
    fail: Failure


_current: list[_Break] = []


@contextmanager
def breaking(folder: Path, after: int, fail: Failure) -> Iterator[None]:
    """Within it `after` changes under the folder are made; `fail` is called in place of each later one."""
    if not _hooked:
        sys.addaudithook(_hook)  # for the rest of the process: a hook cannot be taken away
        _hooked.append(True)
    _current.append(_Break(str(folder), after, fail))
    try:
        yield
    finally:
        _current.clear()


_hooked: list[bool] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _current or not (event in CHANGES or event == "open"):
        return
    if event == "open" and not int(arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR):
        return
    if not str(arguments[0]).startswith(_current[0].folder):
        return
    _current[0].left -= 1
    if _current[0].left < 0:
        _current[0].fail(event)


def refuse(change: str) -> None:
    """The disk is full; what is there can still be removed."""
    if change not in REMOVALS:
        raise OSError(errno.ENOSPC, "No space left on device")


def die(change: str) -> None:
    """The process is gone; see `Died`."""
    raise Died


def kill(change: str) -> None:
    """The process is really gone."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(encoder_dir: str, articles: str, out: str, after: str) -> None:
    """Build a bundle; the process is killed at a change of `out`, or prints the bundle's folder."""
    from knowledge_base.bundle import build_bundle
    from knowledge_base.sources import read_articles

    with breaking(Path(out), int(after), kill):
        print(build_bundle(read_articles(Path(articles)).articles, None, Path(out), Path(encoder_dir)))


if __name__ == "__main__":
    main(*sys.argv[1:])
