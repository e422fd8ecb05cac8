"""A desk for each test, and one that the examples of a property share."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge_base.embedding import Encoder
from knowledge_base.encoder_export import ensure_encoder
from tests.workers.office import Office, starter_handbook
from tests.workers.shadow_world import train_small
from workers.store.session import Store


@pytest.fixture
def office(store: Store) -> Office:
    """A desk with people and automations and no ticket yet, once on each database."""
    return Office.set_up(store)


@pytest.fixture(scope="session")
def encoder_folder(pytestconfig: pytest.Config) -> Path:
    """The encoder as it is exported at the first start, kept between runs."""
    return ensure_encoder(Path(pytestconfig.cache.mkdir("deskhand-encoder")))


@pytest.fixture(scope="session")
def encoder(encoder_folder: Path) -> Encoder:
    """The real encoder."""
    return Encoder.open(encoder_folder)


@pytest.fixture(scope="session")
def office_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as an SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("office") / "desk.db"
    shutil.copyfile(sqlite_template, path)
    made = Store(f"sqlite:///{path}")
    Office.set_up(made)
    made.close()
    return path


@pytest.fixture(scope="session")
def small_model(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One classifier, trained on a few tickets, that all tests of this folder share."""
    return train_small(tmp_path_factory.mktemp("models") / "small", tiny)


@pytest.fixture
def quick_office(office_file: Path, tmp_path: Path) -> Iterator[Office]:
    """A desk on SQLite; enough where the database makes no difference."""
    yield from _copied(office_file, tmp_path)


@pytest.fixture(scope="module")
def one_office(office_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One desk for all examples of a property."""
    yield from _copied(office_file, tmp_path_factory.mktemp("one"))


def _copied(file: Path, folder: Path) -> Iterator[Office]:
    shutil.copyfile(file, folder / "office.db")
    store = Store(f"sqlite:///{folder / 'office.db'}")
    yield Office(store, starter_handbook())
    store.close()
