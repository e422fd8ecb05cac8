"""The view-models: rows of the database → what a page shows."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console import words
from bot.console.views import queue
from bot.console.views import ticket as ticket_views
from bot.console.views.promise import all_promises, next_promise
from bot.console.views.queue import Filters
from bot.console.views.receipt import receipt_of
from tests.console.world import (
    ADMIN,
    AGENT,
    EMPLOYEE,
    STARTER,
    World,
    write_from_employee,
)
from workers.desk import read_desk
from workers.store.columns import now
from workers.store.tables import Receipt, SlaTimer, Ticket
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
