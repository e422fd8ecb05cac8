"""A fresh world for each test, copied from one that was set up once: hashing passwords takes its time."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runbooks.world import World


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("world") / "template.db"
    world = World(f"sqlite:///{path}")
    world.install()
    world.store.close()
    return path


@pytest.fixture
def world(template: Path, tmp_path: Path) -> Iterator[World]:
    path = tmp_path / "desk.db"
    shutil.copyfile(template, path)
    made = World(f"sqlite:///{path}")
    yield made
    made.store.close()
