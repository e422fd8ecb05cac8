"""Signing in to the console: a one-time link for an agent or admin, then a session; both kept as hashes only."""

import secrets
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from workers.governance import audit
from workers.store.columns import now
from workers.store.tables import ConsoleSession, Person, SignInLink
from workers.tickets.permissions import is_agent, must_be_agent

LINK_LIVES = timedelta(minutes=15)
SESSION_LIVES = timedelta(hours=12)
TOKEN_BYTES = 32  # from the operating system's random source


def make_link(session: Session, person: Person) -> str:
    """A token that signs this person in once, within 15 minutes. Raises `NotAllowed` for employees and outsiders."""
    must_be_agent(person)
    _forget_expired(session)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(SignInLink(token_hash=_hash(token), person_id=person.id, expires_at=now() + LINK_LIVES))
    audit.append(session, person.workspace, person.handle, "sign_in_link_made", _subject(person))
    return token


def link_address(public_url: str, token: str) -> str:
    """Where the link leads: the console's sign-in page."""
    return f"{public_url.rstrip('/')}/console/sign-in/{token}"


def is_usable(session: Session, token: str) -> bool:
    """Whether the link would sign somebody in. Looking does not use it up: link previews look, too."""
    usable = (SignInLink.token_hash == _hash(token), SignInLink.used_at.is_(None), SignInLink.expires_at > now())
    return session.scalar(select(SignInLink.token_hash).where(*usable)) is not None


def use_link(session: Session, token: str) -> str | None:
    """Use the link up and start a session; its token goes into the cookie. None for a link that is not usable.

    A person who lost the role since the link was made gets none either.
    """
    usable = (SignInLink.token_hash == _hash(token), SignInLink.used_at.is_(None), SignInLink.expires_at > now())
    # One conditional update: of two clicks at the same moment, one wins.
    person_id = session.scalar(update(SignInLink).where(*usable).values(used_at=now()).returning(SignInLink.person_id))
    person = session.get(Person, person_id) if person_id is not None else None
    if person is None or not is_agent(person):
        return None
    session_token = secrets.token_urlsafe(TOKEN_BYTES)
    expires_at = now() + SESSION_LIVES
    session.add(ConsoleSession(token_hash=_hash(session_token), person_id=person.id, expires_at=expires_at))
    audit.append(session, person.workspace, person.handle, "signed_in", _subject(person))
    return session_token


def who(session: Session, session_token: str | None) -> Person | None:
    """The person who is signed in with this session; none when it has expired or was ended."""
    if not session_token:
        return None
    live = (ConsoleSession.token_hash == _hash(session_token), ConsoleSession.expires_at > now())
    found = session.scalar(select(ConsoleSession).where(*live))
    return found.person if found else None


def sign_out(session: Session, session_token: str) -> None:
    """End the session, in every tab at once."""
    person = who(session, session_token)
    session.execute(delete(ConsoleSession).where(ConsoleSession.token_hash == _hash(session_token)))
    if person is not None:
        audit.append(session, person.workspace, person.handle, "signed_out", _subject(person))


def _forget_expired(session: Session) -> None:
    session.execute(delete(SignInLink).where(SignInLink.expires_at < now()))
    session.execute(delete(ConsoleSession).where(ConsoleSession.expires_at < now()))


def _hash(token: str) -> str:
    # Plain SHA-256 is enough: the token is 256 random bits, so there is nothing to guess.
    return sha256(token.encode()).hexdigest()


def _subject(person: Person) -> str:
    return f"person:{person.slack_id}"
