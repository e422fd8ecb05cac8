"""The one error type of this package."""

from __future__ import annotations

from pathlib import Path


class KnowledgeBaseError(Exception):
    """Says in plain words what is wrong and what to do about it.

    `retryable` is true where trying again later can help (a full disk, a busy file); `line` is the place in a file
    at fault, 0 where there is none.
    """

    def __init__(self, message: str, *, retryable: bool = False, line: int = 0) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.line = line


def unreadable(path: Path, error: Exception) -> KnowledgeBaseError:
    """What to say when the operating system refuses a file."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return KnowledgeBaseError(f"{path}: {reason}. Check that it is there, readable, and that the disk has room.")
