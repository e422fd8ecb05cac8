"""`deskhand bot`, `worker`, `timetable`, `console`: one process each. They load nothing that they do not need."""

from typing import Annotated

import typer
import uvicorn

from bot.logs import to_stderr
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
    to_stderr(desk.settings.log_level)
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
    to_stderr(desk.settings.log_level)
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
    to_stderr(settings.log_level)
    # Threads, not forks: the models are loaded once, and inference hangs in a forked child.
    options = ["--pool", "threads", "--concurrency", str(threads), "--queues", queues, "--loglevel", "warning"]
    create_app(settings).worker_main(["worker", *options, "--without-gossip", "--without-mingle"])


@app.command("timetable")
def timetable() -> None:
    """The timetable; a second one waits until the first one's lock is free."""
    from workers.app import run_timetable

    settings = Settings()
    to_stderr(settings.log_level)
    run_timetable(settings)


@app.command("local-slack", hidden=True)
def local_slack() -> None:
    """The local Slack, as `deskhand up` starts it."""
    from bot.supervisor.workspace import serve

    serve(Settings(), BotSettings())
