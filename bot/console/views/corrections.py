"""Answers that quoted an article, and what a correction of them would say. Pure but for the look."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.console.words import Tone, ago, first_line
from knowledge_base import quoting
from knowledge_base.answering import Answerer
from workers.knowledge import corrections
from workers.knowledge.corrections import Plan, QuotedAnswer
from workers.store.columns import now
from workers.store.tables import Person
from workers.tickets.permissions import NotAllowed


@dataclass(frozen=True)
class AnswerRow:
    """One answer that quoted the article."""

    person: str
    question: str
    when: str
    state: str
    tone: Tone


@dataclass(frozen=True)
class CorrectionsView:
    """What the dialog shows."""

    count: int
    rows: tuple[AnswerRow, ...]  # empty for somebody who may not correct
    may_correct: bool
    plan: Plan
    says_now: str  # Markdown: the passage that the first of them would be sent; empty where there is none

    @property
    def reach(self) -> str:
        """Whom a correction would reach, in words."""
        number, quoting_it = len(self.plan.corrections), self.plan.quoting
        if self.plan.standing.article is None:
            return f"{_threads(number)} would read that the answer is withdrawn, and why."
        rest = f"; {number - quoting_it} may not read it now and learn only that the answer does not hold"
        return f"{_threads(number)}: {quoting_it} with the new passage{rest if number > quoting_it else ''}."


def look(session: Session, person: Person, answerer: Answerer, article_id: str) -> CorrectionsView:
    """Everybody who works here sees the number; admins and the owner see who asked what."""
    plan = corrections.plan(session, person.workspace, answerer, article_id)
    found = corrections.answers_that_quoted(session, person.workspace, plan.standing)
    return view_of(found, plan, may_correct(person, plan), now())


def may_correct(person: Person, plan: Plan) -> bool:
    """Whether this person may post corrections for the article."""
    try:
        corrections.must_keep(person, plan.standing.article)
    except NotAllowed:
        return False
    return True


def view_of(found: Sequence[QuotedAnswer], plan: Plan, allowed: bool, moment: datetime) -> CorrectionsView:
    """Newest first."""
    hit = next((planned.hit for planned in plan.corrections if planned.hit), None)
    return CorrectionsView(
        count=len(found),
        rows=tuple(_row(answer, moment) for answer in found) if allowed else (),
        may_correct=allowed,
        plan=plan,
        says_now=quoting.marked(hit.passage, hit.marks) if hit else "",
    )


def _row(answer: QuotedAnswer, moment: datetime) -> AnswerRow:
    state, tone = _state(answer)
    return AnswerRow(answer.person, first_line(answer.question), ago(answer.quoted_at, moment), state, tone)


def _state(answer: QuotedAnswer) -> tuple[str, Tone]:
    if not answer.is_outdated:
        return "as it says now", "good"
    return ("corrected", "calm") if answer.corrected else ("older text", "warn")


def _threads(number: int) -> str:
    return f"{number} thread{'' if number == 1 else 's'}"
