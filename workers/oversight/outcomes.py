"""What a version in shadow and the champion said about the same tickets, and who was right once they were solved.

Right means: the team that had the ticket in the end. What a bounced ticket had on the way does not count. A ticket that
nobody moved counts for whoever sent it there, so the comparison leans towards the champion.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.judging.costs import Costs
from classifier.judging.paired import mcnemar
from workers.handbook import Handbook
from workers.store.tables import ShadowScore, Ticket
from workers.tickets import states

SOLVED = (states.RESOLVED, states.CLOSED)


@dataclass(frozen=True)
class Guess:
    """What one model said about one ticket."""

    version: str
    label: str
    team: str
    confidence: float
    accepted: bool  # it routed the ticket, or would have


@dataclass(frozen=True)
class Pair:
    """One ticket with both guesses, and how it ended."""

    ticket_id: int
    text: str
    scored_at: datetime
    shadow: Guess
    champion: Guess
    label: str | None  # that it ended with; none until it is solved
    team: str | None
    solved_at: datetime | None

    @property
    def differs(self) -> bool:
        """Whether the two see different labels in it."""
        return self.shadow.label != self.champion.label

    def is_right(self, guess: Guess) -> bool:
        """Whether a guess is the team that it ended with."""
        return guess.team == self.team


@dataclass(frozen=True)
class Tally:
    """How a version in shadow did beside the champion; of the solved tickets from `solved` on."""

    scored: int
    differing: int
    solved: int
    both_right: int
    only_shadow: int
    only_champion: int
    neither: int
    p_value: float  # that both are right equally often (exact McNemar test)
    routed: tuple[int, int]  # by shadow and by champion
    misrouted: tuple[int, int]
    minutes: tuple[float, float]  # of handling that a ticket cost on average


def pairs(session: Session, handbook: Handbook, workspace: str, version: str, limit: int | None = None) -> list[Pair]:
    """What this version scored, newest first; only what another version decided."""
    query = (
        select(ShadowScore, Ticket)
        .join(Ticket, ShadowScore.ticket_id == Ticket.id)
        .where(ShadowScore.workspace == workspace, ShadowScore.version == version, ShadowScore.champion != version)
        .order_by(ShadowScore.id.desc())
        .limit(limit)
    )
    return [_pair(handbook, score, ticket) for score, ticket in session.execute(query)]


def _pair(handbook: Handbook, score: ShadowScore, ticket: Ticket) -> Pair:
    ended = ticket.status in SOLVED and ticket.label is not None
    return Pair(
        ticket_id=ticket.id,
        text=ticket.text,
        scored_at=score.at,
        shadow=Guess(score.version, score.label, handbook.team_of(score.label), score.confidence, score.accepted),
        champion=Guess(
            score.champion, score.champion_label, handbook.team_of(score.champion_label),
            score.champion_confidence, score.champion_accepted,
        ),
        label=ticket.label if ended else None,
        team=ticket.team if ended else None,
        solved_at=ticket.resolved_at or ticket.closed_at if ended else None,
    )  # fmt: skip


def tally(found: Iterable[Pair], costs: Costs) -> Tally:
    """Count them."""
    every: Sequence[Pair] = tuple(found)
    solved = [pair for pair in every if pair.team is not None]
    right = [np.array([pair.is_right(g) for pair, g in _sides(solved, side)], dtype=bool) for side in (0, 1)]
    routed = [np.array([g.accepted for _, g in _sides(solved, side)], dtype=bool) for side in (0, 1)]
    shadow, champion = right
    minutes = [costs.of(went, good) for went, good in zip(routed, right, strict=True)]
    return Tally(
        scored=len(every),
        differing=sum(pair.differs for pair in every),
        solved=len(solved),
        both_right=int((shadow & champion).sum()),
        only_shadow=int((shadow & ~champion).sum()),
        only_champion=int((~shadow & champion).sum()),
        neither=int((~shadow & ~champion).sum()),
        p_value=mcnemar(shadow, champion),
        routed=(int(routed[0].sum()), int(routed[1].sum())),
        misrouted=(int((routed[0] & ~shadow).sum()), int((routed[1] & ~champion).sum())),
        minutes=(float(minutes[0].mean()), float(minutes[1].mean())) if solved else (0.0, 0.0),
    )


def _sides(found: Sequence[Pair], side: int) -> list[tuple[Pair, Guess]]:
    return [(pair, (pair.shadow, pair.champion)[side]) for pair in found]


def in_words(counted: Tally) -> str:
    """What the counts say so far."""
    if not counted.solved:
        return f"{counted.scored} tickets scored, none of them solved yet."
    shadow, champion = counted.both_right + counted.only_shadow, counted.both_right + counted.only_champion
    said = f"Of {counted.solved} solved tickets the shadow saw the right team in {shadow}, the champion in {champion}."
    if counted.p_value >= 0.05:
        return f"{said} That may be chance (p = {counted.p_value:.2f})."
    better = "shadow" if counted.only_shadow > counted.only_champion else "champion"
    return f"{said} The {better} is measurably better (p = {counted.p_value:.3f})."
