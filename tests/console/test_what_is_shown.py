"""The view-models: rows of the database → what a page shows."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console import words
from bot.console.views import articles, audit, automations, models, queue, start
from bot.console.views import ticket as ticket_views
from bot.console.views.automations import evidence_in_words
from bot.console.views.promise import all_promises, next_promise
from bot.console.views.queue import Filters
from bot.console.views.receipt import receipt_of
from knowledge_base.bundle import Changes
from knowledge_base.sources import read_articles
from tests.console.world import (
    ADMIN,
    AGENT,
    EMPLOYEE,
    STARTER,
    WORKSPACE,
    World,
    index_articles,
    write_from_employee,
    write_version,
)
from workers.desk import read_desk
from workers.governance import automations as governance
from workers.governance.audit import Verdict
from workers.governance.receipts import Evidence
from workers.store.columns import now
from workers.store.tables import Receipt, RetractedArticle, SlaTimer, Ticket, TrainingRun
from workers.tickets import correspondence, states, work
from workers.tickets.opening import open_ticket

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday, in business hours
DESK = read_desk(STARTER)


# words


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0, "under 1 min"), (1, "1 min"), (59, "59 min"), (60, "1 h"), (47 * 60, "47 h"), (48 * 60, "2 d"), (-90, "1 h")],
)
def test_a_length_of_time_is_said_in_its_largest_sensible_unit(minutes: int, said: str) -> None:
    assert words.span(timedelta(minutes=minutes)) == said


def test_a_promise_is_said_as_a_distance() -> None:
    assert words.due(NOON + timedelta(minutes=25), NOON) == "in 25 min"
    assert words.due(NOON - timedelta(hours=3), NOON) == "3 h overdue"


def test_a_moment_is_shown_on_the_readers_clock() -> None:
    assert words.clock(NOON, "Europe/Amsterdam") == "23 Nov 2026, 13:00"
    assert words.clock(NOON, "Mars/Olympus") == "23 Nov 2026, 12:00"


@given(st.text(max_size=400), st.integers(20, 200))
def test_a_summary_is_one_line_and_never_longer_than_asked(text: str, limit: int) -> None:
    line = words.first_line(text, limit)
    assert len(line) <= limit + 1 and len(line.splitlines()) <= 1


def test_a_refusal_that_ends_with_a_quoted_word_gets_its_full_stop() -> None:
    assert words.sentence("a closed ticket cannot be changed by “claim”") == (
        "A closed ticket cannot be changed by “claim”."
    )


@given(st.text(min_size=1, max_size=80))
def test_a_refusal_is_shown_as_a_sentence(text: str) -> None:
    said = words.sentence(text)
    assert said.rstrip("”\"'").endswith((".", "!", "?", "…"))


# promises


def timer(target: str, minutes: float, state: str = "running") -> SlaTimer:
    return SlaTimer(target=target, due_at=NOON + timedelta(minutes=minutes), state=state)


def ticket(status: str = states.ASSIGNED, **fields: object) -> Ticket:
    return Ticket(status=status, priority="P3", opened_at=NOON - timedelta(minutes=100), **fields)


def test_the_earliest_promise_still_to_be_kept_is_due_next() -> None:
    due = next_promise(DESK, ticket(), [timer("resolution", 400), timer("first_response", 40)], NOON)
    assert (due.name, due.words, due.tone) == ("First response", "in 40 min", "good")


def test_the_last_quarter_of_a_promise_is_a_warning() -> None:
    assert next_promise(DESK, ticket(), [timer("resolution", 30)], NOON).tone == "warn"
    assert next_promise(DESK, ticket(), [timer("resolution", 40)], NOON).tone == "good"


def test_nobody_is_warned_on_a_sunday_of_what_has_monday_left() -> None:
    sunday = NOON - timedelta(hours=14)
    assert next_promise(DESK, ticket(), [timer("resolution", 200)], sunday).tone == "good"


@pytest.mark.parametrize("state", ["running", "breached"])
def test_a_promise_that_ran_out_is_overdue_before_and_after_the_sweep_saw_it(state: str) -> None:
    due = next_promise(DESK, ticket(), [timer("resolution", -70, state)], NOON)
    assert (due.words, due.tone) == ("1 h overdue", "bad")


def test_a_first_response_that_came_late_is_no_longer_due() -> None:
    answered = ticket(states.IN_PROGRESS, first_response_at=NOON - timedelta(minutes=5))
    timers = [timer("first_response", -20, "breached"), timer("resolution", 300)]
    assert next_promise(DESK, answered, timers, NOON).name == "Resolution"
    assert [p.words for p in all_promises(DESK, answered, timers, NOON)] == ["kept 15 min late", "in 5 h"]


def test_nothing_is_due_on_hold_nor_when_it_is_resolved() -> None:
    assert next_promise(DESK, ticket(states.ON_HOLD), [timer("resolution", 10, "paused")], NOON).words == "paused"
    assert next_promise(DESK, ticket(states.RESOLVED), [timer("resolution", -10, "breached")], NOON).words == "–"


# queue


@given(
    st.sampled_from(["mine", "all", "network", "gone"]),
    st.sampled_from([*queue.STATUSES, "nonsense"]),
    st.booleans(),
    st.text(st.characters(blacklist_categories=["Cs"]), max_size=60),
)
def test_filters_survive_the_address(team: str, status: str, only_mine: bool, text: str) -> None:
    asked = Filters.from_query(
        {"team": team, "status": status, "q": text, "assigned": "me" if only_mine else ""}, ["network"]
    )
    again = Filters.from_query(dict(parse_qsl(asked.as_query(), keep_blank_values=True)), ["network"])
    assert again == asked
    assert asked.team in ("mine", "all", "network") and asked.status in queue.STATUSES


def look(world: World, handle: str, **filters: object) -> queue.Queue:
    with world.desk.store.read() as session:
        person = world.person(session, handle)
        return queue.look(session, person, world.desk.handbook, Filters(**filters), now())  # type: ignore[arg-type]


def test_the_queue_opens_on_the_agents_own_teams(world: World) -> None:
    mine = world.open_ticket("The VPN drops every ten minutes", "network_vpn")
    world.open_ticket("Outlook keeps asking for my password", "email_calendar")
    assert [row.id for row in look(world, AGENT).rows] == [mine]
    assert len(look(world, AGENT, team="all").rows) == 2


def test_a_ticket_that_waits_for_the_classifier_is_seen_by_triage(world: World) -> None:
    with world.desk.store.begin() as session:
        open_ticket(session, world.desk.handbook, world.person(session, EMPLOYEE), "It is slow")
    assert [row.status for row in look(world, "aisha.khan").rows] == ["New"]
    assert look(world, AGENT).rows == ()


def test_the_queue_finds_by_reference_and_by_words_and_takes_signs_literally(world: World) -> None:
    number = world.open_ticket("Printer says 100% full", "printing")
    world.open_ticket("Printer says nothing", "printing")
    for text in (f"DESK-{number}", f"desk-{number}", "100%", "PRINTER SAYS 100"):
        assert [row.id for row in look(world, AGENT, team="all", text=text).rows] == [number]
    assert look(world, AGENT, team="all", text="%_%").rows == ()


def test_counts_follow_the_teams_and_statuses_narrow_the_rows(world: World) -> None:
    first = world.open_ticket("The VPN drops", "network_vpn")
    world.open_ticket("No Wi-Fi in room Aire", "network_vpn")
    world.open_ticket("What is this", None)
    world.do(first, work.claim)
    found = look(world, AGENT)
    assert (found.counts["open"], found.counts["in_progress"], found.counts["unclaimed"]) == (2, 1, 1)
    assert found.counts["triage"] == 0  # triage is another team's
    assert [row.id for row in look(world, AGENT, status="in_progress").rows] == [first]
    assert [row.assignee for row in look(world, AGENT, only_mine=True).rows] == ["Jonas Brandt"]


def test_overdue_tickets_are_found_before_the_sweep_marks_them(world: World) -> None:
    late = world.open_ticket("The VPN drops", "network_vpn")
    world.open_ticket("No Wi-Fi", "network_vpn")
    with world.desk.store.begin() as session:
        for one in session.get_one(Ticket, late).timers:
            one.due_at = now() - timedelta(minutes=5)
    found = look(world, AGENT, status="overdue")
    assert [row.id for row in found.rows] == [late] and found.counts["overdue"] == 1
    world.do(late, work.resolve, "Restarted")
    assert look(world, AGENT, status="overdue").rows == ()


def test_the_most_urgent_ticket_comes_first(world: World) -> None:
    world.open_ticket("No Wi-Fi", "network_vpn")
    urgent = world.open_ticket("The whole site is offline", "network_vpn")
    world.do(urgent, work.change_priority, "organisation", "high")
    assert look(world, AGENT).rows[0].id == urgent


def test_a_column_puts_the_queue_in_its_order(world: World) -> None:
    for text in ("b", "c", "a"):
        world.open_ticket(text, "network_vpn")
    rows = look(world, AGENT).rows
    assert [row.summary for row in queue.ordered(rows, "summary", True)] == ["c", "b", "a"]
    assert queue.ordered(rows, None, False) == list(rows)


# one ticket


def test_a_ticket_shows_who_reads_each_entry(world: World) -> None:
    number = world.open_ticket("The VPN drops", "network_vpn")
    world.do(number, work.claim)
    write_from_employee(world, number, "It does it again")
    with world.desk.store.begin() as session:
        found, agent = session.get_one(Ticket, number), world.person(session, AGENT)
        correspondence.note(session, found, agent, "Gateway 2, as last week")
        correspondence.to_employee(session, world.desk.handbook, found, agent, "Please try again now")
    with world.desk.store.read() as session:
        view = ticket_views.look(session, world.person(session, AGENT), world.desk.handbook, number, now())
    assert [(e.side, e.author) for e in view.entries] == [
        ("event", "Jonas Brandt"), ("from-employee", "Anna Lind"), ("note", "Jonas Brandt"),
        ("to-employee", "Jonas Brandt"),
    ]  # fmt: skip
    assert view.receipts[0].automation == "Route" and view.receipts[0].outcome == f"Accepted by {AGENT}"
    assert view.receipts[0].likely[0] == ("Network & VPN", 0.93)
    assert {"Ticket claimed", "Ticket routed", "Ticket opened"} <= {line.action for line in view.audit}


@pytest.mark.parametrize("status", [*states.OPEN, states.RESOLVED, states.CLOSED, states.MERGED])
def test_only_moves_that_the_state_allows_are_offered(status: str) -> None:
    for move in states.MOVES:
        if move in ticket_views.moves_from(status):
            states.after(status, move)
        else:
            with pytest.raises(states.IllegalMove):
                states.after(status, move)


def test_a_receipt_says_when_no_threshold_could_be_set() -> None:
    receipt = Receipt(
        id=1, automation="route", subject="ticket:7", seen="", decision="triage", why="Too few.", confidence=0.4,
        tier="auto", versions={"classifier": "v1"}, evidence={"top": [["a", 0.4]], "owner": ADMIN}, at=NOON,
    )  # fmt: skip
    view = receipt_of(receipt, str.upper, NOON + timedelta(hours=2))
    assert (view.about, view.when, view.outcome) == ("DESK-7", "2 h ago", "No outcome yet")
    assert ("Needed", "no threshold could be set") in view.facts and ("Classifier", "v1") in view.facts
    assert view.likely == (("A", 0.4),)


# articles


def test_an_article_says_whether_it_answers_now(world: World) -> None:
    folder = world.desk.settings.desk / "articles"
    index_articles(world)
    (folder / "new.md").write_text(
        "---\nid: new\ntitle: New\nowner: a\nupdated: 2026-01-01\naudience: [everyone]\n---\nText.\n", encoding="utf-8"
    )
    changed = folder / "office-wifi.md"
    changed.write_text(changed.read_text(encoding="utf-8") + "\nAsk at the desk.\n", encoding="utf-8")
    (folder / "broken.md").write_text("---\nid: broken\n---\n", encoding="utf-8")
    with world.desk.store.begin() as session:
        session.add(RetractedArticle(article_id="vpn-macos", by=ADMIN, why="wrong server"))
    with world.desk.store.read() as session:
        view = articles.look(session, world.person(session, ADMIN), folder, world.desk.bundles)
    state = {row.id: row.state for row in view.rows}
    assert (state["new"], state["office-wifi"]) == ("not indexed yet", "older text answers")
    assert (state["vpn-macos"], state["vpn-windows"]) == ("retracted", "answers")
    assert (view.retracted, view.waiting) == (1, 2)
    assert [(problem.file, problem.field) for problem in view.problems] == [("broken.md", "title")]
    assert [row.id for row in articles.matching(view, "", only_retracted=True)] == ["vpn-macos"]


def test_articles_are_found_by_words_anywhere_in_them(world: World) -> None:
    found = read_articles(world.desk.settings.desk / "articles")
    view = articles.view_of(found, Changes((), (), (), len(found.articles)), [], "UTC")
    hits = [row.id for row in articles.matching(view, "  VPN   windows ", only_retracted=False)]
    assert "vpn-windows" in hits and len(hits) < len(view.rows)
    assert articles.matching(view, "no such words together", only_retracted=False) == []


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
        {"recommendation": "not measurably better", "champion": "v1", "challenger": "v2", "reasons": ["p = 0.4"],
         "before": {"accuracy": 0.8}, "after": {"accuracy": 0.81}}
    )  # fmt: skip
    assert said is not None
    assert (said.verdict, said.tone, said.reasons) == ("Not measurably better", "warn", ("p = 0.4",))
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
