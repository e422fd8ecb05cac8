"""How many requests one address may make. Kept in each process: tokens are too long to guess in any case."""

from collections import deque
from collections.abc import Callable
from threading import Lock
from time import monotonic

ADDRESSES = 10_000  # remembered at most; beyond that the ones longest quiet are forgotten


class Throttle:
    """At most `most` requests from one address within `seconds`."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._seen: dict[str, deque[float]] = {}
        self._lock = Lock()

    def allows(self, address: str) -> bool:
        """Count a request; false when it is one too many."""
        moment = self._clock()
        with self._lock:
            seen = self._seen.pop(address, deque())
            self._seen[address] = seen  # at the end: the first are those longest quiet
            if len(self._seen) > ADDRESSES:
                del self._seen[next(iter(self._seen))]
            while seen and seen[0] <= moment - self._seconds:
                seen.popleft()
            if len(seen) >= self._most:
                return False
            seen.append(moment)
            return True
