"""One supervised process: started, watched, restarted with growing patience, stopped."""

import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

from bot.supervisor.parts import Part

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
HEALTHY_AFTER_S = 20.0  # a part that lived this long starts with little patience again


class Supervised:
    """A part and its process, if one runs."""

    def __init__(self, part: Part, env: Mapping[str, str], logs: Path) -> None:
        self.part, self._env = part, env
        self.log = logs / f"{part.name}.log"
        self.restarts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._wait, self._next_start = FIRST_WAIT_S, 0.0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it; its output goes to its log file. In a session of its own, so Ctrl-C reaches only us."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.part.command, env=dict(self._env), stdout=log, stderr=log, start_new_session=True
            )
        self._started_at = monotonic()

    def tend(self) -> str | None:
        """Look after it; gives a line to show when something happened."""
        moment = monotonic()
        if self._process is not None:
            code = self._process.poll()
            if code is None:
                return None
            self._process = None
            self._wait = FIRST_WAIT_S if moment - self._started_at > HEALTHY_AFTER_S else self._wait
            self._next_start = moment + self._wait
            self._wait = min(self._wait * 2, LONGEST_WAIT_S)
            return f"{self.part.name} ended ({_ending(code)}); starting it again. Its log: {self.log}"
        if moment >= self._next_start:
            self.restarts += 1
            self.start()
        return None

    def restart(self) -> None:
        """End a process that lives but does not work; `tend` starts it again."""
        if self._process is not None:
            self._process.kill()

    def ask_to_stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def wait_stopped(self, seconds: float) -> None:
        """Wait for the end, and force it after that long."""
        if self._process is None:
            return
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _ending(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit status {code}"
