"""The store on both databases: schema, transactions, moments."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from tests.servers import Postgres
from workers.store import schema, session
from workers.store.session import Store
from workers.store.tables import Base, InboxMessage, Person, ServedVersion

OTHER_PROCESS = """
import sys
from workers.store import schema
from workers.store.session import Store
schema.upgrade(Store(sys.argv[1]))
"""


def somebody(slack_id: str = "U1") -> Person:
    return Person(workspace="T1", slack_id=slack_id, handle="a.b", name="A", role="employee", teams=[])


def test_migrations_and_tables_agree(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_migrated_store_is_current_and_an_empty_one_is_not(store: Store, tmp_path: Path) -> None:
    assert schema.is_current(store)
    empty = Store(f"sqlite:///{tmp_path / 'empty.db'}")
    assert not schema.is_current(empty)
    empty.close()


def test_upgrading_again_changes_nothing(store: Store) -> None:
    with store.begin() as opened:
        opened.add(somebody())
    schema.upgrade(store)
    with store.read() as opened:
        assert opened.scalars(select(Person)).one().slack_id == "U1"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_processes_that_start_at_once_migrate_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if kind == "sqlite":
        _migrate_from_two_processes(f"sqlite:///{tmp_path / 'new.db'}")
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as url:
        _migrate_from_two_processes(url)


def _migrate_from_two_processes(url: str) -> None:
    command = [sys.executable, "-c", OTHER_PROCESS, url]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ended = [(process.communicate()[1], process.returncode) for process in started]
    assert [code for _, code in ended] == [0, 0], ended
    made = Store(url)
    assert schema.is_current(made)
    assert set(Base.metadata.tables) < set(inspect(made.engine).get_table_names())
    made.close()


def test_a_block_that_raises_writes_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.begin() as opened:
        opened.add(somebody())
        opened.flush()
        1 / 0  # noqa: B018 - raises
    with store.read() as opened:
        assert opened.scalars(select(Person)).all() == []


def test_a_look_writes_nothing(store: Store) -> None:
    with store.read() as opened:
        opened.add(ServedVersion(kind="classifier", version="v", by="b", why="w"))
    with store.read() as opened:
        assert opened.scalars(select(ServedVersion)).all() == []


def test_objects_stay_usable_after_their_transaction(store: Store) -> None:
    with store.begin() as opened:
        opened.add(somebody())
    with store.read() as opened:
        person = opened.scalars(select(Person)).one()
    assert (person.slack_id, person.name, person.teams) == ("U1", "A", [])


def test_moments_come_back_in_utc(store: Store) -> None:
    moment = datetime(2026, 3, 29, 3, 30, 15, 123456, timezone(timedelta(hours=2)))
    row = InboxMessage(workspace="T", channel="C", ts="1", event_id="E", event={}, claimed_at=moment)
    with store.begin() as opened:
        opened.add(row)
    with store.read() as opened:
        back = opened.scalars(select(InboxMessage)).one().claimed_at
    assert back == moment
    assert back.isoformat() == moment.astimezone(UTC).isoformat()


def test_a_moment_without_zone_is_refused(store: Store) -> None:
    row = InboxMessage(workspace="T", channel="C", ts="1", event_id="E", event={}, claimed_at=datetime(2026, 1, 1))
    with pytest.raises(StatementError, match="without time zone"), store.begin() as opened:
        opened.add(row)


def test_foreign_keys_hold(store: Store) -> None:
    with pytest.raises(IntegrityError), store.begin() as opened:
        opened.execute(text("INSERT INTO ticket_entries (workspace, ticket_id, author, kind, text, at) "
                            "VALUES ('T', 99, 'a', 'note', 't', '2026-01-01')"))  # fmt: skip


def test_a_look_does_not_wait_for_a_writer(store: Store) -> None:
    with store.begin() as writing:
        writing.add(somebody())
        writing.flush()
        with store.read() as reading:
            assert reading.scalars(select(Person)).all() == []


def test_a_database_that_stays_locked_says_so(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "BUSY_TIMEOUT_MS", 50)
    impatient = Store(sqlite_store.url)
    with sqlite_store.begin() as writing:
        writing.add(somebody())
        writing.flush()
        with pytest.raises(OperationalError, match="locked"), impatient.begin() as opened:
            opened.add(somebody("U2"))
    impatient.close()


def test_sqlite_survives_a_crash_with_its_write_ahead_log(sqlite_store: Store) -> None:
    with sqlite_store.read() as opened:
        assert opened.scalar(text("PRAGMA journal_mode")) == "wal"
        assert opened.scalar(text("PRAGMA foreign_keys")) == 1
