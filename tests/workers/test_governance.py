"""Automations: who owns them, how far they may go, and the switch."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.workers.office import JONAS, MIRA, STARTER, WORKSPACE, Office
from workers.desk import AutomationRule, Desk, read_desk
from workers.governance import automations, receipts
from workers.governance.automations import AutomationError, Permit
from workers.governance.receipts import Evidence
from workers.store.tables import Automation, Receipt

NAMES = tuple(sorted(rule.name for rule in read_desk(STARTER).automations))


def permit(office: Office, name: str = "route", workspace: str = WORKSPACE) -> Permit:
    with office.store.read() as session:
        return automations.permit(session, workspace, name)


def install(office: Office, *rules: AutomationRule) -> None:
    desk = office.handbook.desk.model_copy(update={"automations": rules})
    with office.store.begin() as session:
        automations.install(session, WORKSPACE, desk)


def move(office: Office, step: int, name: str = "route") -> str:
    with office.store.begin() as session:
        return automations.move_tier(session, WORKSPACE, name, step, MIRA, "the evidence says so").tier


def test_the_starter_desks_automations_are_installed_and_audited(office: Office) -> None:
    with office.store.read() as session:
        rows = automations.all_of(session, WORKSPACE)
    assert tuple(row.name for row in rows) == NAMES
    assert office.actions().count("automation_added") == len(NAMES)
    allowed = permit(office)
    assert (allowed.allowed, allowed.tier, allowed.risk_limit, allowed.owner) == (True, "auto", 0.1, MIRA)


def test_installing_again_changes_nothing(office: Office) -> None:
    audited = office.audited()
    install(office, *office.handbook.desk.automations)
    assert office.audited() == audited


def test_the_tier_is_earned_and_kept_and_owner_and_limit_follow_the_file(office: Office) -> None:
    move(office, -1)
    install(office, AutomationRule(name="route", owner=JONAS, tier="auto", risk_limit=0.02))
    changed = permit(office)
    assert (changed.tier, changed.owner, changed.risk_limit) == ("approve", JONAS, 0.02)
    assert "automation_changed" in office.actions("automation:route")


def test_without_an_owner_it_does_not_run(office: Office) -> None:
    install(office, AutomationRule(name="route", owner=None, tier="auto", risk_limit=0.1))
    assert not permit(office).allowed
    assert permit(office).why == "route has no owner in desk.yaml"


def test_taken_out_of_the_desk_file_it_does_not_run(office: Office) -> None:
    install(office, *(rule for rule in office.handbook.desk.automations if rule.name != "route"))
    assert not permit(office).allowed
    assert office.actions("automation:route")[-1] == "automation_changed"
    audited = office.audited()
    install(office, *(rule for rule in office.handbook.desk.automations if rule.name != "route"))
    assert office.audited() == audited


@pytest.mark.parametrize(("name", "workspace"), [("forecast", WORKSPACE), ("route", "T0OTHER")])
def test_what_nobody_has_set_up_may_do_nothing(quick_office: Office, name: str, workspace: str) -> None:
    found = permit(quick_office, name, workspace)
    assert (found.allowed, found.tier, found.risk_limit) == (False, "suggest", 0.0)
    assert f"nobody has set up {name}" in found.why


def test_the_switch_works_at_once_and_says_who_and_why(office: Office) -> None:
    office.suspend("route")
    assert not permit(office).allowed
    assert permit(office).why == "route was suspended by mira.holt: a test of the switch"
    assert permit(office, "answer").allowed
    assert not permit(office).acts_at("auto")
    with office.store.begin() as session:
        automations.resume(session, WORKSPACE, "route", MIRA)
    assert permit(office).acts_at("auto") and not permit(office).acts_at("approve")
    assert office.actions("automation:route")[-2:] == ["automation_suspended", "automation_resumed"]


def test_all_are_switched_off_and_on_together(office: Office) -> None:
    office.suspend("all")
    assert not any(permit(office, name).allowed for name in NAMES)
    with office.store.begin() as session:
        assert len(automations.resume(session, WORKSPACE, "all", MIRA)) == len(NAMES)
    assert all(permit(office, name).allowed for name in NAMES)


def test_a_name_that_is_not_there_is_answered_with_those_that_are(quick_office: Office) -> None:
    with pytest.raises(
        AutomationError, match=r"no automation called 'rout'; there are: answer, prioritise, retrain, route"
    ):
        quick_office.suspend("rout")


@settings(max_examples=20, deadline=None)
@given(steps=st.lists(st.sampled_from([1, -1]), max_size=8))
def test_a_tier_never_leaves_the_ladder(one_office: Office, steps: list[int]) -> None:
    office = one_office
    for step in steps:
        place = automations.TIERS.index(permit(office).tier)
        if 0 <= place + step < len(automations.TIERS):
            assert move(office, step) == automations.TIERS[place + step]
        else:
            with pytest.raises(AutomationError, match="none beyond"):
                move(office, step)
            assert permit(office).tier == automations.TIERS[place]


def test_a_tier_is_moved_for_one_automation_at_a_time(quick_office: Office) -> None:
    with pytest.raises(AutomationError, match="belongs to one automation"):
        move(quick_office, -1, "all")


def test_evidence_counts_outcomes(quick_office: Office) -> None:
    outcomes = ("accepted", "accepted", "corrected", "overridden", None)
    with quick_office.store.begin() as session:
        for outcome in outcomes:
            session.add(
                Receipt(workspace=WORKSPACE, automation="answer", subject="message:D/1", person="a", seen="s",
                        decision="answer", why="w", tier="auto", versions={}, evidence={}, outcome=outcome)
            )  # fmt: skip
    with quick_office.store.read() as session:
        found = receipts.evidence(session, WORKSPACE, "answer")
        assert receipts.evidence(session, WORKSPACE, "route") == Evidence(0, 0, 0)
    assert (found.decisions, found.settled, found.wrong, found.wrong_share) == (5, 4, 2, 0.5)
    assert Evidence(3, 0, 0).wrong_share is None


def test_settling_a_decision_that_is_gone_does_nothing(quick_office: Office) -> None:
    with quick_office.store.begin() as session:
        receipts.settle(session, None, "accepted", MIRA)
        receipts.settle(session, 999, "accepted", MIRA)
        assert session.scalars(select(Receipt)).all() == []


def test_every_automation_belongs_to_one_workspace(quick_office: Office) -> None:
    desk: Desk = quick_office.handbook.desk
    with quick_office.store.begin() as session:
        automations.install(session, "T0OTHER", desk)
        automations.suspend(session, "T0OTHER", "all", MIRA, "elsewhere")
        assert len(session.scalars(select(Automation)).all()) == 2 * len(NAMES)
    assert permit(quick_office).allowed
