"""What the last days would have looked like with this model and this limit, beside the champion at the desk's own.

Reckoned in handling: a misroute and a look in triage have a price (`costs` in desk.yaml), a ticket that goes straight
to its team has none. Hours saved are those that people would have spent if they had chosen every ticket's team.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from classifier.data.ticket import Ticket as ClosedTicket
from classifier.judging.costs import Costs, Flags, Minutes
from classifier.judging.paired import Interval, bootstrap
from classifier.model.inference import Classifier, Prediction
from classifier.model.provenance import unseen
from knowledge_base.embedding import Progress
from workers import serving
from workers.governance import automations
from workers.oversight.studies import Outcome
from workers.oversight.tickets_gone_by import GoneBy, gone_by, opened
from workers.service_desk import ServiceDesk
from workers.store.columns import now
from workers.training import challenger, versions
from workers.training.runs import TrainingTrouble

AT_ONCE = 32
DAYS = 90


@dataclass(frozen=True)
class Share:
    """What happened to some tickets."""

    tickets: int
    routed: int
    """Without a person."""
    misrouted: int
    """Of those, to a wrong team."""
    minutes: float
    """Of handling that went into misroutes and triage."""
    hours_saved: float
    """Beside a person in triage for every ticket."""


@dataclass(frozen=True)
class Side:
    """One model under one limit."""

    version: str
    limit: float
    threshold: float | None
    """Confidence from which it routes; none: it may not route at this limit."""
    total: Share
    by_team: dict[str, Share]
    """By the team that had the ticket in the end."""


@dataclass(frozen=True)
class Replay:
    """Both sides on the same tickets."""

    first: str
    """Day on which the oldest ticket was opened."""
    last: str
    tickets: int
    learnt: int
    """Left out, since one of the two was trained or calibrated on them."""
    from_folder: int
    costs: Costs
    champion: Side | None
    challenger: Side
    hours_gained: Interval
    """95 % interval of the hours that the challenger would have saved beside the champion."""

    @property
    def words(self) -> tuple[str, ...]:
        """What it says, in plain words."""
        new, said = self.challenger, []
        if not self.tickets:
            return ("No ticket of these days is left that neither has learnt from.",)
        said.append(_side_in_words(new))
        if self.champion is not None:
            said.append(f"So far: {_side_in_words(self.champion)}")
            gained = new.total.hours_saved - self.champion.total.hours_saved
            low, high = self.hours_gained
            doubt = "" if low > 0 or high < 0 else " That may be chance."
            word = "saves" if gained >= 0 else "costs"
            said.append(f"It {word} {abs(gained):.1f} hours (between {low:+.1f} and {high:+.1f}).{doubt}")
        if self.learnt:
            said.append(f"{self.learnt} tickets were left out, since one of the two had learnt from them.")
        if self.from_folder:
            said.append(f"{self.from_folder} tickets come from the desk folder, since few were closed here.")
        return tuple(said)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "words": list(self.words)}


def _side_in_words(side: Side) -> str:
    total = side.total
    if side.threshold is None:
        return f"{side.version} may not route by itself at a limit of {side.limit:.1%}: all goes to triage."
    wrong = total.misrouted / total.routed if total.routed else 0.0
    return (
        f"{side.version} at a limit of {side.limit:.1%} routes {total.routed / total.tickets:.1%} of {total.tickets} "
        f"tickets without a person, {wrong:.1%} of them wrong, and saves {total.hours_saved:.1f} hours beside triage "
        "alone."
    )


def run(desk: ServiceDesk, workspace: str, asked: dict[str, Any], progress: Progress) -> Outcome:
    """The study: `asked` may hold `version`, `days` and `limit`. Raises `TrainingTrouble` or `ClassifierError`."""
    with desk.store.read() as session:
        champion = serving.served(session, "classifier")
        limit = automations.permit(session, workspace, "route").risk_limit or challenger.STRICT_LIMIT
    policy = (str(asked.get("version") or champion or ""), float(asked.get("limit") or limit))
    if not policy[0]:
        raise TrainingTrouble("No classifier is served, and no version was named.")
    versions.must_be_whole(desk, policy[0])
    found = gone_by(desk, workspace, int(asked.get("days") or DAYS), now())
    sides = [policy] if champion is None or policy == (champion, limit) else [(champion, limit), policy]
    fair = list(found.tickets)
    for version, _ in sides:
        fair = unseen(fair, desk.models / version)
    said = []
    for place, (version, at_most) in enumerate(sides):
        say = _part(progress, place * len(fair), len(sides) * len(fair))
        said.append(_classify(desk, version, at_most, fair, say))
    return _replay(desk, found, fair, sides, said).as_json(), False


def _part(progress: Progress, before: int, total: int) -> Callable[[int], None]:
    return lambda done: progress("classify the tickets", before + done, total)


def _classify(
    desk: ServiceDesk, version: str, limit: float, tickets: Sequence[ClosedTicket], say: Callable[[int], None]
) -> list[Prediction]:
    model, teams = Classifier.open(desk.models / version), desk.handbook.teams_by_label
    said: list[Prediction] = []
    for start in range(0, len(tickets), AT_ONCE):
        part = [ticket.text for ticket in tickets[start : start + AT_ONCE]]
        said += model.classify(part, limit, teams)
        say(len(said))
    return said


def _replay(
    desk: ServiceDesk,
    found: GoneBy,
    fair: Sequence[ClosedTicket],
    sides: Sequence[tuple[str, float]],
    said: Sequence[Sequence[Prediction]],
) -> Replay:
    costs, team_of = desk.handbook.desk.costs.costs, desk.handbook.team_of
    made = [side_of(*side, fair, one, team_of, costs) for side, one in zip(sides, said, strict=True)]
    minutes = [spent for _, spent in made]
    gained = minutes[0] - minutes[-1]
    return Replay(
        first=f"{opened(fair[0]):%Y-%m-%d}" if fair else "",
        last=f"{opened(fair[-1]):%Y-%m-%d}" if fair else "",
        tickets=len(fair),
        learnt=len(found.tickets) - len(fair),
        from_folder=sum(ticket.id not in found.own for ticket in fair),
        costs=costs,
        champion=made[0][0] if len(made) > 1 else None,
        challenger=made[-1][0],
        hours_gained=bootstrap(len(fair), lambda draw: float(gained[draw].sum()) / 60),
    )


def side_of(
    version: str,
    limit: float,
    tickets: Sequence[ClosedTicket],
    said: Sequence[Prediction],
    team_of: Callable[[str], str],
    costs: Costs,
) -> tuple[Side, Minutes]:
    """What one model would have done, and the minutes of each ticket."""
    routed = np.array([prediction.accepted for prediction in said], dtype=bool)
    pairs = zip(tickets, said, strict=True)
    right = np.array([team_of(prediction.label) == ticket.team for ticket, prediction in pairs], dtype=bool)
    minutes = costs.of(routed, right)

    def share(rows: Flags) -> Share:
        spent, count = float(minutes[rows].sum()), int(rows.sum())
        saved = (count * costs.triage_minutes - spent) / 60
        return Share(count, int(routed[rows].sum()), int((routed & ~right)[rows].sum()), spent, saved)

    teams = np.array([ticket.team for ticket in tickets], dtype=object)
    by_team = {team: share(teams == team) for team in sorted(set(teams))}
    threshold = said[0].threshold if said else None
    return Side(version, limit, threshold, share(np.ones(len(tickets), dtype=bool)), by_team), minutes
