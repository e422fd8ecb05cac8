"""The one error type of this package."""

from __future__ import annotations

from pathlib import Path


class KnowledgeBaseError(Exception):
    """Says in plain words what is wrong and what to do about it.

    `retryable` is true where trying again later can help (a full disk, a busy file).
    """

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable


def unreadable(path: Path, error: OSError) -> KnowledgeBaseError:
    """What to say when the operating system refuses a file."""
    reason = error.strerror or type(error).__name__
    return KnowledgeBaseError(f"{path}: {reason}. Check that it is there, readable, and that the disk has room.")
