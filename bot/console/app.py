"""Mounts the web console for agents and admins on a FastAPI app."""

from collections.abc import Callable

from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui
from starlette.responses import RedirectResponse

from bot.console import sign_in_pages, trouble
from bot.console.access import Console
from bot.console.headers import SafeHeaders
from bot.console.pages import (
    article_report,
    articles,
    audit,
    automations,
    drift,
    gap,
    gaps,
    gate,
    labelling,
    model,
    models,
    replay,
    search,
    shadow,
    start,
    ticket,
    tickets,
)
from bot.console.sign_in_pages import PREFIX
from bot.knowledge import Knowledge
from workers.routing.explaining import Explainer
from workers.service_desk import ServiceDesk
from workers.training.runs import Kind

RECONNECT_S = 20.0  # a laptop that wakes up keeps its page


def mount(
    app: FastAPI,
    desk: ServiceDesk,
    knowledge: Knowledge,
    *,
    request_training: Callable[[str, str, Kind], int],
    resume_training: Callable[[str, str, int], None],
    send: Callable[[str], None],
) -> None:
    """Serve the console under `/console`, its sign-in pages included; `/` leads there. Once a process.

    `knowledge` is the process's own view of the served articles; it is loaded when a page first needs it.
    `request_training(workspace, handle, kind)` asks for a challenger, tells a worker, and gives the training's number;
    `resume_training(workspace, handle, number)` has a worker go on with one.
    `send(lane)` starts to deliver what an action has put into that lane of the outbox, and returns at once.
    """
    console = Console(desk, knowledge, request_training, resume_training, send, Explainer(desk, knowledge.encode))
    nicegui_app.on_page_exception(trouble.show)

    @app.get("/")
    def to_console() -> RedirectResponse:
        return RedirectResponse(f"{PREFIX}/")

    app.include_router(sign_in_pages.router(desk))
    app.add_middleware(SafeHeaders)
    pages = (
        start, tickets, ticket, articles, search, gate, gaps, gap, article_report, labelling, models, model, shadow,
        replay, drift, automations, audit,
    )  # fmt: skip
    for page in pages:
        page.register(console)
    ui.run_with(
        app,
        mount_path=PREFIX,
        title=desk.handbook.desk.name,
        favicon="🛎️",
        dark=None,
        language="en-US",
        tailwind=False,
        reconnect_timeout=RECONNECT_S,
        show_welcome_message=False,
    )
