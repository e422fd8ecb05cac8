"""The book about doubtful labels: found by a search, decided by people, applied when a model learns.

A decision changes no ticket. It says what a model learns from, and can be taken back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from classifier.labelling.suspects import Findings
from workers.governance import audit
from workers.handbook import Handbook
from workers.redaction import redact
from workers.store.columns import now
from workers.store.tables import LabelReview

Decision = Literal["keep", "change", "drop"]
DROPPED = "drop"
MOST = 500
"""Suspects, and tickets without label, that one search proposes; nobody looks at more before the next one."""

SHOWN_LABELS = 5


class ReviewTrouble(Exception):
    """A decision that cannot be made; the message says why. Nothing has changed."""


@dataclass(frozen=True)
class Count:
    """How far people are."""

    waiting: int
    decided: int


def keep_findings(session: Session, workspace: str, findings: Findings) -> int:
    """Put what was found in place of what still waited from the search before; gives the number that waits.

    What people have decided stays, and is not asked again.
    """
    session.execute(delete(LabelReview).where(LabelReview.workspace == workspace, LabelReview.decision.is_(None)))
    decided = set(session.scalars(select(LabelReview.ticket).where(LabelReview.workspace == workspace)))
    new = [one for one in (*findings.suspects[:MOST], *findings.unlabelled[:MOST]) if one.id[:80] not in decided]
    for place, one in enumerate(new):
        session.add(
            LabelReview(
                workspace=workspace,
                ticket=one.id[:80],
                text=redact(one.text).text,
                given=one.given or None,
                likely=[list(pair) for pair in one.likely[:SHOWN_LABELS]],
                nearest=[{"id": near.id, "text": redact(near.text).text[:300]} for near in one.nearest],
                place=place,
            )
        )
    session.flush()
    return len(new)


def waiting(session: Session, workspace: str, limit: int = 100) -> list[LabelReview]:
    """Those that nobody has decided, in the order in which they should be looked at."""
    query = select(LabelReview).where(LabelReview.workspace == workspace, LabelReview.decision.is_(None))
    return list(session.scalars(query.order_by(LabelReview.place, LabelReview.id).limit(limit)))


def count(session: Session, workspace: str) -> Count:
    """How many wait, and how many were decided."""
    query = select(func.count(), func.count(LabelReview.decision)).where(LabelReview.workspace == workspace)
    every, decided = session.execute(query).one()
    return Count(every - decided, decided)


def decide(
    session: Session,
    workspace: str,
    handbook: Handbook,
    review_id: int,
    by: str,
    decision: Decision,
    label: str | None = None,
) -> LabelReview:
    """Keep the label, change it to another one, or leave the ticket out of what is learnt.

    Raises `ReviewTrouble` for one that somebody has decided already, or a label that there is not.
    """
    review = _get(session, workspace, review_id)
    if review.decision is not None:
        raise ReviewTrouble(f"{review.decided_by} has decided about {review.ticket} already.")
    if decision == "keep":
        label = review.given
    if decision != DROPPED and label not in handbook.taxonomy.by_id:
        raise ReviewTrouble(f"There is no label {label!r}.")
    review.decision, review.label = decision, label if decision != DROPPED else None
    review.decided_by, review.decided_at = by, now()
    detail = {"decision": decision, "given": review.given, "label": review.label}
    audit.append(session, workspace, by, "label_reviewed", _subject(review), **detail)
    return review


def undo(session: Session, workspace: str, review_id: int, by: str) -> None:
    """Take a decision back; it waits again. Raises `ReviewTrouble` where there is none."""
    review = _get(session, workspace, review_id)
    if review.decision is None:
        raise ReviewTrouble(f"Nobody has decided about {review.ticket}.")
    detail = {"decision": review.decision, "label": review.label, "was_by": review.decided_by}
    review.decision = review.label = review.decided_by = review.decided_at = None
    audit.append(session, workspace, by, "label_review_undone", _subject(review), **detail)


def find(session: Session, workspace: str, ticket: str) -> LabelReview:
    """The review of this ticket. Raises `ReviewTrouble`."""
    review = session.scalar(
        select(LabelReview).where(LabelReview.workspace == workspace, LabelReview.ticket == ticket[:80])
    )
    if review is None:
        raise ReviewTrouble(f"Nobody was asked about {ticket}; `deskhand classifier suspects list` shows the tickets.")
    return review


def apply(
    session: Session, workspace: str, handbook: Handbook, rows: Mapping[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """The closed tickets as a model should learn them: with the labels that people decided on, without dropped ones.

    A decision holds for the label that was looked at: where it was corrected in the files meanwhile, that counts.
    """
    decided = session.scalars(
        select(LabelReview).where(LabelReview.workspace == workspace, LabelReview.decision.is_not(None))
    )
    applied = dict(rows)
    for review in decided:
        row = rows.get(review.ticket)
        if row is None or (row["label"] or None) != review.given:
            continue
        if review.decision == DROPPED:
            del applied[review.ticket]
        elif review.label in handbook.taxonomy.by_id:
            applied[review.ticket] = row | {"label": review.label, "team": handbook.team_of(review.label)}
    return applied


def _get(session: Session, workspace: str, review_id: int) -> LabelReview:
    query = select(LabelReview).where(LabelReview.workspace == workspace, LabelReview.id == review_id)
    review = session.scalar(query.with_for_update())
    if review is None:
        raise ReviewTrouble("This ticket is not asked about any more; a new search has come between.")
    return review


def _subject(review: LabelReview) -> str:
    return f"closed-ticket:{review.ticket}"[:80]
