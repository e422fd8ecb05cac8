"""Signed requests to an app's request URL."""

import hashlib
import hmac
import json
import time
from urllib.parse import urlencode

import httpx

from bot.local_slack.config import AppConfig
from bot.local_slack.delivery.outcome import Outcome
from bot.local_slack.jsontypes import Json

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"


def sign(secret: str, timestamp: str, body: str) -> str:
    """The value of X-Slack-Signature for a raw body sent at `timestamp` (seconds since 1970)."""
    base = f"v0:{timestamp}:{body}".encode()
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def encode(kind: str, payload: Json) -> tuple[str, str]:
    """Body and content type: events as JSON, interactions as a form with `payload`, commands as a form."""
    if kind == "interactive":
        return urlencode({"payload": json.dumps(payload)}), _FORM
    if kind == "slash_commands":
        return urlencode(payload), _FORM
    return json.dumps(payload), _JSON


class RequestUrls:
    """Posts to request URLs; an answer later than `ack_seconds` is a failure."""

    def __init__(self, ack_seconds: float) -> None:
        self._ack_seconds = ack_seconds
        self._client = httpx.AsyncClient(timeout=ack_seconds, trust_env=False)

    async def send(self, app: AppConfig, kind: str, payload: Json, retry: tuple[int, str] | None) -> Outcome:
        """One attempt. `retry` is the number of the retry and the reason of the failure before it."""
        if app.request_url is None:
            return Outcome(False, "connection_failed")
        body, content_type = encode(kind, payload)
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": sign(app.signing_secret, timestamp, body),
        }
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry[0]), "X-Slack-Retry-Reason": retry[1]}
        started = time.monotonic()
        try:
            response = await self._client.post(app.request_url, content=body.encode(), headers=headers)
        except httpx.TimeoutException:
            return Outcome(False, "http_timeout", seconds=time.monotonic() - started)
        except httpx.HTTPError:
            return Outcome(False, "connection_failed", seconds=time.monotonic() - started)
        return _outcome(response, time.monotonic() - started, self._ack_seconds)

    async def close(self) -> None:
        await self._client.aclose()


def _outcome(response: httpx.Response, seconds: float, ack_seconds: float) -> Outcome:
    no_retry = response.headers.get("x-slack-no-retry") == "1"
    if seconds > ack_seconds:
        return Outcome(False, "http_timeout", response.status_code, no_retry=no_retry, seconds=seconds)
    if not 200 <= response.status_code < 300:
        return Outcome(False, "http_error", response.status_code, no_retry=no_retry, seconds=seconds)
    return Outcome(True, None, response.status_code, _answer(response), no_retry, seconds)


def _answer(response: httpx.Response) -> Json | None:
    if not response.text.strip():
        return None
    try:
        parsed = response.json()
    except ValueError:
        return {"text": response.text}
    return parsed if isinstance(parsed, dict) else {"text": response.text}
