"""Tell those who look at the workspace that something is new."""

import asyncio
from collections.abc import Callable


class Changes:
    """A counter of changes that can be waited for and listened to (all on one event loop)."""

    def __init__(self) -> None:
        self.version = 0
        self._waiting: set[asyncio.Event] = set()
        self._listeners: list[Callable[[], None]] = []

    def touch(self) -> None:
        """Something changed."""
        self.version += 1
        for event in self._waiting:
            event.set()
        for listener in list(self._listeners):
            listener()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after every change; returns how to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def beyond(self, version: int, timeout: float) -> int:
        """Wait up to `timeout` seconds until something happened after `version`; returns the version now."""
        if self.version > version:
            return self.version
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            await asyncio.wait_for(event.wait(), timeout)
        except TimeoutError:
            pass
        finally:
            self._waiting.discard(event)
        return self.version
