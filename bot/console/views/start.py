"""The first page: how the desk stands now."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from bot.console.views.automations import suspended
from bot.console.views.queue import has_broken_promise, team_name
from bot.console.words import ago
from workers import outbox
from workers.governance import automations
from workers.handbook import Handbook
from workers.store.tables import Person, Receipt, Ticket
from workers.tickets import states


@dataclass(frozen=True)
class TeamLoad:
    """One team's open tickets. `id` is empty for those that have no team yet."""

    id: str
    name: str
    open: int
    unclaimed: int
    overdue: int


@dataclass(frozen=True)
class Today:
    """What happened since midnight on the desk's clock."""

    opened: int
    resolved: int
    answered: int
    solved: int
    not_solved: int

    @property
    def solved_share(self) -> float | None:
        """Among answers on which the employee gave their verdict."""
        said = self.solved + self.not_solved
        return self.solved / said if said else None


@dataclass(frozen=True)
class StartView:
    """What the page shows; the last three are for admins."""

    teams: tuple[TeamLoad, ...]
    today: Today
    mine: int
    suspended: tuple[tuple[str, str], ...]  # name, by whom and why
    automations: int
    failed: int

    @property
    def open(self) -> int:
        """Open tickets in all."""
        return sum(team.open for team in self.teams)

    @property
    def overdue(self) -> int:
        """Open tickets with a broken promise."""
        return sum(team.overdue for team in self.teams)

    @property
    def unclaimed(self) -> int:
        """Open tickets that nobody works on."""
        return sum(team.unclaimed for team in self.teams)


def look(session: Session, person: Person, handbook: Handbook, now: datetime) -> StartView:
    """Count what is in the visitor's workspace."""
    rows = automations.all_of(session, person.workspace)
    mine = select(func.count()).select_from(Ticket)
    mine = mine.where(
        Ticket.workspace == person.workspace, Ticket.status.in_(states.OPEN), Ticket.assignee_id == person.id
    )  # fmt: skip
    return StartView(
        teams=tuple(_teams(session, person.workspace, handbook, now)),
        today=_today(session, person.workspace, midnight(handbook, now)),
        mine=session.scalar(mine) or 0,
        suspended=tuple(
            (row.name, f"{row.suspended_by}, {ago(row.suspended_at, now)}: {row.suspended_why}")
            for row in suspended(rows)
            if row.suspended_at
        ),
        automations=len(rows),
        failed=len(outbox.failed(session, person.workspace)),
    )


def midnight(handbook: Handbook, now: datetime) -> datetime:
    """When today began on the desk's clock."""
    local = now.astimezone(handbook.desk.zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _teams(session: Session, workspace: str, handbook: Handbook, now: datetime) -> list[TeamLoad]:
    is_open = (Ticket.workspace == workspace, Ticket.status.in_(states.OPEN))
    free = func.sum(case((Ticket.assignee_id.is_(None), 1), else_=0))
    counted = session.execute(select(Ticket.team, func.count(), free).where(*is_open).group_by(Ticket.team))
    late_query = select(Ticket.team, func.count()).where(*is_open, has_broken_promise(now)).group_by(Ticket.team)
    late = {team: number for team, number in session.execute(late_query)}
    found = {team: (number, int(unclaimed)) for team, number, unclaimed in counted}
    known = [team.id for team in handbook.desk.teams]
    loads = [
        TeamLoad(team or "", team_name(handbook, team), *found[team], late.get(team, 0))
        for team in [*known, *(team for team in found if team not in known)]
        if team in found
    ]
    return sorted(loads, key=lambda load: (-load.overdue, -load.open, load.name))


def _today(session: Session, workspace: str, start: datetime) -> Today:
    def tickets(moment: str) -> int:
        query = select(func.count()).select_from(Ticket)
        return session.scalar(query.where(Ticket.workspace == workspace, getattr(Ticket, moment) >= start)) or 0

    is_answer = (Receipt.automation == "answer", Receipt.decision == "answer", Receipt.at >= start)
    answers = select(Receipt.outcome, func.count()).where(
        Receipt.workspace == workspace, *is_answer, Receipt.at >= start
    )
    by_outcome = {outcome: number for outcome, number in session.execute(answers.group_by(Receipt.outcome))}
    settled = sum(number for outcome, number in by_outcome.items() if outcome)
    solved = by_outcome.get("accepted", 0)
    return Today(tickets("opened_at"), tickets("resolved_at"), sum(by_outcome.values()), solved, settled - solved)
