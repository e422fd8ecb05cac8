"""How far a training is."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` and `total` count over the whole run, not over the stage; `total` may shrink when work is spared."""

    stage: str
    done: int
    total: int
    message: str


class Meter:
    """Adds up what is done and tells it. What the listener raises goes through, which is how a run is cancelled."""

    def __init__(self, tell: Callable[[Progress], None] | None, total: int) -> None:
        self._tell = tell
        self._total = total
        self._done = 0
        self._stage, self._message, self._expected = "", "", 0

    def begin(self, stage: str, message: str, expected: int) -> None:
        """Start a stage of `expected` units, all of them part of the total."""
        self._stage, self._message, self._expected = stage, message, expected
        self.add(0)

    def add(self, count: int) -> None:
        """Count units of the stage as done."""
        self._done += count
        self._expected -= count
        if self._tell:
            self._tell(Progress(self._stage, self._done, max(self._total, self._done), self._message))

    def end(self) -> None:
        """Finish the stage; what it did not need comes off the total."""
        self._total -= self._expected
        self._expected = 0
        self.add(0)
