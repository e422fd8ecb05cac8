"""Opening: one message, one ticket, with everything that belongs to it in one transaction."""

import pytest
from sqlalchemy import func, select

from tests.workers.office import ANNA, BEN, WORKSPACE, Office, at_once
from workers import people
from workers.people import Profile
from workers.store.tables import Person, SlaTimer, Ticket
from workers.tickets import opening, states
from workers.tickets.opening import Opened, Place, open_ticket

PLACE = Place("D0ANNA", "1700000000.000100", "1700000000.000001")


def test_a_ticket_is_written_with_its_audit_line_clocks_and_message(office: Office) -> None:
    with office.store.begin() as session:
        opened = open_ticket(session, office.handbook, office.person(ANNA), "VPN drops", PLACE, tried_article="vpn")
    ticket = office.ticket(opened.ticket.id)
    assert opened.is_new
    assert (ticket.status, ticket.team, ticket.priority) == (states.NEW, None, "P3")
    assert (ticket.thread_channel, ticket.thread_ts, ticket.tried_article) == ("D0ANNA", PLACE.thread_ts, "vpn")
    assert set(office.timers(ticket.id)) == {"first_response", "resolution"}
    assert office.actions(f"ticket:{ticket.id}") == ["ticket_opened"]
    (told,) = office.deliveries(lane=f"ticket:{ticket.id}")
    assert told.payload["to"] == f"thread:{ticket.id}" and ticket.reference in told.payload["text"]


def test_when_anything_fails_nothing_is_written(office: Office) -> None:
    audited = office.audited()
    with pytest.raises(ZeroDivisionError), office.store.begin() as session:
        open_ticket(session, office.handbook, office.person(ANNA), "VPN drops", PLACE)
        1 / 0  # noqa: B018 - raises
    with office.store.read() as session:
        assert session.scalars(select(Ticket)).all() == []
        assert session.scalars(select(SlaTimer)).all() == []
    assert office.deliveries() == [] and office.audited() == audited


def test_one_message_opens_one_ticket_from_two_threads_at_once(office: Office) -> None:
    person = office.person(ANNA)

    def open_it() -> Opened:
        with office.store.begin() as session:
            return open_ticket(session, office.handbook, person, "VPN drops", PLACE)

    outcomes = at_once(open_it, open_it, open_it)
    assert sorted(opened.is_new for opened in outcomes) == [False, False, True]
    assert len({opened.ticket.id for opened in outcomes}) == 1
    with office.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 1
    assert len(office.deliveries()) == 1


def test_the_same_words_in_two_messages_open_two_tickets(office: Office) -> None:
    assert office.open() != office.open()


def test_with_a_team_it_goes_there_at_once(quick_office: Office) -> None:
    office = quick_office
    ticket = office.open(team="security", label="security_phishing", by=BEN)
    assert (office.ticket(ticket).status, office.ticket(ticket).team) == (states.ASSIGNED, "security")
    (card,) = office.deliveries(record=f"card:{ticket}")
    assert card.payload["to"] == "channel:it-security"


def test_a_ticket_from_a_form_begins_its_thread_with_the_notice(quick_office: Office) -> None:
    with quick_office.store.begin() as session:
        opened = open_ticket(session, quick_office.handbook, quick_office.person(ANNA), "New laptop please")
    (told,) = quick_office.deliveries()
    assert told.record == f"thread:{opened.ticket.id}"
    assert quick_office.ticket(opened.ticket.id).thread_ts is None


def test_secrets_and_overlong_text_are_not_kept(quick_office: Office) -> None:
    ticket = quick_office.open(text="password: Tulip7bridge " + "x" * 40_000)
    kept = quick_office.ticket(ticket).text
    assert kept.startswith("password: [password removed]") and len(kept) == opening.TEXT_LIMIT


def test_two_first_messages_of_a_new_person_meet_one_person(office: Office) -> None:
    profile = Profile("U0NEW", "new.face", "New Face", None, False, "UTC")

    def meet() -> Person:
        with office.store.begin() as session:
            return people.meet(session, WORKSPACE, profile)

    met = at_once(meet, meet)
    assert met[0].id == met[1].id
