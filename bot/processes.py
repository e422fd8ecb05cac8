"""`deskhand bot`, `worker`, `timetable`, `console`: one process each. They load nothing that they do not need."""

import logging
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvicorn

from bot.settings import BotSettings
from workers.settings import Settings

app = typer.Typer(add_completion=False)
NAMES = ("bot", "worker", "timetable", "console", "local-slack")
POOL_THREADS = 4
Port = Annotated[int | None, typer.Option(help="Where to listen; DESKHAND_PORT by default.")]


@app.command("bot")
def bot(
    port: Port = None,
    with_console: Annotated[bool, typer.Option("--with-console", help="Serve the console too.")] = False,
) -> None:
    """The bot: events from Slack, and the pages for accounts."""
    from bot.app import Bot
    from bot.web import build_web
    from workers.service_desk import open_desk

    settings = BotSettings()
    desk = open_desk()
    _log_to_stderr(desk.settings)
    web = build_web(desk, Bot(desk), with_console=with_console)
    uvicorn.run(web, host=settings.host, port=port or settings.port, log_level="warning", access_log=False)


@app.command("console")
def console(port: Port = None) -> None:
    """The web console for agents and admins, without the bot."""
    from bot.web import build_web
    from workers.app import create_app
    from workers.service_desk import open_desk

    settings = BotSettings()
    desk = open_desk()
    _log_to_stderr(desk.settings)
    create_app(desk.settings)
    web = build_web(desk, None, with_console=True)
    uvicorn.run(web, host=settings.host, port=port or settings.port, log_level="warning", access_log=False)


@app.command("worker")
def worker(
    queues: Annotated[str, typer.Option(help="Which queues to work on, with commas.")] = "desk,training",
    threads: Annotated[int, typer.Option(min=1, max=64, help="Tasks at the same time.")] = POOL_THREADS,
) -> None:
    """A worker: labels and routes tickets, sends messages, trains."""
    from workers.app import create_app

    settings = Settings()
    _log_to_stderr(settings)
    # Threads, not forks: the models are loaded once, and inference hangs in a forked child.
    options = ["--pool", "threads", "--concurrency", str(threads), "--queues", queues, "--loglevel", "warning"]
    create_app(settings).worker_main(["worker", *options, "--without-gossip", "--without-mingle"])


@app.command("timetable")
def timetable() -> None:
    """The timetable; a second one waits until the first one's lock is free."""
    from workers.app import run_timetable

    settings = Settings()
    _log_to_stderr(settings)
    run_timetable(settings)


@app.command("local-slack", hidden=True)
def local_slack() -> None:
    """The local Slack, as `deskhand up` starts it."""
    from bot.supervisor.workspace import serve

    serve(Settings(), BotSettings())


def _log_to_stderr(settings: Settings) -> None:
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    logging.basicConfig(level=max(level, logging.WARNING), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    Path(settings.home).mkdir(parents=True, exist_ok=True)
