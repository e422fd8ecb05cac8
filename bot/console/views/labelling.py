"""What is labelled next, with the likely labels, and how far people are. Pure but for the look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from bot.console.views.gaps import ticket_path
from bot.console.views.models import RunView, run_of
from bot.console.words import ago
from workers.handbook import Handbook
from workers.labelling import reviews, searching, triage
from workers.store.tables import LabelReview, Person, Ticket, TrainingRun
from workers.training import runs

Kind = Literal["triage", "suspects", "unlabelled"]
KINDS: tuple[Kind, ...] = ("triage", "suspects", "unlabelled")
MOST_CHOICES = 5
MOST = 100


@dataclass(frozen=True)
class Choice:
    """A label that can be given with one key."""

    label: str
    name: str
    share: float | None
    """How probable; none for a label that nobody computed."""
    is_given: bool


@dataclass(frozen=True)
class Item:
    """One ticket whose label is asked for."""

    kind: Kind
    id: int
    reference: str
    path: str
    """Its page; empty for a ticket of another system."""
    text: str
    given: str
    """Name of the label that it has; empty without."""
    choices: tuple[Choice, ...]
    nearest: tuple[tuple[str, str], ...]
    """Tickets like it that have the first choice: id and text."""
    facts: str


@dataclass(frozen=True)
class LabellingView:
    """What the page shows."""

    kind: Kind
    items: tuple[Item, ...]
    counts: Mapping[Kind, int]
    decided: int
    """Reviews that people have decided, whenever."""
    labels: Mapping[str, str]
    search: RunView | None
    found: tuple[str, ...]
    """What the last search says, in sentences."""


def look(session: Session, person: Person, handbook: Handbook, kind: Kind, now: datetime) -> LabellingView:
    """The tickets of one kind, in the order in which they should be looked at."""
    tickets = triage.waiting(session, person.workspace)
    doubtful = reviews.waiting(session, person.workspace, 2 * reviews.MOST)
    suspects = [review for review in doubtful if review.given is not None]
    unlabelled = [review for review in doubtful if review.given is None]
    likely = triage.likely_labels(session, tickets)
    of_kind: dict[Kind, Sequence[Item]] = {
        "triage": [of_ticket(one, likely[one.id], handbook, now) for one in tickets[:MOST]] if kind == "triage" else (),
        "suspects": [of_review(one, handbook, now) for one in suspects[:MOST]],
        "unlabelled": [of_review(one, handbook, now) for one in unlabelled[:MOST]],
    }
    searches = runs.latest(session, person.workspace, "labels", 1)
    outcome = searches[0].comparison if searches else None
    return LabellingView(
        kind=kind,
        items=tuple(of_kind[kind]),
        counts={"triage": len(tickets), "suspects": len(suspects), "unlabelled": len(unlabelled)},
        decided=reviews.count(session, person.workspace).decided,
        labels={label.id: label.name for label in handbook.taxonomy.labels},
        search=run_of(_without_outcome(searches[0]), now) if searches else None,
        found=tuple(searching.in_words(outcome, handbook)) if outcome else (),
    )


def of_ticket(ticket: Ticket, likely: triage.Likely, handbook: Handbook, now: datetime) -> Item:
    """A ticket in triage."""
    return Item(
        "triage", ticket.id, ticket.reference, f"/tickets/{ticket.id}", ticket.text, "",
        choices_of(likely, None, handbook), (), f"{ticket.requester.name} · {ago(ticket.opened_at, now)}",
    )  # fmt: skip


def of_review(review: LabelReview, handbook: Handbook, now: datetime) -> Item:
    """A closed ticket with a doubtful label, or with none."""
    return Item(
        "suspects" if review.given else "unlabelled", review.id, review.ticket, ticket_path(review.ticket), review.text,
        handbook.label_name(review.given) if review.given else "",
        choices_of(tuple(review.likely_labels()), review.given, handbook),
        tuple((near["id"], near["text"]) for near in review.nearest), f"found {ago(review.found_at, now)}",
    )  # fmt: skip


def choices_of(likely: triage.Likely, given: str | None, handbook: Handbook) -> tuple[Choice, ...]:
    """The likely labels, best first, and the given one among them; labels that are gone cannot be chosen."""
    known = [(label, share) for label, share in likely if label in handbook.taxonomy.by_id]
    shown = known[:MOST_CHOICES]
    if given in handbook.taxonomy.by_id and given not in [label for label, _ in shown]:
        shown[MOST_CHOICES - 1 :] = [(given, dict(known).get(given, 0.0))]
    return tuple(Choice(label, handbook.label_name(label), share, label == given) for label, share in shown)


def _without_outcome(run: TrainingRun) -> TrainingRun:
    """A search compares nothing; what it found is said in its own words."""
    return TrainingRun(
        id=run.id, state=run.state, stage=run.stage, done=run.done, requested_by=run.requested_by, error=run.error,
        requested_at=run.requested_at, finished_at=run.finished_at,
    )  # fmt: skip
