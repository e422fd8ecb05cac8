"""Who somebody is, and what they may read."""

import pytest

from tests.workers.office import ANNA, GUEST, JONAS, MIRA, WORKSPACE, Office
from workers import people
from workers.people import Profile
from workers.store.tables import Person
from workers.tickets.permissions import is_agent, may_see

SLACK_USER = {
    "id": "U0NEW", "team_id": WORKSPACE, "name": "new.face", "tz": "Europe/Lisbon",
    "profile": {"real_name": "New Face", "email": "new.face@larkfield.example"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("handle", "groups"),
    [
        (ANNA, {"everyone"}),
        ("chiara.conti", {"everyone", "managers"}),
        (JONAS, {"everyone", "it"}),
        (MIRA, {"everyone", "it", "managers"}),
        (GUEST, set()),
    ],
)
def test_people_read_what_is_meant_for_them(quick_office: Office, handle: str, groups: set[str]) -> None:
    assert people.audiences(quick_office.person(handle)) == groups


def test_an_agent_from_outside_reads_nothing_and_is_no_agent() -> None:
    outsider = Person(role="agent", is_outsider=True, is_manager=True)
    assert people.audiences(outsider) == frozenset()
    assert not is_agent(outsider)


def test_slack_says_who_somebody_is() -> None:
    assert Profile.from_slack(SLACK_USER, WORKSPACE) == Profile(
        "U0NEW", "new.face", "New Face", "new.face@larkfield.example", False, "Europe/Lisbon"
    )


@pytest.mark.parametrize(
    "mark", [{"is_restricted": True}, {"is_ultra_restricted": True}, {"is_stranger": True}, {"team_id": "T0OTHER"}]
)
def test_guests_and_people_of_other_organisations_are_outsiders(mark: dict[str, object]) -> None:
    assert Profile.from_slack(SLACK_USER | mark, WORKSPACE).is_outsider


def test_a_profile_may_be_nearly_empty() -> None:
    assert Profile.from_slack({"id": "U1"}, WORKSPACE) == Profile("U1", "U1", "U1", None, False, "UTC")


def test_what_slack_says_is_brought_up_to_date_and_the_role_stays(quick_office: Office) -> None:
    changed = Profile("U0JONAS", "jonas.b", "Jonas B", None, False, "UTC")
    with quick_office.store.begin() as session:
        people.meet(session, WORKSPACE, changed)
    jonas = quick_office.person("@jonas.b")
    assert (jonas.name, jonas.role, jonas.teams) == ("Jonas B", "agent", ["network"])


def test_the_same_slack_id_in_two_workspaces_is_two_people(quick_office: Office) -> None:
    with quick_office.store.begin() as session:
        other = people.meet(session, "T0OTHER", Profile("U0JONAS", "jonas.brandt", "J", None, False, "UTC"))
        assert other.role == "employee"
    assert quick_office.person(JONAS).id != other.id


def test_employees_see_their_own_tickets_only(quick_office: Office) -> None:
    ticket = quick_office.ticket(quick_office.open())
    seen = {handle: may_see(quick_office.person(handle), ticket) for handle in (ANNA, "ben.carter", JONAS, MIRA)}
    assert seen == {ANNA: True, "ben.carter": False, JONAS: True, MIRA: True}
