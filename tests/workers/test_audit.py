"""The audit log: every change, removal and insertion shows, and writers at once make one chain."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from tests.workers.office import at_once
from workers.governance import audit
from workers.governance.audit import Verdict
from workers.store.columns import now
from workers.store.session import Store
from workers.store.tables import AuditEntry

DETAIL = {"team": "network", "label": None, "share": 0.1, "list": [1, 2.5, "três"], "nested": {"a": True}}


def append(store: Store, subject: str = "ticket:1", **detail: Any) -> None:
    with store.begin() as session:
        audit.append(session, "T1", "mira.holt", "ticket_opened", subject, **detail)


def verdict(store: Store) -> Verdict:
    with store.read() as session:
        return audit.verify(session)


def change(store: Store, entry: int, **values: Any) -> None:
    with store.begin() as session:
        session.execute(update(AuditEntry).where(AuditEntry.seq == entry).values(**values))


@pytest.fixture
def written(store: Store) -> Store:
    for number in range(5):
        append(store, f"ticket:{number}", **DETAIL)
    return store


def test_an_empty_log_is_intact(store: Store) -> None:
    assert verdict(store) == Verdict(0)


def test_a_log_that_nobody_touched_is_intact(written: Store) -> None:
    assert verdict(written) == Verdict(5) and verdict(written).intact
    with written.read() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
    assert entries[0].previous_hash == audit.FIRST_HASH
    assert all(later.previous_hash == earlier.hash for earlier, later in pairwise(entries))
    assert entries[0].detail == DETAIL


@pytest.mark.parametrize(
    "values",
    [
        {"actor": "somebody.else"},
        {"action": "ticket_closed"},
        {"subject": "ticket:99"},
        {"workspace": "T2"},
        {"detail": DETAIL | {"team": "identity"}},
        {"detail": {}},
        {"at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"hash": "f" * 64},
    ],
    ids=str,
)
def test_a_changed_entry_shows(written: Store, values: dict[str, Any]) -> None:
    change(written, 3, **values)
    found = verdict(written)
    assert (found.intact, found.broken_at, found.entries) == (False, 3, 2)
    assert "changed" in found.why


@pytest.mark.parametrize("seq", [1, 3])
def test_a_removed_entry_shows(written: Store, seq: int) -> None:
    with written.begin() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.seq == seq))
    found = verdict(written)
    assert not found.intact and found.why == f"entry {seq} is missing"


def test_a_removal_that_renumbers_the_rest_shows(written: Store) -> None:
    with written.begin() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.seq == 3))
    for seq in (4, 5):
        change(written, seq, seq=seq - 1)
    assert verdict(written).broken_at == 3


def test_an_inserted_entry_shows(written: Store) -> None:
    for seq in (5, 4, 3):
        change(written, seq, seq=seq + 1)
    with written.read() as session:
        before = session.get_one(AuditEntry, 2).hash
    fake = ("T1", now(), "mira.holt", "automation_promoted", "automation:route", {"why": "forged"})
    with written.begin() as session:
        session.add(
            AuditEntry(seq=3, workspace=fake[0], at=fake[1], actor=fake[2], action=fake[3], subject=fake[4],
                       detail=fake[5], previous_hash=before, hash=audit._hash(3, *fake, before))
        )  # fmt: skip
    found = verdict(written)
    assert not found.intact and found.broken_at == 4


def test_a_cut_off_end_shows_against_the_hash_that_was_kept(written: Store) -> None:
    with written.read() as session:
        kept = audit.latest(session, limit=1)[0].hash
    with written.begin() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.seq == 5))
    with written.read() as session:
        assert audit.latest(session, limit=1)[0].hash != kept


def test_writers_at_once_make_one_chain(store: Store) -> None:
    def write() -> None:
        for number in range(5):
            append(store, f"ticket:{number}", number=number)

    assert at_once(write, write, write, write) == [None] * 4
    assert verdict(store) == Verdict(20)


def test_an_entry_falls_with_what_it_is_about(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.begin() as session:
        audit.append(session, "T1", "mira.holt", "ticket_opened", "ticket:1")
        1 / 0  # noqa: B018 - raises
    assert verdict(store) == Verdict(0)
    append(store)
    assert verdict(store) == Verdict(1)


def test_the_newest_come_first_of_one_subject_or_workspace(written: Store) -> None:
    with written.begin() as session:
        audit.append(session, "T2", "mira.holt", "ticket_opened", "ticket:1")
    with written.read() as session:
        assert [entry.seq for entry in audit.latest(session, limit=2)] == [6, 5]
        assert [entry.seq for entry in audit.latest(session, "ticket:1")] == [6, 2]
        assert [entry.seq for entry in audit.latest(session, workspace="T2")] == [6]
        assert audit.count(session) == 6


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
detail = st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True).map("d_{}".format), values, max_size=4)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_detail=detail)
def test_whatever_the_detail_is_the_chain_can_be_proved(store: Store, given_detail: dict[str, Any]) -> None:
    append(store, **given_detail)  # each example makes the chain longer
    assert verdict(store).intact
