"""Hand events and interactions to apps: which door, retries, the journal, and misbehaviour."""

import asyncio
from typing import Any

from bot.local_slack.clock import Clock, new_id
from bot.local_slack.config import AppConfig, WorkspaceConfig
from bot.local_slack.delivery.envelopes import event_callback
from bot.local_slack.delivery.events import subscription
from bot.local_slack.delivery.http import RequestUrls
from bot.local_slack.delivery.journal import Journal
from bot.local_slack.delivery.misbehaviour import Misbehaviour
from bot.local_slack.delivery.outcome import Outcome
from bot.local_slack.delivery.sockets import Sockets
from bot.local_slack.jsontypes import Json


class Deliverer:
    """Delivers to the request URL of an app that has one, else through its sockets."""

    def __init__(self, config: WorkspaceConfig, clock: Clock, journal: Journal) -> None:
        self._config = config
        self._clock = clock
        self._journal = journal
        self.misbehaviour = Misbehaviour()
        self.sockets = Sockets(config.ack_seconds)
        self._urls = RequestUrls(config.ack_seconds)
        self._tasks: set[asyncio.Task[None]] = set()
        self._sent: dict[str, tuple[AppConfig, Json]] = {}

    def event(self, app: AppConfig, event: Json) -> None:
        """Deliver an event in the background, if the app subscribed to it."""
        if subscription(event) not in app.events:
            return
        self._schedule(app, event, new_id("Ev0"))
        if self.misbehaviour.duplicate():
            self._schedule(app, event, new_id("Ev0"))

    def redeliver(self, event_id: str) -> bool:
        """Send an event again as a first retry; False when it is not known."""
        app, body = self._sent.get(event_id, (None, None))
        if app is None or body is None:
            return False
        self._spawn(self._attempts(app, body, [(1, "http_timeout")]))
        return True

    async def interaction(self, app: AppConfig, kind: str, payload: Json) -> Outcome:
        """Deliver an interaction or command, once, and wait for its acknowledgement."""
        return await self._attempt(app, kind, payload, None)

    async def url_verification(self, app: AppConfig) -> bool:
        """Ask the request URL to repeat a challenge, as Slack does when it is entered."""
        challenge = new_id("challenge")
        payload = {"type": "url_verification", "token": "local-verification-token", "challenge": challenge}
        outcome = await self._attempt(app, "events_api", payload, None)
        return outcome.ok and challenge in (outcome.payload or {}).values()

    async def close(self) -> None:
        """Stop retries and close connections."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for app in self._config.apps:
            await self.sockets.drop(app.app_id)
        await self._urls.close()

    def _schedule(self, app: AppConfig, event: Json, event_id: str) -> None:
        body = event_callback(app, self._config.team_id, event, event_id, int(self._clock.now()))
        self._sent[event_id] = (app, body)
        while len(self._sent) > 2000:
            self._sent.pop(next(iter(self._sent)))
        again = self.misbehaviour.again()
        self._spawn(self._first_and_retries(app, body, self.misbehaviour.delay(), again=again))

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _first_and_retries(self, app: AppConfig, body: Json, delay: float, *, again: bool) -> None:
        if delay:
            await asyncio.sleep(delay)
        outcome = await self._attempt(app, "events_api", body, None)
        if again and outcome.ok:
            await self._attempt(app, "events_api", body, (1, "http_timeout"))
        if outcome.ok or outcome.no_retry:
            return
        reasons = [(n, outcome.reason or "unknown_error") for n in range(1, len(self._config.retry_delays) + 1)]
        await self._attempts(app, body, reasons)

    async def _attempts(self, app: AppConfig, body: Json, retries: list[tuple[int, str]]) -> None:
        for number, reason in retries:
            await asyncio.sleep(self._config.retry_delays[number - 1] * self._config.time_scale)
            outcome = await self._attempt(app, "events_api", body, (number, reason))
            if outcome.ok or outcome.no_retry:
                return

    async def _attempt(self, app: AppConfig, kind: str, payload: Json, retry: tuple[int, str] | None) -> Outcome:
        if self.misbehaviour.silent:
            outcome = Outcome(False, "silenced", no_retry=True)
        elif app.request_url:
            outcome = await self._urls.send(app, kind, payload, retry)
        else:
            outcome = await self.sockets.send(app, kind, payload, retry)
        event = payload.get("event") or {}
        self._journal.note(
            "delivery",
            self._clock.now(),
            app=app.app_id,
            door="http" if app.request_url else "socket",
            type=kind,
            name=event.get("type") or payload.get("type") or payload.get("command"),
            subtype=event.get("subtype"),
            event_id=payload.get("event_id"),
            retry=retry[0] if retry else 0,
            ok=outcome.ok,
            reason=outcome.reason,
            status=outcome.status,
            seconds=round(outcome.seconds, 4),
            payload=payload,
        )
        return outcome
