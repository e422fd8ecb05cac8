"""Who may read what the bot wrote in a thread: one person in direct messages, everybody in a channel."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge_base.documents import EVERYONE
from workers import serving
from workers.knowledge import articles
from workers.people import audiences
from workers.store.tables import Correction, Person, Receipt

GONE = "gone"  # the version of an article that is retracted, expired or removed


@dataclass(frozen=True)
class Thread:
    """Where an answer stands."""

    channel: str
    root: str  # ts of the message under which it is


def thread_of(receipt: Receipt) -> Thread:
    """The thread of a decision about a message."""
    channel, _, ts = receipt.subject.removeprefix("message:").partition("/")
    return Thread(channel, receipt.evidence.get("thread") or ts)


def readers_of(session: Session, receipts: Iterable[Receipt]) -> Mapping[int, frozenset[str]]:
    """By the receipt's id: the audiences of the thread of a decision as they are now; none for somebody who is gone."""
    rows = list(receipts)
    workspaces = {row.workspace for row in rows}
    people = session.scalars(select(Person).where(Person.workspace.in_(workspaces)))
    known = {(person.workspace, person.handle): audiences(person) for person in people}
    nobody: frozenset[str] = frozenset()
    return {
        row.id: (found if is_direct(row) or not found else frozenset({EVERYONE}))
        for row in rows
        for found in [known.get((row.workspace, row.person), nobody)]
    }


def is_direct(receipt: Receipt) -> bool:
    """Whether the question came as a direct message; Slack's ids of such conversations begin with D."""
    return thread_of(receipt).channel.startswith("D")


def may_read(audience: Iterable[str], readers: frozenset[str]) -> bool:
    """Whether an article for this audience may be read there; somebody without any audience reads nothing."""
    wanted = frozenset(audience)
    return bool(readers) and (EVERYONE in wanted or not readers.isdisjoint(wanted))


def may_still_read(session: Session, correction: Correction) -> bool:
    """Whether what a correction says may be read in its thread at this moment, and still stands in the article.

    An index that was built meanwhile may hold another text for other people: then it counts as no.
    """
    row = correction.shown
    if correction.version != GONE and (
        row.article_id in articles.retracted(session) or serving.served(session, "knowledge") != correction.served
    ):
        return False
    return may_read(correction.audience, readers_of(session, [row.receipt])[row.receipt_id])
