"""Gaps as rows: a gap that grows keeps its number, and everybody sees only what follows from what they may read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge_base.documents import AUDIENCES
from workers.governance import audit
from workers.knowledge.articles import ArticleTrouble
from workers.knowledge.gap_finding import MIN_PEOPLE, Gap
from workers.knowledge.unsolved import Unsolved
from workers.people import audiences
from workers.store.columns import now
from workers.store.tables import KnowledgeGap, Person
from workers.tickets.permissions import NotAllowed, must_be_agent

OPEN: Final = "open"
DRAFTED: Final = "drafted"  # its article is being written
PUBLISHED: Final = "published"
DISMISSED: Final = "dismissed"  # a person has said why no article is needed; stays so
FADED: Final = "faded"  # not asked any more, or answered by now

MOST_QUESTIONS = 200  # kept of one gap

# move → states that it may start from, state that it ends in
MOVES: Final[dict[str, tuple[frozenset[str], str]]] = {
    "draft": (frozenset({OPEN, DRAFTED}), DRAFTED),
    "discard": (frozenset({DRAFTED}), OPEN),
    "publish": (frozenset({DRAFTED}), PUBLISHED),
    "dismiss": (frozenset({OPEN, DRAFTED, FADED}), DISMISSED),
    "reopen": (frozenset({DISMISSED}), OPEN),
}


@dataclass(frozen=True)
class Reader:
    """Who looks at gaps: somebody who works on the desk, or its operator."""

    workspace: str
    handle: str
    is_admin: bool
    teams: frozenset[str]
    audiences: frozenset[str]

    @classmethod
    def of(cls, person: Person) -> "Reader":
        """From the person's row. Raises `NotAllowed` for somebody who does not work on the desk."""
        must_be_agent(person)
        admin = person.role == "admin"
        return cls(person.workspace, person.handle, admin, frozenset(person.teams), audiences(person))

    @classmethod
    def operator(cls, workspace: str, name: str) -> "Reader":
        """Whoever has the command line: sees and may do what admins do."""
        return cls(workspace, name, True, frozenset(), frozenset(AUDIENCES))


@dataclass(frozen=True)
class Asked:
    """One question of a gap."""

    text: str
    at: datetime
    ticket: str | None
    team: str | None


@dataclass(frozen=True)
class Shown:
    """A gap as one reader sees it."""

    id: int
    state: str
    name: str
    words: tuple[str, ...]
    questions: tuple[Asked, ...]
    people: int
    tickets: int
    minutes: float
    weight: float
    nearest: str | None  # the id of an article that the reader may read
    probability: float  # that it answers; 0 without one
    missing: tuple[str, ...]
    owner: str | None  # suggested
    teams: tuple[str, ...]
    last_asked_at: datetime
    article_id: str | None  # published from it
    settled: str  # by whom, and why
    may_edit: bool


def shown_to(gap: KnowledgeGap, reader: Reader, readable: frozenset[str]) -> Shown | None:
    """What this reader sees of a gap; none when it is not theirs to see.

    Admins see every gap, others those with tickets of their teams and those that they would write for. `readable`
    are the articles that the reader may read now. Another article leaves no trace: not as the nearest one, and not
    as the one that a gap was closed with.
    """
    writes = may_edit(gap, reader)
    if not writes and reader.teams.isdisjoint(gap.teams):
        return None
    found: Mapping[str, Any] = gap.nearest.get(key_of(reader.audiences)) or {}
    if found.get("article") not in readable:
        found = {}
    closed = gap.state == DISMISSED or (gap.state == PUBLISHED and (writes or gap.article_id in readable))
    return Shown(
        id=gap.id,
        state=gap.state if closed or gap.state == FADED or (writes and gap.state == DRAFTED) else OPEN,
        name=gap.name,
        words=tuple(gap.words),
        questions=tuple(
            Asked(q["text"], datetime.fromisoformat(q["at"]), q["ticket"], q["team"]) for q in gap.questions
        ),
        people=gap.people,
        tickets=gap.tickets,
        minutes=gap.minutes,
        weight=gap.weight,
        nearest=found.get("article"),
        probability=float(found.get("probability", 0.0)),
        missing=tuple(found.get("missing", gap.words)),
        owner=gap.owner,
        teams=tuple(gap.teams),
        last_asked_at=gap.last_asked_at,
        article_id=gap.article_id if closed else None,
        settled=f"{gap.settled_by}: {gap.settled_why}" if writes and gap.settled_by else "",
        may_edit=writes,
    )


def all_shown(session: Session, reader: Reader, readable: frozenset[str], *, every: bool = False) -> list[Shown]:
    """The gaps that this reader may see, the heaviest first; without `every` only those to be worked on."""
    query = select(KnowledgeGap).where(KnowledgeGap.workspace == reader.workspace)
    shown = [shown_to(gap, reader, readable) for gap in session.scalars(query)]
    found = [gap for gap in shown if gap is not None and (every or gap.state in (OPEN, DRAFTED))]
    return sorted(found, key=lambda gap: (-gap.weight, gap.id))


def to_edit(session: Session, reader: Reader, gap_id: int) -> KnowledgeGap:
    """The gap, locked, for somebody who may write its article. Raises `ArticleTrouble` or `NotAllowed`."""
    place = (KnowledgeGap.workspace == reader.workspace, KnowledgeGap.id == gap_id)
    gap = session.scalar(select(KnowledgeGap).where(*place).with_for_update(of=KnowledgeGap))
    if gap is None or shown_to(gap, reader, frozenset()) is None:
        raise ArticleTrouble(f"There is no gap {gap_id}.")
    if not may_edit(gap, reader):
        raise NotAllowed("Only admins and the suggested owner write this article.")
    return gap


def may_edit(gap: KnowledgeGap, reader: Reader) -> bool:
    """Whether this reader may write a gap's article, or say that none is needed."""
    return reader.is_admin or gap.owner == reader.handle


def move(gap: KnowledgeGap, name: str) -> None:
    """Change a gap's state. Raises `ArticleTrouble` for a move that it does not allow."""
    starts, end = MOVES[name]
    if gap.state not in starts:
        raise ArticleTrouble(f"Gap {gap.id} is {gap.state}; it cannot be changed by “{name}”.")
    gap.state = end


def dismiss(session: Session, reader: Reader, gap_id: int, why: str) -> None:
    """No article is needed. Raises `ArticleTrouble` without a reason, or `NotAllowed`."""
    gap = to_edit(session, reader, gap_id)
    if not why.strip():
        raise ArticleTrouble("Say why no article is needed; others will read it.")
    move(gap, "dismiss")
    gap.settled_by, gap.settled_why, gap.settled_at = reader.handle, why.strip()[:500], now()
    audit.append(session, gap.workspace, reader.handle, "gap_dismissed", subject(gap), why=gap.settled_why)


def reopen(session: Session, reader: Reader, gap_id: int) -> None:
    """An article is needed after all. Raises `ArticleTrouble` or `NotAllowed`."""
    gap = to_edit(session, reader, gap_id)
    move(gap, "reopen")
    _unsettle(gap)
    audit.append(session, gap.workspace, reader.handle, "gap_reopened", subject(gap))


def subject(gap: KnowledgeGap) -> str:
    """The gap's name in the audit log."""
    return f"gap:{gap.id}"


# what a search found becomes rows


def keep(session: Session, workspace: str, found: Sequence[Gap], alike: Mapping[tuple[int, int], float]) -> int:
    """Write down what was found; gives the number of new gaps.

    `alike` has the cosine of a found gap's name and a known one's, by their places in `found` and in `known_gaps`.
    """
    known = known_gaps(session, workspace)
    pairs = matched([_keys(gap) for gap in found], [{q["key"] for q in gap.questions} for gap in known], alike)
    for place, gap in enumerate(found):
        row = known[pairs[place]] if place in pairs else KnowledgeGap(workspace=workspace, state=OPEN)
        if place not in pairs:
            session.add(row)
        _describe(row, gap)
        _reopen_if_asked_again(session, row, gap)
    for place, row in enumerate(known):
        if place not in pairs.values() and row.state == OPEN:
            row.state = FADED
    session.flush()
    return len(found) - len(pairs)


def known_gaps(session: Session, workspace: str) -> Sequence[KnowledgeGap]:
    """Every gap that was ever found, oldest first."""
    query = select(KnowledgeGap).where(KnowledgeGap.workspace == workspace).order_by(KnowledgeGap.id)
    return session.scalars(query).all()


SAME_NAME = 0.8  # cosine of two gaps' central questions from which they are one gap, though no question is in both


def matched(
    found: Sequence[set[str]], known: Sequence[set[str]], alike: Mapping[tuple[int, int], float]
) -> dict[int, int]:
    """Which found gap is which known one: most shared questions first, then the likest names; each at most once."""
    scored = []
    for new, questions in enumerate(found):
        for old, before in enumerate(known):
            shared, cosine = len(questions & before), alike.get((new, old), 0.0)
            if shared or cosine >= SAME_NAME:
                scored.append((shared, cosine, -old, -new))
    pairs: dict[int, int] = {}
    for _, _, old, new in sorted(scored, reverse=True):
        if -new not in pairs and -old not in pairs.values():
            pairs[-new] = -old
    return pairs


def key_of(audiences_: frozenset[str]) -> str:
    """The name under which a gap keeps what these readers see."""
    return "+".join(sorted(audiences_))


def _keys(gap: Gap) -> set[str]:
    return {question.key for question in gap.questions}


def _describe(row: KnowledgeGap, gap: Gap) -> None:
    row.name = gap.questions[0].text
    row.words, row.teams = list(gap.words), list(gap.teams)
    row.questions = [_as_json(question) for question in gap.questions[:MOST_QUESTIONS]]
    row.people, row.minutes, row.weight, row.unanswered = gap.people, gap.minutes, gap.weight, gap.unanswered
    row.tickets = sum(question.solution is not None for question in gap.questions)
    row.owner, row.last_asked_at = gap.owner, gap.last_asked_at
    row.steps = [{"text": step.text, "tickets": list(step.tickets)} for step in gap.steps]
    row.nearest = {
        key_of(readers): {
            "article": near.article,
            "probability": round(near.probability, 4),
            "missing": list(near.missing),
        }
        for readers, near in gap.nearest.items()
        if near is not None
    }


def _as_json(question: Unsolved) -> dict[str, Any]:
    solution = question.solution
    return {
        "key": question.key,
        "text": question.text,
        "at": question.asked_at.isoformat(),
        "ticket": solution.ticket if solution else None,
        "team": solution.team if solution else None,
    }


def _reopen_if_asked_again(session: Session, row: KnowledgeGap, gap: Gap) -> None:
    """A faded gap is open again at once, a published one when enough people have asked since."""
    settled = row.settled_at
    since = {question.person for question in gap.questions if settled is None or question.asked_at > settled}
    if row.state == FADED or (row.state == PUBLISHED and len(since) >= MIN_PEOPLE):
        was, row.state = row.state, OPEN
        _unsettle(row)
        audit.append(session, row.workspace, "gaps", "gap_asked_again", subject(row), was=was, people=len(since))


def _unsettle(gap: KnowledgeGap) -> None:
    gap.settled_by = gap.settled_why = gap.settled_at = gap.article_id = None
