"""Parts that several pages show: receipts, audit lines, a choice in a dialog, what is served."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nicegui import ui

from bot.console.access import Console, Visit
from bot.console.layout import answer_of, bar, card, pairs, soft, tag
from bot.console.views.audit import AuditLine
from bot.console.views.receipt import ReceiptView
from bot.console.words import sentence, share
from knowledge_base.answering import Answerer
from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.index import Index


@dataclass(frozen=True)
class NotServed:
    """Why there are no articles to look into, and what to do."""

    title: str
    hint: str


def answerer_of(console: Console) -> Answerer | NotServed:
    """What answers now; may load it, so not on the event loop."""
    try:
        answerer = console.knowledge.current()
    except KnowledgeBaseError as error:
        return NotServed("The index cannot be opened", sentence(str(error)))
    return answerer or NotServed("No article has been indexed yet", "`deskhand kb sync` builds the index.")


def served_index(console: Console) -> Index | None:
    """What is searched now; none when nothing is served. May load it, so not on the event loop."""
    answerer = answerer_of(console)
    return None if isinstance(answerer, NotServed) else answerer.index


def receipt_panel(receipt: ReceiptView) -> None:
    """One decision with its grounds and its outcome."""
    with ui.element("div").classes("dh-stack").style("gap: .6rem").props('data-testid="receipt"'):
        with ui.element("div").classes("dh-row dh-row-apart"):
            ui.label(f"{receipt.automation}: {receipt.decision}").classes("dh-strong")
            tag(receipt.outcome, receipt.outcome_tone, "outcome")
        ui.label(receipt.why).classes("dh-text")
        for name, confidence in receipt.likely[:5]:
            with ui.element("div"):
                with ui.element("div").classes("dh-row dh-row-apart dh-small"):
                    ui.label(name)
                    ui.label(share(confidence)).classes("dh-soft")
                bar(confidence)
        pairs(receipt.facts)
        soft(receipt.when)


def audit_lines(lines: Sequence[AuditLine]) -> None:
    """Entries of the audit log, short."""
    for line in lines:
        with ui.element("div").props('data-testid="audit-line"'):
            ui.label(f"{line.action} · {line.actor}").classes("dh-small dh-strong")
            soft(" · ".join(part for part in (line.when, line.detail) if part)).classes("dh-text")


async def choose(visit: Visit, title: str, options: Mapping[str, str], chosen: str | None, button: str) -> str | None:
    """Ask for one of several; none when the person thought better of it."""
    with visit.layer, ui.dialog() as dialog, card(title):
        field = ui.select(dict(options), value=chosen if chosen in options else None, with_input=True)
        field.props('outlined autofocus data-testid="dialog-choice"').classes("full-width")
        with ui.element("div").classes("dh-row").style("justify-content: flex-end"):
            ui.button("Cancel", on_click=lambda: dialog.submit(None)).props("flat color=grey")
            confirm = ui.button(button, on_click=lambda: dialog.submit(field.value))
            confirm.props('unelevated data-testid="dialog-yes"').bind_enabled_from(field, "value", bool)
    return await answer_of(dialog)
