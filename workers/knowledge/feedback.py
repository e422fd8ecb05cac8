"""What live use teaches: questions that an article solved, as doors to it, and labelled questions for the gate.

A question becomes one or the other, never both: a gate that is fitted on questions which are doors themselves sees
them found without fail, and trusts its ranking too much. Which one is decided by the question's fingerprint, whatever
came of it, so neither half is richer in good or bad outcomes.

What was never shown has no label, and what was shown had not the same chance to get one. Each outcome carries that
chance (propensity): whether somebody looked at its place, times how often people say at all whether it helped. Its
inverse, clipped and divided by its mean, is the weight (Swaminathan & Joachims, Counterfactual Risk Minimization, 2015,
and The Self-Normalized Estimator, 2015). Answers are given from a threshold on, without chance: below it nothing is
ever shown as an answer, so no weight can make up for it, and the guarantee is never fitted on live outcomes.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from knowledge_base.documents import Article, Learnt, Question, fingerprint
from workers.governance import receipts
from workers.knowledge.examination import LEAST, shares
from workers.knowledge.readers import may_read, readers_of
from workers.store.tables import ShownArticle, Ticket
from workers.tickets import states

NEWEST = 20_000  # outcomes that are looked at
A_PERSON = 2  # outcomes of one person for one article: nobody can teach it alone
LONGEST = 400  # characters; a longer message is a story, and its vector says little


@dataclass(frozen=True)
class LiveOutcome:
    """What one person said about one article after asking one question."""

    question: str
    article: str
    right: bool
    propensity: float  # the chance that this was looked at and judged, 0 to 1
    person: str
    readers: frozenset[str]  # audiences of the thread, as they are now
    receipt: int
    at: datetime

    @property
    def is_door(self) -> bool:
        """Whether the question may be a door; else it may be evidence for the gate."""
        return int(fingerprint(self.question), 16) % 2 == 0

    @property
    def weight(self) -> float:
        """Inverse propensity, clipped."""
        return 1 / max(LEAST, self.propensity)


def outcomes(session: Session, workspace: str, articles: Iterable[Article]) -> tuple[LiveOutcome, ...]:
    """What people said about these articles, newest first.

    Left out: what the person may not read (any more); a "not solved" of an older text, which the change may have put
    right, or whose ticket was taken back; all but the last word of a person on a question and an article (when that
    one says nothing, neither do those before it).
    """
    known = {article.id: article for article in articles}
    query = (
        select(ShownArticle)
        .where(ShownArticle.workspace == workspace, ShownArticle.solved.is_not(None))
        .order_by(ShownArticle.judged_at.desc(), ShownArticle.id.desc())
        .limit(NEWEST)
    )
    rows = [row for row in session.scalars(query) if row.article_id in known]
    readers = readers_of(session, [row.receipt for row in rows])
    taken_back = _withdrawn(session, workspace)
    responses = response_shares(session, workspace)
    last: dict[tuple[str, str, str], LiveOutcome | None] = {}
    for row in rows:
        outcome = _outcome(row, readers[row.receipt_id], responses.get(row.way, 1.0))
        article = known[row.article_id]
        in_doubt = row.content_hash != article.content_hash or row.receipt.subject in taken_back
        says = (outcome.right or not in_doubt) and may_read(article.audience, outcome.readers)
        key = (outcome.person, outcome.article, fingerprint(outcome.question))
        last.setdefault(key, outcome if says and len(outcome.question) <= LONGEST else None)
    return tuple(outcome for outcome in last.values() if outcome)


def _outcome(row: ShownArticle, readers: frozenset[str], response: float) -> LiveOutcome:
    return LiveOutcome(
        question=receipts.question(row.receipt),
        article=row.article_id,
        right=bool(row.solved),
        propensity=row.propensity * response,
        person=row.receipt.person,
        readers=readers,
        receipt=row.receipt_id,
        at=row.judged_at or row.at,
    )


def _withdrawn(session: Session, workspace: str) -> Collection[str]:
    """Subjects of decisions whose ticket the employee took back: nobody knows what they made of the article."""
    query = select(Ticket.source_channel, Ticket.source_ts).where(
        Ticket.workspace == workspace, Ticket.status == states.WITHDRAWN
    )
    return {f"message:{channel}/{ts}" for channel, ts in session.execute(query)}


def response_shares(session: Session, workspace: str) -> dict[str, float]:
    """By the way that an article was shown: the share of quotes about which people said whether it helped."""
    query = (
        select(ShownArticle.way, func.count(), func.count(ShownArticle.solved))
        .where(ShownArticle.workspace == workspace, ShownArticle.quoted_at.is_not(None))
        .group_by(ShownArticle.way)
    )
    return {way: judged / quoted for way, quoted, judged in session.execute(query) if judged}


def few_of_each(found: Iterable[LiveOutcome]) -> list[LiveOutcome]:
    """In their order, at most A_PERSON of one person for one article."""
    counted: Counter[tuple[str, str]] = Counter()
    kept = []
    for outcome in found:
        counted[outcome.person, outcome.article] += 1
        if counted[outcome.person, outcome.article] <= A_PERSON:
            kept.append(outcome)
    return kept


def confirmed_questions(session: Session, workspace: str, articles: Iterable[Article]) -> dict[str, list[str]]:
    """Article id → questions that it solved, newest first, to be doors to it.

    A question about which the last word of anybody was that the article did not solve it is none.
    """
    last: dict[tuple[str, str], bool] = {}
    doors: dict[str, list[str]] = {}
    found = [outcome for outcome in outcomes(session, workspace, articles) if outcome.is_door]
    for outcome in found:
        last.setdefault((outcome.article, fingerprint(outcome.question)), outcome.right)
    for outcome in few_of_each(outcome for outcome in found if outcome.right):
        if last[outcome.article, fingerprint(outcome.question)]:
            doors.setdefault(outcome.article, []).append(outcome.question)
    return {article: list(dict.fromkeys(questions)) for article, questions in doors.items()}


def live_questions(
    session: Session, workspace: str, articles: Iterable[Article], labelled: Iterable[Question] = ()
) -> tuple[Question, ...]:
    """Questions for the development part of a fit, weights 1 on average; none that is labelled already.

    A question that an article solved is labelled with it. One that was answered and not solved is labelled as answered
    by none, since what would have answered is not known.
    """
    known = {fingerprint(question.text) for question in labelled}
    groups: dict[tuple[str, frozenset[str]], list[LiveOutcome]] = {}
    for outcome in few_of_each(outcomes(session, workspace, articles)):
        mark = fingerprint(outcome.question)
        if not outcome.is_door and mark not in known:
            groups.setdefault((mark, outcome.readers), []).append(outcome)
    weights = [_mean([outcome.weight for outcome in group]) for group in groups.values()]
    average = _mean(weights)
    return tuple(
        Question(
            text=group[0].question,
            articles=frozenset(_right(group)),
            audiences=group[0].readers,
            id=f"live:{group[0].receipt}",
            group=f"live:{mark}",
            weight=weight / average,
            proves=False,
        )
        for ((mark, _), group), weight in zip(groups.items(), weights, strict=True)
    )


def learnt(session: Session, workspace: str, articles: Sequence[Article], labelled: Iterable[Question]) -> Learnt:
    """Doors and evidence together, for an index of these articles."""
    return Learnt(
        confirmed_questions(session, workspace, articles), live_questions(session, workspace, articles, labelled)
    )


def _right(group: Sequence[LiveOutcome]) -> list[str]:
    """The articles that solved it, by the last word on each."""
    last: dict[str, bool] = {}
    for outcome in group:
        last.setdefault(outcome.article, outcome.right)
    return [article for article, right in last.items() if right]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 1.0


@dataclass(frozen=True)
class Feedback:
    """What live use has taught so far, in numbers."""

    outcomes: int  # of the articles there are, as `outcomes` gives them
    solved: int
    not_solved: int
    response_shares: dict[str, float]  # by way; of what was quoted, the share that people judged
    looks: tuple[float, ...]  # the share of people who look at the first, second, third suggestion
    doors: dict[str, int]  # article id → its confirmed questions
    evidence: int  # questions for the gate
    evidence_right: int
    worth: float  # as many questions of equal weight would say as much (Kish's effective sample size)


def summary(session: Session, workspace: str, articles: Sequence[Article], labelled: Iterable[Question]) -> Feedback:
    """Count it."""
    found = outcomes(session, workspace, articles)
    questions = live_questions(session, workspace, articles, labelled)
    weights = [question.weight for question in questions]
    return Feedback(
        outcomes=len(found),
        solved=sum(outcome.right for outcome in found),
        not_solved=sum(not outcome.right for outcome in found),
        response_shares=response_shares(session, workspace),
        looks=shares(session, workspace).by_place,
        doors={article: len(asked) for article, asked in confirmed_questions(session, workspace, articles).items()},
        evidence=len(questions),
        evidence_right=sum(bool(question.articles) for question in questions),
        worth=sum(weights) ** 2 / sum(weight**2 for weight in weights) if weights else 0.0,
    )
