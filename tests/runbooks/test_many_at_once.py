"""Clicks and processes that come at the same moment, on one database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import select

from tests.runbooks.world import GOOD, World
from workers.runbooks import states
from workers.runbooks.reset import Choice, LinkGone, NotYet
from workers.store.tables import RunbookRun

T = TypeVar("T")


def together(act: Callable[[int], T], times: int = 6) -> list[T]:
    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(act, range(times)))


def test_of_many_clicks_on_the_last_button_one_counts(world: World) -> None:
    token = world.linked()
    world.page.send_code(token)
    proof = world.page.confirm_code(token, world.code())

    def click(number: int) -> str | None:
        password = f"{GOOD} {number}"
        try:
            world.page.change(token, proof, Choice(password, password, end_sessions=False))
        except LinkGone:
            return None
        return password

    (password,) = [done for done in together(click) if done]
    assert world.signs_in(password)
    assert world.actions().count("password_changed") == 1


def test_of_many_requests_no_more_than_the_limit_are_granted(world: World) -> None:
    together(lambda _: world.start())
    with world.store.read() as session:
        found = list(session.scalars(select(RunbookRun.state)))
    limit = world.runbook.limits.per_requester_per_day
    assert (found.count(states.LINK_DUE), found.count(states.CANCELLED)) == (1, limit - 1)
    assert found.count(states.REFUSED) == 6 - limit


def test_of_many_sweeps_one_sends_the_link(world: World) -> None:
    world.start()
    assert sum(together(lambda _: world.deliver())) == 1
    assert len(world.mailbox.to("U0ANNA")) == 1


def test_of_many_wrong_codes_at_once_each_one_counts(world: World) -> None:
    token = world.linked()
    world.page.send_code(token)

    def guess(_: int) -> None:
        try:
            world.page.confirm_code(token, "no")
        except (LinkGone, NotYet):
            pass

    together(guess, times=8)
    assert (world.run().state, world.run().code_attempts) == (states.CANCELLED, world.runbook.code_attempts)
