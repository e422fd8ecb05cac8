"""The inbox: claimed once, swept up when its process died, given up in the end."""

from datetime import timedelta

from sqlalchemy import select, update

from tests.workers.office import at_once
from workers import inbox
from workers.store.columns import now
from workers.store.session import Store
from workers.store.tables import InboxMessage

EVENT = {"type": "message", "channel": "D1", "user": "U1", "ts": "1.1", "text": "VPN drops – müde"}


def claim(
    store: Store, event_id: str = "Ev1", ts: str = "1.1", channel: str = "D1", workspace: str = "T1"
) -> int | None:
    return inbox.claim(store, workspace, channel, ts, event_id, EVENT)


def row(store: Store, inbox_id: int) -> InboxMessage:
    with store.read() as session:
        return session.get_one(InboxMessage, inbox_id)


def grow_old(store: Store) -> None:
    with store.begin() as session:
        session.execute(update(InboxMessage).values(claimed_at=now() - inbox.STALE_AFTER - timedelta(seconds=1)))


def test_a_message_is_claimed_once_whatever_its_event_id(store: Store) -> None:
    first = claim(store)
    assert first is not None
    assert claim(store) is None
    assert claim(store, event_id="Ev2") is None
    assert row(store, first).event == EVENT


def test_other_messages_channels_and_workspaces_are_claimed_for_themselves(store: Store) -> None:
    claimed = [claim(store), claim(store, ts="1.2"), claim(store, channel="D2"), claim(store, workspace="T2")]
    assert None not in claimed and len(set(claimed)) == 4


def test_of_claims_at_once_one_wins(store: Store) -> None:
    outcomes = at_once(*(lambda number=number: claim(store, f"Ev{number}") for number in range(4)))
    assert sum(isinstance(outcome, int) for outcome in outcomes) == 1
    assert outcomes.count(None) == 3


def test_what_is_being_handled_is_not_swept_up(store: Store) -> None:
    claim(store)
    assert inbox.take_stale(store) == []


def test_what_a_dead_process_left_is_taken_once_and_anew(store: Store) -> None:
    claimed = claim(store)
    grow_old(store)
    (taken,) = inbox.take_stale(store)
    assert (taken.id, taken.event, taken.attempts) == (claimed, EVENT, 2)
    assert inbox.take_stale(store) == []  # somebody handles it now


def test_two_sweeps_at_once_share_the_work(store: Store) -> None:
    for number in range(6):
        claim(store, ts=f"1.{number}")
    grow_old(store)
    taken = [message.id for rows in at_once(*[lambda: inbox.take_stale(store)] * 2) for message in rows]
    assert len(taken) == len(set(taken)) == 6


def test_what_is_finished_or_failed_is_not_taken_again(store: Store) -> None:
    done, failed = claim(store, ts="1.1"), claim(store, ts="1.2")
    assert done is not None and failed is not None
    with store.begin() as session:
        assert inbox.is_open(session, done)
        inbox.finish(session, done)
        inbox.fail(session, failed, "E-1A2B3C")
    grow_old(store)
    assert inbox.take_stale(store) == []
    with store.begin() as session:
        assert not inbox.is_open(session, done) and not inbox.is_open(session, failed)
        assert not inbox.is_open(session, 999)
    assert row(store, failed).error == "E-1A2B3C"
    assert claim(store, event_id="Ev9", ts="1.2") is None


def test_after_some_tries_a_message_is_given_up_and_kept(store: Store) -> None:
    claimed = claim(store)
    assert claimed is not None
    tries = 0
    while True:
        grow_old(store)
        if not inbox.take_stale(store):
            break
        tries += 1
    assert tries == inbox.MAX_ATTEMPTS - 1
    given_up = row(store, claimed)
    assert (given_up.state, given_up.error) == ("failed", "gave up")


def test_two_that_handle_one_message_write_once(store: Store) -> None:
    """A sweep took it while the first, slow process still worked on it."""
    claimed = claim(store)
    assert claimed is not None

    def handle() -> bool:
        with store.begin() as session:
            if not inbox.is_open(session, claimed):
                return False
            inbox.finish(session, claimed)
            return True

    assert sorted(at_once(handle, handle)) == [False, True]
    with store.read() as session:
        assert session.scalars(select(InboxMessage.state)).all() == ["done"]
