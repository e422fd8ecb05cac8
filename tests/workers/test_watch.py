"""A promoted classifier that does worse live is rolled back by itself, once; one that does as well is left alone."""

from pathlib import Path

import pytest

from tests.workers.office import MIRA, WORKSPACE, Office
from tests.workers.shadow_world import ShadowWorld
from workers import serving
from workers.governance import audit
from workers.oversight import shadows, watch
from workers.oversight.watch import version_before
from workers.store.tables import ServedVersion, ShadowScore
from workers.training import versions

RIGHT, WRONG = "network_vpn", "printing"


@pytest.fixture
def world(quick_office: Office, small_model: Path, tmp_path: Path) -> ShadowWorld:
    """A desk that served v1 before v2, and on which v1 goes on in shadow."""
    made = ShadowWorld.make(quick_office, tmp_path, small_model)
    made.add_version("v1")
    made.add_version("v2")
    made.promote("v1")
    made.promote("v2")
    return made


def lived(world: ShadowWorld, champion: str, shadow: str | None, count: int = 1, version: str = "v2") -> None:
    """Solved tickets that the champion sent here and the version before would have sent there."""
    for _ in range(count):
        ticket = world.solved("VPN drops", champion, RIGHT, version=version)
        if shadow is not None:
            with world.office.store.begin() as session:
                session.add(ShadowScore(
                    workspace=WORKSPACE, ticket_id=ticket, version="v1", label=shadow, confidence=0.9, accepted=True,
                    champion=version, champion_label=champion, champion_confidence=0.9, champion_accepted=True,
                ))  # fmt: skip


def told(world: ShadowWorld) -> list[str]:
    return [delivery.payload["text"] for delivery in world.office.deliveries(lane="oversight")]


def found(world: ShadowWorld) -> watch.Watched:
    with world.office.store.read() as session:
        seen = watch.watched(session, world.desk.handbook, WORKSPACE)
    assert seen is not None
    return seen


def test_one_that_misroutes_what_the_version_before_had_right_is_rolled_back_and_the_owner_told(
    world: ShadowWorld,
) -> None:
    lived(world, RIGHT, RIGHT, 6)
    watch.look_after(world.desk)
    assert world.served() == "v2" and found(world).verdict == "keep"
    lived(world, WRONG, RIGHT, 10)
    watch.look_after(world.desk)
    assert world.served() == "v1"
    assert told(world) == ["The classifier v2 was rolled back."]
    with world.office.store.read() as session:
        entry = audit.latest(session, "classifier:v2")[0]
        assert shadows.running(session) == []
    assert (entry.actor, entry.action, entry.detail["now"]) == ("deskhand", "classifier_demoted", "v1")
    assert "10.0" not in entry.detail["why"] and "version before would have cost 0.0" in entry.detail["why"]


def test_after_a_demotion_nothing_moves_by_itself_however_badly_the_old_one_does(world: ShadowWorld) -> None:
    lived(world, WRONG, RIGHT, 12)
    watch.look_after(world.desk)
    lived(world, WRONG, None, 40, version="v1")
    watch.look_after(world.desk)
    assert world.served() == "v1"
    with world.office.store.read() as session:
        assert watch.watched(session, world.desk.handbook, WORKSPACE) is None


def test_one_that_does_as_well_stays(world: ShadowWorld) -> None:
    lived(world, RIGHT, RIGHT, 20)
    lived(world, WRONG, RIGHT, 2)
    lived(world, RIGHT, WRONG, 2)
    watch.look_after(world.desk)
    assert world.served() == "v2" and told(world) == []


def test_where_both_break_the_limit_a_person_is_told_once_and_nothing_is_changed(world: ShadowWorld) -> None:
    lived(world, WRONG, WRONG, 14)
    for _ in range(2):
        watch.look_after(world.desk)
    assert world.served() == "v2"
    assert told(world) == ["The classifier v2 misroutes more than its limit."]
    assert world.office.actions("classifier:v2").count(watch.OVER_LIMIT) == 1


def test_without_a_shadow_the_promised_limit_is_the_measure(world: ShadowWorld) -> None:
    with world.office.store.begin() as session:
        shadows.stop(session, WORKSPACE, MIRA, "it took memory")
    lived(world, RIGHT, None, 3)
    lived(world, WRONG, None, 8)
    assert found(world).compared is None and "8 of 11 tickets" in found(world).why
    watch.look_after(world.desk)
    assert world.served() == "v1"


def test_tickets_that_a_person_routed_break_no_promise(world: ShadowWorld) -> None:
    with world.office.store.begin() as session:
        shadows.stop(session, WORKSPACE, MIRA, "it took memory")
    for _ in range(12):
        world.solved("VPN drops", WRONG, RIGHT, confidence=0.5, version="v2")  # below the threshold: triage
    watch.look_after(world.desk)
    assert world.served() == "v2" and found(world).promised.tickets == 0


def test_a_version_before_that_is_damaged_is_not_served_and_the_owner_hears_of_it(world: ShadowWorld) -> None:
    (world.desk.models / "v1" / "calibration.json").write_text("{}")
    lived(world, WRONG, RIGHT, 12)
    watch.look_after(world.desk)
    assert world.served() == "v2"
    assert told(world) == ["The classifier v2 misroutes more than its limit."]


def test_the_first_version_has_nothing_to_go_back_to(quick_office: Office, small_model: Path, tmp_path: Path) -> None:
    world = ShadowWorld.make(quick_office, tmp_path, small_model)
    world.add_version("v1")
    world.promote("v1")
    lived(world, WRONG, None, 12, version="v1")
    watch.look_after(world.desk)
    assert world.served() == "v1" and len(told(world)) == 1


def test_what_a_person_rolled_back_to_is_left_alone(world: ShadowWorld) -> None:
    versions.roll_back(world.desk, WORKSPACE, MIRA, "we like the old one")
    lived(world, WRONG, None, 20, version="v1")
    watch.look_after(world.desk)
    assert world.served() == "v1"


@pytest.mark.parametrize(
    ("newest_first", "before"),
    [
        ("promoted:v1", None),
        ("promoted:v2 promoted:v1", "v1"),
        ("promoted:v3 demoted:v1 promoted:v2 promoted:v1", "v1"),
        ("promoted:v3 rolled_back:v1 promoted:v2 promoted:v1", "v1"),
        ("promoted:v1 demoted:v0 promoted:v2 promoted:v0", "v0"),
        ("promoted:v3 promoted:v2 demoted:v1 promoted:v2 promoted:v1", "v2"),
        ("promoted:v3 rolled_back:v3 demoted:v3 promoted:v2", None),
    ],
)
def test_the_version_to_go_back_to_is_the_last_one_that_was_not_itself_demoted(
    newest_first: str, before: str | None
) -> None:
    moves = [entry.split(":") for entry in newest_first.split()]
    rows = [ServedVersion(kind="classifier", version=version, by=MIRA, why="", move=move) for move, version in moves]
    assert version_before(rows) == before


def test_the_file_for_commands_without_a_database_follows(world: ShadowWorld) -> None:
    with world.office.store.begin() as session:
        serving.go_back(session, WORKSPACE, "classifier", "v1", MIRA, "died before the file was written")
    assert '"v2"' in (world.desk.models / "served.json").read_text()
    watch.look_after(world.desk)
    assert (world.desk.models / "served.json").read_text().count('"v1"') == 2
