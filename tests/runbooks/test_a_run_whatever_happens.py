"""One person's runs under every order of events that Hypothesis finds; the rules hold after each."""

import shutil
import tempfile
from datetime import timedelta
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select

from tests.runbooks.world import GOOD, WORKSPACE, World
from workers.governance import audit, automations
from workers.runbooks import service, states
from workers.runbooks.reset import Choice, LinkGone, NotYet
from workers.store.columns import now
from workers.store.tables import RunbookRun

OLD = "the old one of Anna"


@cache
def template() -> Path:
    path = Path(tempfile.mkdtemp()) / "template.db"
    world = World(f"sqlite:///{path}")
    world.install()
    world.directory.set_password("local-U0ANNA", OLD)
    world.store.close()
    return path


class Runs(RuleBasedStateMachine):
    """Anna asks; links, codes, clocks, switches, people and crashes do what they like."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copyfile(template(), self.folder / "desk.db")
        self.world = World(f"sqlite:///{self.folder / 'desk.db'}")
        self.world.limits(per_requester_per_day=20)
        self.proof = ""
        self.changes = 0
        self.asked = False

    def teardown(self) -> None:
        with self.world.store.read() as session:
            assert audit.verify(session).intact
        self.world.store.close()
        shutil.rmtree(self.folder)

    @rule()
    def asks(self) -> None:
        self.world.start()
        self.asked = True

    @rule()
    def the_sweep_delivers(self) -> None:
        self.world.deliver()

    @rule(tier=st.sampled_from(["auto", "approve", "suggest"]))
    def somebody_moves_the_tier(self, tier: str) -> None:
        self.world.set_tier(tier)

    @rule(on=st.booleans())
    def somebody_turns_the_switch(self, on: bool) -> None:
        if not on:
            self.world.suspend()
            return
        with self.world.store.begin() as session:
            automations.resume(session, WORKSPACE, self.world.runbook.automation, "mira.holt")

    @rule(yes=st.booleans())
    @precondition(lambda self: self.asked)
    def the_team_decides(self, yes: bool) -> None:
        decide = service.approve if yes else service.decline
        try:
            with self.world.store.begin() as session:
                tomas = session.merge(self.world.person("tomas.reyes"))
                decide(session, self.world.runbook, self.world.run().id, tomas)
        except service.RunbookError:
            assert self.world.run().state != states.AWAITING_APPROVAL

    def has_link(self) -> bool:
        return "/self-service/" in str(self.world.mailbox.to("U0ANNA"))

    @rule()
    @precondition(has_link)
    def opens_the_page_and_asks_for_a_code(self) -> None:
        try:
            self.world.page.send_code(self.world.token())
        except (LinkGone, NotYet):
            pass

    @rule()
    def comes_as_far_as_the_password(self) -> None:
        self.asks()
        self.the_sweep_delivers()
        if self.world.run().state == states.LINK_SENT:
            self.opens_the_page_and_asks_for_a_code()
            self.types_a_code(right=True)
            assert self.world.run().state == states.CODE_CONFIRMED

    @rule(right=st.booleans())
    @precondition(lambda self: "one-time code is" in str(self.world.mailbox.to("U0ANNA2ND")))
    def types_a_code(self, right: bool) -> None:
        try:
            self.proof = self.world.page.confirm_code(self.world.token(), self.world.code() if right else "no")
            assert right
        except (LinkGone, NotYet):
            pass

    @rule(with_proof=st.booleans())
    @precondition(has_link)
    def sets_a_password(self, with_proof: bool) -> None:
        password = f"{GOOD} {self.changes}"
        try:
            proof = self.proof if with_proof else ""
            self.world.page.change(self.world.token(), proof, Choice(password, password, True))
        except (LinkGone, NotYet):
            assert not self.world.signs_in(password)
            return
        assert with_proof and self.world.signs_in(password)
        assert self.world.run().state == states.DONE
        self.changes += 1

    @rule()
    @precondition(lambda self: self.asked)
    def time_passes(self) -> None:
        self.world.change_run(expires_at=now() - timedelta(seconds=1))
        service.expire_old(self.world.store)

    @rule(handle=st.sampled_from(["anna.lind", "anna.private"]))
    @precondition(lambda self: self.asked)
    def says_that_it_was_not_her(self, handle: str) -> None:
        run, world = self.world.run(), self.world
        service.not_me(world.store, world.directory, world.desk, run.id, world.person(handle))
        assert world.run(run.id).state not in (*states.LIVE, states.DONE)
        if run.state == states.DONE:
            assert not world.signs_in(f"{GOOD} {self.changes - 1}")

    @invariant()
    def at_most_one_run_is_live_and_none_hangs_in_the_change(self) -> None:
        with self.world.store.read() as session:
            found = [run.state for run in session.scalars(select(RunbookRun))]
        assert len([state for state in found if state in states.LIVE]) <= 1
        assert states.CHANGING not in found and states.REQUESTED not in found

    @invariant()
    def the_password_changes_only_through_finished_runs(self) -> None:
        if self.changes == 0:
            assert self.world.signs_in(OLD)


TestRuns = Runs.TestCase
TestRuns.settings = settings(
    max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
