"""The desks that journeys run on: one that Slack reaches by Socket Mode, one by signed HTTP."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.running import RunningDesk, running, with_fewer_tickets


@pytest.fixture(scope="session")
def homes() -> Iterator[Path]:
    """A short path: a Unix socket's name may have 107 characters."""
    with tempfile.TemporaryDirectory(prefix="dh-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def folder(homes: Path) -> Path:
    """The desk folder of all journeys' desks."""
    return with_fewer_tickets(homes / "desk")


@pytest.fixture(scope="session")
def trained(homes: Path, folder: Path, pytestconfig: pytest.Config) -> Path:
    """A home whose index is built and whose first model is trained, as the first `deskhand up` leaves it."""
    if ready := pytestconfig.getoption("--trained"):
        return Path(ready)
    with running(homes / "first", "socket", desk_folder=folder) as desk:
        return desk.home


@pytest.fixture(scope="session", params=["socket", "http"])
def desk(request: pytest.FixtureRequest, homes: Path, folder: Path, trained: Path) -> Iterator[RunningDesk]:
    """The desk most journeys share; each uses people and words of its own."""
    with running(homes / request.param, request.param, trained, folder) as desk:
        yield desk


@pytest.fixture
def own_desk(homes: Path, folder: Path, trained: Path, request: pytest.FixtureRequest) -> Iterator[RunningDesk]:
    """A desk for one test alone: one that kills or switches things off."""
    with running(homes / f"own-{abs(hash(request.node.name))}", "socket", trained, folder) as desk:
        yield desk


@pytest.fixture(scope="module")
def file_desk(homes: Path, folder: Path, trained: Path, request: pytest.FixtureRequest) -> Iterator[RunningDesk]:
    """A desk for the tests of one file: each leaves it running, and no other may see what they do to it."""
    with running(homes / f"file-{abs(hash(request.node.name))}", "socket", trained, folder) as desk:
        yield desk


@pytest.fixture(scope="module")
def crash_desk(homes: Path, folder: Path, trained: Path) -> Iterator[RunningDesk]:
    """A desk whose parts are killed, again and again."""
    with running(homes / "crash", "socket", trained, folder) as desk:
        yield desk
