"""Signing in to the console: who gets a link, how long it lives, how often it works."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from workers import people, sign_in
from workers.governance import audit
from workers.people import Profile
from workers.store import schema
from workers.store.columns import now
from workers.store.session import Store
from workers.store.tables import ConsoleSession, Person, SignInLink
from workers.tickets.permissions import NotAllowed


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    store = Store(f"sqlite:///{tmp_path / 'desk.db'}")
    schema.upgrade(store)
    with store.begin() as opened:
        yield opened
    store.close()


def person(session: Session, role: str, *, outsider: bool = False) -> Person:
    made = people.meet(session, "T1", Profile(f"U-{role}", f"{role}.one", role.title(), None, outsider, "UTC"))
    made.role = role
    session.flush()
    return made


@pytest.mark.parametrize("role", ["agent", "admin"])
def test_an_agent_and_an_admin_sign_in_with_a_link(session: Session, role: str) -> None:
    someone = person(session, role)
    cookie = sign_in.use_link(session, sign_in.make_link(session, someone))
    assert cookie is not None
    found = sign_in.who(session, cookie)
    assert found is not None and found.id == someone.id


def test_an_employee_gets_no_link(session: Session) -> None:
    with pytest.raises(NotAllowed):
        sign_in.make_link(session, person(session, "employee"))
    assert session.scalar(select(SignInLink)) is None


def test_an_agent_from_another_organisation_gets_no_link(session: Session) -> None:
    with pytest.raises(NotAllowed):
        sign_in.make_link(session, person(session, "agent", outsider=True))


def test_a_link_works_once(session: Session) -> None:
    token = sign_in.make_link(session, person(session, "agent"))
    assert sign_in.use_link(session, token) is not None
    assert not sign_in.is_usable(session, token)
    assert sign_in.use_link(session, token) is None


def test_looking_at_a_link_does_not_use_it_up(session: Session) -> None:
    token = sign_in.make_link(session, person(session, "agent"))
    assert sign_in.is_usable(session, token) and sign_in.is_usable(session, token)
    assert sign_in.use_link(session, token) is not None


def test_a_link_is_over_after_a_quarter_of_an_hour(session: Session) -> None:
    token = sign_in.make_link(session, person(session, "agent"))
    lives = session.scalars(select(SignInLink)).one().expires_at - now()
    assert timedelta(minutes=14) < lives <= timedelta(minutes=15)
    session.execute(update(SignInLink).values(expires_at=now() - timedelta(seconds=1)))
    assert not sign_in.is_usable(session, token)
    assert sign_in.use_link(session, token) is None


def test_a_made_up_link_signs_nobody_in(session: Session) -> None:
    sign_in.make_link(session, person(session, "agent"))
    assert sign_in.use_link(session, "made-up") is None
    assert session.scalar(select(ConsoleSession)) is None


def test_somebody_who_is_no_agent_any_more_cannot_use_the_link(session: Session) -> None:
    someone = person(session, "agent")
    token = sign_in.make_link(session, someone)
    someone.role = "employee"
    assert sign_in.use_link(session, token) is None


def test_a_session_ends_after_twelve_hours(session: Session) -> None:
    cookie = sign_in.use_link(session, sign_in.make_link(session, person(session, "agent")))
    lives = session.scalars(select(ConsoleSession)).one().expires_at - now()
    assert timedelta(hours=11, minutes=59) < lives <= timedelta(hours=12)
    session.execute(update(ConsoleSession).values(expires_at=now() - timedelta(seconds=1)))
    assert sign_in.who(session, cookie) is None


def test_signing_out_ends_the_session(session: Session) -> None:
    cookie = sign_in.use_link(session, sign_in.make_link(session, person(session, "agent")))
    assert cookie is not None
    sign_in.sign_out(session, cookie)
    assert sign_in.who(session, cookie) is None
    sign_in.sign_out(session, cookie)  # a second click changes nothing


@pytest.mark.parametrize("cookie", [None, "", "made-up"])
def test_nobody_is_signed_in_without_a_session(session: Session, cookie: str | None) -> None:
    assert sign_in.who(session, cookie) is None


def test_the_tokens_themselves_are_kept_nowhere(session: Session) -> None:
    token = sign_in.make_link(session, person(session, "agent"))
    cookie = sign_in.use_link(session, token)
    kept = [*session.scalars(select(SignInLink.token_hash)), *session.scalars(select(ConsoleSession.token_hash))]
    assert len(kept) == 2 and token not in kept and cookie not in kept
    said = [str((line.subject, line.detail)) for line in audit.latest(session)]
    assert not any(token in line or str(cookie) in line for line in said)


def test_links_and_sessions_stand_in_the_audit_log(session: Session) -> None:
    cookie = sign_in.use_link(session, sign_in.make_link(session, person(session, "admin")))
    assert cookie is not None
    sign_in.sign_out(session, cookie)
    lines = audit.latest(session)
    assert [line.action for line in lines] == ["signed_out", "signed_in", "sign_in_link_made"]
    assert {line.actor for line in lines} == {"admin.one"}


def test_a_new_link_clears_away_what_has_expired(session: Session) -> None:
    someone = person(session, "agent")
    sign_in.use_link(session, sign_in.make_link(session, someone))
    session.execute(update(SignInLink).values(expires_at=now() - timedelta(seconds=1)))
    session.execute(update(ConsoleSession).values(expires_at=now() - timedelta(seconds=1)))
    sign_in.make_link(session, someone)
    assert len(session.scalars(select(SignInLink)).all()) == 1
    assert session.scalar(select(ConsoleSession)) is None


def test_the_address_leads_to_the_console_under_any_public_url() -> None:
    assert sign_in.link_address("https://desk.example/", "abc") == "https://desk.example/console/sign-in/abc"
