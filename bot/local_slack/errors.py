"""The two ways a call to the local Slack can fail."""

from typing import Any


class LocalSlackError(Exception):
    """The workspace cannot be set up or reached as asked; the message says what to change."""


class SlackApiError(Exception):
    """Answered to the caller as `{"ok": false, "error": error, ...}`, in Slack's own words.

    `detail` is added to the answer as it is (for example `response_metadata` or `needed`).
    """

    def __init__(self, error: str, **detail: Any) -> None:
        super().__init__(error)
        self.error = error
        self.detail = detail

    def answer(self) -> dict[str, Any]:
        return {"ok": False, "error": self.error, **self.detail}
