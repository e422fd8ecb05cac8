"""Where an agent writes: an internal note unless they choose otherwise, and what the employee would read is shown."""

from collections.abc import Awaitable, Callable

from nicegui import ui
from sqlalchemy.orm import Session

from bot.console.layout import card
from workers.handbook import Handbook
from workers.redaction import redact
from workers.store.tables import Person, Ticket
from workers.tickets import correspondence

Change = Callable[[Session, Handbook, Ticket, Person], object]
_NOTE, _REPLY = "note", "reply"


class Composer:
    """One text field for both; switching keeps what was written."""

    def __init__(self, employee: str, act: Callable[[Change, str], Awaitable[bool]]) -> None:
        self._employee, self._act = employee, act

    def draw(self) -> None:
        """Put it here."""
        with card(test_id="composer"):
            kinds = {_NOTE: "Internal note", _REPLY: f"Reply to {self._employee}"}
            self._kind = ui.toggle(kinds, value=_NOTE, on_change=self._show_who_reads).classes("dh-toggle")
            self._kind.props('unelevated no-caps toggle-color=primary data-testid="composer-kind"')
            self._field = ui.textarea(placeholder="Write here…", on_change=self._show_who_reads)
            self._field.props('outlined autogrow data-testid="composer-text"').classes("full-width")
            with ui.element("div").classes("dh-preview").props('data-testid="preview"') as self._preview:
                ui.label(f"{self._employee} will read this in Slack:").classes("dh-soft dh-small")
                self._shown = ui.label().classes("dh-text")
            with ui.element("div").classes("dh-row dh-row-apart"):
                self._readers = ui.label().classes("dh-soft dh-small")
                self._button = ui.button(on_click=self._send).props('unelevated no-caps data-testid="composer-send"')
        self._show_who_reads()

    def _show_who_reads(self) -> None:
        text, replies = (self._field.value or "").strip(), self._kind.value == _REPLY
        self._preview.set_visibility(replies and bool(text))
        self._shown.text = redact(text).text  # as it is sent: passwords and the like are cut out
        self._readers.text = "Goes to the employee." if replies else "Only agents and admins read notes."
        self._button.text = f"Send to {self._employee}" if replies else "Add note"
        self._button.set_enabled(bool(text))

    async def _send(self) -> None:
        text, kind = (self._field.value or "").strip(), self._kind.value
        if not text:
            return
        # Emptied at once: a second click sends nothing, and what is written meanwhile is not lost.
        self._field.value, self._kind.value = "", _NOTE
        if kind == _REPLY:
            done = await self._act(
                lambda s, h, t, p: correspondence.to_employee(s, h, t, p, text), f"Sent to {self._employee}."
            )
        else:
            done = await self._act(lambda s, _h, t, p: correspondence.note(s, t, p, text), "Note added.")
        if not done and not self._field.value:
            self._field.value, self._kind.value = text, kind
