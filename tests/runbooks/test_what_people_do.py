"""Runbooks with steps that no adapter does yet: people do them, on every tier, with the plan at hand."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.runbooks.world import STARTER, World
from workers.desk import DeskError, read_desk
from workers.runbooks import service, states
from workers.runbooks.files import Runbook, read_runbooks

FOR_PEOPLE = ("unlock_account", "group_access", "software_request", "vpn_profile")


@dataclass(frozen=True)
class Case:
    world: World
    name: str

    @property
    def runbook(self) -> Runbook:
        return self.world.runbooks[self.name]

    def start(self, handle: str = "anna.lind") -> service.Started:
        with self.world.store.begin() as session:
            person = self.world.person(handle)
            return service.start(session, self.world.desk, self.runbook, person, self.world.directory)


@pytest.fixture(params=FOR_PEOPLE)
def case(world: World, request: pytest.FixtureRequest) -> Case:
    return Case(world, request.param)


def test_a_request_becomes_a_ticket_with_the_plan_for_the_team(case: Case) -> None:
    started = case.start()
    assert case.world.run().state == states.REFUSED and case.world.deliver() == 0
    assert started.open_ticket is not None and case.runbook.title in started.open_ticket
    assert started.team == case.runbook.team
    for step in case.runbook.steps:
        assert f"{step.says} (undo: {step.undo.replace('_', ' ')})" in started.note
    assert all(step.says not in started.open_ticket for step in case.runbook.steps), "the plan is for agents"


def test_promoting_it_makes_the_machine_do_nothing(case: Case) -> None:
    case.world.set_tier("auto", case.runbook.automation)
    started = case.start()
    assert case.world.run().state == states.REFUSED and case.world.deliver() == 0
    assert "people do it" in str(case.world.run().refused_why)
    assert started.open_ticket is not None


@pytest.mark.parametrize("handle", ["anna.lind", "mira.holt", "eva.strand", "gus.visitor"])
def test_everybody_reads_the_same_words(case: Case, handle: str) -> None:
    reply = case.start(handle).reply
    assert reply == case.start("ben.carter").reply
    assert "link" not in reply, "none will come"


def test_a_guest_gets_no_ticket(case: Case) -> None:
    assert case.start("gus.visitor").open_ticket is None


def test_the_desk_leaves_them_on_tier_suggest() -> None:
    tiers = {rule.name: rule.tier for rule in read_desk(STARTER).automations}
    for name, runbook in read_runbooks(STARTER / "runbooks").items():
        assert bool(runbook.for_people) == (name in FOR_PEOPLE)
        assert tiers[runbook.automation] == ("suggest" if runbook.for_people else "auto")


def test_a_step_for_people_with_another_undo_than_its_own_is_refused(tmp_path: Path) -> None:
    values = yaml.safe_load((STARTER / "runbooks" / "group_access.yaml").read_text())
    values["steps"][1]["undo"] = "nothing_to_undo"
    (tmp_path / "group_access.yaml").write_text(yaml.safe_dump(values))
    with pytest.raises(DeskError, match="add_to_group is undone by remove_from_group"):
        read_runbooks(tmp_path)
