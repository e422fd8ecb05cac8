import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.console.browsing import Served
from tests.console.knowing import make_knowing_world
from tests.console.world import World, fill, make_world

PATIENCE_MS = 20_000  # the machine may be busy with other things
SCREENSHOTS = "DESKHAND_SCREENSHOTS"  # a folder; the test run's own when unset


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A quiet desk, for one test."""
    made = make_world(tmp_path)
    yield made
    made.desk.store.close()


@pytest.fixture(scope="session")
def busy(encoder_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A desk with ninety tickets, shared by the page tests."""
    made = make_world(tmp_path_factory.mktemp("busy"))
    fill(made, encoder_dir)
    yield made
    made.desk.store.close()


@pytest.fixture(scope="session")
def served(busy: World, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The busy desk's console in a process of its own, and a real browser."""
    yield from _serve(busy, chromium, tmp_path_factory.mktemp("served") / "log")


@pytest.fixture(scope="session")
def knowing(encoder_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A desk that really searches: some of the starter's articles, and a gate that proves 15 % and not 1 %."""
    made = make_knowing_world(tmp_path_factory.mktemp("knowing"), encoder_dir)
    yield made
    made.desk.store.close()


@pytest.fixture(scope="session")
def answering(knowing: World, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The console of the desk that really searches."""
    yield from _serve(knowing, chromium, tmp_path_factory.mktemp("answering") / "log")


def _serve(world: World, chromium: Browser, log: Path) -> Iterator[Served]:
    with serving(world, log) as url:
        expect.set_options(timeout=PATIENCE_MS)
        yield Served(url, world, chromium)
    trouble = log.read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in trouble, trouble[-4000:]


@contextmanager
def serving(world: World, log: Path) -> Iterator[str]:
    """The console of this desk in a process of its own; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with log.open("wb") as output:
        command = [sys.executable, "-m", "tests.console.serving", str(world.desk.settings.home), str(port)]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=Path(__file__).parents[2])
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(url, process, log)
        yield url
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures go: `DESKHAND_SCREENSHOTS=docs/screenshots pytest tests/console` renews those of the docs."""
    folder = Path(os.environ.get(SCREENSHOTS) or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail("The console did not start:\n" + log.read_text(encoding="utf-8"))
        try:
            if httpx.get(url + "/console/sign-in").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail("The console did not answer within a minute:\n" + log.read_text(encoding="utf-8"))
