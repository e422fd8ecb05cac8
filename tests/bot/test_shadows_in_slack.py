"""`/desk shadow`, as an admin types it: what scores along, and who may start and stop it."""

import pytest

from bot.local_slack.validation.blocks import message_block_problems
from tests.bot.test_trainings_in_slack import VERSION, InSlack, at, made
from tests.workers.office import ANNA, JONAS, MIRA, WORKSPACE
from workers.oversight import shadows
from workers.store.columns import now
from workers.store.tables import ShadowScore, Ticket

__all__ = ["at"]


def running(at: InSlack) -> list[str]:
    with at.office.store.read() as session:
        return [one.version for one in shadows.running(session)]


def scored(at: InSlack, shadow: str, champion: str, truth: str) -> None:
    """A solved ticket about which the two said this."""
    ticket = at.office.open(text="the printer on floor two is jammed", by=ANNA)
    with at.office.store.begin() as session:
        row = session.get_one(Ticket, ticket)
        row.label, row.team, row.status, row.resolved_at = truth, at.office.handbook.team_of(truth), "resolved", now()
        session.add(
            ShadowScore(
                workspace=WORKSPACE, ticket_id=ticket, version=VERSION, label=shadow, confidence=0.9, accepted=True,
                champion="v0", champion_label=champion, champion_confidence=0.8, champion_accepted=True,
            )
        )  # fmt: skip


def test_an_admin_starts_a_shadow_sees_how_it_does_and_stops_it(at: InSlack) -> None:
    made(at)
    assert "No version is in shadow" in at.command(MIRA, "shadow")
    assert "decides nothing" in at.command(MIRA, f"shadow start {VERSION} it looks better")
    scored(at, "printing", "network_vpn", "printing")
    scored(at, "printing", "printing", "printing")
    said = at.command(MIRA, "shadow")
    assert f"`{VERSION}`" in said and "it looks better" in said
    assert "disagreed with the champion in 1 of 2 tickets" in said
    assert "only the shadow 1, only the champion 0, both 1, neither 0" in said
    assert message_block_problems(at.answers[-1]["blocks"]) == []
    assert f"No longer in shadow: {VERSION}" in at.command(MIRA, f"shadow stop {VERSION} seen enough")
    assert running(at) == []
    assert at.office.actions(f"classifier:{VERSION}") == ["shadow_started", "shadow_stopped"]


def test_a_mistyped_version_stops_no_other(at: InSlack) -> None:
    made(at)
    at.command(MIRA, f"shadow start {VERSION}")
    at.command(MIRA, f"shadow stop {VERSION}x seen enough")
    assert at.told() == [f"{VERSION}x is not in shadow."]
    assert at.office.actions(f"classifier:{VERSION}") == ["shadow_started"]
    assert f"No longer in shadow: {VERSION}" in at.command(MIRA, "shadow stop")


@pytest.mark.parametrize("who", [ANNA, JONAS])
def test_nobody_but_an_admin_sees_starts_or_stops_one(at: InSlack, who: str) -> None:
    made(at)
    at.command(MIRA, f"shadow start {VERSION}")
    before = at.office.audited()
    for words in ("shadow", f"shadow start {VERSION}", "shadow stop"):
        at.command(who, words)
    assert at.told().count("Only admins of the service desk can do this.") == 3
    assert (at.office.audited(), running(at), len(at.answers)) == (before, [VERSION], 1)


def test_what_cannot_be_done_is_said_and_changes_nothing(at: InSlack) -> None:
    for words in ("shadow start", "shadow start nothing-like-it", "shadow stop", "shadow pause"):
        at.command(MIRA, words)
    told = at.told()
    assert told[0].startswith("Which version? `/desk shadow start VERSION why`") and "nothing-like-it" in told[1]
    assert told[2] == "No version is in shadow." and told[3].startswith("`pause` is nothing that can be done")
    assert at.answers == [] and running(at) == []


def test_help_tells_of_it(at: InSlack) -> None:
    assert "/desk shadow" in at.command(ANNA, "help")
