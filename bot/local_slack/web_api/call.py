"""One call of a Web API method: who calls, and with which arguments."""

import json
from dataclasses import dataclass, field
from typing import Any

from bot.local_slack.config import AppConfig
from bot.local_slack.errors import SlackApiError
from bot.local_slack.hub import Hub
from bot.local_slack.jsontypes import Json


@dataclass(frozen=True)
class Caller:
    """Who holds the token. `kind` is `bot`, `app` (an app-level token) or `person`."""

    kind: str
    user: str
    app: AppConfig | None = None

    def may(self, scope: str) -> bool:
        """People may all that Slack's own client may; apps what they were granted."""
        return self.kind == "person" or (self.app is not None and scope in self.app.scopes)


def refuse(message: str) -> SlackApiError:
    """Slack's invalid_arguments with one explanation."""
    return SlackApiError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {message}"]})


@dataclass(frozen=True)
class Call:
    """The arguments may have come as JSON, as a form or in the query: numbers and lists may be text."""

    hub: Hub
    method: str
    caller: Caller
    arguments: Json = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """A text argument, or None when it is absent or empty."""
        value = self.arguments.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, dict | list):
            raise refuse(f"must provide a string [json-pointer:/{name}]")
        return str(value)

    def required(self, name: str) -> str:
        """A text argument that must be there."""
        value = self.text(name)
        if value is None:
            raise refuse(f"missing required field: {name}")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.arguments.get(name)
        return default if value is None else str(value).lower() in ("true", "1")

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number, kept within bounds."""
        value = self.arguments.get(name)
        try:
            return default if value in (None, "") else min(max(int(str(value)), low), high)
        except ValueError as error:
            raise refuse(f"must provide a number [json-pointer:/{name}]") from error

    def structure(self, name: str) -> Any:
        """A JSON value, which forms send as text; None when absent."""
        value = self.arguments.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError as error:
            code = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
            raise SlackApiError(code) from error

    def names(self, name: str) -> list[str]:
        """A comma-separated text or a list of texts."""
        value = self.arguments.get(name)
        parts = value if isinstance(value, list) else str(value or "").split(",")
        return [str(part).strip() for part in parts if str(part).strip()]

    def require_scope(self, *one_of: str) -> None:
        """Raise missing_scope unless the caller holds one of these."""
        if one_of and not any(self.caller.may(scope) for scope in one_of):
            provided = ",".join(sorted(self.caller.app.scopes)) if self.caller.app else ""
            raise SlackApiError("missing_scope", needed=one_of[0], provided=provided)

    @property
    def app(self) -> AppConfig:
        """The calling app; people cannot call methods that need one."""
        if self.caller.app is None:
            raise SlackApiError("not_allowed_token_type")
        return self.caller.app


def paged(call: Call, items: list[Json], key: str, default: int = 100) -> Json:
    """One page of a list, with Slack's cursor to the next."""
    limit = call.number("limit", default, 1, 1000)
    cursor = call.text("cursor") or "0"
    if not cursor.isdigit():
        raise SlackApiError("invalid_cursor")
    start = int(cursor)
    following = str(start + limit) if start + limit < len(items) else ""
    page: Json = {key: items[start : start + limit], "response_metadata": {"next_cursor": following}}
    return page
