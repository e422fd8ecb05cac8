"""What all tests may use: real servers, and a store with the real schema on both databases."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Postgres, postgres, redis_url
from workers.store import schema
from workers.store.session import Store

__all__ = ["postgres", "redis_url"]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the schema that the migrations make."""
    path = tmp_path_factory.mktemp("schema") / "template.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """A PostgreSQL database with the schema that the migrations make."""
    postgres.run("CREATE DATABASE migrated TEMPLATE template0")
    _migrate(postgres.url("migrated"))
    return "migrated"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store, once on each database."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        with server.database(request.getfixturevalue("postgres_template")) as url:
            made = Store(url)
            yield made
            made.close()
        return
    yield from _copy(request.getfixturevalue("sqlite_template"), tmp_path)


@pytest.fixture
def sqlite_store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty store where the database makes no difference."""
    yield from _copy(sqlite_template, tmp_path)


def _copy(template: Path, folder: Path) -> Iterator[Store]:
    shutil.copyfile(template, folder / "desk.db")
    made = Store(f"sqlite:///{folder / 'desk.db'}")
    yield made
    made.close()


def _migrate(url: str) -> None:
    made = Store(url)
    schema.upgrade(made)
    made.close()
