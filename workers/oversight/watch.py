"""Watches a classifier after its promotion; one that does worse live is rolled back by itself, and its owner told.

Two bets that may be looked at after every ticket (`classifier/judging/sequential.py`), each at half of `LEVEL`:

- against the version before, which scores the same tickets in shadow: minutes of handling, ticket by ticket;
- where there is no such comparison, against the desk's limit on misroutes, which the champion was promoted to keep.

Only a promotion by a person is watched. What was rolled back to is not, so nothing moves twice by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.judging.costs import Costs
from classifier.judging.sequential import fortune_against_no_loss, fortune_against_share
from workers import serving
from workers.governance import audit, automations
from workers.handbook import Handbook
from workers.oversight import outcomes, owners, shadows
from workers.oversight.outcomes import SOLVED, Guess, Pair
from workers.service_desk import ServiceDesk, workspaces
from workers.slack import notices
from workers.store.tables import Receipt, ServedVersion, Ticket
from workers.training import versions
from workers.training.runs import TrainingTrouble

log = structlog.get_logger(__name__)

LEVEL = 0.05  # chance that a version which is no worse is ever rolled back
ENOUGH = 30  # solved tickets with both scores from which the version before is the measure, though its shadow has ended
OVER_LIMIT = "classifier_over_limit"


@dataclass(frozen=True)
class Evidence:
    """What speaks against the champion so far: the fortune of a bet that began at 1."""

    against: Literal["predecessor", "limit"]
    tickets: int
    fortune: float
    needed: float
    words: str

    @property
    def convicts(self) -> bool:
        """Whether it is enough."""
        return self.fortune >= self.needed


@dataclass(frozen=True)
class Watched:
    """A champion since its promotion, as one workspace's tickets show it."""

    version: str
    since: datetime
    before: str | None  # to which it would be rolled back
    compared: Evidence | None  # with the version before
    promised: Evidence  # the limit

    @property
    def verdict(self) -> Literal["keep", "warn", "demote"]:
        """What follows. A version before that is no better is no way out: then a person must think."""
        if self.compared is not None and self.compared.convicts:
            return "demote"
        if not self.promised.convicts:
            return "keep"
        return "warn" if self.compared is not None or self.before is None else "demote"

    @property
    def why(self) -> str:
        """The words of what convicts, or of what is looked at."""
        compared = self.compared
        return compared.words if compared and (compared.convicts or not self.promised.convicts) else self.promised.words


def look_after(desk: ServiceDesk) -> None:
    """Look at the champion on every workspace's tickets, and act."""
    with desk.store.read() as session:
        served, places = serving.served(session, "classifier"), workspaces(session)
    if served is None:
        return
    versions.mark_served(desk, served)  # a promotion may have died before it wrote the file
    for workspace in places:
        with desk.store.read() as session:
            found = watched(session, desk.handbook, workspace)
        if found is None or found.verdict == "keep":
            continue
        if found.verdict == "demote" and desk.handbook.desk.watch.demote and _demote(desk, workspace, found):
            return
        _warn(desk, workspace, found)


def watched(session: Session, handbook: Handbook, workspace: str) -> Watched | None:
    """How the champion does since a person promoted it; none for one that was rolled back to."""
    rows = serving.history(session, "classifier")
    if not rows or rows[0].move != "promoted":
        return None
    newest, before = rows[0], version_before(rows)
    needed = 2 / LEVEL * max(1, len(workspaces(session)))
    compared = _compared(session, handbook, workspace, newest, before, needed) if before else None
    return Watched(newest.version, newest.at, before, compared, _promised(session, handbook, workspace, newest, needed))


def version_before(rows: Sequence[ServedVersion]) -> str | None:
    """The last other version that was not itself rolled back for doing worse; `rows` newest first."""
    seen = {rows[0].version}
    for place, row in enumerate(rows):
        if row.version not in seen:
            seen.add(row.version)
            if rows[place - 1].move != "demoted":
                return row.version
    return None


def _compared(
    session: Session, handbook: Handbook, workspace: str, newest: ServedVersion, before: str, needed: float
) -> Evidence | None:
    found = [
        pair
        for pair in outcomes.pairs(session, handbook, workspace, before)
        if pair.champion.version == newest.version and pair.scored_at >= newest.at and pair.solved_at is not None
    ]
    running = any(shadow.version == before for shadow in shadows.running(session))
    if not running and len(found) < ENOUGH:
        return None
    return against_predecessor(found, handbook.desk.costs.costs, needed)


def against_predecessor(found: Sequence[Pair], costs: Costs, needed: float) -> Evidence:
    """The bet that the champion costs no more handling than the version before, on the same solved tickets."""
    ordered = sorted(found, key=lambda pair: (pair.solved_at or pair.scored_at, pair.ticket_id))
    spent = [_minutes(ordered, [pair.champion for pair in ordered], costs)]
    spent.append(_minutes(ordered, [pair.shadow for pair in ordered], costs))
    fortune = fortune_against_no_loss(list(spent[0] - spent[1]), costs.most)
    now, before = (float(side.mean()) if len(side) else 0.0 for side in spent)
    words = (
        f"{len(ordered)} tickets were solved since the promotion. It cost {now:.1f} minutes of handling a ticket; the "
        f"version before would have cost {before:.1f} on the same ones."
    )
    return Evidence("predecessor", len(ordered), fortune, needed, words)


def _minutes(found: Sequence[Pair], guesses: Sequence[Guess], costs: Costs) -> np.ndarray:
    right = [pair.is_right(guess) for pair, guess in zip(found, guesses, strict=True)]
    return costs.of(np.array([guess.accepted for guess in guesses], dtype=bool), np.array(right, dtype=bool))


def _promised(session: Session, handbook: Handbook, workspace: str, newest: ServedVersion, needed: float) -> Evidence:
    query = (
        select(Ticket, Receipt)
        .join(Receipt, Ticket.receipt_id == Receipt.id)
        .where(Receipt.workspace == workspace, Receipt.automation == "route", Receipt.at >= newest.at)
        .where(Receipt.decision != "triage", Ticket.status.in_(SOLVED), Ticket.label.is_not(None))
        .order_by(Ticket.resolved_at, Ticket.id)
    )
    wrong = [
        handbook.team_of(receipt.decision) != ticket.team
        for ticket, receipt in session.execute(query)
        if receipt.versions.get("classifier") == newest.version
    ]
    limit = automations.permit(session, workspace, "route").risk_limit
    fortune = fortune_against_share(wrong, limit) if 0 < limit < 1 else 1.0
    words = (
        f"{sum(wrong)} of {len(wrong)} tickets that it routed by itself went to a wrong team; {limit:.0%} is the limit."
    )
    return Evidence("limit", len(wrong), fortune, needed, words)


def _demote(desk: ServiceDesk, workspace: str, found: Watched) -> bool:
    """Roll it back, unless somebody has changed what is served, or the version before cannot be served any more."""
    if found.before is None:
        return False
    try:
        versions.demote(desk, workspace, found.version, found.before, found.why)
    except TrainingTrouble as trouble:
        log.error("demotion_failed", version=found.version, before=found.before, why=str(trouble))
        return False
    log.warning("classifier_demoted", version=found.version, now=found.before, why=found.why)
    return True


def _warn(desk: ServiceDesk, workspace: str, found: Watched) -> None:
    """Tell the owner once a promotion that the limit is broken and nothing was done about it."""
    subject = f"classifier:{found.version}"
    with desk.store.begin() as session:
        said = (entry for entry in audit.latest(session, subject) if entry.action == OVER_LIMIT)
        if any(entry.at >= found.since for entry in said):
            return
        audit.append(session, workspace, shadows.BY, OVER_LIMIT, subject, why=found.why)
        owners.tell(session, workspace, notices.classifier_does_worse(found.version, found.why))
