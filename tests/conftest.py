"""What all tests may use: real servers, and a store with the real schema on both databases."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import text
from xdist.scheduler import LoadScopeScheduling

from knowledge_base.encoder_export import ensure_encoder
from tests.servers import Postgres, postgres, redis_url
from tests.tiny_encoder import tiny_model
from workers.store import schema
from workers.store.session import Store
from workers.store.tables import Base

__all__ = ["postgres", "redis_url"]


# Where Python is told to keep no compiled files, each of the two hundred processes that tests start would compile all
# of Deskhand anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the journeys; they stand here because pytest reads a deeper conftest too late for that."""
    parser.addoption("--screenshots", help="folder in which the pictures of the pages are kept")
    parser.addoption("--trained", help="a stopped desk's home to start from, to save the first training's minute")


SHARING = {"journeys", "console", "classifier", "knowledge_base"}
"""Folders whose tests share something that takes long to make: a running desk, a served console, a trained model."""


class ByFolder(LoadScopeScheduling):
    """For tests side by side: what shares something dear stays in one process, other files go where there is time."""

    def _split_scope(self, nodeid: str) -> str:
        folder = nodeid.split("/")[1]
        return folder if folder in SHARING else nodeid.split("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFolder:
    """What `-n 2 --dist loadscope` uses."""
    return ByFolder(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The journeys come first: they are half of the time, and mostly wait."""
    items.sort(key=lambda item: "journeys" not in item.path.parts)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the schema that the migrations make."""
    path = tmp_path_factory.mktemp("schema") / "template.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> Iterator[str]:
    """The URL of a PostgreSQL database with the schema that the migrations make."""
    with postgres.database() as url:
        _migrate(url)
        yield url


@pytest.fixture
def postgres_store(migrated_postgres: str) -> Iterator[Store]:
    """An empty store on PostgreSQL."""
    made = Store(migrated_postgres)
    tables = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with made.begin() as session:
        session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store, once on each database."""
    made: Store = request.getfixturevalue(f"{request.param}_store")
    return made


@pytest.fixture
def sqlite_store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty store on SQLite; enough where the database makes no difference."""
    shutil.copyfile(sqlite_template, tmp_path / "desk.db")
    made = Store(f"sqlite:///{tmp_path / 'desk.db'}")
    yield made
    made.close()


def _migrate(url: str) -> None:
    made = Store(url)
    schema.upgrade(made)
    made.close()


@pytest.fixture(scope="session")
def encoder_dir(pytestconfig: pytest.Config) -> Path:
    """The real encoder, exported once and kept between runs."""
    return ensure_encoder(Path(pytestconfig.cache.mkdir("deskhand-encoder")))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small encoder to start from, for what a training does and not for how well."""
    return tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless; one for all tests: Playwright runs once in a process."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.fail("Chromium is missing. Install it with: apt-get install -y chromium fonts-noto-color-emoji")
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=options)
        yield browser
        browser.close()
