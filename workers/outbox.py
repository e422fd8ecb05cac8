"""The outbox: messages are written in the transaction of what caused them, and sent after it, in order, once.

A sender claims a delivery by a conditional update. One that died between sending and writing that down leaves
the delivery in doubt, and so does an error on the way: then Slack is asked, before another try, whether a message
with the delivery's id in its metadata is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Thread
from typing import Any, Protocol

import structlog
from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from workers.slack import addresses
from workers.slack.messenger import Sent, SlackTrouble
from workers.store.columns import now
from workers.store.session import Store
from workers.store.tables import Delivery

log = structlog.get_logger(__name__)

IN_DOUBT_AFTER = timedelta(seconds=45)  # longer than the calls of one try may take
LOOK_BACK = timedelta(days=1)  # where a message in doubt is searched; a person may have it sent again much later
MAX_ATTEMPTS = 8


@dataclass(frozen=True)
class Claimed:
    """A delivery as it was before the claim, and when it was claimed: whoever claims it later has another moment."""

    delivery: Delivery
    at: datetime


class Sender(Protocol):
    """What the outbox needs of a messenger (`workers.slack.messenger.Messenger`)."""

    def send(self, delivery_id: int, method: str, payload: dict[str, Any]) -> Sent: ...

    def find_sent(self, delivery_id: int, payload: dict[str, Any], since: datetime) -> Sent | None: ...


def put(
    session: Session,
    workspace: str,
    method: str,
    payload: dict[str, Any],
    *,
    lane: str,
    record: str | None = None,
    due_at: datetime | None = None,
) -> Delivery:
    """Write a message to be sent. `payload["to"]` is an address (see `workers.slack.addresses`).

    Deliveries of one lane keep their order. `record` says where the sent message's place is kept. It is sent at once,
    or when it is due.
    """
    delivery = Delivery(
        workspace=workspace, method=method, payload=payload, lane=lane, record=record, due_at=due_at or now()
    )
    session.add(delivery)
    session.flush()
    return delivery


def deliver_due(store: Store, sender: Sender, lane: str | None = None, limit: int = 100) -> int:
    """Send what is due, of one lane or of all; gives the number sent. Safe in many processes at once."""
    sent = 0
    for _ in range(limit):
        claimed = _claim_next(store, lane)
        if claimed is None:
            break
        sent += _deliver(store, sender, claimed)
    return sent


def start_delivery(store: Store, sender: Sender, *lanes: str) -> None:
    """Send what was just written to these lanes without making anybody wait; the timetable sweeps up the rest."""

    def deliver() -> None:
        for lane in lanes:
            deliver_due(store, sender, lane=lane)

    Thread(target=deliver, name="deliver", daemon=True).start()


def _claim_next(store: Store, lane: str | None) -> Claimed | None:
    """Take the oldest due delivery whose lane is free."""
    moment = now()
    earlier = aliased(Delivery)
    blocked = exists().where(
        earlier.lane == Delivery.lane,
        earlier.workspace == Delivery.workspace,
        earlier.id < Delivery.id,
        earlier.state.in_(("waiting", "sending")),
    )
    in_doubt = (Delivery.state == "sending") & (Delivery.claimed_at < moment - IN_DOUBT_AFTER)
    ready = or_((Delivery.state == "waiting") & (Delivery.due_at <= moment), in_doubt)
    query = select(Delivery).where(ready, ~blocked).order_by(Delivery.id).limit(1)
    with store.read() as session:
        if session.scalar(query if lane is None else query.where(Delivery.lane == lane)) is None:
            return None
    with store.begin() as session:
        query = query.with_for_update(skip_locked=True)
        found = session.scalar(query if lane is None else query.where(Delivery.lane == lane))
        if found is None:
            return None
        session.expunge(found)
        session.execute(
            update(Delivery)
            .where(Delivery.id == found.id)
            .values(state="sending", claimed_at=moment, attempts=found.attempts + 1)
        )
        return Claimed(found, moment)


def _deliver(store: Store, sender: Sender, claimed: Claimed) -> bool:
    delivery, sent = claimed.delivery, None
    try:
        with store.read() as session:
            payload = addresses.resolve(session, delivery)
        if delivery.attempts > 0:  # an earlier try may have arrived, though it ended in an error or a crash
            sent = sender.find_sent(delivery.id, payload, claimed.at - LOOK_BACK)
        sent = sent or sender.send(delivery.id, delivery.method, payload)
    except addresses.NowhereToSend as error:
        _give_up(store, claimed, str(error))
        return False
    except SlackTrouble as trouble:
        _try_again_or_give_up(store, claimed, trouble)
        return False
    with store.begin() as session:
        addresses.remember(session, delivery, sent)
        session.execute(
            update(Delivery).where(Delivery.id == delivery.id).values(state="sent", sent_at=now(), error=None)
        )
    return True


def _try_again_or_give_up(store: Store, claimed: Claimed, trouble: SlackTrouble) -> None:
    delivery, was_limited = claimed.delivery, trouble.retry_after is not None
    if not trouble.can_retry or (delivery.attempts + 1 >= MAX_ATTEMPTS and not was_limited):
        _give_up(store, claimed, str(trouble))
        return
    wait = trouble.retry_after or min(2**delivery.attempts, 300)
    log.warning("delivery_postponed", delivery=delivery.id, seconds=wait, why=str(trouble))
    _put_down(
        store,
        claimed,
        state="waiting",
        due_at=now() + timedelta(seconds=wait),
        error=str(trouble)[:500],
        # Told to wait is no failure: a burst to one channel would otherwise use up all tries.
        attempts=delivery.attempts if was_limited else delivery.attempts + 1,
    )


def _give_up(store: Store, claimed: Claimed, why: str) -> None:
    delivery = claimed.delivery
    log.error("delivery_failed", delivery=delivery.id, method=delivery.method, lane=delivery.lane, why=why)
    _put_down(store, claimed, state="failed", error=why[:500])


def _put_down(store: Store, claimed: Claimed, **values: Any) -> None:
    """Write how a try ended, unless somebody else has taken the delivery meanwhile."""
    ours = (Delivery.id == claimed.delivery.id, Delivery.state == "sending", Delivery.claimed_at == claimed.at)
    with store.begin() as session:
        session.execute(update(Delivery).where(*ours).values(**values))


def failed(session: Session, workspace: str) -> Sequence[Delivery]:
    """Deliveries that were given up, newest first; the console lists them."""
    query = select(Delivery).where(Delivery.workspace == workspace, Delivery.state == "failed")
    return session.scalars(query.order_by(Delivery.id.desc()).limit(100)).all()


def send_again(session: Session, delivery_id: int) -> None:
    """Give a failed delivery another round; it may have arrived before, so that is asked first."""
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == "failed")
        .values(state="waiting", attempts=1, due_at=now())
    )
