"""Question → one reply: an answer, a clarifying question, suggestions, or an abstention. What other packages call."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from knowledge_base.bundle import build_bundle, load_bundle
from knowledge_base.documents import AUDIENCES, Article
from knowledge_base.embedding import MAX_CHARACTERS, Encoder
from knowledge_base.encoder_export import ensure_encoder
from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.gate import Gate
from knowledge_base.index import Index
from knowledge_base.quoting import Span, best_parts
from knowledge_base.ranking import PARTS
from knowledge_base.retrieval import Ranked, Retriever
from knowledge_base.risk import needed

Kind = Literal["answer", "suggestions", "clarify", "abstain"]
RIVAL = 1 / 3
"""How much of the belief in the first hit another one must get to be a rival worth a question. An article that would be
sure alone, but ranks clearly below the first ("forgot my PIN" for "forgot my password"), is none."""

MAX_HITS = 3  # shown to a person at once


@dataclass(frozen=True)
class Hit:
    """One article that may answer, with the passage of it that is nearest to the question."""

    article_id: str
    title: str
    passage: str  # Markdown, as in the article
    passage_number: int  # from 1
    marks: tuple[Span, ...]  # the places in the passage that answer; see `quoting.marked`
    content_hash: str  # of the article as it was quoted
    audience: tuple[str, ...]
    runbook: str | None
    owner: str
    updated: str  # ISO date
    score: float  # joined score, 0 to 1, by which hits are ordered
    probability: float  # that this passage answers
    scores: dict[str, float]  # the parts of the joined score


@dataclass(frozen=True)
class Reply:
    """What to do with a question, and why."""

    kind: Kind
    confidence: float  # probability that the first hit answers; 0 without hits
    threshold: float | None  # from this probability on it would be answered; None = suggestions only
    hits: tuple[Hit, ...]  # best first: one for an answer, two or three for clarify, up to three suggestions
    why: str
    index_version: str


@dataclass(frozen=True)
class Judged:
    """The probabilities of the best hits, as they stand and with the close competitors thought away."""

    probabilities: tuple[float, ...]
    alone: tuple[float, ...]
    beliefs: tuple[float, ...]  # as the ranking shares them out, the first hit's being 1


class Answerer:
    """Answers questions from one index. Safe to share between threads; makes no change to anything."""

    def __init__(
        self,
        index: Index,
        encoder: Encoder,
        gate: Gate,
        version: str | None = None,
        retriever: Retriever | None = None,
    ) -> None:
        if index.encoder_id != encoder.id:
            raise KnowledgeBaseError(
                f"The index was made with encoder {index.encoder_id}, not {encoder.id}. "
                "Run `deskhand kb sync` to build it again."
            )
        self.index, self.encoder, self.gate = index, encoder, gate
        self.version = version or index.version
        self.retriever = retriever or Retriever(index, encoder)
        self._thresholds: dict[float, float | None] = {}

    @classmethod
    def open(cls, folder: Path, encoder_dir: Path, threads: int = 1) -> Answerer:
        """Load a bundle that `build_bundle` made. Raises KnowledgeBaseError."""
        version, index, gate = load_bundle(folder)
        return cls(index, Encoder.open(encoder_dir, threads), gate, version)

    def without(self, article_ids: Iterable[str]) -> Answerer:
        """The same, but these articles are never found again: for a retraction, at once and without a new index."""
        retriever = self.retriever.without(article_ids)
        return Answerer(retriever.index, self.encoder, self.gate, self.version, retriever)

    def threshold_for(self, risk_limit: float) -> float | None:
        """See `Gate.threshold_for`; worked out once for each limit."""
        if risk_limit not in self._thresholds:
            self._thresholds[risk_limit] = self.gate.threshold_for(risk_limit)
        return self._thresholds[risk_limit]

    def search(self, question: str, audiences: frozenset[str] = frozenset(AUDIENCES), k: int = 5) -> tuple[Hit, ...]:
        """The k best articles that these audiences may read."""
        text = readable(question)
        if not text:
            return ()
        ranked = self.retriever.rank(text, audiences, self.gate.ranking)
        best = ranked.order[:k].tolist()
        return tuple(self._hit(ranked, at, self.gate.probability(ranked, at)) for at in best)

    def answer(self, question: str, audiences: frozenset[str], risk_limit: float) -> Reply:
        """What to reply to a person in these audiences, when at most `risk_limit` of answers may be wrong."""
        text = readable(question)
        threshold = self.threshold_for(risk_limit)
        if not text:
            return Reply("abstain", 0.0, threshold, (), "There are no words in the message.", self.version)
        return self.reply(self.retriever.rank(text, audiences, self.gate.ranking), risk_limit)

    def reply(self, ranked: Ranked, risk_limit: float) -> Reply:
        """What to reply to a question that the gate's own ranking has ranked."""
        threshold = self.threshold_for(risk_limit)
        best = ranked.order[:MAX_HITS].tolist()
        if not best:
            return Reply("abstain", 0.0, threshold, (), "There is no article to search.", self.version)
        judged = self._judge(ranked, best)
        kind, shown = decide(judged, threshold, self.gate.suggest_from)
        hits = tuple(self._hit(ranked, at, p) for at, p in zip(best[:shown], judged.probabilities, strict=False))
        sure = judged.probabilities[0]
        why = explain(kind, sure, threshold, risk_limit, ranked.article(best[0]), len(self.gate.calibration))
        return Reply(kind, sure, threshold, hits, why, self.version)

    def _judge(self, ranked: Ranked, best: list[int]) -> Judged:
        beliefs = self.gate.ranking.mass(ranked.scores[best])
        return Judged(
            tuple(self.gate.probability(ranked, at) for at in best),
            tuple(self.gate.probability(ranked, at, frozenset(best) - {at}) for at in best),
            tuple((beliefs / beliefs[0]).tolist()),
        )

    def passage_of(self, article_id: str, question: str, audiences: frozenset[str]) -> Hit | None:
        """The passage of this article that is nearest to the question; none when these audiences may not read it."""
        ranked = self.retriever.rank(readable(question), audiences, self.gate.ranking)
        found = (at for at in range(len(ranked.scores)) if ranked.article(at).id == article_id)
        at = next(found, None)
        return None if at is None else self._hit(ranked, at, self.gate.probability(ranked, at))

    def _hit(self, ranked: Ranked, position: int, probability: float) -> Hit:
        article = ranked.article(position)
        passage, _ = ranked.passage(position)
        parts = dict(zip(PARTS, ranked.parts[position].tolist(), strict=True))
        marks = best_parts(passage.text, ranked.sentences(position))
        return Hit(
            article.id, article.title, passage.text, passage.number, marks, article.content_hash, article.audience,
            article.runbook, article.owner, article.updated.isoformat(), float(ranked.scores[position]), probability,
            parts,
        )  # fmt: skip


def readable(question: str) -> str:
    """The question without control characters, cut to what can be read; empty when it holds no letter or digit."""
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", " ", question[:MAX_CHARACTERS])
    return text.strip() if re.search(r"[^\W_]", text) else ""


def decide(judged: Judged, threshold: float | None, suggest_from: float) -> tuple[Kind, int]:
    """The kind of reply, and how many hits it shows."""
    if threshold is not None:
        if judged.probabilities[0] >= threshold:
            return "answer", 1
        close = 0
        for alone, belief in zip(judged.alone, judged.beliefs, strict=True):
            if alone < threshold or belief < RIVAL:
                break
            close += 1
        if close >= 2:
            return "clarify", close
    if judged.probabilities[0] >= suggest_from:
        return "suggestions", len(judged.probabilities)
    return "abstain", 0


def explain(
    kind: Kind, sure: float, threshold: float | None, limit: float, article: Article, calibrated_on: int
) -> str:
    """Why, in words for the person who asks "Why?"."""
    nearest = f"“{article.title or article.id}” answers this with a probability of {sure:.0%}"
    if threshold is None:
        reason = (
            f"suggestions only, since {calibrated_on} labelled questions do not show that at most {limit:.0%} of "
            f"answers would be wrong (it takes at least {needed(limit)} answered, none of them wrong)"
        )
    else:
        reason = f"answered from {threshold:.0%} on, so that at most {limit:.0%} of answers are wrong"
    if kind == "clarify":
        return f"Several articles fit equally well, and each alone would be sure enough; {reason}."
    if kind == "abstain":
        return f"No article fits: the nearest, {nearest}; {reason}."
    return f"{nearest}; {reason}."


__all__ = ["Answerer", "Hit", "Kind", "Reply", "build_bundle", "ensure_encoder"]
