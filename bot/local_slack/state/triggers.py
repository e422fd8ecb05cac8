"""Trigger ids (3 seconds, once) and response URLs (5 uses in 30 minutes)."""

import secrets
from dataclasses import dataclass

from bot.local_slack.errors import SlackApiError

TRIGGER_SECONDS = 3.0
RESPONSE_URL_SECONDS = 1800.0
RESPONSE_URL_USES = 5


@dataclass
class Trigger:
    """The right to open one view for one person; from inside a modal also to push onto it."""

    user: str
    app_id: str
    created: float
    view_id: str | None = None
    used: bool = False


class Triggers:
    """All triggers given out, newest last; the oldest are forgotten."""

    def __init__(self) -> None:
        self._by_id: dict[str, Trigger] = {}

    def give(self, user: str, app_id: str, now: float, view_id: str | None = None) -> str:
        trigger_id = f"{int(now * 1000)}.{secrets.randbelow(10**12):012d}.{secrets.token_hex(16)}"
        self._by_id[trigger_id] = Trigger(user, app_id, now, view_id)
        while len(self._by_id) > 1000:
            self._by_id.pop(next(iter(self._by_id)))
        return trigger_id

    def exchange(self, trigger_id: str, app_id: str, now: float) -> Trigger:
        """Use a trigger up. Raises invalid_, exchanged_ or expired_trigger_id."""
        trigger = self._by_id.get(trigger_id)
        if trigger is None or trigger.app_id != app_id:
            raise SlackApiError("invalid_trigger_id")
        if trigger.used:
            raise SlackApiError("exchanged_trigger_id")
        if now - trigger.created > TRIGGER_SECONDS:
            raise SlackApiError("expired_trigger_id")
        trigger.used = True
        return trigger


@dataclass
class ResponseUrl:
    """Where an app may answer one interaction of one person; `source_ts` is the message it came from."""

    app_id: str
    user: str
    channel: str
    created: float
    source_ts: str | None = None
    source_ephemeral: bool = False
    thread_ts: str | None = None
    uses: int = 0


class ResponseUrls:
    """All response URLs given out, by their secret part."""

    def __init__(self) -> None:
        self._by_key: dict[str, ResponseUrl] = {}

    def give(self, url: ResponseUrl) -> str:
        """Remember it; returns the secret part."""
        key = secrets.token_urlsafe(18)
        self._by_key[key] = url
        while len(self._by_key) > 2000:
            self._by_key.pop(next(iter(self._by_key)))
        return key

    def use(self, key: str, now: float) -> ResponseUrl:
        """Count one use. Raises expired_url or used_url."""
        url = self._by_key.get(key)
        if url is None or now - url.created > RESPONSE_URL_SECONDS:
            raise SlackApiError("expired_url")
        if url.uses >= RESPONSE_URL_USES:
            raise SlackApiError("used_url")
        url.uses += 1
        return url
