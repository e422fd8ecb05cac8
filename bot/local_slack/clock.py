"""Time and the identifiers made from it."""

import secrets
import string
import time
from collections.abc import Callable

_LETTERS = string.ascii_uppercase + string.digits


class Clock:
    """Wall-clock time and message timestamps that never repeat, also when time stands still."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._last_micros = 0

    def now(self) -> float:
        """Seconds since 1970."""
        return self._now()

    def ts(self) -> str:
        """A timestamp as Slack writes it (`1712345678.000100`), later than every one before."""
        micros = max(int(self._now() * 1_000_000), self._last_micros + 1)
        self._last_micros = micros
        return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"

    def never_before(self, ts: str) -> None:
        """Make all further timestamps later than `ts` (read back from a saved workspace)."""
        seconds, _, fraction = ts.partition(".")
        self._last_micros = max(self._last_micros, int(seconds) * 1_000_000 + int(fraction or 0))


def new_id(prefix: str) -> str:
    """An identifier as Slack writes it: the prefix of its kind and ten random capitals or digits."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(10))
