"""Why each article ranks where it does, and why the question was answered or not. For people to look at.

Everything is worked out from what the asker may read, like the reply itself: nothing tells of a hidden article.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from knowledge_base.answering import Answerer, Reply, readable
from knowledge_base.doors import DoorKind
from knowledge_base.gate import FEATURES, Gate, features
from knowledge_base.keywords import Keywords, tokenise
from knowledge_base.ranking import PARTS
from knowledge_base.retrieval import Ranked
from knowledge_base.view import article_tokens

Place = Literal["passage", "article", "nowhere"]
_WORD = re.compile(r"[^\W_]+(?:[._/:@+#'’-]+[^\W_]+)*")


@dataclass(frozen=True)
class Piece:
    """A stretch of text, and whether it is a word of the question."""

    text: str
    asked: bool


@dataclass(frozen=True)
class Word:
    """A word of the question."""

    text: str
    telling: float  # its share of what the question's words tell, 0 to 1; 0 for "the" and the like
    known: bool  # whether any readable article holds it


@dataclass(frozen=True)
class OpenedDoor:
    """How near one way into an article is to the question."""

    kind: DoorKind
    text: str
    cosine: float


@dataclass(frozen=True)
class Contribution:
    """What one part adds to a sum: its value times its weight."""

    name: str
    value: float
    weight: float

    @property
    def adds(self) -> float:
        """Its term of the sum."""
        return self.value * self.weight


@dataclass(frozen=True)
class ExplainedHit:
    """One article in the ranking, with all that brought it there."""

    article_id: str
    title: str
    heading: str  # of the passage, below the title; may be empty
    passage: tuple[Piece, ...]  # Markdown, as in the article
    passage_number: int  # from 1
    updated: str  # ISO date
    doors: tuple[OpenedDoor, ...]  # the nearest of each kind, nearest first
    score: float  # joined, 0 to 1: the sum of `parts`
    parts: tuple[Contribution, ...]
    probability: float  # that the passage answers
    features: tuple[Contribution, ...]  # with `Explanation.intercept` they add up to the probability's log-odds
    places: tuple[Place, ...]  # where each of the question's words stands


@dataclass(frozen=True)
class Explanation:
    """A question's ranking and the decision that came of it."""

    words: tuple[Word, ...]
    hits: tuple[ExplainedHit, ...]  # best first
    reply: Reply
    risk_limit: float
    intercept: float  # log-odds before anything is known


def explain_search(
    answerer: Answerer, question: str, audiences: frozenset[str], k: int, risk_limit: float
) -> Explanation:
    """The `k` best articles for a person in these audiences, and what they would be told, each with its reasons."""
    reply = answerer.answer(question, audiences, risk_limit)
    text = readable(question)
    if not text:
        return Explanation((), (), reply, risk_limit, answerer.gate.intercept)
    ranked = answerer.retriever.rank(text, audiences, answerer.gate.ranking)
    found = _words(text, ranked.view.keywords)
    tokens = frozenset(ranked.tokens)
    hits = tuple(_hit(answerer.gate, ranked, int(at), [word.text for word in found], tokens) for at in ranked.order[:k])
    return Explanation(found, hits, reply, risk_limit, answerer.gate.intercept)


def _hit(gate: Gate, ranked: Ranked, at: int, words: Sequence[str], tokens: frozenset[str]) -> ExplainedHit:
    article, (passage, _) = ranked.article(at), ranked.passage(at)
    seen = features(ranked, at, gate.ranking).tolist()
    near = frozenset(tokenise("\n".join([*passage.title_path, passage.text])))
    anywhere = near | frozenset(article_tokens(article))
    return ExplainedHit(
        article_id=article.id,
        title=article.title,
        heading=" › ".join(passage.title_path[1:]),
        passage=pieces(passage.text, tokens),
        passage_number=passage.number,
        updated=article.updated.isoformat(),
        doors=_doors(ranked, at),
        score=float(ranked.scores[at]),
        parts=_contributions(PARTS, ranked.parts[at].tolist(), gate.ranking.weights),
        probability=gate.probability(ranked, at),
        features=_contributions(FEATURES, seen, gate.coefficients),
        places=tuple(_place(word, near, anywhere) for word in words),
    )


def _contributions(names: Sequence[str], values: Sequence[float], weights: Sequence[float]) -> tuple[Contribution, ...]:
    return tuple(Contribution(*row) for row in zip(names, values, weights, strict=True))


def _doors(ranked: Ranked, at: int) -> tuple[OpenedDoor, ...]:
    index = ranked.view.index
    rows = np.flatnonzero(index.door_articles == int(ranked.view.rows[at]))
    cosines = index.matrix[rows] @ ranked.vector
    nearest: dict[DoorKind, OpenedDoor] = {}
    for place in np.argsort(-cosines, kind="stable").tolist():
        door = index.doors[int(rows[place])]
        nearest.setdefault(door.kind, OpenedDoor(door.kind, door.text, float(cosines[place])))
    return tuple(nearest.values())


def _words(text: str, keywords: Keywords) -> tuple[Word, ...]:
    bound = max(keywords.bound(tokenise(text)), 1e-6)
    found = dict.fromkeys(match.group() for match in _WORD.finditer(text))
    return tuple(
        Word(word, keywords.bound(tokens) / bound, keywords.unknown(tokens) < 1)
        for word, tokens in ((word, tokenise(word)) for word in found)
    )


def _place(word: str, near: Collection[str], anywhere: Collection[str]) -> Place:
    tokens = tokenise(word)
    if any(token in near for token in tokens):
        return "passage"
    return "article" if any(token in anywhere for token in tokens) else "nowhere"


def pieces(text: str, tokens: Collection[str]) -> tuple[Piece, ...]:
    """The text cut where words of the question begin and end; together the pieces are the text."""
    cut: list[Piece] = []
    end = 0
    for match in _WORD.finditer(text):
        if any(token in tokens for token in tokenise(match.group())):
            if match.start() > end:
                cut.append(Piece(text[end : match.start()], False))
            cut.append(Piece(match.group(), True))
            end = match.end()
    return (*cut, Piece(text[end:], False)) if end < len(text) else tuple(cut)
