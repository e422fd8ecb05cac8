"""The first page: open tickets by team, today, and for admins what is switched off or got stuck."""

from nicegui import ui
from sqlalchemy.orm import Session

from bot.console.access import Console, Visit
from bot.console.layout import Live, bar, card, empty, frame, soft, tag
from bot.console.views import start as views
from bot.console.views.start import StartView, TeamLoad
from bot.console.words import Tone, share
from workers.store.columns import now
from workers.store.tables import Person


def register(console: Console) -> None:
    """Add the page."""
    console.page("/", "Start", build)


async def build(visit: Visit) -> None:
    """Numbers that each lead to what they count."""
    page = _StartPage(visit)
    with frame(visit, "Start", f"Hello, {visit.visitor.name.split()[0]}"):
        await page.live.show()


class _StartPage:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.live = Live(visit, self._look, self._draw)

    def _look(self, session: Session, person: Person) -> StartView:
        return views.look(session, person, self.visit.console.handbook, now())

    def _draw(self, view: StartView) -> None:
        with ui.element("div").classes("dh-stack"):
            with ui.element("div").classes("dh-grid"):
                _number("Open tickets", view.open, "/tickets?team=all", "open")
                late: Tone = "bad" if view.overdue else "calm"
                _number("Overdue", view.overdue, "/tickets?team=all&status=overdue", "overdue", late)
                _number("Unclaimed", view.unclaimed, "/tickets?team=all&status=unclaimed", "unclaimed")
                _number("Mine", view.mine, "/tickets?team=all&assigned=me", "mine")
            with ui.element("div").classes("dh-wide"):
                _teams(view)
                with ui.element("div").classes("dh-stack"):
                    _today(view)
                    if self.visit.is_admin:
                        _machine(view)


def _number(name: str, value: int, target: str, test_id: str, tone: Tone = "calm") -> None:
    with ui.link(target=target).props(f'data-testid="number-{test_id}"'), card():
        soft(name)
        ui.label(str(value)).classes(f"dh-number dh-{tone}")


def _teams(view: StartView) -> None:
    with card("Open tickets by team", "teams"):
        if not view.teams:
            empty("Nothing is open", "New tickets appear here by themselves.")
        most = max((team.open for team in view.teams), default=1)
        for team in view.teams:
            _team(team, most)


def _team(team: TeamLoad, most: int) -> None:
    target = f"/tickets?team={team.id}" if team.id else "/tickets?team=all&status=open"
    with ui.link(target=target).props(f'data-testid="team-{team.id or "none"}"'):
        with ui.element("div").classes("dh-row dh-row-apart"):
            ui.label(team.name if team.id else "Waiting for the classifier")
            with ui.element("div").classes("dh-row"):
                if team.overdue:
                    tag(f"{team.overdue} overdue", "bad")
                if team.unclaimed:
                    tag(f"{team.unclaimed} unclaimed")
                ui.label(str(team.open)).classes("dh-strong")
        bar(team.open / most)


def _today(view: StartView) -> None:
    today = view.today
    with card("Today", "today"):
        ui.label(f"{today.answered} questions answered").classes("dh-strong")
        said = today.solved + today.not_solved
        if said:
            soft(f"{share(today.solved_share)} of {said} employees who said so were helped by the answer.")
        else:
            soft("No employee has said yet whether an answer helped.")
        soft(f"{today.opened} tickets opened, {today.resolved} resolved.")


def _machine(view: StartView) -> None:
    with card("Automations and messages", "machine"):
        if not view.suspended:
            with ui.element("div").classes("dh-row"):
                tag("all running" if view.automations else "none set up", "good" if view.automations else "warn")
        for name, why in view.suspended:
            with ui.link(target="/automations"):
                with ui.element("div").classes("dh-row"):
                    tag("suspended", "warn")
                    ui.label(name).classes("dh-strong")
                soft(why)
        with ui.link(target="/audit").classes("dh-row").props('data-testid="failed-count"'):
            tag(_failed_words(view.failed), "bad" if view.failed else "good")


def _failed_words(number: int) -> str:
    if number == 0:
        return "every message reached Slack"
    return "1 message did not reach Slack" if number == 1 else f"{number} messages did not reach Slack"
