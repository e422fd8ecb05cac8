"""The whole desk on this machine: latency from event to answer, memory of every process, time to ready."""

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import psutil

from bot.local_slack.client import Person
from tests.journeys.running import RunningDesk, running

MESSAGES = 200
QUESTIONS = (
    "how do I get back a file that I deleted from onedrive",
    "GlobalProtect says gateway not reachable from home",
    "where can I print in Porto, follow me does not show my job",
    "outlook does not show new mail since this morning",
    "what is the wifi for visitors",
    "my authenticator is on the old phone, how do I move it",
    "teams no sound in meetings",
    "how can I send mail from the shared mailbox",
)


def section(trained: Path | None = None) -> str:
    """The Markdown section; with a `trained` home the first start is left out."""
    with tempfile.TemporaryDirectory(prefix="dhb-") as folder:
        home = Path(folder) / "home"
        began = time.monotonic()
        with running(home, "socket", trained):
            first_ready = time.monotonic() - began
        began = time.monotonic()
        desk = RunningDesk(home, "socket")
        desk.start()
        try:
            second_ready = time.monotonic() - began
            idle = _memory(desk)
            cheap = [_small_talk(desk) for _ in range(MESSAGES // 4)]
            rows = [_one_message(desk, QUESTIONS[n % len(QUESTIONS)]) for n in range(MESSAGES)]
            busy, floor = _memory(desk), _round_trips(desk)
        finally:
            desk.stop()
    return "\n".join(
        [
            "## The whole desk (`tests/benchmarks/desk.py`)",
            "",
            f"Ready after {first_ready:.0f} s ({'from a trained home' if trained else 'index and training included'}), "
            f"and after {second_ready:.1f} s the second time.",
            "",
            f"### Latency, {MESSAGES} questions one after the other, local Slack by Socket Mode",
            "",
            "From the moment at which Slack has the employee's message to the moment at which it has the bot's reply.",
            "",
            "| | p50 ms | p95 ms | p99 ms |",
            "|---|---|---|---|",
            _row("a question: all", rows),
            *(_row(f"“{text}”", rows[place :: len(QUESTIONS)]) for place, text in enumerate(QUESTIONS)),
            _row("small talk: the same way without a quoted article (cheap peer)", cheap),
            _row("one call to the local Slack alone (floor)", floor),
            "",
            "### Memory (unique set size, MB)",
            "",
            "| process | after start | after the questions |",
            "|---|---|---|",
            *(f"| {name} | {idle[name]:.0f} | {busy.get(name, 0):.0f} |" for name in sorted(idle)),
            f"| **together** | **{sum(idle.values()):.0f}** | **{sum(busy.values()):.0f}** |",
            "",
        ]
    )


def _one_message(desk: RunningDesk, text: str) -> float:
    """Milliseconds between Slack's own timestamps of the message and of the reply."""
    ben = desk.person("ben.carter")
    return _reply_after(ben, ben.say(text))


def _small_talk(desk: RunningDesk) -> float:
    ben = desk.person("ben.carter")
    return _reply_after(ben, ben.say("hello"))


def _reply_after(person: Person, ts: str) -> float:
    def replies(seen: list[dict[str, object]]) -> list[dict[str, object]]:
        return [message for message in seen if message["ts"] != ts]

    found = person.wait_for(replies, 30, thread_ts=ts)
    return (float(str(found[0]["ts"])) - float(ts)) * 1000


def _round_trips(desk: RunningDesk) -> list[float]:
    """Milliseconds of calls to the local Slack that do nothing."""
    values = []
    with httpx.Client(trust_env=False) as http:
        for _ in range(100):
            began = time.perf_counter()
            http.post(f"{desk.slack_url}/api/api.test")
            values.append((time.perf_counter() - began) * 1000)
    return values


def _memory(desk: RunningDesk) -> dict[str, float]:
    """Unique set size by part: what would be free again if it ended."""
    supervisor = psutil.Process(desk.pid)
    found = {"supervisor": supervisor.memory_full_info().uss / 1e6}
    for name in ("redis-server", "local-slack", "bot --with-console", "worker", "timetable"):
        part = desk.part(name)
        if part is not None:
            found[name] = part.memory_full_info().uss / 1e6
    return found


def _row(name: str, values: Sequence[float]) -> str:
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return f"| {name} | {cuts[49]:.0f} | {cuts[94]:.0f} | {cuts[98]:.0f} |"
