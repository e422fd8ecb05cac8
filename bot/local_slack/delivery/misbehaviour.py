"""What the workspace was told to do wrong, as Slack does at times."""

from dataclasses import dataclass, field


@dataclass
class ApiFault:
    """The next `times` calls of a method (or of all, `*`) fail.

    `status` 429 comes with Retry-After; other statuses are Slack being down. With `after` the call is carried
    out before the failure is reported: the caller cannot know.
    """

    method: str
    times: int
    status: int = 429
    retry_after: int = 1
    after: bool = False


@dataclass
class Misbehaviour:
    """All pending faults. `silent`: sockets look alive and events do not come."""

    api_faults: list[ApiFault] = field(default_factory=list)
    duplicate_events: int = 0
    same_event_again: int = 0
    delay_events: int = 0
    delay_seconds: float = 0.0
    silent: bool = False

    def api_fault(self, method: str) -> ApiFault | None:
        """The fault for this call, used up once."""
        for fault in self.api_faults:
            if fault.times > 0 and fault.method in (method, "*"):
                fault.times -= 1
                return fault
        return None

    def duplicate(self) -> bool:
        """Whether this event is to come again under another event_id."""
        self.duplicate_events -= 1
        return self.duplicate_events >= 0

    def again(self) -> bool:
        """Whether this event is to come again as it is, though it was acknowledged."""
        self.same_event_again -= 1
        return self.same_event_again >= 0

    def delay(self) -> float:
        """Seconds to hold this event back."""
        self.delay_events -= 1
        return self.delay_seconds if self.delay_events >= 0 else 0.0
