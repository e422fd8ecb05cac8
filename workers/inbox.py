"""The inbox: a message is claimed before Slack gets its acknowledgement, so it is neither lost nor repeated."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from workers.store.columns import now
from workers.store.session import Store
from workers.store.tables import InboxMessage

STALE_AFTER = timedelta(seconds=15)  # far longer than any message takes
MAX_ATTEMPTS = 5


def claim(store: Store, workspace: str, channel: str, ts: str, event_id: str, event: dict[str, Any]) -> int | None:
    """Take a message; gives its inbox id, or nothing when somebody has it already.

    Unique on workspace, channel and ts: Slack repeats one message under different event ids.
    """
    row = InboxMessage(workspace=workspace, channel=channel, ts=ts, event_id=event_id, event=event, attempts=1)
    try:
        with store.begin() as session:
            session.add(row)
    except IntegrityError:
        return None
    return row.id


def finish(session: Session, inbox_id: int) -> None:
    """Handled; in the same transaction as what came of it."""
    session.execute(update(InboxMessage).where(InboxMessage.id == inbox_id).values(state="done"))


def fail(session: Session, inbox_id: int, reference: str) -> None:
    """Given up; `reference` is the number in the reply and in the log."""
    session.execute(update(InboxMessage).where(InboxMessage.id == inbox_id).values(state="failed", error=reference))


def is_open(session: Session, inbox_id: int) -> bool:
    """Whether nobody has finished this message yet; locks its row until the transaction ends."""
    query = select(InboxMessage.state).where(InboxMessage.id == inbox_id).with_for_update()
    return session.scalar(query) == "claimed"


def last_claimed_at(session: Session, workspace: str) -> datetime | None:
    """When a message was last heard; none before the first one."""
    return session.scalar(select(func.max(InboxMessage.claimed_at)).where(InboxMessage.workspace == workspace))


def take_stale(store: Store) -> list[InboxMessage]:
    """Messages that were claimed and never finished (the process died): claimed anew, to be handled now."""
    moment = now()
    stale = (InboxMessage.state == "claimed", InboxMessage.claimed_at < moment - STALE_AFTER)
    with store.begin() as session:
        rows = list(session.scalars(select(InboxMessage).where(*stale).with_for_update(skip_locked=True).limit(50)))
        for row in rows:
            row.claimed_at = moment
            row.attempts += 1
            if row.attempts > MAX_ATTEMPTS:
                row.state, row.error = "failed", "gave up"
    return [row for row in rows if row.state == "claimed"]
