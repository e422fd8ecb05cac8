"""Champion and challenger on the same labelled questions that neither has learnt from. A person decides; this measures.

The gates are cross-fitted: one half of the questions fits ranking, gate and threshold of each side, the other half is
judged by them, and the other way round. So no number comes from questions that the encoder or its gate has seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from knowledge_base.answering import Answerer
from knowledge_base.documents import AUDIENCES, Question, fingerprint
from knowledge_base.embedding import Encoder, Progress
from knowledge_base.index import Index
from knowledge_base.paired import mcnemar, mean_gain

Recommendation = Literal["better", "the same within chance", "worse", "too few questions"]
FEWEST = 50  # answerable questions below which no difference worth having can be told from chance
FEWEST_OF_GROUP = 20
LARGEST_FALL = 0.05  # of Hit@1 in the questions about articles for one audience
SIGNIFICANT = 0.05
DEPTH = 20  # articles looked at for the reciprocal rank; what comes later is as good as not found

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Side:
    """What one encoder would serve."""

    index: Index
    encoder: Encoder


@dataclass(frozen=True)
class Sheet:
    """One side's numbers, over the questions that an article answers but where it says otherwise."""

    hit_at_1: float
    mrr: float
    answered_right: float  # share of these that are answered, and rightly, at the risk limit
    wrong: float | None  # share of the answers to all questions that are wrong; None when nothing is answered
    groups: dict[str, float]  # Hit@1 by the audience of the right articles


@dataclass(frozen=True)
class Comparison:
    """Champion and challenger, side by side."""

    champion: str  # ids of the encoders
    challenger: str
    questions: int  # compared on
    answerable: int  # of these
    learnt_from: int  # left out, since one of the two has learnt from them
    limit: float  # highest accepted share of wrong answers
    before: Sheet
    after: Sheet
    p_value: float  # chance of so large a difference in Hit@1 if both were equally good (exact McNemar test)
    mrr_gain: tuple[float, float]  # 95 % interval, paired bootstrap
    answered_gain: tuple[float, float]  # 95 % interval of the gain in `answered_right`
    harmed: tuple[str, ...]  # audiences whose articles are found clearly less often
    recommendation: Recommendation = "too few questions"
    reasons: tuple[str, ...] = ()  # in plain words

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Judged:
    """What one side did with the questions, in their order."""

    rank: npt.NDArray[np.int64]  # of the first right article, from 1; 0 when none is found or none answers
    answered: Bools

    @classmethod
    def of(cls, rows: Sequence[tuple[int, bool]]) -> Judged:
        """From what `look` gave for each question."""
        return cls(np.array([rank for rank, _ in rows], np.int64), np.array([done for _, done in rows], np.bool_))

    @property
    def right(self) -> Bools:
        """The first article answers."""
        return np.asarray(self.rank == 1)

    def reciprocal(self) -> Floats:
        """1 / rank; 0 without a right article."""
        return np.where(self.rank > 0, 1.0 / np.maximum(self.rank, 1), 0.0)

    def only(self, chosen: Bools) -> Judged:
        """The same for some of the questions."""
        return Judged(self.rank[chosen], self.answered[chosen])


def compare(
    champion: Side, challenger: Side, questions: Sequence[Question], limit: float, progress: Progress | None = None
) -> Comparison:
    """Judge the same questions with both sides, and test whether the difference is more than chance."""
    fair = challenger.encoder.unseen(champion.encoder.unseen(questions))
    old, new = (
        judge(side, fair, limit, name, progress)
        for name, side in (("the champion", champion), ("the challenger", challenger))
    )
    groups = groups_of(champion.index, fair)
    before, after = (sheet_of(side, fair, groups) for side in (old, new))
    answerable = np.array([bool(question.articles) for question in fair], np.bool_)
    old, new = old.only(answerable), new.only(answerable)
    measured = Comparison(
        champion=champion.encoder.id,
        challenger=challenger.encoder.id,
        questions=len(fair),
        answerable=int(answerable.sum()),
        learnt_from=len(questions) - len(fair),
        limit=limit,
        before=before,
        after=after,
        p_value=mcnemar(old.right, new.right),
        mrr_gain=mean_gain(new.reciprocal() - old.reciprocal()),
        answered_gain=mean_gain((new.answered & new.right) * 1.0 - (old.answered & old.right) * 1.0),
        harmed=tuple(name for name in before.groups if before.groups[name] - after.groups[name] > LARGEST_FALL),
    )
    return replace(measured, recommendation=recommend(measured), reasons=tuple(reasons_for(measured)))


def judge(
    side: Side, questions: Sequence[Question], limit: float, name: str, progress: Progress | None = None
) -> Judged:
    """What this side would do with each question, under a gate that was fitted on the other half of them."""
    from knowledge_base.gate_fitting import fit_gate  # heavy, and serving needs none of it

    judged: dict[int, tuple[int, bool]] = {}
    halves = halves_of(questions)
    for half in (True, False):
        others = [question for question, its in zip(questions, halves.tolist(), strict=True) if its != half]
        answerer = Answerer(side.index, side.encoder, fit_gate(side.index, side.encoder, (), others))
        for at in np.flatnonzero(halves == half).tolist():
            judged[at] = look(answerer, questions[at], limit)
            if progress is not None:
                progress(f"judging {name}", len(judged), len(questions))
    return Judged.of([judged[at] for at in range(len(questions))])


def look(answerer: Answerer, question: Question, limit: float) -> tuple[int, bool]:
    """Rank of the first right article from 1 (0: none found), and whether the first one is given as the answer."""
    hits = answerer.search(question.text, question.audiences, DEPTH)
    rank = next((at for at, hit in enumerate(hits, 1) if hit.article_id in question.articles), 0)
    return rank, answerer.answer(question.text, question.audiences, limit).kind == "answer"


def halves_of(questions: Sequence[Question]) -> Bools:
    """Which half a question is in; questions that say the same are in the same one."""
    names = [question.group or question.text for question in questions]
    return np.array([int(fingerprint(name), 16) % 2 == 0 for name in names], np.bool_)


def groups_of(index: Index, questions: Sequence[Question]) -> dict[str, Bools]:
    """For each audience the questions whose right article is meant for it; groups that are too small are left out."""
    audience = {article.id: article.audience for article in index.articles}
    groups = {
        name: np.array([any(name in audience.get(id, ()) for id in question.articles) for question in questions])
        for name in AUDIENCES
    }
    return {name: chosen for name, chosen in groups.items() if chosen.sum() >= FEWEST_OF_GROUP}


def sheet_of(judged: Judged, questions: Sequence[Question], groups: Mapping[str, Bools]) -> Sheet:
    """One side's numbers."""
    found = judged.only(np.array([bool(question.articles) for question in questions], np.bool_))
    answers = int(judged.answered.sum())
    return Sheet(
        hit_at_1=_share(found.right),
        mrr=float(found.reciprocal().mean()) if len(found.rank) else 0.0,
        answered_right=_share(found.answered & found.right),
        wrong=int((judged.answered & ~judged.right).sum()) / answers if answers else None,
        groups={name: _share(judged.right[chosen]) for name, chosen in groups.items()},
    )


def _share(chosen: Bools) -> float:
    return float(chosen.mean()) if len(chosen) else 0.0


def recommend(measured: Comparison) -> Recommendation:
    """Better only where more is found than chance explains, no audience pays for it, and no fewer are answered."""
    if measured.answerable < FEWEST:
        return "too few questions"
    moved = measured.p_value < SIGNIFICANT
    more = measured.after.hit_at_1 > measured.before.hit_at_1
    loses = (moved and not more) or measured.mrr_gain[1] < 0 or measured.answered_gain[1] < 0
    if loses:
        return "worse"
    gains = (moved and more) or measured.mrr_gain[0] > 0
    return "better" if gains and not measured.harmed else "the same within chance"


def reasons_for(measured: Comparison) -> Iterator[str]:
    """Why, in plain words."""
    before, after = measured.before, measured.after
    if measured.answerable < FEWEST:
        yield f"Only {measured.answerable} questions that neither has learnt from; it takes at least {FEWEST}."
        return
    yield (
        f"The right article comes first for {after.hit_at_1:.1%} of {measured.answerable} questions that neither has "
        f"learnt from; with the encoder that is served for {before.hit_at_1:.1%} (p = {measured.p_value:.3f})."
    )
    low, high = measured.mrr_gain
    yield f"Its mean reciprocal rank is {after.mrr:.3f}, so far {before.mrr:.3f} (gain {low:+.3f} to {high:+.3f})."
    yield (
        f"With at most {measured.limit:.0%} wrong answers it answers {after.answered_right:.1%} of them rightly, "
        f"so far {before.answered_right:.1%}."
    )
    if measured.harmed:
        yield f"It finds clearly fewer of the articles for: {', '.join(measured.harmed)}."
