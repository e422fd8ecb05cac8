"""Automations: owner, tier, limit, switch and evidence of each, and their latest decisions."""

from typing import Any

from nicegui import ui
from sqlalchemy.orm import Session

from bot.console.access import Console, Visit
from bot.console.layout import Live, ask, card, empty, frame, heading, pairs, soft, tag
from bot.console.pages.parts import receipt_panel
from bot.console.views import automations as views
from bot.console.views.automations import AutomationsView, AutomationView
from bot.console.views.receipt import ReceiptView
from workers.governance import automations
from workers.store.columns import now
from workers.store.tables import Person

_COLUMNS: list[dict[str, Any]] = [
    {"name": name, "label": label, "field": name, "align": "left"}
    for name, label in (
        ("automation", "Automation"), ("decision", "Decision"), ("about", "About"), ("when", "When"),
        ("outcome", "Outcome"),
    )
]  # fmt: skip


def register(console: Console) -> None:
    """Add the page."""
    console.page("/automations", "Automations", build, admin=True)


async def build(visit: Visit) -> None:
    """Cards with switches above, decisions below."""
    page = _AutomationsPage(visit)
    with frame(visit, "Automations", "Automations", "What the machine may decide, and who answers for it"):
        await page.live.show()


class _AutomationsPage:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.live = Live(visit, self._look, self._draw)

    def _look(self, session: Session, person: Person) -> AutomationsView:
        return views.look(session, person, self.visit.console.handbook, now())

    def _draw(self, view: AutomationsView) -> None:
        if not view.automations:
            empty("No automation yet", "Name them in desk.yaml, each with an owner and a limit.")
        with ui.element("div").classes("dh-row").style("margin-bottom: .75rem"):
            ui.button("Suspend all…", on_click=lambda: self._suspend("all")).props(
                'outline no-caps color=negative data-testid="suspend-all"'
            )
        with ui.element("div").classes("dh-grid"):
            for automation in view.automations:
                self._draw_one(automation)
        with card("Latest decisions", "decisions").style("margin-top: 1rem"):
            if not view.latest:
                soft("Nothing has been decided yet.")
            else:
                rows = [_row(receipt) for receipt in view.latest]
                table = ui.table(rows=rows, columns=_COLUMNS, row_key="id", pagination=0).classes("dh-table")
                table.props("flat dense hide-pagination").on(
                    "row-click", lambda event: self._explain(event.args[1]["id"])
                )

    def _explain(self, receipt_id: int) -> None:
        receipt = next((one for one in self.live.view.latest if one.id == receipt_id), None)
        if receipt is not None:
            with self.visit.layer, ui.dialog(value=True), card("Why?"):
                receipt_panel(receipt)

    def _draw_one(self, automation: AutomationView) -> None:
        with card(test_id=f"automation-{automation.name}"):
            with ui.element("div").classes("dh-row dh-row-apart"):
                heading(automation.name)
                tag(automation.state, automation.state_tone, "state")
            soft(automation.words)
            if automation.why:
                ui.label(automation.why).classes(f"dh-text dh-{automation.state_tone}").props('data-testid="why"')
            facts = [("Owner", automation.owner), ("Tier", f"{automation.tier}: {automation.tier_words}")]
            pairs([*facts, ("Limit", f"at most {automation.limit} wrong")])
            ui.label(automation.evidence).classes(f"dh-small dh-{automation.evidence_tone}")
            with ui.element("div").classes("dh-row").style("margin-top: auto"):
                self._draw_buttons(automation)

    def _draw_buttons(self, automation: AutomationView) -> None:
        name = automation.name
        if automation.running:
            ui.button("Suspend…", on_click=lambda: self._suspend(name)).props(
                'outline no-caps color=negative data-testid="suspend"'
            )
        else:
            ui.button("Resume", on_click=lambda: self._resume(name)).props('unelevated no-caps data-testid="resume"')
        if automation.can_promote:
            ui.button("Promote…", on_click=lambda: self._move(automation, 1)).props(
                'outline no-caps data-testid="promote"'
            )
        if automation.can_demote:
            ui.button("Demote…", on_click=lambda: self._move(automation, -1)).props(
                'outline no-caps data-testid="demote"'
            )

    async def _suspend(self, name: str) -> None:
        hint = "It stops with its next step, in every process. Others read the reason."
        why = await ask(self.visit, f"Suspend {name}", hint, "Suspend", words="Why?", danger=True)
        if why is not None:
            await self.visit.act(
                lambda s, p: automations.suspend(s, p.workspace, name, p.handle, why), f"Suspended: {name}."
            )
            await self.live.look_again()

    async def _resume(self, name: str) -> None:
        await self.visit.act(lambda s, p: automations.resume(s, p.workspace, name, p.handle), f"{name} runs again.")
        await self.live.look_again()

    async def _move(self, automation: AutomationView, step: int) -> None:
        word = "Promote" if step > 0 else "Demote"
        hint = f"Now on tier {automation.tier} ({automation.tier_words}). {automation.evidence}."
        why = await ask(self.visit, f"{word} {automation.name}", hint, word, words="Why?")
        if why is not None:
            await self.visit.act(
                lambda s, p: automations.move_tier(s, p.workspace, automation.name, step, p.handle, why),
                f"{word}d: {automation.name}.",
            )
            await self.live.look_again()


def _row(receipt: ReceiptView) -> dict[str, Any]:
    return {
        "id": receipt.id, "automation": receipt.automation, "decision": receipt.decision, "about": receipt.about,
        "when": receipt.when, "outcome": receipt.outcome,
    }  # fmt: skip
