import pytest

from tests.workers.office import Office
from workers.store.session import Store


@pytest.fixture
def office(store: Store) -> Office:
    """A desk with people and automations and no ticket yet, once on each database."""
    return Office.set_up(store)


@pytest.fixture
def quick_office(sqlite_store: Store) -> Office:
    """The same where the database makes no difference."""
    return Office.set_up(sqlite_store)
