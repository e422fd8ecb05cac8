"""The view-models of articles, models, automations, audit and the first page."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.console.views import audit, automations, models, start
from bot.console.views.automations import evidence_in_words
from tests.console.world import (
    ADMIN,
    AGENT,
    EMPLOYEE,
    STARTER,
    WORKSPACE,
    World,
    write_version,
)
from workers.desk import read_desk
from workers.governance import automations as governance
from workers.governance.audit import Verdict
from workers.governance.receipts import Evidence
from workers.store.columns import now
from workers.store.tables import Receipt, TrainingRun
from workers.tickets import work

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday, in business hours
DESK = read_desk(STARTER)


# models


def test_a_version_stands_beside_its_peers(tmp_path: Path) -> None:
    write_version(tmp_path, "v1", 0.9)
    view = models.version_of("v1", models.read_report(tmp_path / "v1" / "report.json"), "v1")
    assert view.served and [row[0] for row in view.sheet] == [
        "this version", "TF-IDF + LinearSVC", "frozen MiniLM + logistic regression",
    ]  # fmt: skip
    assert view.sheet[0][1:3] == ("90.0 %", "0.880")
    chart = models.chart_of(view)
    assert [series["data"][0] for series in chart["series"]] == [0.9, 0.85, 0.87]


@pytest.mark.parametrize("text", ["{", "[]", "null", json.dumps({"metrics": None})])
def test_a_damaged_report_is_said_and_breaks_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text, encoding="utf-8")
    view = models.version_of("v1", models.read_report(path), None)
    assert view.problem or view.sheet[0][1] == "–"
    assert models.version_of("v2", models.read_report(tmp_path / "gone.json"), None).problem


def test_a_comparison_gives_verdict_reasons_and_both_sides() -> None:
    said = models.comparison_of(
        {"recommendation": "cannot tell", "champion": "v1", "challenger": "v2", "reasons": ["p = 0.4"],
         "before": {"accuracy": 0.8}, "after": {"accuracy": 0.81}}
    )  # fmt: skip
    assert said is not None
    assert (said.verdict, said.tone, said.reasons) == ("Cannot tell", "warn", ("p = 0.4",))
    assert [row[:2] for row in said.sheet] == [("Champion v1", "80.0 %"), ("Challenger v2", "81.0 %")]
    first = models.comparison_of({"recommendation": "better", "why": "There is no champion yet."})
    assert first is not None and first.reasons == ("There is no champion yet.",)


def test_a_version_without_a_comparison_says_so() -> None:
    run = TrainingRun(id=1, state="done", requested_by=ADMIN, stage="done", done=1.0, version="v2", requested_at=NOON)
    runs = [models.run_of(run, NOON)]
    assert models.comparison_for("v2", runs) is models.NOT_COMPARED
    run.comparison = {"recommendation": "worse", "reasons": ["fewer right"]}
    assert models.comparison_for("v2", [models.run_of(run, NOON)]).tone == "bad"


# automations, audit, start


def test_evidence_is_judged_against_the_limit() -> None:
    assert evidence_in_words(Evidence(40, 20, 3), 0.10)[1] == "bad"
    assert evidence_in_words(Evidence(40, 20, 2), 0.10)[1] == "good"
    assert evidence_in_words(Evidence(40, 0, 0), 0.10) == ("40 decisions, none settled yet", "calm")


def test_an_automation_says_why_it_stands_still(world: World) -> None:
    with world.desk.store.begin() as session:
        governance.suspend(session, WORKSPACE, "route", ADMIN, "a wave of misroutes")
        governance.move_tier(session, WORKSPACE, "answer", -1, ADMIN, "new articles")
    with world.desk.store.read() as session:
        view = automations.look(session, world.person(session, ADMIN), world.desk.handbook, now())
    by_name = {one.name: one for one in view.automations}
    assert by_name["route"].state == "suspended" and "a wave of misroutes" in by_name["route"].why
    assert (by_name["answer"].tier, by_name["answer"].can_promote) == ("approve", True)
    assert not by_name["prioritise"].can_promote and by_name["prioritise"].limit == "10 %"


def test_the_audit_log_is_narrowed_by_subject_actor_and_action(world: World) -> None:
    number = world.open_ticket("The VPN drops", "network_vpn")
    world.do(number, work.claim)

    def seen(**filters: str) -> list[str]:
        with world.desk.store.read() as session:
            view = audit.look(session, world.person(session, ADMIN), audit.AuditFilters(**filters))
            return [line.action for line in view.lines]

    assert seen(subject=f"ticket:{number}") == ["Ticket claimed", "Ticket routed", "Ticket opened"]
    assert seen(actor=AGENT) == ["Ticket claimed"]
    assert seen(action="ticket_opened") == ["Ticket opened"]
    assert seen(subject="ticket:%") == []


def test_the_verdict_on_the_chain_names_the_broken_entry() -> None:
    assert "intact: 1,200 entries" in audit.verdict_in_words(Verdict(1200))
    assert "broken at entry 7: entry 7 is missing" in audit.verdict_in_words(Verdict(6, 7, "entry 7 is missing"))


def test_the_start_page_counts_by_team_and_leaves_other_days_out(world: World) -> None:
    first = world.open_ticket("The VPN drops", "network_vpn")
    world.open_ticket("No Wi-Fi", "network_vpn")
    world.open_ticket("Hm", None)
    world.do(first, work.claim)
    with world.desk.store.begin() as session:
        for number, outcome in enumerate(["accepted", "overridden", None]):
            session.add(
                Receipt(
                    workspace=WORKSPACE, automation="answer", subject=f"message:{number}", person=EMPLOYEE, seen="",
                    decision="answer", why="", tier="auto", versions={}, evidence={}, outcome=outcome,
                    at=now() - timedelta(days=3 if outcome is None else 0),
                )
            )  # fmt: skip
    with world.desk.store.read() as session:
        view = start.look(session, world.person(session, AGENT), world.desk.handbook, now())
    assert {team.id: (team.open, team.unclaimed) for team in view.teams} == {"network": (2, 1), "service_desk": (1, 1)}
    assert (view.open, view.mine, view.unclaimed) == (3, 1, 2)
    assert (view.today.answered, view.today.solved, view.today.solved_share) == (2, 1, 0.5)


def test_today_begins_at_midnight_on_the_desks_clock(world: World) -> None:
    summer = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)  # half past eleven in London
    assert start.midnight(world.desk.handbook, summer) == datetime(2026, 6, 30, 23, 0, tzinfo=UTC)
