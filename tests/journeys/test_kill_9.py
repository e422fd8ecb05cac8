"""kill -9 of the bot, the worker and the broker in the middle of things: nothing lost, nothing twice."""

import time

import pytest

from tests.journeys.running import RunningDesk, until
from tests.journeys.words import wait_card, wait_reply, with_words
from workers.store.tables import Ticket

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("moment", [0.0, 0.015, 0.03, 0.06])
def test_the_bot_dies_while_it_handles_a_message(crash_desk: RunningDesk, moment: float) -> None:
    desk, ben = crash_desk, crash_desk.person("ben.carter")
    ts = ben.say(f"open a ticket please: the badge reader at door {moment} beeps all day and lets nobody in")
    time.sleep(moment)
    desk.kill("bot")
    desk.wait_ready()
    wait_reply(desk, "ben.carter", ts, "I've opened", seconds=60)
    time.sleep(2)  # time for a second one to come, if there were one
    assert len([m for m in ben.messages(thread_ts=ts) if "opened" in str(m)]) == 1
    assert len(_tickets(desk, f"door {moment} ")) == 1


def test_the_worker_dies_while_it_routes_a_ticket(crash_desk: RunningDesk) -> None:
    desk, anna = crash_desk, crash_desk.person("anna.lind")
    for number in range(3):
        anna.say(
            f"open a ticket please: forklift terminal {number} shows a white page after the warehouse system starts"
        )
        time.sleep(0.03 * number)
        desk.kill("worker")
    for number in range(3):
        ticket = until(lambda n=number: _routed(desk, f"terminal {n} "), 90, desk.output)  # type: ignore[misc]
        channel = _channel(desk, ticket)
        wait_card(desk, "mira.holt", channel, f"terminal {number} ", seconds=60)
        cards = [m for m in desk.person("mira.holt").messages(f"#{channel}") if f"terminal {number} " in str(m)]
        assert len(cards) == 1


def test_a_message_that_arrived_though_the_call_failed_is_not_sent_twice(crash_desk: RunningDesk) -> None:
    desk, dev = crash_desk, crash_desk.person("dev.patel")
    desk.admin().misbehave("api_error", method="chat.postMessage", times=1, after=True)
    ts = dev.say("good morning")
    wait_reply(desk, "dev.patel", ts, "Tell me what is wrong")
    until(lambda: not _unsent(desk), 60)
    assert len([m for m in dev.messages(thread_ts=ts) if "Tell me" in str(m)]) == 1


def test_slack_is_slow_down_and_the_order_is_kept(crash_desk: RunningDesk) -> None:
    desk, chiara = crash_desk, crash_desk.person("chiara.conti")
    desk.admin().misbehave("rate_limit", method="chat.postMessage", times=2, retry_after=1)
    ts = chiara.say("open a ticket: the scale at gate 2 weighs everything twice since the power cut on Friday")
    wait_reply(desk, "chiara.conti", ts, "I've opened", seconds=60)
    ticket = until(lambda: _routed(desk, "scale at gate 2"), 60, desk.output)
    wait_card(desk, "mira.holt", _channel(desk, ticket), "scale at gate 2", seconds=60)


def test_the_broker_dies_and_tickets_still_reach_their_team(crash_desk: RunningDesk) -> None:
    desk, anna = crash_desk, crash_desk.person("anna.lind")
    desk.kill("redis-server")
    ts = anna.say("open a ticket: the meeting room panel outside Aire is black and cold since this morning")
    wait_reply(desk, "anna.lind", ts, "I've opened", seconds=60)
    until(lambda: _routed(desk, "outside Aire"), 120, desk.output)


def test_a_dropped_connection_loses_no_message(crash_desk: RunningDesk) -> None:
    desk, ben = crash_desk, crash_desk.person("ben.carter")
    desk.admin().misbehave("drop_connections")
    ts = ben.say("hello")
    wait_reply(desk, "ben.carter", ts, "Tell me what is wrong", seconds=60)
    assert not with_words(ben.messages(thread_ts=ts), "Something went wrong")


def _tickets(desk: RunningDesk, words: str) -> list[Ticket]:
    with desk.store.read() as session:
        return [t for t in session.query(Ticket).all() if words in t.text]


def _routed(desk: RunningDesk, words: str) -> Ticket | None:
    return next((ticket for ticket in _tickets(desk, words) if ticket.team), None)


def _channel(desk: RunningDesk, ticket: Ticket) -> str:
    from workers.desk import read_desk

    return read_desk(desk.desk_folder).team(str(ticket.team)).channel


def _unsent(desk: RunningDesk) -> int:
    from workers.store.tables import Delivery

    with desk.store.read() as session:
        return session.query(Delivery).filter(Delivery.state.in_(("waiting", "sending"))).count()
