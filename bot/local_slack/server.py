"""Build the local Slack as an ASGI app, and run it."""

import socket
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from starlette.websockets import WebSocket

from bot.local_slack.acting.routes import acting
from bot.local_slack.config import WorkspaceConfig
from bot.local_slack.errors import LocalSlackError
from bot.local_slack.hub import Hub
from bot.local_slack.web_api.response_urls import response_urls
from bot.local_slack.web_api.routes import web_api

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8101


def create_app(
    config: WorkspaceConfig, *, base_url: str = f"http://{DEFAULT_HOST}:{DEFAULT_PORT}", page: bool = True
) -> FastAPI:
    """The whole workspace as one app; `base_url` is where others reach it. Its hub is `app.state.hub`.

    Only one app of a process can carry the page, since NiceGUI keeps its own state by process.
    """
    hub = Hub(config, base_url=base_url)

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        yield
        await hub.close()

    app = FastAPI(title="Local Slack", lifespan=running, openapi_url=None)
    app.state.hub = hub
    app.include_router(web_api(hub))
    app.include_router(response_urls(hub))
    app.include_router(acting(hub))

    @app.get("/healthz")
    async def healthz() -> dict[str, bool]:
        return {"ok": True}

    @app.websocket("/link/")
    async def link(socket: WebSocket) -> None:
        await hub.deliverer.sockets.serve(socket, socket.query_params.get("ticket", ""))

    if page:
        # Imported here: the Web API needs no NiceGUI, and importing it takes a second.
        from bot.local_slack.page.mount import mount_page

        mount_page(app, hub)
    return app


class LocalSlack:
    """Runs the workspace: `serve()` in the foreground, or `start()` and `stop()` in a thread of its own."""

    def __init__(
        self,
        config: WorkspaceConfig,
        *,
        host: str = DEFAULT_HOST,
        port: int = DEFAULT_PORT,
        page: bool = True,
    ) -> None:
        self.config = config
        self.host = host
        self.port = port or _free_port(host)
        self._page = page
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        """Where the page is."""
        return f"http://{self.host}:{self.port}"

    @property
    def api_url(self) -> str:
        """What SLACK_API_URL is to be (with a slash at the end, as slack_sdk wants it)."""
        return f"{self.base_url}/api/"

    def serve(self) -> None:
        """Run until interrupted."""
        self._new_server().run()

    def start(self, timeout: float = 15.0) -> None:
        """Run in the background; returns when it answers."""
        server = self._new_server()
        self._thread = threading.Thread(target=server.run, name="local-slack", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + timeout
        while not server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise LocalSlackError(f"the local Slack does not start on {self.base_url}: is the port taken?")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop what `start` started."""
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join(timeout=10)

    def _new_server(self) -> uvicorn.Server:
        app = create_app(self.config, base_url=self.base_url, page=self._page)
        options = uvicorn.Config(
            app,
            host=self.host,
            port=self.port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(options)
        return self._server


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
