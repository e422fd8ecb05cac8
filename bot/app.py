"""Builds the Bolt app: the one place where objects are wired for Slack."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event, Thread

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler, RateLimitErrorRetryHandler
from sqlalchemy.exc import OperationalError

from bot import middleware, routes
from bot.catching_up import catch_up
from bot.context import BotContext
from bot.handlers import messages
from bot.handlers.errors import new_reference
from bot.knowledge import Knowledge
from workers import inbox
from workers.app import create_app
from workers.service_desk import NotSetUp, ServiceDesk
from workers.store.columns import now

log = structlog.get_logger(__name__)

SWEEP_EVERY_S = 3.0
SWEEP_MARGIN = timedelta(seconds=10)  # what is on its way when a connection breaks
LOOK_BACK = timedelta(hours=24)  # after a longer pause, nobody expects an answer from a machine any more
CONCURRENT_MESSAGES = 8


class Bot:
    """The running bot: Bolt's app, and what starts and stops with it."""

    def __init__(self, desk: ServiceDesk) -> None:
        self.desk = desk
        self.client = _client(desk)
        self.context = _context(desk, self.client)
        self.bolt = _bolt(desk, self.client, self.context)
        self._stopping = Event()
        self._socket: SocketModeHandler | None = None

    def start(self) -> None:
        """Warm up, connect by Socket Mode when there is an app token, and look after what was left unfinished."""
        create_app(self.desk.settings)
        self.context.knowledge.answer("warm up", frozenset({"everyone"}), 0.05)
        Thread(target=self._sweep, name="inbox-sweep", daemon=True).start()
        app_token = self.desk.settings.slack_app_token
        if app_token is not None:
            self._socket = SocketModeHandler(self.bolt, app_token.get_secret_value(), web_client=self.client)
            self._socket.connect()  # type: ignore[no-untyped-call]  # Bolt's

    def stop(self) -> None:
        """Hang up; messages that are being handled are swept up after the next start."""
        self._stopping.set()
        if self._socket is not None:
            self._socket.close()  # type: ignore[no-untyped-call]  # Bolt's

    @property
    def is_connected(self) -> bool:
        """Whether events can reach us: always by HTTP, by Socket Mode while a connection is up."""
        return self._socket is None or bool(self._socket.client.is_connected())

    def _sweep(self) -> None:
        session, heard_until = None, self._heard_before()
        while not self._stopping.is_set():
            try:
                self.handle_stale()
                if self.is_connected and self._session() != session:
                    session = self._session()
                    catch_up(self.context, self.client, heard_until)
                if self.is_connected:
                    heard_until = now() - SWEEP_MARGIN
            except OperationalError as error:
                log.error("database_away", why=str(error.orig))
            except (SlackApiError, OSError) as error:
                log.warning("slack_away", why=str(error))
            self._stopping.wait(SWEEP_EVERY_S)

    def _session(self) -> str:
        """Which connection we hear through; another one means that there was a gap."""
        return str(self._socket.client.session_id()) if self._socket else "http"

    def _heard_before(self) -> datetime:
        """Up to when the process before us heard everything, as far as we look back."""
        with self.desk.store.read() as session:
            last = inbox.last_claimed_at(session, self.context.workspace)
        return max(last or now(), now() - LOOK_BACK) - SWEEP_MARGIN

    def handle_stale(self) -> int:
        """Handle messages that a dead process claimed and never finished; gives their number."""
        rows = inbox.take_stale(self.desk.store)
        for row in rows:
            try:
                messages.handle(self.context, self.client, row.id, row.event)
            except Exception as error:
                # One message that cannot be handled must not stop the others; after some tries it is given up.
                log.error("unknown_error", reference=new_reference(), inbox=row.id, exc_info=error)
        return len(rows)


def _client(desk: ServiceDesk) -> WebClient:
    token = desk.settings.slack_bot_token
    if token is None:
        raise NotSetUp("SLACK_BOT_TOKEN is not set. Set it, or start `deskhand up` to use the local Slack.")
    retries = [ConnectionErrorRetryHandler(max_retry_count=1), RateLimitErrorRetryHandler(max_retry_count=1)]
    base_url = desk.settings.slack_api_url
    return WebClient(token=token.get_secret_value(), base_url=base_url, timeout=10, retry_handlers=retries)


def _context(desk: ServiceDesk, client: WebClient) -> BotContext:
    me = client.auth_test()
    workspace = str(me["team_id"])
    desk.set_up(workspace)
    return BotContext(
        desk=desk,
        knowledge=Knowledge.of(desk),
        workspace=workspace,
        user_id=str(me["user_id"]),
        bot_id=str(me["bot_id"]),
    )


def _bolt(desk: ServiceDesk, client: WebClient, context: BotContext) -> App:
    secret = desk.settings.slack_signing_secret
    socket_mode = desk.settings.slack_app_token is not None
    if secret is None and not socket_mode:
        raise NotSetUp(
            "Set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for events by HTTP; neither is set."
        )
    app = App(
        name="deskhand",
        client=client,
        # Requests that come through a socket carry no signature; with HTTP it is always checked.
        signing_secret=secret.get_secret_value() if secret else None,
        request_verification_enabled=secret is not None,
        token_verification_enabled=False,
        listener_executor=ThreadPoolExecutor(CONCURRENT_MESSAGES, thread_name_prefix="bolt"),
    )
    app.use(middleware.give_context(context))
    routes.register(app)
    return app
