from collections.abc import Iterator

import pytest

from .running import Desk


@pytest.fixture(scope="module", params=["http", "socket"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    running = Desk(request.param)
    yield running
    running.close()


@pytest.fixture(autouse=True)
def well_behaved(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "desk" in request.fixturenames:
        running: Desk = request.getfixturevalue("desk")
        running.admin.misbehave("behave")
        for person in (running.anna, running.ben):
            for view in person.modals()[:1]:
                person.close_modal(view["id"], everything=True)
