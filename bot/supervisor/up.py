"""Start everything, keep it running, stop it cleanly."""

import fcntl
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from types import FrameType

import httpx
from rich.console import Console

from bot.settings import BotSettings
from bot.supervisor.parts import Part, environment, needed_first, prepare_command, the_desk
from bot.supervisor.process import Supervised
from workers import heartbeat
from workers.handbook import read_handbook
from workers.service_desk import NotSetUp
from workers.settings import Settings

TICK_S = 0.2
START_LIMIT_S = 120.0
STOP_LIMIT_S = 10.0
DEAF_AFTER_S = 60.0  # the timetable's shortest interval is two seconds


class Up:
    """One run of `deskhand up`."""

    def __init__(self, settings: Settings, bot: BotSettings, console: Console) -> None:
        self.settings, self.bot, self.console = settings, bot, console
        self.env = environment(settings, bot, os.environ)
        self.logs = settings.home / "logs"
        self.running: list[Supervised] = []
        self._http = httpx.Client(timeout=2, trust_env=False)  # one for all: each new one loads the certificates
        self._stopping = False
        self._worker_checked_at = 0.0

    def run(self) -> None:
        """Until Ctrl-C or SIGTERM. Raises `NotSetUp`, `DeskError` or `SettingsError` before anything is started."""
        read_handbook(self.settings.desk)
        self.logs.mkdir(parents=True, exist_ok=True)
        with only_one(self.settings.home), self._signals():
            self._ports_are_free()
            try:
                self._start()
                while not self._stopping:
                    self._tend()
                    sleep(TICK_S)
            finally:
                self._stop()

    def _start(self) -> None:
        began = monotonic()
        for part in needed_first(self.settings, self.bot):
            self._start_part(part)
        self._wait_ready()
        if self._stopping:
            return
        self._prepare()
        if self._stopping:
            return
        for part in the_desk(self.bot):
            self._start_part(part)
        self._wait_ready()
        if not self._stopping:
            self._print_addresses(monotonic() - began)

    def _prepare(self) -> None:
        """Index and first model, in a process group of its own: Ctrl-C ends all of it, a training included."""
        process = subprocess.Popen(prepare_command(), env=self.env, start_new_session=True)
        while process.poll() is None:
            self._tend()
            if self._stopping:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(STOP_LIMIT_S)
            sleep(TICK_S)
        if process.returncode != 0 and not self._stopping:
            raise NotSetUp("Preparing the articles or the first model failed; see the message above.")

    def _start_part(self, part: Part) -> None:
        supervised = Supervised(part, self.env, self.logs)
        supervised.start()
        self.running.append(supervised)

    def _wait_ready(self) -> None:
        limit = monotonic() + START_LIMIT_S
        for supervised in self.running:
            while not self._stopping and not _is_ready(supervised.part, self._http):
                self._tend()
                if monotonic() > limit:
                    raise NotSetUp(f"{supervised.part.name} did not get ready. Its log: {supervised.log}")
                sleep(TICK_S)

    def _tend(self) -> None:
        for supervised in self.running:
            if line := supervised.tend():
                self.console.print(line, style="yellow", markup=False)
        self._check_consumption()

    def _check_consumption(self) -> None:
        """A worker that lives but consumes nothing is restarted."""
        if monotonic() - self._worker_checked_at < DEAF_AFTER_S:
            return
        self._worker_checked_at = monotonic()
        silent = heartbeat.seconds_since_consumed(self.settings)
        worker = next((s for s in self.running if s.part.name == "worker"), None)
        if worker is not None and silent is not None and silent > DEAF_AFTER_S:
            self.console.print(f"worker has consumed nothing for {silent:.0f} s; starting it again", style="yellow")
            worker.restart()

    def _stop(self) -> None:
        for supervised in reversed(self.running):
            supervised.ask_to_stop()
        for supervised in reversed(self.running):
            supervised.wait_stopped(STOP_LIMIT_S)
        self.settings.redis_socket.unlink(missing_ok=True)
        self._http.close()
        if self.running:
            self.console.print("Stopped.")

    def _print_addresses(self, seconds: float) -> None:
        say = partial(self.console.print, highlight=False)
        say(f"\n[bold green]Deskhand is ready[/] after {seconds:.0f} s.")
        if self.settings.slack_bot_token is None:
            say(f"  Local Slack  http://127.0.0.1:{self.bot.local_slack_port}   be anybody in the workspace, and write")
        say(f"  Console      http://127.0.0.1:{self.bot.port}   sign in with `deskhand sign-in mira.holt`")
        say(f"  Logs         {self.logs}")
        say("Ctrl-C stops everything.")

    def _ports_are_free(self) -> None:
        ports = {"DESKHAND_PORT": self.bot.port}
        if self.settings.slack_bot_token is None:
            ports["DESKHAND_LOCAL_SLACK_PORT"] = self.bot.local_slack_port
        for variable, port in ports.items():
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError as error:
                    raise NotSetUp(f"Port {port} is in use. Stop what uses it, or set {variable}.") from error

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def stop(_number: int, _frame: FrameType | None) -> None:
            self._stopping = True

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the home folder: two supervisors over one database would start everything twice."""
    with (home / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise NotSetUp(f"Another `deskhand up` uses {home}. Stop it, or set DESKHAND_HOME.") from error
        yield


def _is_ready(part: Part, http: httpx.Client) -> bool:
    if part.ready_url is None:
        return True
    try:
        return http.get(part.ready_url).is_success
    except httpx.HTTPError:
        return False
