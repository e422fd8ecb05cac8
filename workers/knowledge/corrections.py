"""When an article has changed or is gone: which answers quoted it, and a correction below each of them.

One correction for each answer and each later version of its article, whoever asks for it and however often. What is
written may wait for Slack, so who may read the new text is looked at when it is written and again when it is sent
(`readers.may_still_read`); whoever may not is told only that the answer does not hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge_base.answering import Answerer, Hit
from knowledge_base.documents import Article
from workers import outbox
from workers.governance import audit, receipts
from workers.knowledge.articles import ArticleTrouble
from workers.knowledge.readers import GONE, readers_of, thread_of
from workers.slack import corrections as messages
from workers.store.columns import now
from workers.store.tables import Correction, Person, ShownArticle
from workers.tickets.permissions import NotAllowed, is_agent

LOOK_BACK = timedelta(days=90)  # older answers have been followed, or forgotten
APART = timedelta(seconds=1)  # Slack takes about one message a second in a channel; nobody else should wait for these


@dataclass(frozen=True)
class Standing:
    """An article as it may answer at this moment."""

    article_id: str
    article: Article | None  # none: retracted, expired, or not there any more
    served: str | None  # the version of the index

    @property
    def version(self) -> str:
        """What a correction is about: the article's content, or that it is gone."""
        return self.article.content_hash if self.article else GONE


@dataclass(frozen=True)
class QuotedAnswer:
    """An answer, or a suggestion that was chosen, that quoted an article."""

    shown: int
    receipt: int
    person: str
    question: str
    quoted_at: datetime
    is_outdated: bool  # it quoted another version than the one that answers now
    corrected: bool  # for the version that answers now
    solved: bool | None


@dataclass(frozen=True)
class Planned:
    """A correction that could be posted, as it looks now."""

    answer: QuotedAnswer
    hit: Hit | None  # the passage that answers now; none where there is none, or it may not be read there


@dataclass(frozen=True)
class Plan:
    """The corrections for one article; nothing has been written."""

    standing: Standing
    corrections: tuple[Planned, ...]

    @property
    def quoting(self) -> int:
        """How many will quote the new text."""
        return sum(planned.hit is not None for planned in self.corrections)


def standing(answerer: Answerer | None, article_id: str) -> Standing:
    """How an article stands in what is served now."""
    if answerer is None:
        return Standing(article_id, None, None)
    index, today = answerer.index, now().date()
    known = (article for article in index.articles if article.id == article_id)
    answers = (article for article in known if article.id not in index.retracted and not article.expired(today))
    return Standing(article_id, next(answers, None), answerer.version)


def answers_that_quoted(
    session: Session, workspace: str, now_is: Standing, since: datetime | None = None
) -> tuple[QuotedAnswer, ...]:
    """Answers that quoted this article, newest first; of the last 90 days unless another moment is given."""
    rows = _quoted(session, workspace, now_is.article_id, since)
    corrected = _corrected(session, [row.id for row in rows], now_is.version)
    return tuple(_answer(row, now_is, row.id in corrected) for row in rows)


def plan(
    session: Session, workspace: str, answerer: Answerer | None, article_id: str, since: datetime | None = None
) -> Plan:
    """A correction for each answer that quoted another version and has none for this one; changes nothing."""
    now_is = standing(answerer, article_id)
    rows = _quoted(session, workspace, article_id, since)
    readers = readers_of(session, [row.receipt for row in rows])
    corrected = _corrected(session, [row.id for row in rows], now_is.version)
    planned = []
    for row in rows:
        answer = _answer(row, now_is, row.id in corrected)
        if answer.is_outdated and not answer.corrected:
            found = answerer.passage_of(article_id, answer.question, readers[row.receipt_id]) if answerer else None
            planned.append(Planned(answer, found if found and readers[row.receipt_id] else None))
    return Plan(now_is, tuple(planned))


def must_keep(person: Person, article: Article | None) -> None:
    """Raises `NotAllowed` for everybody but admins and the article's owner."""
    is_owner = article is not None and is_agent(person) and person.handle == article.owner
    if not is_owner and (person.role != "admin" or person.is_outsider):
        raise NotAllowed("Only admins and the article's owner can post corrections.")


def post(session: Session, workspace: str, prepared: Plan, why: str, by: str) -> int:
    """Write the corrections into the caller's transaction, to be sent after it; gives their number.

    Answers that somebody else has corrected since the plan was made are left out. Raises `ArticleTrouble` without a
    reason.
    """
    if not why.strip():
        raise ArticleTrouble("Say what was wrong; the people who got the answer will read it.")
    wanted = {planned.answer.shown: planned for planned in prepared.corrections}
    # Locked, so that two who post at the same moment do not both find nothing.
    rows = session.scalars(select(ShownArticle).where(ShownArticle.id.in_(wanted)).with_for_update(of=ShownArticle))
    found = {row.id: row for row in rows if row.workspace == workspace}
    done = _corrected(session, list(found), prepared.standing.version)
    moment = now()
    posted = [number for number in wanted if number in found and number not in done]
    for place, number in enumerate(posted):
        _put(session, prepared.standing, found[number], wanted[number].hit, why.strip(), by, moment + place * APART)
    if posted:
        detail = {"why": why.strip()[:500], "version": prepared.standing.version, "answers": len(posted)}
        audit.append(
            session, workspace, by, "answers_corrected", f"article:{prepared.standing.article_id}"[:80], **detail
        )
    return len(posted)


def _put(
    session: Session, now_is: Standing, row: ShownArticle, hit: Hit | None, why: str, by: str, due_at: datetime
) -> None:
    audience = list(now_is.article.audience) if now_is.article else row.audience
    correction = Correction(
        workspace=row.workspace, shown_id=row.id, version=now_is.version, served=now_is.served, audience=audience, by=by
    )
    session.add(correction)
    session.flush()
    payload: dict[str, Any] = {
        "to": f"correction:{correction.id}",
        "full": _full(now_is, row.receipt_id, hit, why),
        "plain": messages.plain(row.receipt_id),
    }
    lane = _lane(row)
    outbox.put(session, row.workspace, "chat.postMessage", payload, lane=lane, due_at=due_at)


def _full(now_is: Standing, receipt_id: int, hit: Hit | None, why: str) -> dict[str, Any]:
    if now_is.article is None:
        return messages.gone(receipt_id, why)
    return messages.quoting(hit, receipt_id, why) if hit else messages.plain(receipt_id)


def _lane(row: ShownArticle) -> str:
    # Of their own: a new question in the thread must not wait for a correction that is due later.
    return f"correction:{thread_of(row.receipt).channel}"


def _quoted(session: Session, workspace: str, article_id: str, since: datetime | None) -> Sequence[ShownArticle]:
    query = select(ShownArticle).where(
        ShownArticle.workspace == workspace,
        ShownArticle.article_id == article_id,
        ShownArticle.quoted_at >= (since or now() - LOOK_BACK),
    )
    return session.scalars(query.order_by(ShownArticle.quoted_at.desc(), ShownArticle.id.desc())).all()


def _corrected(session: Session, shown: Sequence[int], version: str) -> frozenset[int]:
    query = select(Correction.shown_id).where(Correction.shown_id.in_(shown), Correction.version == version)
    return frozenset(session.scalars(query))


def _answer(row: ShownArticle, now_is: Standing, corrected: bool) -> QuotedAnswer:
    receipt = row.receipt
    return QuotedAnswer(
        row.id, receipt.id, receipt.person, receipts.question(receipt), row.quoted_at or row.at,
        row.content_hash != now_is.version, corrected, row.solved,
    )  # fmt: skip
