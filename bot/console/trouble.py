"""What somebody sees when a page fails for a reason nobody foresaw: a reference number, and nothing of the inside."""

import structlog
from nicegui import ui

from bot import metrics
from bot.console.sign_in_pages import PREFIX
from bot.handlers.errors import new_reference

log = structlog.get_logger(__name__)


def show(error: Exception) -> None:
    """NiceGUI's error page: log with the reference, tell it, and offer a way on."""
    reference = new_reference()
    metrics.TROUBLE.inc()
    log.error("page_failed", reference=reference, exc_info=error)
    with ui.column().classes("absolute-center items-center").props('data-testid="trouble"'):
        ui.label("This page could not be shown.").classes("text-h5")
        ui.label(f"Nothing was changed. Try again; if it fails again, tell your admin the number {reference}.")
        ui.link("Back to the start page", f"{PREFIX}/")
