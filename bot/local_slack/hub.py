"""The workspace together with its deliveries: what every operation works on."""

import asyncio
import logging
import time

from bot.local_slack.clock import Clock
from bot.local_slack.config import AppConfig, WorkspaceConfig
from bot.local_slack.delivery.deliverer import Deliverer
from bot.local_slack.delivery.journal import Journal
from bot.local_slack.errors import LocalSlackError
from bot.local_slack.jsontypes import Json
from bot.local_slack.state import storage
from bot.local_slack.state.channels import Channel
from bot.local_slack.state.triggers import ResponseUrl
from bot.local_slack.state.workspace import Workspace

SAVE_SECONDS = 0.3
SAVE_PAUSES = 20  # times as long as the last save took: a workspace with a long history answers as fast as a new one
_log = logging.getLogger(__name__)


class Hub:
    """State, deliveries and journal of one running workspace; used on one event loop."""

    def __init__(self, config: WorkspaceConfig, *, base_url: str, clock: Clock | None = None) -> None:
        self.config = config
        self.base_url = base_url.rstrip("/")
        self.workspace = Workspace(config, clock)
        self.clock = self.workspace.clock
        self.journal = Journal()
        self.deliverer = Deliverer(config, self.clock, self.journal)
        self._saving: asyncio.Task[None] | None = None
        self._pause = SAVE_SECONDS
        if config.state_file:
            storage.restore(self.workspace, config.state_file)

    def changed(self) -> None:
        """Tell those who look, and save soon."""
        self.workspace.changes.touch()
        if self.config.state_file and (self._saving is None or self._saving.done()):
            self._saving = asyncio.get_running_loop().create_task(self._save_soon())

    def emit(self, event: Json, channel: Channel | None = None) -> None:
        """Deliver an event to every app that may hear it: in a channel, those whose bot is a member."""
        for app in self.config.apps:
            if channel is None or app.bot_user_id in channel.members:
                self.deliverer.event(app, event)

    def trigger(self, user: str, app: AppConfig, view_id: str | None = None) -> str:
        """A new trigger id."""
        return self.workspace.triggers.give(user, app.app_id, self.clock.now(), view_id)

    def response_url(
        self,
        user: str,
        app: AppConfig,
        channel: Channel,
        *,
        source_ts: str | None = None,
        ephemeral: bool = False,
        thread_ts: str | None = None,
    ) -> str:
        """A new response URL for an interaction in a channel."""
        given = ResponseUrl(app.app_id, user, channel.id, self.clock.now(), source_ts, ephemeral, thread_ts)
        return f"{self.base_url}/actions/{self.config.team_id}/{self.workspace.response_urls.give(given)}"

    def permalink(self, channel_id: str, ts: str, thread_ts: str | None = None) -> str:
        """The address of a message; replies carry the root."""
        link = f"{self.base_url}/archives/{channel_id}/p{ts.replace('.', '')}"
        return f"{link}?thread_ts={thread_ts}&cid={channel_id}" if thread_ts and thread_ts != ts else link

    async def close(self) -> None:
        """Stop deliveries and save."""
        await self.deliverer.close()
        if self._saving:
            self._saving.cancel()
        if self.config.state_file:
            storage.write(self.config.state_file, storage.snapshot(self.workspace))

    async def _save_soon(self) -> None:
        await asyncio.sleep(self._pause)
        began = time.monotonic()
        if self.config.state_file:
            try:
                storage.write(self.config.state_file, storage.snapshot(self.workspace))
            except LocalSlackError as error:
                # The workspace goes on in memory; the next change tries again.
                _log.error("conversations are not kept: %s", error)
        self._pause = max(SAVE_SECONDS, SAVE_PAUSES * (time.monotonic() - began))
