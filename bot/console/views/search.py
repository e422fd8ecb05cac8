"""A search as its reader sees it: the decision in words, and why each article ranks where it does."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.console.views.gate import percent
from bot.console.words import Tone, first_line, plain
from bot.context import STRICTEST_LIMIT
from knowledge_base.answering import Answerer
from knowledge_base.documents import AUDIENCES, EVERYONE
from knowledge_base.explaining import Contribution, ExplainedHit, Explanation, OpenedDoor, Piece, explain_search
from workers.governance import automations
from workers.people import audiences
from workers.store.tables import Person
from workers.tickets.permissions import NotAllowed

SHOWN = 6  # articles; nobody asks why the seventh is not the first
LONGEST_DOOR = 120  # characters
WHO = {EVERYONE: "an employee", "managers": "a manager", "it": "somebody in IT"}
PART_WORDS = {
    "dense": "meaning, nearest of all", "passage": "meaning of the passage", "question": "meaning of title or question",
    "sentence": "meaning of a sentence", "keyword": "words in common", "generic": "passage is near to everything",
    "generic_question": "title or question is near to everything",
}  # fmt: skip
FEATURE_WORDS = {
    "score": "Its score", "score_margin": "Ahead of the next article, by score",
    "crowd": "How well the articles behind it fit", "mass": "Its share among all articles",
    "dense": "Meaning: the nearest way in", "dense_margin": "Ahead of the next article, by meaning",
    "passage": "Meaning: the passage", "question": "Meaning: title or known question",
    "generic": "Its passage is near to everything", "sentence": "Meaning: its nearest sentence",
    "sentence_margin": "Ahead with its nearest sentence", "keyword": "Words in common",
    "keyword_margin": "Ahead of the next article, by words", "cover": "The question's words in the passage",
    "agreement": "First by meaning and by words", "unknown": "Words that no article holds",
}  # fmt: skip
DOOR_WORDS = {
    "passage": "passage", "title": "title", "ask": "example question", "confirmed": "question that it solved before",
}  # fmt: skip
KINDS: dict[str, tuple[str, Tone]] = {
    "answer": ("answers", "good"), "clarify": ("asks back", "info"), "suggestions": ("suggests", "warn"),
    "abstain": ("opens a ticket", "calm"),
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One line of a table: a name, a value, and what it adds."""

    name: str
    value: str
    adds: float
    shown: str


@dataclass(frozen=True)
class HitView:
    """One article of the ranking."""

    place: int
    article_id: str
    title: str
    heading: str
    passage: str  # HTML, escaped, the question's words marked
    score: float
    lifted: bool  # stands before an article with a higher score
    parts: tuple[Row, ...]
    probability: float
    features: tuple[Row, ...]  # strongest first, beginning with what is there before anything is known
    silent: int  # features that add nothing
    doors: tuple[tuple[str, str, str], ...]  # kind, text, how near
    found: tuple[str, ...]  # words of the question in the passage
    elsewhere: tuple[str, ...]  # only in the rest of the article
    missing: tuple[str, ...]


@dataclass(frozen=True)
class SearchView:
    """What the page shows for one question."""

    kind: str
    tone: Tone
    why: str
    not_alone: str  # why the bot does not answer by itself now; empty when it may
    confidence: float
    threshold: float | None
    words: tuple[tuple[str, bool], ...]  # telling words of the question, and whether any article holds them
    hits: tuple[HitView, ...]


def readers(person: Person, whom: str) -> frozenset[str]:
    """The audiences to search as. Raises `NotAllowed` for articles that the visitor may not read."""
    wanted = frozenset({EVERYONE, whom})
    if not wanted <= audiences(person):
        raise NotAllowed("You may search only as somebody who reads what you may read yourself.")
    return wanted


def choices(person: Person) -> dict[str, str]:
    """As whom this person may search, most modest first."""
    return {name: WHO.get(name, name) for name in AUDIENCES if name in audiences(person)}


def look(session: Session, person: Person, answerer: Answerer, question: str, whom: str) -> SearchView:
    """Search as that reader under the desk's limit."""
    permit = automations.permit(session, person.workspace, "answer")
    limit = permit.risk_limit or STRICTEST_LIMIT
    explained = explain_search(answerer, question, readers(person, whom), SHOWN, limit)
    return view_of(explained, "" if permit.acts_at("auto") else permit.why)


def view_of(explained: Explanation, not_alone: str) -> SearchView:
    """An explanation in words."""
    reply = explained.reply
    kind, tone = KINDS[reply.kind]
    return SearchView(
        kind=kind,
        tone=tone,
        why=reply.why,
        not_alone=not_alone,
        confidence=reply.confidence,
        threshold=reply.threshold,
        words=tuple((word.text, word.known) for word in explained.words if word.telling > 0),
        hits=tuple(_hit(explained, place, hit) for place, hit in enumerate(explained.hits, 1)),
    )


def _hit(explained: Explanation, place: int, hit: ExplainedHit) -> HitView:
    telling = [(word.text, at) for word, at in zip(explained.words, hit.places, strict=True) if word.telling > 0]
    begins = Row("Before anything is known", "", explained.intercept, signed(explained.intercept, plus=True))
    counted = sorted((_feature(part) for part in hit.features if part.adds), key=lambda row: -abs(row.adds))
    return HitView(
        place=place,
        article_id=hit.article_id,
        title=hit.title or hit.article_id,
        heading=hit.heading,
        passage=marked(hit.passage),
        score=hit.score,
        lifted=any(later.score > hit.score for later in explained.hits[place:]),
        parts=tuple(_part(part) for part in hit.parts),
        probability=hit.probability,
        features=(begins, *counted),
        silent=len(hit.features) - len(counted),
        doors=tuple(_door(door) for door in hit.doors),
        found=tuple(word for word, at in telling if at == "passage"),
        elsewhere=tuple(word for word, at in telling if at == "article"),
        missing=tuple(word for word, at in telling if at == "nowhere"),
    )


def _part(part: Contribution) -> Row:
    name = PART_WORDS.get(part.name, plain(part.name).lower())
    return Row(name, f"{part.value:.2f} × {signed(part.weight)}", part.adds, signed(part.adds, 3))


def _feature(part: Contribution) -> Row:
    name = FEATURE_WORDS.get(part.name, plain(part.name))
    return Row(name, signed(part.value), part.adds, signed(part.adds, plus=True))


def _door(door: OpenedDoor) -> tuple[str, str, str]:
    return DOOR_WORDS.get(door.kind, door.kind), first_line(door.text, LONGEST_DOOR), f"{door.cosine:.2f}"


def signed(value: float, digits: int = 2, *, plus: bool = False) -> str:
    """A number with a proper minus, and a plus if wanted."""
    return f"{value:{'+' if plus else ''}.{digits}f}".replace("-", "\u2212")


def marked(pieces: Sequence[Piece]) -> str:
    """The text as HTML, the question's words marked. Articles are data: everything in them is escaped."""
    return "".join(
        f"<mark>{html.escape(piece.text)}</mark>" if piece.asked else html.escape(piece.text) for piece in pieces
    )


def odds_in_words(hit: HitView) -> str:
    """How the features become the probability."""
    total = sum(row.adds for row in hit.features)
    return f"Together {signed(total, plus=True)}, as log-odds: {percent(1 / (1 + math.exp(-total)))} likely to answer."
