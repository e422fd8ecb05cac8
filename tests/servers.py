"""Real servers for tests, each on a free port or a socket of its own: PostgreSQL, Redis, and the embedded Redis."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from redis import Redis
from redis.exceptions import RedisError

START_LIMIT_S = 30
INSTALL_POSTGRES = "These tests need PostgreSQL's server: apt-get install -y postgresql"
INSTALL_REDIS = "These tests need a Redis server: apt-get install -y redis-server"


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(holds: Callable[[], Any], what: str, seconds: float = START_LIMIT_S) -> Any:
    """Look until it holds; gives what it gave, or fails the test with what was waited for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.05)
    pytest.fail(f"not within {seconds:.0f} s: {what}")


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a short path: a Unix socket's name may have 107 characters."""
    with tempfile.TemporaryDirectory(prefix="dh-") as folder:
        yield Path(folder)


@contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is gone at the end."""
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server on a Unix socket."""

    folder: Path
    _numbers: Any = field(default_factory=count)

    def url(self, database: str) -> str:
        """SQLAlchemy's URL of a database."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def run(self, statement: str) -> None:
        """One statement outside a transaction."""
        where = f"host={self.folder} user=postgres dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]  # psycopg wants literals; these are ours

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of an empty database of one's own."""
        name = f"desk_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE template0")
        yield self.url(name)
        self.run(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def run_postgres() -> Iterator[Postgres]:
    """A fresh server that forgets everything; as another user where we are root, because it refuses root."""
    initdb, server = (_postgres_program(name) for name in ("initdb", "postgres"))
    who: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
    with short_folder() as folder:
        if who:
            shutil.chown(folder, "postgres", "postgres")
        made = subprocess.run(
            [initdb, "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            capture_output=True, text=True, cwd=folder, **who,
        )  # fmt: skip
        if made.returncode != 0:
            pytest.fail(f"initdb: {made.stderr}")
        options = [
            "-k",
            str(folder),
            "-c",
            "listen_addresses=",
            "-c",
            "fsync=off",
            "-c",
            "full_page_writes=off",
            "-c",
            "max_connections=60",
        ]
        with (folder / "log").open("wb") as log:
            command = [server, "-D", f"{folder}/data", *options, "-c", "autovacuum=off"]
            with running(command, stdout=log, stderr=log, cwd=folder, **who):
                made_here = Postgres(folder)
                wait_until(lambda: _answers(made_here), (folder / "log").read_text())
                yield made_here


def _postgres_program(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    program = str(found[-1]) if found else shutil.which(name)
    if program is None:
        pytest.fail(INSTALL_POSTGRES)
    return program


def _answers(server: Postgres) -> bool:
    try:
        server.run("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def run_redis(port: int | None = None) -> Iterator[str]:
    """A fresh Redis server, on a free port unless one is given; gives its URL."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.fail(INSTALL_REDIS)
    port = port or free_port()
    with short_folder() as folder:
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        with running([*command, "--loglevel", "warning"], stdout=subprocess.DEVNULL):
            url = f"redis://127.0.0.1:{port}/0"
            wait_until(lambda: redis_answers(url), "Redis answers")
            yield url


def redis_answers(url: str) -> bool:
    """Whether a Redis is there."""
    try:
        with Redis.from_url(url) as redis:
            return bool(redis.ping())
    except (RedisError, OSError):
        return False


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The PostgreSQL server of this test run."""
    with run_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The Redis server of this test run; tests that fill it empty it."""
    with run_redis() as url:
        yield url
