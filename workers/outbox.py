"""The outbox: messages are written in the transaction of what caused them, and sent after it, in order, once.

A sender claims a delivery by a conditional update. One that died between sending and writing that down leaves
the delivery in doubt: then Slack is asked whether a message with the delivery's id in its metadata is there.
"""

from collections.abc import Sequence
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

IN_DOUBT_AFTER = timedelta(seconds=30)  # longer than a call to Slack may take
MAX_ATTEMPTS = 8


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
) -> Delivery:
    """Write a message to be sent. `payload["to"]` is an address (see `workers.slack.addresses`).

    Deliveries of one lane keep their order. `record` says where the sent message's place is kept.
    """
    delivery = Delivery(workspace=workspace, method=method, payload=payload, lane=lane, record=record)
    session.add(delivery)
    session.flush()
    return delivery


def deliver_due(store: Store, sender: Sender, lane: str | None = None, limit: int = 100) -> int:
    """Send what is due, of one lane or of all; gives the number sent. Safe in many processes at once."""
    sent = 0
    for _ in range(limit):
        delivery = _claim_next(store, lane)
        if delivery is None:
            break
        sent += _deliver(store, sender, delivery)
    return sent


def start_delivery(store: Store, sender: Sender, *lanes: str) -> None:
    """Send what was just written to these lanes without making anybody wait; the timetable sweeps up the rest."""

    def deliver() -> None:
        for lane in lanes:
            deliver_due(store, sender, lane=lane)

    Thread(target=deliver, name="deliver", daemon=True).start()


def _claim_next(store: Store, lane: str | None) -> Delivery | None:
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
        session.expunge(found)  # keeps the state before the claim: "sending" means in doubt
        session.execute(
            update(Delivery)
            .where(Delivery.id == found.id)
            .values(state="sending", claimed_at=moment, attempts=found.attempts + 1)
        )
        return found


def _deliver(store: Store, sender: Sender, delivery: Delivery) -> bool:
    try:
        with store.begin() as session:
            payload = addresses.resolve(session, delivery)
        sent = None
        if delivery.state == "sending":
            since = delivery.claimed_at or now()
            sent = sender.find_sent(delivery.id, payload, since - IN_DOUBT_AFTER)
        sent = sent or sender.send(delivery.id, delivery.method, payload)
    except addresses.NowhereToSend as error:
        _give_up(store, delivery, str(error))
        return False
    except SlackTrouble as trouble:
        _try_again_or_give_up(store, delivery, trouble)
        return False
    with store.begin() as session:
        addresses.remember(session, delivery, sent)
        session.execute(
            update(Delivery).where(Delivery.id == delivery.id).values(state="sent", sent_at=now(), error=None)
        )
    return True


def _try_again_or_give_up(store: Store, delivery: Delivery, trouble: SlackTrouble) -> None:
    if not trouble.can_retry or delivery.attempts + 1 >= MAX_ATTEMPTS:
        _give_up(store, delivery, str(trouble))
        return
    wait = trouble.retry_after or min(2**delivery.attempts, 300)
    log.warning("delivery_postponed", delivery=delivery.id, seconds=wait, why=str(trouble))
    with store.begin() as session:
        session.execute(
            update(Delivery)
            .where(Delivery.id == delivery.id)
            .values(state="waiting", due_at=now() + timedelta(seconds=wait), error=str(trouble)[:500])
        )


def _give_up(store: Store, delivery: Delivery, why: str) -> None:
    log.error("delivery_failed", delivery=delivery.id, method=delivery.method, lane=delivery.lane, why=why)
    with store.begin() as session:
        session.execute(update(Delivery).where(Delivery.id == delivery.id).values(state="failed", error=why[:500]))


def failed(session: Session, workspace: str) -> Sequence[Delivery]:
    """Deliveries that were given up, newest first; the console lists them."""
    query = select(Delivery).where(Delivery.workspace == workspace, Delivery.state == "failed")
    return session.scalars(query.order_by(Delivery.id.desc()).limit(100)).all()


def send_again(session: Session, delivery_id: int) -> None:
    """Give a failed delivery another round."""
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == "failed")
        .values(state="waiting", attempts=0, due_at=now())
    )
