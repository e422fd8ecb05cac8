"""Sends to Slack's Web API; knows rate limits, and which errors another try can heal."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from threading import Lock
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

METADATA_EVENT = "deskhand_delivery"
_RETRYABLE = frozenset({"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"})


@dataclass(frozen=True)
class Sent:
    """Where a message now is."""

    channel: str
    ts: str


@dataclass(frozen=True)
class Channel:
    """A channel as the bot sees it."""

    id: str
    is_joined: bool


class SlackTrouble(Exception):
    """Slack did not take a call; knows whether trying again can help, and when (seconds)."""

    def __init__(self, message: str, can_retry: bool, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.can_retry = can_retry
        self.retry_after = retry_after


class Messenger:
    """The one way to Slack for whatever is sent later."""

    def __init__(self, token: str, base_url: str) -> None:
        # No second try here: the outbox postpones the lane, and asks first whether the message arrived after all.
        self.client = WebClient(token=token, base_url=base_url, timeout=10, retry_handlers=[])
        self._channels: dict[str, Channel] = {}
        self._lock = Lock()

    def send(self, delivery_id: int, method: str, payload: dict[str, Any]) -> Sent:
        """Call the method; raises `SlackTrouble`. The delivery's id travels in the message's metadata."""
        arguments = dict(payload)
        arguments["channel"] = self._channel(arguments)
        if method == "chat.postMessage":
            arguments["metadata"] = {"event_type": METADATA_EVENT, "event_payload": {"delivery": delivery_id}}
            arguments.setdefault("unfurl_links", False)
        answer = self._call(lambda: self.client.api_call(method, json=arguments))
        ts = answer.get("ts") or answer.get("message_ts") or arguments.get("ts") or ""
        return Sent(str(answer.get("channel") or arguments["channel"]), str(ts))

    def find_sent(self, delivery_id: int, payload: dict[str, Any], since: datetime) -> Sent | None:
        """Look whether a delivery in doubt arrived; an update is simply done again."""
        if "ts" in payload:
            return None
        channel, thread = self._channel(dict(payload)), payload.get("thread_ts")
        scope = {
            "channel": channel,
            "oldest": f"{since.timestamp():.6f}",
            "include_all_metadata": True,
            "limit": 200,
        }
        method = "conversations.history" if thread is None else "conversations.replies"
        if thread is not None:
            scope["ts"] = thread
        answer = self._call(lambda: self.client.api_call(method, params=scope))
        for message in answer.get("messages", []):
            metadata = message.get("metadata") or {}
            if metadata.get("event_payload", {}).get("delivery") == delivery_id:
                return Sent(channel, message["ts"])
        return None

    def open_dm(self, slack_id: str) -> str:
        """The id of the bot's direct-message channel with this person."""
        answer = self._call(lambda: self.client.conversations_open(users=slack_id))
        return str(answer["channel"]["id"])

    def permalink(self, channel: str, ts: str) -> str:
        """A link that opens this message."""
        return str(self._call(lambda: self.client.chat_getPermalink(channel=channel, message_ts=ts))["permalink"])

    def _channel(self, payload: dict[str, Any]) -> str:
        """Channel id; a name from the desk file is looked up once, and joined so that replies are heard."""
        if slack_id := payload.pop("dm_with", None):
            return self.open_dm(slack_id)
        name = str(payload["channel"]).removeprefix("#")
        if name[:1] in "CDG" and name.isupper():
            return name
        with self._lock:
            if name not in self._channels:
                self._learn_channels()
            if name not in self._channels:
                raise SlackTrouble(
                    f"there is no channel #{name} that the bot can see: create it, or correct desk.yaml",
                    can_retry=True,
                )
            channel = self._channels[name]
            if not channel.is_joined:
                self._call(lambda: self.client.conversations_join(channel=channel.id))
                self._channels[name] = Channel(channel.id, is_joined=True)
            return channel.id

    def _learn_channels(self) -> None:
        cursor = ""
        while True:
            page = self._call(
                lambda cursor=cursor: self.client.conversations_list(  # type: ignore[misc]  # binds the loop's value
                    types="public_channel,private_channel", exclude_archived=True, limit=200, cursor=cursor
                )
            )
            for channel in page["channels"]:
                is_joined = bool(channel.get("is_member") or channel.get("is_private"))
                self._channels[channel["name"]] = Channel(channel["id"], is_joined)
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    @staticmethod
    def _call(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except SlackApiError as error:
            raise _trouble(error.response) from error
        except (SlackClientError, HTTPException, OSError) as error:
            raise SlackTrouble(f"Slack cannot be reached: {error}", can_retry=True) from error


def _trouble(answer: SlackResponse) -> SlackTrouble:
    """What an answer that is not ok means."""
    said = answer.data if isinstance(answer.data, dict) else {}
    code = str(said.get("error", "something that is no JSON"))
    detail = (said.get("response_metadata") or {}).get("messages") or []
    retry_after = answer.headers.get("Retry-After")
    is_slacks = re.fullmatch(r"[a-z_]+", code) is not None  # else a proxy's page, or an answer that was cut off
    return SlackTrouble(
        f"Slack answered {code}" + (f": {'; '.join(map(str, detail))}" if detail else ""),
        can_retry=code in _RETRYABLE or not is_slacks or answer.status_code == 429 or answer.status_code >= 500,
        retry_after=float(retry_after) if retry_after else None,
    )
