"""Models in shadow: how each does beside the champion, and where the two disagree."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.console.views.queue import team_name
from bot.console.words import Tone, ago, first_line, share
from workers.handbook import Handbook
from workers.oversight import outcomes, shadows, watch
from workers.oversight.outcomes import Guess, Pair, Tally
from workers.store.tables import Person, Shadow

SHOWN = 100


@dataclass(frozen=True)
class DisagreementRow:
    """One ticket in which the two see different labels."""

    id: int
    text: str
    champion: str
    shadow: str
    ended: str
    right: str
    tone: Tone


@dataclass(frozen=True)
class ShadowCard:
    """One version in shadow, or that was last."""

    version: str
    role: str
    alive: bool
    since: str
    ended: str
    words: str
    facts: tuple[tuple[str, str], ...]
    rows: tuple[DisagreementRow, ...]


@dataclass(frozen=True)
class ShadowView:
    """What the page shows: those that run, and the last one that ran."""

    cards: tuple[ShadowCard, ...]
    watched: tuple[str, tuple[tuple[str, str], ...]] | None = None  # the champion since its promotion


def look(session: Session, person: Person, handbook: Handbook, now: datetime) -> ShadowView:
    """Read what runs in shadow; where nothing does, what ran last."""
    found = shadows.running(session) or shadows.latest(session, limit=1)
    cards = tuple(_card(session, person, handbook, shadow, now) for shadow in found)
    return ShadowView(cards, _watched(session, person, handbook, now))


def _watched(
    session: Session, person: Person, handbook: Handbook, now: datetime
) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    found = watch.watched(session, handbook, person.workspace)
    if found is None:
        return None
    names = {"predecessor": "The version before", "limit": "The limit"}
    lines = tuple(
        (names[one.against], f"{one.words} Evidence against it: {one.fortune:.1f} of {one.needed:.0f}.")
        for one in (found.compared, found.promised)
        if one is not None
    )
    return f"{found.version}, promoted {ago(found.since, now)}", lines


def _card(session: Session, person: Person, handbook: Handbook, shadow: Shadow, now: datetime) -> ShadowCard:
    found = outcomes.pairs(session, handbook, person.workspace, shadow.version)
    counted = outcomes.tally(found, handbook.desk.costs.costs)
    differing = [pair for pair in found if pair.differs]
    return ShadowCard(
        version=shadow.version,
        role=shadow.role,
        alive=shadow.stopped_at is None,
        since=f"{ago(shadow.started_at, now)} by {shadow.started_by}: {shadow.why}",
        ended=f"Stopped {ago(shadow.stopped_at, now)}: {shadow.stopped_why}" if shadow.stopped_at else "",
        words=outcomes.in_words(counted),
        facts=facts_of(counted),
        rows=tuple(_row(handbook, pair) for pair in differing[:SHOWN]),
    )


def facts_of(counted: Tally) -> tuple[tuple[str, str], ...]:
    """The counts, as names and values."""
    shadow, champion = counted.minutes
    return (
        ("Scored", f"{counted.scored} tickets, {counted.differing} with another label than the champion's"),
        ("Solved", str(counted.solved)),
        ("Right team", f"both {counted.both_right}, only the shadow {counted.only_shadow}, "
                       f"only the champion {counted.only_champion}, neither {counted.neither}"),
        ("Would route", f"{_part(counted.routed[0], counted.solved)}, {counted.misrouted[0]} of them wrong; "
                        f"the champion {_part(counted.routed[1], counted.solved)}, {counted.misrouted[1]} wrong"),
        ("Handling", f"{shadow:.1f} minutes a ticket; with the champion {champion:.1f}"),
    )  # fmt: skip


def _part(count: int, total: int) -> str:
    return share(count / total) if total else "none yet"


def _row(handbook: Handbook, pair: Pair) -> DisagreementRow:
    right, tone = who_was_right(pair)
    return DisagreementRow(
        id=pair.ticket_id,
        text=first_line(pair.text, 120),
        champion=_guess(handbook, pair.champion),
        shadow=_guess(handbook, pair.shadow),
        ended=f"{handbook.label_name(pair.label)}, {team_name(handbook, pair.team)}" if pair.team else "not solved yet",
        right=right,
        tone=tone,
    )


def who_was_right(pair: Pair) -> tuple[str, Tone]:
    """Whose team it was in the end."""
    if pair.team is None:
        return "open", "calm"
    match pair.is_right(pair.shadow), pair.is_right(pair.champion):
        case True, True:
            return "same team", "info"
        case True, False:
            return "shadow", "good"
        case False, True:
            return "champion", "warn"
        case _:
            return "neither", "bad"


def _guess(handbook: Handbook, guess: Guess) -> str:
    return f"{handbook.label_name(guess.label)} ({guess.confidence:.0%}{'' if guess.accepted else ', to triage'})"
