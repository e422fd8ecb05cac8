"""A record of every API call and delivery, for tests and for finding out what happened."""

from collections import deque

from bot.local_slack.jsontypes import Json


class Journal:
    """The latest entries, oldest first, each with `seq`, `at` (seconds since 1970) and `kind`."""

    def __init__(self, keep: int = 2000) -> None:
        self._entries: deque[Json] = deque(maxlen=keep)
        self._seq = 0

    def note(self, kind: str, at: float, **facts: object) -> None:
        """Add an entry; callers leave out tokens."""
        self._seq += 1
        self._entries.append({"seq": self._seq, "kind": kind, "at": at, **facts})

    def after(self, seq: int = 0, kind: str | None = None) -> list[Json]:
        """Entries later than `seq`, of one kind or all."""
        return [e for e in self._entries if e["seq"] > seq and kind in (None, e["kind"])]
