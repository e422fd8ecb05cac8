"""A ticket through any sequence of moves: states stay legal, nothing happens without an audit line, clocks fit."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.workers.office import ANNA, BEN, GUEST, INES, JONAS, MIRA, WORKSPACE, Office, prediction
from workers.governance import audit
from workers.routing.service import route
from workers.slack import notices
from workers.store.tables import Ticket
from workers.tickets import correspondence, queries, states, work
from workers.tickets.opening import Place
from workers.tickets.permissions import NotAllowed
from workers.tickets.states import IllegalMove

AGENTS = (JONAS, INES, MIRA)
TEAMS = ("network", "identity", "service_desk")
LABELS = ("network_vpn", "identity_access", "printing")
MOVES: dict[str, tuple[str, Any]] = {
    "claim": ("claim", work.claim),
    "release": ("release", work.release),
    "hold": ("hold", work.hold),
    "continue": ("continue", lambda s, h, t, p: work.carry_on(s, h, t, p.handle)),
    "resolve": ("resolve", lambda s, h, t, p: work.resolve(s, h, t, p, "Restarted it")),
    "close": ("close", lambda s, h, t, p: work.close_quietly(s, h, t)),
}


@pytest.mark.parametrize("move", states.MOVES)
def test_every_move_starts_and_ends_in_a_known_state(move: str) -> None:
    known = {value for name, value in vars(states).items() if name.isupper() and isinstance(value, str)}
    starts, end = states.MOVES[move]
    assert starts < known and end in known


@pytest.mark.parametrize("state", [states.MERGED, states.WITHDRAWN])
def test_nothing_leads_out_of_an_end(state: str) -> None:
    for move in states.MOVES:
        with pytest.raises(IllegalMove):
            states.after(state, move)


class LifeOfATicket(RuleBasedStateMachine):
    """One ticket, all moves that people and the machine can make, by the right and the wrong people."""

    office: Office

    def __init__(self) -> None:
        super().__init__()
        self.messages = 0

    @initialize(team=st.one_of(st.none(), st.sampled_from(TEAMS)))
    def opened(self, team: str | None) -> None:
        self.id = self.office.open(team=team)
        self.expected = states.ASSIGNED if team else states.NEW
        self.audited = self.office.audited()

    def _try(self, move: str, function: Any, by: str, *arguments: Any) -> bool:
        """Make a move; the table of legal moves says what must come of it."""
        legal = self.expected in states.MOVES[move][0]
        before = self._everything()
        if legal:
            self.office.do(function, self.id, by, *arguments)
            self.expected = states.MOVES[move][1]
            return True
        with pytest.raises(IllegalMove):
            self.office.do(function, self.id, by, *arguments)
        assert self._everything() == before
        return False

    def _everything(self) -> tuple[Any, ...]:
        ticket = self.office.ticket(self.id)
        columns = tuple(getattr(ticket, column.name) for column in Ticket.__table__.columns)
        timers = tuple((t.state, t.due_at, t.minutes_left) for t in self.office.timers(self.id).values())
        return columns, timers, self.office.audited(), len(self.office.deliveries(lane=f"ticket:{self.id}"))

    @rule(move=st.sampled_from(sorted(MOVES)), by=st.sampled_from(AGENTS))
    def an_agent_moves_it(self, move: str, by: str) -> None:
        name, function = MOVES[move]
        self._try(name, function, by)

    @rule(move=st.sampled_from(sorted(MOVES)), by=st.sampled_from(AGENTS))
    def an_agent_clicks_twice(self, move: str, by: str) -> None:
        name, function = MOVES[move]
        if self._try(name, function, by):
            assert not self._try(name, function, by)

    @rule(team=st.sampled_from(TEAMS), by=st.sampled_from(AGENTS))
    def it_is_reassigned(self, team: str, by: str) -> None:
        if self._try("assign", work.reassign, by, team):
            assert self.office.ticket(self.id).team == team

    @rule(label=st.sampled_from(LABELS), by=st.sampled_from(AGENTS))
    def it_is_labelled(self, label: str, by: str) -> None:
        if self._try("assign", work.relabel, by, label):
            ticket = self.office.ticket(self.id)
            assert (ticket.label, ticket.label_by) == (label, by)
            assert ticket.team == self.office.handbook.team_of(label)

    @rule(by=st.sampled_from(AGENTS))
    def its_label_is_taken_back(self, by: str) -> None:
        if self.office.ticket(self.id).label_by == by and self._try("back_to_triage", work.back_to_triage, by):
            ticket = self.office.ticket(self.id)
            assert (ticket.label, ticket.label_by, ticket.team) == (None, None, self.office.handbook.desk.triage)

    @rule(confidence=st.sampled_from([0.4, 0.9]))
    def the_classifier_looks_at_it(self, confidence: float) -> None:
        before = self._everything()
        with self.office.store.begin() as session:
            ticket = session.get_one(Ticket, self.id)
            route(session, self.office.handbook, ticket, prediction(confidence=confidence), "v1")
        if self.expected != states.NEW:
            assert self._everything() == before
        else:
            self.expected = states.ASSIGNED if confidence > 0.7 else states.TRIAGE

    @rule(by=st.sampled_from((ANNA, MIRA)))
    def it_is_reopened(self, by: str) -> None:
        self._try("reopen", work.reopen, by)

    @rule()
    def the_employee_withdraws_it(self) -> None:
        self._try("withdraw", work.withdraw, ANNA)

    @rule(stars=st.integers(1, 5))
    def the_employee_rates_it(self, stars: int) -> None:
        if self.expected == states.CLOSED:
            self.office.do(work.rate, self.id, ANNA, stars)
        elif not self._try("close", work.rate, ANNA, stars):
            return
        assert self.office.ticket(self.id).rating == stars

    @rule()
    def the_employee_writes(self) -> None:
        self.messages += 1
        place = Place("D0ANNA", f"{self.id}.{self.messages:06}")
        for _ in range(2):  # the same message comes twice
            self.office.do(correspondence.from_employee, self.id, ANNA, "It still happens", place)
        if self.expected == states.ON_HOLD:
            self.expected = states.IN_PROGRESS

    @rule(by=st.sampled_from(AGENTS))
    def an_agent_answers(self, by: str) -> None:
        self.office.do(correspondence.to_employee, self.id, by, "Please try again")
        assert self.office.ticket(self.id).first_response_at is not None

    @rule(impact=st.sampled_from(["organisation", "team", "individual"]), urgency=st.sampled_from(["high", "low"]))
    def its_priority_is_changed(self, impact: str, urgency: str) -> None:
        self.office.do(work.change_priority, self.id, JONAS, impact, urgency)

    @rule(move=st.sampled_from(["claim", "release", "hold", "resolve"]), by=st.sampled_from((ANNA, BEN, GUEST)))
    def an_employee_may_not_do_agents_work(self, move: str, by: str) -> None:
        before = self._everything()
        with pytest.raises(NotAllowed):
            self.office.do(MOVES[move][1], self.id, by)
        assert self._everything() == before

    @rule(function=st.sampled_from([work.withdraw, work.reopen]))
    def another_employee_may_not_touch_it(self, function: Any) -> None:
        before = self._everything()
        with pytest.raises(NotAllowed):
            self.office.do(function, self.id, BEN)
        assert self._everything() == before

    @invariant()
    def its_state_is_the_expected_one(self) -> None:
        assert self.office.ticket(self.id).status == self.expected

    @invariant()
    def the_audit_log_only_grows(self) -> None:
        count = self.office.audited()
        assert count >= self.audited
        self.audited = count

    @invariant()
    def the_clocks_fit_the_state(self) -> None:
        ticket, timers = self.office.ticket(self.id), self.office.timers(self.id)
        first, resolution = timers["first_response"], timers["resolution"]
        assert (first.state == "met") == (ticket.first_response_at is not None or self.expected == states.WITHDRAWN)
        done = self.expected in (states.RESOLVED, states.CLOSED, states.WITHDRAWN)
        assert resolution.state == ("met" if done else "paused" if self.expected == states.ON_HOLD else "running")
        assert (resolution.minutes_left is None) == (resolution.state == "running") or done

    @invariant()
    def it_is_somebodys_while_it_is_open(self) -> None:
        ticket = self.office.ticket(self.id)
        assert (ticket.team is None) <= (
            self.expected in (states.NEW, states.RESOLVED, states.CLOSED, states.WITHDRAWN)
        )
        assert (ticket.assignee_id is not None) >= (self.expected in (states.IN_PROGRESS, states.ON_HOLD))
        assert ticket.assignee_id is None or self.expected not in (states.ASSIGNED, states.TRIAGE, states.NEW)
        assert (ticket.closed_at is not None) == (self.expected in (states.CLOSED, states.WITHDRAWN))

    @invariant()
    @precondition(lambda self: self.expected != states.NEW)
    def nothing_is_sent_below_or_to_a_card_before_it(self) -> None:
        has_card = False
        for delivery in self.office.deliveries(lane=f"ticket:{self.id}"):
            has_card = has_card or delivery.record == f"card:{self.id}"
            needs_card = str(delivery.payload["to"]).startswith(("card:", "under-card:"))
            assert has_card or not needs_card

    def teardown(self) -> None:
        with self.office.store.read() as session:
            assert audit.verify(session).intact


def test_any_sequence_of_moves_leaves_a_ticket_whole(quick_office: Office) -> None:
    machine = type("Life", (LifeOfATicket,), {"office": quick_office})
    run_state_machine_as_test(machine, settings=settings(max_examples=8, stateful_step_count=25, deadline=None))  # type: ignore[no-untyped-call]


def test_a_ticket_resolved_before_it_had_a_team_comes_back_to_triage(quick_office: Office) -> None:
    office = quick_office
    ticket = office.open()
    office.do(work.resolve, ticket, JONAS, "Explained it in passing")
    office.do(work.reopen, ticket, ANNA)
    assert office.ticket(ticket).team == office.handbook.desk.triage
    (card,) = office.deliveries(record=f"card:{ticket}")
    assert card.payload["to"] == "channel:it-triage"


def test_what_the_employee_added_before_routing_stands_below_the_card(quick_office: Office) -> None:
    office = quick_office
    ticket = office.open()
    office.do(correspondence.from_employee, ticket, ANNA, "It began after the update", Place("D0ANNA", "5.1"))
    with office.store.begin() as session:
        route(session, office.handbook, session.get_one(Ticket, ticket), prediction(), "v1")
    places = [(str(d.payload["to"]), str(d.payload)) for d in office.deliveries(lane=f"ticket:{ticket}")][1:]
    assert [to for to, _ in places] == ["channel:it-network", f"under-card:{ticket}"]
    assert "It began after the update" in places[1][1]


def test_a_team_that_is_gone_from_the_desk_file_does_not_stop_its_tickets(quick_office: Office) -> None:
    office = quick_office
    ticket = office.open_in("network")
    with office.store.begin() as session:
        session.get_one(Ticket, ticket).team = "telephony"  # of last year's desk.yaml
    office.do(work.claim, ticket, JONAS)
    office.do(work.reassign, ticket, JONAS, "network")
    assert office.ticket(ticket).team == "network"


def test_only_the_requester_rates_and_from_one_to_five(quick_office: Office) -> None:
    office = quick_office
    ticket = office.open_in()
    office.do(work.resolve, ticket, JONAS, "Done")
    with pytest.raises(NotAllowed):
        office.do(work.rate, ticket, BEN, 5)
    with pytest.raises(ValueError, match="1 to 5"):
        office.do(work.rate, ticket, ANNA, 6)
    assert office.ticket(ticket).status == states.RESOLVED


def test_an_internal_note_never_reaches_the_employee(quick_office: Office) -> None:
    office = quick_office
    ticket = office.open_in()
    below = Place("C0NETWORK", "9.1", "9.0")
    office.do(correspondence.from_agents_thread, ticket, JONAS, "He breaks it every week", below)
    told = [str(d.payload) for d in office.deliveries() if d.payload["to"] == f"thread:{ticket}"]
    assert len(told) == 1  # that it was opened
    assert "every week" not in str(told)


def test_a_reply_needs_its_prefix_and_goes_out_once(quick_office: Office) -> None:
    office = quick_office
    ticket = office.open_in()
    below = Place("C0NETWORK", "9.1", "9.0")
    for _ in range(2):
        office.do(correspondence.from_agents_thread, ticket, JONAS, "Reply: please restart it", below)
    told = [str(d.payload) for d in office.deliveries() if d.payload["to"] == f"thread:{ticket}"]
    assert len(told) == 2 and "please restart it" in told[1] and "Reply:" not in told[1]


def test_secrets_in_replies_and_resolutions_are_cut_out(quick_office: Office) -> None:
    office = quick_office
    ticket = office.open_in()
    office.do(correspondence.from_employee, ticket, ANNA, "my password is Tulip7bridge", Place("D0ANNA", "5.1"))
    office.do(work.resolve, ticket, JONAS, "New password: Kayak8velvet")
    assert "Tulip7bridge" not in str([d.payload for d in office.deliveries()])
    assert "Kayak8velvet" not in str([d.payload for d in office.deliveries()])
    assert office.ticket(ticket).resolution == "New password: [password removed]"


def test_agents_see_every_ticket_in_the_queue_by_text_and_number(quick_office: Office) -> None:
    office = quick_office
    one, two = office.open_in(text="100% of_prints fail"), office.open_in("identity", text="locked out")
    with office.store.read() as session:

        def found(**options: Any) -> list[int]:
            return [ticket.id for ticket in queries.queue(session, WORKSPACE, **options)]

        assert sorted(found()) == [one, two]
        assert found(teams=["network"]) == [one]
        assert found(text="LOCKED") == [two]
        assert found(text="100% of_") == [one]  # % and _ mean themselves
        assert found(text=f"desk-{two}") == [two]
        assert found(text="²") == []
        assert found(statuses=["closed"]) == []
        assert list(queries.queue(session, "T0OTHER")) == []


def test_people_text_cannot_ping_a_channel(quick_office: Office) -> None:
    office = quick_office
    ticket = office.open_in(text="<!channel> look <@U0MIRA> & more")
    (card,) = office.deliveries(record=f"card:{ticket}")
    assert "<!channel>" not in str(card.payload) and "<@U0MIRA>" not in str(card.payload)
    assert "&lt;!channel&gt;" in str(card.payload)
    assert notices.CLAIM in str(card.payload)
