"""Models in shadow: they score along, decide nothing, trouble nobody, and are compared once tickets are solved."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from classifier.errors import ClassifierError
from tests.workers.office import JONAS, MIRA, WORKSPACE, Office, at_once
from tests.workers.shadow_world import ShadowWorld
from workers.governance import audit
from workers.oversight import outcomes, scoring, shadows
from workers.oversight.loaded import ShadowModels
from workers.store.columns import now
from workers.store.tables import Shadow, ShadowScore, TrainingRun
from workers.tickets import work
from workers.training import versions
from workers.training.runs import TrainingTrouble

PRINTER, TUNNEL = "the printer on floor two is jammed, toner empty", "VPN does not connect from home, wifi drops"


@pytest.fixture
def world(quick_office: Office, small_model: Path, tmp_path: Path) -> ShadowWorld:
    """A desk that serves v1 and has v2."""
    made = ShadowWorld.make(quick_office, tmp_path, small_model)
    made.add_version("v1")
    made.add_version("v2")
    made.promote("v1")
    return made


def in_shadow(world: ShadowWorld) -> list[tuple[str, str]]:
    with world.office.store.read() as session:
        return [(shadow.version, shadow.role) for shadow in shadows.running(session)]


def scores(world: ShadowWorld) -> list[ShadowScore]:
    with world.office.store.read() as session:
        return list(session.scalars(select(ShadowScore).order_by(ShadowScore.ticket_id)))


def start(world: ShadowWorld, version: str = "v2") -> None:
    versions.start_shadow(world.desk, WORKSPACE, version, MIRA, "to see")


def test_a_challenger_scores_the_tickets_that_come_after_it_was_started(world: ShadowWorld) -> None:
    world.routed("an older one", "printing")
    start(world)
    ticket = world.routed(TUNNEL, "printing", confidence=0.8)
    assert scoring.score_new(world.desk) == 1
    assert scoring.score_new(world.desk) == 0
    (score,) = scores(world)
    assert (score.ticket_id, score.version, score.label) == (ticket, "v2", world.says(TUNNEL))
    assert (score.champion, score.champion_label, score.champion_accepted) == ("v1", "printing", True)
    assert world.office.ticket(ticket).label == "printing"  # the shadow decides nothing


def test_a_new_challenger_takes_the_place_of_the_one_before(world: ShadowWorld) -> None:
    start(world)
    start(world)
    world.add_version("v3")
    start(world, "v3")
    assert in_shadow(world) == [("v3", "challenger")]
    started = [action for action in world.office.actions("classifier:v2") if action.startswith("shadow")]
    assert started == ["shadow_started", "shadow_stopped"]


def test_only_whole_versions_that_do_not_decide_go_in_shadow(world: ShadowWorld) -> None:
    with pytest.raises(TrainingTrouble, match="is served"):
        start(world, "v1")
    with pytest.raises(TrainingTrouble, match="no classifier version 'v9'"):
        start(world, "v9")
    (world.desk.models / "v2" / "calibration.json").write_text("{}")
    with pytest.raises(TrainingTrouble, match=r"calibration\.json"):
        start(world)
    with world.office.store.begin() as session, pytest.raises(TrainingTrouble, match="No version is in shadow"):
        shadows.stop(session, WORKSPACE, MIRA, "why")


def test_a_shadow_that_breaks_is_switched_off_and_its_owner_told(world: ShadowWorld) -> None:
    start(world)
    (world.desk.models / "v2" / "calibration.json").write_text("{}")
    ticket = world.routed(TUNNEL, "network_vpn")
    assert scoring.score_new(world.desk) == 0
    assert in_shadow(world) == [] and scores(world) == []
    with world.office.store.read() as session:
        (stopped,) = shadows.latest(session, limit=1)
    assert "calibration.json" in str(stopped.stopped_why)
    assert world.office.actions("classifier:v2")[-1] == "shadow_stopped"
    (told,) = world.office.deliveries(lane="oversight")
    assert told.payload["to"] == f"person:{world.office.person(MIRA).id}"
    assert world.office.ticket(ticket).team == "network"
    assert scoring.score_new(world.desk) == 0


def test_memory_is_given_back_when_a_shadow_stops(world: ShadowWorld) -> None:
    start(world)
    world.routed(TUNNEL, "network_vpn")
    scoring.score_new(world.desk)
    assert world.desk.shadow_models.versions == {"v2"}
    with world.office.store.begin() as session:
        shadows.stop(session, WORKSPACE, MIRA, "seen enough")
    scoring.score_new(world.desk)
    assert world.desk.shadow_models.versions == frozenset()


def test_a_model_is_loaded_once_and_again_after_it_failed(tmp_path: Path) -> None:
    tried: list[str] = []

    def load(folder: Path) -> str:
        tried.append(folder.name)
        if len(tried) == 1:
            raise ClassifierError("not yet")
        return folder.name

    models = ShadowModels(tmp_path, load)
    with pytest.raises(ClassifierError):
        models.get("v2")
    assert (models.get("v2"), models.get("v2"), tried) == ("v2", "v2", ["v2", "v2"])


def test_two_workers_score_a_ticket_once(world: ShadowWorld) -> None:
    start(world)
    for number in range(3):
        world.routed(f"{TUNNEL} {number}", "network_vpn")
    given = at_once(*[lambda: scoring.score_new(world.desk)] * 2)
    assert sum(given) == 3 and len(scores(world)) == 3


def test_after_a_promotion_the_champion_before_goes_on_in_shadow_for_a_time(world: ShadowWorld) -> None:
    start(world)
    world.promote("v2")
    assert in_shadow(world) == [("v1", "predecessor")]
    world.routed(TUNNEL, "network_vpn", version="v2")
    assert scoring.score_new(world.desk) == 1
    rule = world.desk.handbook.desk.watch
    with world.office.store.begin() as session:
        (shadow,) = shadows.running(session)
        assert shadow.until_at is not None
        assert timedelta(0) < shadow.until_at - now() <= timedelta(days=rule.days)
        assert shadow.until_tickets == rule.tickets
        session.execute(update(Shadow).values(until_tickets=1))
    scoring.score_new(world.desk)
    assert in_shadow(world) == []


def test_a_roll_back_leaves_no_predecessor_in_shadow(world: ShadowWorld) -> None:
    world.promote("v2")
    versions.roll_back(world.desk, WORKSPACE, MIRA, "no")
    assert in_shadow(world) == []


def test_who_was_right_follows_from_where_the_ticket_ended(world: ShadowWorld) -> None:
    start(world)
    said = world.says(TUNNEL)
    other = "printing" if said != "printing" else "email_calendar"
    world.solved(TUNNEL, other, said)  # a person sent it where the shadow would have
    world.solved(f"{TUNNEL}.", said, other)
    world.routed(f"{TUNNEL}!", other)
    scoring.score_new(world.desk)
    with world.office.store.read() as session:
        found = outcomes.pairs(session, world.desk.handbook, WORKSPACE, "v2")
    counted = outcomes.tally(found, world.desk.handbook.desk.costs.costs)
    assert (counted.scored, counted.solved, counted.differing) == (3, 2, 2)
    assert (counted.only_shadow, counted.both_right + counted.neither) == (1, 1)
    assert counted.misrouted[1] == 2 and "may be chance" in outcomes.in_words(counted)
    unsolved = [pair for pair in found if pair.team is None]
    assert len(unsolved) == 1


def test_interim_labels_of_a_bounced_ticket_do_not_count(world: ShadowWorld) -> None:
    start(world)
    ticket = world.routed(TUNNEL, "printing")
    scoring.score_new(world.desk)
    world.office.do(work.relabel, ticket, JONAS, world.says(TUNNEL))
    world.solve(ticket, "email_calendar")
    with world.office.store.read() as session:
        (pair,) = outcomes.pairs(session, world.desk.handbook, WORKSPACE, "v2")
    assert pair.team == "collaboration"
    assert not pair.is_right(pair.shadow) and not pair.is_right(pair.champion)


# promotion


def compared(world: ShadowWorld, recommendation: str, champion: str = "v1") -> None:
    with world.office.store.begin() as session:
        comparison = {"recommendation": recommendation, "champion": champion, "challenger": "v2"}
        session.add(
            TrainingRun(workspace=WORKSPACE, requested_by=MIRA, state="done", version="v2", comparison=comparison)
        )


@pytest.mark.parametrize("verdict", ["worse", "cannot tell", None])
def test_against_the_test_a_promotion_asks_for_a_reason(world: ShadowWorld, verdict: str | None) -> None:
    if verdict:
        compared(world, verdict)
    with pytest.raises(TrainingTrouble, match="Give a reason"):
        world.promote("v2", why=" ")
    assert world.served() == "v1"
    world.promote("v2", why="the new team starts on Monday")
    assert world.served() == "v2"
    with world.office.store.read() as session:
        entry = next(e for e in audit.latest(session, "classifier:v2") if e.action == "classifier_promoted")
    assert entry.detail["recommendation"] == (verdict or "not compared")
    assert entry.detail["why"] == "the new team starts on Monday"


def test_a_recommended_version_needs_no_reason(world: ShadowWorld) -> None:
    compared(world, "better")
    world.promote("v2", why="")
    assert world.served() == "v2"


def test_a_comparison_with_another_champion_is_none(world: ShadowWorld) -> None:
    compared(world, "better", champion="v0")
    with pytest.raises(TrainingTrouble, match="not compared"):
        world.promote("v2", why="")


def test_a_damaged_version_is_not_promoted(world: ShadowWorld) -> None:
    (world.desk.models / "v2" / "report.json").write_text("{}")
    with pytest.raises(TrainingTrouble, match=r"report\.json"):
        world.promote("v2")
    assert world.served() == "v1"
