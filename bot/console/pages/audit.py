"""The audit log, the proof that nobody changed it, and messages that did not reach Slack."""

from dataclasses import replace
from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

from bot.console.access import Console, Visit
from bot.console.layout import Live, card, empty, frame, soft, tag
from bot.console.views import audit as views
from bot.console.views.audit import AuditFilters, AuditLine, AuditView, FailedDelivery
from bot.console.words import plain
from workers import outbox
from workers.governance import audit
from workers.store.tables import Delivery, Person
from workers.tickets.permissions import NotAllowed

_COLUMNS: list[dict[str, Any]] = [
    {"name": name, "label": label, "field": name, "align": "left"}
    for name, label in (
        ("seq", "No."), ("when", "When"), ("actor", "Who"), ("action", "What"), ("subject", "On what"),
        ("detail", "Detail"), ("hash", "Hash"),
    )
]  # fmt: skip


def register(console: Console) -> None:
    """Add the page."""
    console.page("/audit", "Audit", build, admin=True)


async def build(visit: Visit) -> None:
    """Failed deliveries when there are any, then the log."""
    page = _AuditPage(visit, AuditFilters.from_query(visit.request.query_params))
    with frame(visit, "Audit", "Audit", "Append-only; each entry's hash covers the one before"):
        await page.show()


class _AuditPage:
    def __init__(self, visit: Visit, filters: AuditFilters) -> None:
        self.visit, self.filters = visit, filters
        self.live = Live(visit, self._look, self._draw)

    async def show(self) -> None:
        with ui.element("div").classes("dh-row").style("margin-bottom: .75rem"):
            for field, hint in (("subject", "ticket:42"), ("actor", "mira.holt")):
                ui.input(
                    plain(field), placeholder=hint, value=getattr(self.filters, field),
                    on_change=lambda event, field=field: self._change(**{field: event.value or ""}),
                ).props(f'outlined dense clearable debounce=350 data-testid="filter-{field}"')  # fmt: skip
            self.actions = ui.select([], label="Action", clearable=True, with_input=True).style("min-width: 14rem")
            self.actions.props('outlined dense options-dense data-testid="filter-action"')
            ui.button("Verify the chain", icon="verified_user", on_click=self._verify).props(
                'outline no-caps data-testid="verify"'
            )
            self.verdict = ui.element("div")
        await self.live.show()
        known = {action: plain(action) for action in self.live.view.actions}
        self.actions.set_options(known, value=self.filters.action if self.filters.action in known else None)
        self.actions.on_value_change(lambda event: self._change(action=event.value or ""))

    def _look(self, session: Session, person: Person) -> AuditView:
        return views.look(session, person, self.filters)

    async def _change(self, **values: Any) -> None:
        self.filters = replace(self.filters, before=None) if "before" not in values else self.filters
        self.filters = replace(self.filters, **values)
        query = self.filters.as_query()
        ui.run_javascript(f"history.replaceState(null, '', location.pathname + {'?' + query if query else ''!r})")
        await self.live.look_again()

    async def _verify(self) -> None:
        verdict = await self.visit.read(lambda session, _person: audit.verify(session))
        self.verdict.clear()
        with self.verdict:
            tag(views.verdict_in_words(verdict), "good" if verdict.intact else "bad", "verdict")

    def _draw(self, view: AuditView) -> None:
        if view.failed:
            with card(f"Messages that did not reach Slack ({len(view.failed)})", "failed").style("margin-bottom: 1rem"):
                for delivery in view.failed:
                    self._draw_failed(delivery)
        if not view.lines:
            empty("No entry fits", "Clear a filter to see more.")
            return
        rows = [_row(line) for line in view.lines]
        table = ui.table(rows=rows, columns=_COLUMNS, row_key="seq", pagination=0).classes("dh-table dh-still dh-audit")
        table.props('flat dense wrap-cells hide-pagination data-testid="audit"')
        with ui.element("div").classes("dh-row").style("margin-top: .75rem"):
            if len(rows) == views.PAGE:
                ui.button("Older", on_click=lambda: self._change(before=view.lines[-1].seq)).props("outline no-caps")
            if self.filters.before is not None:
                ui.button("Newest", on_click=lambda: self._change(before=None)).props("flat no-caps")

    def _draw_failed(self, delivery: FailedDelivery) -> None:
        with ui.element("div").classes("dh-row dh-row-apart").props('data-testid="failed-delivery"'):
            with ui.element("div"):
                ui.label(f"{delivery.about}: {delivery.what}").classes("dh-strong")
                soft(f"{delivery.when} · {delivery.error}")
            ui.button("Send again", on_click=lambda: self._send_again(delivery.id)).props(
                'outline no-caps data-testid="send-again"'
            )

    async def _send_again(self, delivery_id: int) -> None:
        await self.visit.act(lambda s, p: send_again(s, p, delivery_id), "It is on its way again.")
        await self.live.look_again()


def send_again(session: Session, person: Person, delivery_id: int) -> None:
    """Give a failed message of the visitor's own workspace another round."""
    delivery = session.get(Delivery, delivery_id)
    if delivery is None or delivery.workspace != person.workspace:
        raise NotAllowed("There is no such message in your workspace.")
    outbox.send_again(session, delivery_id)
    audit.append(session, person.workspace, person.handle, "delivery_sent_again", f"delivery:{delivery_id}")


def _row(line: AuditLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in ("seq", "when", "actor", "action", "subject", "detail", "hash")}
