"""One ticket: what was said, what can be done, and why the machine did what it did."""

from collections.abc import Awaitable, Callable
from typing import get_args

from nicegui import events, ui
from sqlalchemy.orm import Session

from bot.console.access import Console, Visit
from bot.console.layout import Live, ask, card, frame, pairs, tag
from bot.console.pages.composer import Composer
from bot.console.pages.explained import explanation
from bot.console.pages.parts import audit_lines, choose, receipt_panel
from bot.console.views import ticket as views
from bot.console.views.queue import team_name
from bot.console.views.ticket import EntryView, TicketView
from bot.console.words import Tone, plain
from workers.desk import Impact, Urgency
from workers.handbook import Handbook
from workers.routing.explaining import Why
from workers.store.columns import now
from workers.store.tables import Person, Ticket
from workers.tickets import queries, states, work

Change = Callable[[Session, Handbook, Ticket, Person], object]
_STATUS_TONE: dict[str, Tone] = {
    states.TRIAGE: "warn", states.ASSIGNED: "info", states.IN_PROGRESS: "info", states.RESOLVED: "good",
    states.CLOSED: "good",
}  # fmt: skip
_PRIORITY_TONE: dict[str, Tone] = {"P1": "bad", "P2": "warn"}
_AUTHOR_WORDS = {
    "from-employee": "{} wrote",
    "to-employee": "{} to the employee",
    "note": "{}, internal note",
    "event": "{}",
}


def register(console: Console) -> None:
    """Add the page."""
    console.page("/tickets/{ticket_id:int}", "Ticket", build)


async def build(visit: Visit) -> None:
    """The page of the ticket that the address names."""
    page = _TicketPage(visit, int(visit.request.path_params["ticket_id"]))
    view = await visit.read(page.look)
    with frame(visit, "Tickets", view.reference), ui.element("div").classes("dh-split"):
        with ui.element("div").classes("dh-stack"):
            await page.story.show()
            Composer(view.requester, page.act).draw()
        with ui.element("div").classes("dh-stack"):
            await page.side.show()


class _TicketPage:
    def __init__(self, visit: Visit, ticket_id: int) -> None:
        self.visit, self.ticket_id, self.handbook = visit, ticket_id, visit.console.handbook
        self.shows_audit = False
        self.explained: Why | None = None  # computed when asked for
        # Two parts: what an agent is writing stands between them and is never redrawn.
        self.story, self.side = Live(visit, self.look, self._draw_story), Live(visit, self.look, self._draw_side)

    def look(self, session: Session, person: Person) -> TicketView:
        return views.look(session, person, self.handbook, self.ticket_id, now())

    async def act(self, change: Change, done: str) -> bool:
        """One change in one transaction, on the ticket as it is then."""

        def action(session: Session, person: Person) -> object:
            ticket = queries.get(session, person.workspace, self.ticket_id, lock=True)
            return change(session, self.handbook, ticket, person)

        was_done = await self.visit.act(action, done, lane=f"ticket:{self.ticket_id}")
        await self.story.look_again()
        await self.side.look_again()
        return was_done

    def _draw_story(self, view: TicketView) -> None:
        with card(test_id="story"):
            with ui.element("div").classes("dh-row"):
                tag(view.priority, _PRIORITY_TONE.get(view.priority, "calm"))
                tag(view.status_words, _STATUS_TONE.get(view.status, "calm"), "status")
                for promise in view.promises:
                    tag(f"{promise.name}: {promise.words}", promise.tone, "promise")
            ui.label(view.text).classes("dh-text").props('data-testid="text"')
            if view.tried_article:
                ui.label(f"The nearest article: “{view.tried_article}”.").classes("dh-soft dh-small")
        with card("History", "history"):
            if not view.entries:
                ui.label("Nobody has written or done anything yet.").classes("dh-soft")
            for entry in view.entries:
                _draw_entry(entry)

    def _draw_side(self, view: TicketView) -> None:
        with card("What to do", "actions"):
            with ui.element("div").classes("dh-row"):
                self._buttons(view)
        with card("Details", "details"):
            pairs(view.details)
        with card("Why?", "why"):
            for receipt in view.receipts:
                receipt_panel(receipt)
            if not view.receipts:
                ui.label("No automation has decided anything about this ticket.").classes("dh-soft")
        with card("What speaks for its label", "explained"):
            if self.explained is None:
                ui.button("Explain", icon="lightbulb", on_click=self._explain).props(
                    'outline no-caps data-testid="do-explain"'
                )
            else:
                explanation(self.explained, view.label)
        with card():
            title = f"Audit log ({len(view.audit)})"
            with ui.expansion(title, value=self.shows_audit, on_value_change=self._show_audit) as lines:
                audit_lines(view.audit)
            lines.classes("full-width").props('dense data-testid="ticket-audit"')

    async def _explain(self) -> None:
        explainer = self.visit.console.explainer

        def look(session: Session, person: Person) -> None:
            self.explained = explainer.ticket(session, person, self.ticket_id)

        if await self.visit.act(look, "Here is what the model goes by."):
            self.side.redraw()

    def _show_audit(self, event: events.ValueChangeEventArguments[bool]) -> None:
        self.shows_audit = event.value  # it stays open when the page is drawn again

    def _buttons(self, view: TicketView) -> None:
        offered: list[tuple[str, str, str, Callable[[], Awaitable[object]]]] = [
            ("claim", "Claim", "claim", lambda: self.act(work.claim, "It is yours now.")),
            ("continue", "Continue", "continue", lambda: self.act(_carry_on, "The clock goes on.")),
            ("resolve", "Resolve…", "resolve", self._resolve),
            ("reopen", "Reopen", "reopen", lambda: self.act(work.reopen, "Open again, with its team.")),
            ("hold", "Put on hold", "hold", lambda: self.act(work.hold, "On hold until the employee answers.")),
            ("release", "Give back", "release", lambda: self.act(work.release, "Back with the team.")),
            ("assign", "Team…", "reassign", lambda: self._reassign(view)),
            ("assign", "Label…", "relabel", lambda: self._relabel(view)),
            ("assign", "Priority…", "priority", lambda: self._prioritise(view)),
        ]
        first = True
        for move, words, test_id, step in offered:
            if move in view.moves:
                look = "unelevated" if first else "outline"
                ui.button(words, on_click=step).props(f'{look} no-caps data-testid="do-{test_id}"')
                first = False

    async def _resolve(self) -> None:
        hint = "The employee reads this in Slack and is asked whether it solved the problem."
        words = await ask(self.visit, "Resolve", hint, "Resolve", words="How was it solved?")
        if words is not None:
            await self.act(lambda s, h, t, p: work.resolve(s, h, t, p, words), "Resolved. The employee is told.")

    async def _reassign(self, view: TicketView) -> None:
        teams = {team.id: team.name for team in self.handbook.desk.teams}
        team = await choose(self.visit, "Hand over to a team", teams, view.team, "Hand over")
        if team is not None:
            await self.act(lambda s, h, t, p: work.reassign(s, h, t, p, team), f"Handed over to {teams[team]}.")

    async def _relabel(self, view: TicketView) -> None:
        labels = {
            label.id: f"{label.name} → {team_name(self.handbook, label.team)}"
            for label in self.handbook.taxonomy.labels
        }
        label = await choose(
            self.visit, "What is it about? The next model learns from this.", labels, view.label, "Set"
        )
        if label is not None:
            await self.act(
                lambda s, h, t, p: work.relabel(s, h, t, p, label), "Label set; the ticket is with its team."
            )

    async def _prioritise(self, view: TicketView) -> None:
        options = {
            f"{impact}/{urgency}": f"{plain(impact)} affected, {urgency} urgency → "
            f"{self.handbook.desk.priority(impact, urgency)}"
            for impact in get_args(Impact)
            for urgency in get_args(Urgency)
        }
        now_is = f"{view.impact}/{view.urgency}"
        chosen = await choose(self.visit, "Priority from impact and urgency", options, now_is, "Set")
        if chosen is not None:
            impact, urgency = chosen.split("/")
            await self.act(
                lambda s, h, t, p: work.change_priority(s, h, t, p, impact, urgency), "Priority and promises are set."
            )


def _carry_on(session: Session, handbook: Handbook, ticket: Ticket, agent: Person) -> None:
    work.carry_on(session, handbook, ticket, agent.handle)


def _draw_entry(entry: EntryView) -> None:
    with ui.element("div").classes(f"dh-entry dh-{entry.side}").props(f'data-testid="entry-{entry.side}"'):
        author = _AUTHOR_WORDS[entry.side].format(entry.author)
        if entry.side == "event":
            ui.label(f"{entry.text.capitalize()} · {author} · {entry.when}")
            return
        ui.label(f"{author} · {entry.when}").classes("dh-soft dh-small")
        ui.label(entry.text).classes("dh-text")
