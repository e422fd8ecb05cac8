"""A whole Deskhand as `deskhand up` starts it, with its own home and ports, and people who write to it."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

from bot.local_slack.client import Admin, Person
from workers.service_desk import the_workspace
from workers.store.session import Store

ROOT = Path(__file__).parents[2]
STARTER = ROOT / "deploy" / "starter"
MONTHS = ("2026-08", "2026-09", "2026-10", "2026-11")
READY_WITHIN_S = 900  # the first start trains a model; a busy machine takes its time
Found = TypeVar("Found")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RunningDesk:
    """One `deskhand up`; `mode` is how the local Slack reaches the bot: socket or http."""

    def __init__(self, home: Path, mode: str, desk_folder: Path = STARTER) -> None:
        self.home, self.mode = home, mode
        self.port, self.slack_port = free_port(), free_port()
        self.desk_folder = desk_folder
        self.store = Store(f"sqlite:///{home / 'deskhand.db'}")
        self._people: dict[str, Person] = {}
        self._admin: Admin | None = None
        self._http = httpx.Client(timeout=2, trust_env=False)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def slack_url(self) -> str:
        return f"http://127.0.0.1:{self.slack_port}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        unwanted = ("SLACK_", "DESKHAND_", "DATABASE_URL", "REDIS_URL", "BROKER_URL")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        return kept | {
            "DESKHAND_HOME": str(self.home),
            "DESKHAND_DESK": str(self.desk_folder),
            "DESKHAND_PORT": str(self.port),
            "DESKHAND_PUBLIC_URL": self.url,
            "DESKHAND_LOCAL_SLACK_PORT": str(self.slack_port),
            "DESKHAND_LOCAL_SLACK_MODE": self.mode,
        }

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "up.out").open("ab") as out:
            command = [sys.executable, "-m", "bot.cli", "up"]
            self._process = subprocess.Popen(command, env=self.env, stdout=out, stderr=out, cwd=ROOT)
        self.wait_ready()

    def wait_ready(self) -> None:
        """Until bot, console and Slack say that they are ready."""
        until(self._is_ready, READY_WITHIN_S, lambda: self.output())

    def _is_ready(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise AssertionError(f"`deskhand up` ended:\n{self.output()}")
        try:
            return self._http.get(f"{self.url}/readyz").is_success
        except httpx.HTTPError:
            return False

    def stop(self) -> int:
        """Like Ctrl-C; gives the exit status."""
        for client in (*self._people.values(), *filter(None, [self._admin])):
            client.close()
        self._people, self._admin = {}, None
        self._http.close()
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGINT)
        code = self._process.wait(60)
        self._process = None
        self.store.close()
        return code

    def output(self) -> str:
        """What it printed, and the end of every log."""
        parts = [(self.home / "up.out").read_text(errors="replace")]
        for log in sorted((self.home / "logs").glob("*.log")):
            parts.append(f"--- {log.name}\n" + log.read_text(errors="replace")[-3000:])
        return "\n".join(parts)

    @property
    def pid(self) -> int:
        """Of the supervisor."""
        assert self._process is not None
        return self._process.pid

    def part(self, name: str) -> psutil.Process | None:
        """The process of one part: bot, worker, timetable, local-slack, redis-server; none while it is down."""
        for child in psutil.Process(self.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if name in " ".join(child.cmdline()).replace("-m bot.cli", "").split("/bin/")[-1]:
                    return child
        return None

    def kill(self, name: str) -> None:
        """kill -9 of one part, as soon as it is up."""
        until(lambda: self.part(name), 60).kill()

    def person(self, handle: str) -> Person:
        """Act as somebody of the workspace."""
        if handle not in self._people:
            self._people[handle] = Person(self.slack_url, f"xoxp-local-{handle}")
        return self._people[handle]

    def admin(self) -> Admin:
        """Slack's own faults, on order."""
        if self._admin is None:
            self._admin = Admin(self.slack_url, "local-admin")
        return self._admin

    def cli(self, *words: str, check: bool = True) -> str:
        """Run a `deskhand` command on this desk; gives what it printed."""
        command = [sys.executable, "-m", "bot.cli", *words]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, cwd=ROOT, timeout=120)
        if check:
            assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + ("" if check else done.stderr)

    def cli_json(self, *words: str) -> Any:
        """Run a command with `--json`."""
        return json.loads(self.cli(*words, "--json"))

    def workspace(self) -> str:
        with self.store.read() as session:
            return the_workspace(session)


def until(look: Callable[[], Found], seconds: float = 15, explain: Callable[[], str] = lambda: "") -> Found:
    """Look again until there is something true; an assertion error after that long."""
    deadline = time.monotonic() + seconds
    while True:
        if found := look():
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s. {explain()}")
        time.sleep(0.2)


def with_fewer_tickets(folder: Path) -> Path:
    """The starter desk with the tickets of its last months: what is learnt there is worth less, but learnt soon."""
    shutil.copytree(STARTER, folder, ignore=shutil.ignore_patterns("wrong_labels.jsonl"))
    for path in (folder / "tickets").iterdir():
        if path.stem not in MONTHS:
            path.unlink()
    return folder


@contextmanager
def running(home: Path, mode: str, trained: Path | None = None, desk_folder: Path = STARTER) -> Iterator[RunningDesk]:
    """A desk for the time of the block; with `trained`, a copy of that home, so nothing is trained again."""
    if trained is not None:
        shutil.copytree(
            trained, home, ignore=shutil.ignore_patterns("*.log", "*.sock", "up.*", "redis", "local_slack*")
        )
    desk = RunningDesk(home, mode, desk_folder)
    try:
        desk.start()
        yield desk
    finally:
        desk.stop()
