"""A small HTTP server that follows Slack's Web API as far as the messenger calls it, and can be told to misbehave."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Answer = dict[str, Any]


@dataclass
class Fault:
    """How one call goes wrong. `after_taking`: the message is there all the same."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False
    silent_s: float = 0.0
    after_taking: bool = False


@dataclass
class Slack:
    """The workspace behind the server."""

    url: str
    channels: dict[str, str] = field(default_factory=lambda: {"it-network": "C0NETWORK", "general": "C0GENERAL"})
    joined: set[str] = field(default_factory=set)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    page_size: int = 1

    def misbehave(self, method: str, *faults: Fault) -> None:
        """The next calls of this method go wrong."""
        self.faults.setdefault(method, []).extend(faults)

    def called(self, method: str) -> list[dict[str, Any]]:
        """The arguments of every call of this method."""
        return [arguments for name, arguments in self.calls if name == method]

    def texts(self) -> list[str]:
        """What was posted, in order."""
        return [message["text"] for message in self.messages]

    def answer(self, method: str, given: dict[str, Any]) -> Answer:
        """What Slack would say."""
        match method:
            case "chat.postMessage":
                return self._post(given)
            case "chat.update":
                return {"ok": True, "channel": given["channel"], "ts": given["ts"]}
            case "conversations.open":
                return {"ok": True, "channel": {"id": "D" + given["users"][1:]}}
            case "conversations.join":
                self.joined.add(given["channel"])
                return {"ok": True}
            case "conversations.list":
                return self._list(int(given.get("cursor") or 0))
            case "conversations.history" | "conversations.replies":
                return self._history(given)
            case "chat.postEphemeral" | "views.open" | "views.publish":
                return {"ok": True}
            case "chat.getPermalink":
                return {"ok": True, "permalink": f"https://x.slack.com/{given['channel']}/{given['message_ts']}"}
        return {"ok": False, "error": "unknown_method"}

    def _post(self, given: dict[str, Any]) -> Answer:
        if given["channel"][:1] not in "CDU":
            return {"ok": False, "error": "channel_not_found"}
        ts = f"{time.time():.6f}"
        self.messages.append(given | {"ts": ts})
        return {"ok": True, "channel": given["channel"], "ts": ts}

    def _list(self, start: int) -> Answer:
        rows = [{"id": id_, "name": name, "is_member": id_ in self.joined} for name, id_ in self.channels.items()]
        more = str(start + self.page_size) if start + self.page_size < len(rows) else ""
        page = rows[start : start + self.page_size]
        return {"ok": True, "channels": page, "response_metadata": {"next_cursor": more}}

    def _history(self, given: dict[str, Any]) -> Answer:
        found = [
            message
            for message in self.messages
            if message["channel"] == given["channel"]
            and float(message["ts"]) >= float(given["oldest"])
            and message.get("thread_ts") == given.get("ts")
        ]
        return {"ok": True, "messages": found}


@contextmanager
def serve_slack() -> Iterator[Slack]:
    """The server on a free port, for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            parts = urlsplit(self.path)
            given = dict(parse_qsl(parts.query)) | (json.loads(body) if body.startswith("{") else dict(parse_qsl(body)))
            method = parts.path.removeprefix("/api/")
            slack.calls.append((method, given))
            waiting = slack.faults.get(method)
            fault = waiting.pop(0) if waiting else None
            if fault is None or fault.after_taking:
                answer = slack.answer(method, given)
            if fault is None:
                self._send(200, json.dumps(answer), {"Content-Type": "application/json"})
                return
            time.sleep(fault.silent_s)
            if fault.hang_up:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            self._send(fault.status, fault.body, fault.headers)

        def _send(self, status: int, body: str, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body.encode()))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing on the terminal."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that did not wait for the answer is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    slack = Slack(f"http://127.0.0.1:{server.server_address[1]}/api/")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield slack
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
