"""The web side of one process: events from Slack, pages for accounts, the console, health and metrics."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.app import Bot
from bot.knowledge import Knowledge
from bot.self_service.routes import router as self_service
from workers import outbox, tasks
from workers.service_desk import ServiceDesk
from workers.store import schema
from workers.training import runs

LARGEST_EVENT = 1_000_000  # bytes; Slack's are far smaller


def build_web(desk: ServiceDesk, bot: Bot | None, *, with_console: bool) -> FastAPI:
    """One ASGI app. A cluster runs bot and console apart, one machine runs both behind one address."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if bot is not None:
            await run_in_threadpool(bot.start)
        yield
        if bot is not None:
            await run_in_threadpool(bot.stop)

    web = FastAPI(title="Deskhand", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    _health(web, desk, bot)
    if bot is not None and desk.settings.slack_signing_secret is not None:
        _events(web, bot)  # without the secret nobody could tell Slack's requests from anybody else's
    web.include_router(
        self_service(desk.store, desk.directory, desk.handbook.desk, desk.runbooks, desk.settings.public_url)
    )
    if with_console:
        web.add_api_route("/", lambda: RedirectResponse("/console/"), methods=["GET"])
        from bot.console.app import mount  # a bot without console does not load its toolkit

        mount(
            web,
            desk,
            bot.context.knowledge if bot else Knowledge.of(desk),  # one copy of the index in a process
            request_training=lambda workspace, by, kind: ask_for_training(desk, workspace, by, kind),
            resume_training=lambda workspace, by, run_id: resume_training(desk, workspace, by, run_id),
            send=lambda lane: outbox.start_delivery(desk.store, desk.messenger, lane),
        )
    return web


def ask_for_training(desk: ServiceDesk, workspace: str, by: str, kind: runs.Kind) -> int:
    """Write the request down and hand it to a worker; gives the run's id."""
    with desk.store.begin() as session:
        run = runs.request(session, workspace, by, kind)
    tasks.hand_over(tasks.train, run.id)
    return run.id


def resume_training(desk: ServiceDesk, workspace: str, by: str, run_id: int) -> None:
    """Have a worker go on with a training that was cancelled or failed."""
    with desk.store.begin() as session:
        runs.resume(session, workspace, run_id, by)
    tasks.hand_over(tasks.train, run_id)


def _events(web: FastAPI, bot: Bot) -> None:
    @web.post("/slack/events")
    async def slack_events(request: Request) -> Response:
        body = await request.body()
        if len(body) > LARGEST_EVENT:
            return PlainTextResponse("too large", status_code=413)
        # Bolt's own handler would dispatch on the event loop; a claim waits for the database.
        answer = await run_in_threadpool(bot.bolt.dispatch, to_bolt_request(request, body))
        return to_starlette_response(answer)


def _health(web: FastAPI, desk: ServiceDesk, bot: Bot | None) -> None:
    @web.get("/healthz")
    def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @web.get("/readyz")
    def readyz() -> JSONResponse:
        problems = _not_ready(desk, bot)
        return JSONResponse({"ready": not problems, "problems": problems}, status_code=503 if problems else 200)

    @web.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _not_ready(desk: ServiceDesk, bot: Bot | None) -> list[str]:
    problems = []
    try:
        with desk.store.read() as session:
            session.execute(text("SELECT 1"))
        if not schema.is_current(desk.store):
            problems.append("the database's schema is not up to date")
    except SQLAlchemyError as error:
        problems.append(f"the database cannot be reached: {type(error).__name__}")
    if bot is not None and not bot.is_connected:
        problems.append("not connected to Slack")
    if bot is not None and bot.context.knowledge.current() is None:
        problems.append("no article has been indexed yet")
    return problems
