"""Socket Mode: connections opened by the app, envelopes, acknowledgements."""

import asyncio
import itertools
import json
import secrets
import time
import uuid
from dataclasses import dataclass, field

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.local_slack.config import AppConfig
from bot.local_slack.delivery.outcome import Outcome
from bot.local_slack.errors import SlackApiError
from bot.local_slack.jsontypes import Json

MAX_CONNECTIONS = 10
TICKET_SECONDS = 30.0


@dataclass(eq=False)
class _Connection:
    app_id: str
    socket: WebSocket
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def send(self, message: Json) -> None:
        async with self.sending:
            await self.socket.send_text(json.dumps(message))


class Sockets:
    """All open Socket Mode connections, by app."""

    def __init__(self, ack_seconds: float) -> None:
        self._ack_seconds = ack_seconds
        self._tickets: dict[str, tuple[str, float]] = {}
        self._open: dict[str, list[_Connection]] = {}
        self._unacknowledged: dict[str, asyncio.Future[Json]] = {}
        self._turn = itertools.count()

    def give_ticket(self, app_id: str) -> str:
        """A ticket for one connection. Raises too_many_websockets at ten connections."""
        if self.count(app_id) >= MAX_CONNECTIONS:
            raise SlackApiError("too_many_websockets")
        ticket = secrets.token_urlsafe(24)
        self._tickets[ticket] = (app_id, time.monotonic())
        return ticket

    def count(self, app_id: str) -> int:
        return len(self._open.get(app_id, []))

    async def serve(self, socket: WebSocket, ticket: str) -> None:
        """One connection from hello to its end; a ticket that is unknown, old or used is refused."""
        app_id, given = self._tickets.pop(ticket, ("", 0.0))
        if not app_id or time.monotonic() - given > TICKET_SECONDS:
            await socket.close(code=1008)
            return
        await socket.accept()
        connection = _Connection(app_id, socket)
        await connection.send(self._hello(app_id))
        self._open.setdefault(app_id, []).append(connection)
        try:
            while True:
                self._acknowledge(await socket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            self._forget(connection)

    async def send(self, app: AppConfig, kind: str, payload: Json, retry: tuple[int, str] | None) -> Outcome:
        """One attempt through one of the app's connections, waiting for its acknowledgement."""
        connections = self._open.get(app.app_id, [])
        if not connections:
            return Outcome(False, "connection_failed")
        connection = connections[next(self._turn) % len(connections)]
        envelope_id = str(uuid.uuid4())
        envelope: Json = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry[0] if retry else 0, "retry_reason": retry[1] if retry else ""}
        return await self._exchange(connection, envelope_id, envelope)

    async def disconnect(self, app_id: str, reason: str) -> int:
        """Tell every connection to come again (`warning`, `refresh_requested`) and close it."""
        connections = list(self._open.get(app_id, []))
        for connection in connections:
            await connection.send({"type": "disconnect", "reason": reason, "debug_info": {"host": "local"}})
            await self._close(connection)
        return len(connections)

    async def drop(self, app_id: str) -> int:
        """Close every connection without a word."""
        connections = list(self._open.get(app_id, []))
        for connection in connections:
            await self._close(connection)
        return len(connections)

    async def _exchange(self, connection: _Connection, envelope_id: str, envelope: Json) -> Outcome:
        acknowledged: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._unacknowledged[envelope_id] = acknowledged
        started = time.monotonic()
        try:
            await connection.send(envelope)
            answer = await asyncio.wait_for(acknowledged, self._ack_seconds)
        except TimeoutError:
            return Outcome(False, "timeout", seconds=time.monotonic() - started)
        except (WebSocketDisconnect, RuntimeError):
            # Starlette reports a send on a socket that is closing as a RuntimeError.
            self._forget(connection)
            return Outcome(False, "connection_failed", seconds=time.monotonic() - started)
        finally:
            self._unacknowledged.pop(envelope_id, None)
        payload = answer.get("payload")
        return Outcome(True, None, None, payload if isinstance(payload, dict) and payload else None)

    def _acknowledge(self, text: str) -> None:
        try:
            message = json.loads(text)
        except ValueError:
            return
        waiting = self._unacknowledged.get(message.get("envelope_id", "")) if isinstance(message, dict) else None
        if waiting and not waiting.done():
            waiting.set_result(message)

    def _hello(self, app_id: str) -> Json:
        return {
            "type": "hello",
            "num_connections": self.count(app_id) + 1,
            "debug_info": {"host": "local", "approximate_connection_time": 3600},
            "connection_info": {"app_id": app_id},
        }

    async def _close(self, connection: _Connection) -> None:
        self._forget(connection)
        try:
            await connection.socket.close()
        except RuntimeError:
            # The other side was faster.
            pass

    def _forget(self, connection: _Connection) -> None:
        connections = self._open.get(connection.app_id, [])
        if connection in connections:
            connections.remove(connection)
