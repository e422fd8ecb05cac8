"""What came of one attempt to hand something to an app."""

from dataclasses import dataclass

from bot.local_slack.jsontypes import Json


@dataclass(frozen=True)
class Outcome:
    """`reason` is Slack's word for a failure (`http_timeout`, `http_error`, `connection_failed`, `timeout`).

    `payload` is what the app answered with (a text becomes `{"text": ...}`), `no_retry` its wish not to
    hear of this again, `seconds` how long the acknowledgement took.
    """

    ok: bool
    reason: str | None = None
    status: int | None = None
    payload: Json | None = None
    no_retry: bool = False
    seconds: float = 0.0
