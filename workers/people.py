"""People of a workspace, bound by Slack's stable id."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from workers.desk import DeskPerson
from workers.store.tables import Person


@dataclass(frozen=True)
class Profile:
    """What Slack says about a person (`users.info`)."""

    slack_id: str
    handle: str
    name: str
    email: str | None
    is_outsider: bool
    time_zone: str

    @classmethod
    def from_slack(cls, user: dict[str, Any], workspace: str) -> "Profile":
        """From the `user` object of https://api.slack.com/methods/users.info."""
        profile = user.get("profile", {})
        outsider = (
            user.get("is_restricted")
            or user.get("is_ultra_restricted")
            or user.get("is_stranger")
            or user.get("team_id", workspace) != workspace
        )
        return cls(
            slack_id=user["id"],
            handle=user.get("name") or user["id"],
            name=profile.get("real_name") or user.get("real_name") or user.get("name") or user["id"],
            email=profile.get("email"),
            is_outsider=bool(outsider),
            time_zone=user.get("tz") or "UTC",
        )


def find(session: Session, workspace: str, slack_id: str) -> Person | None:
    """The person with this Slack id, when we have met."""
    return session.scalar(select(Person).where(Person.workspace == workspace, Person.slack_id == slack_id))


def by_handle(session: Session, workspace: str, handle: str) -> Person | None:
    """The person with this handle (`anna.lind`, with or without @)."""
    wanted = handle.removeprefix("@")
    return session.scalar(select(Person).where(Person.workspace == workspace, Person.handle == wanted))


def named(session: Session, workspace: str, name: str) -> Person | None:
    """The person whom a desk file names, by handle or by Slack id."""
    return by_handle(session, workspace, name) or find(session, workspace, name)


def meet(session: Session, workspace: str, profile: Profile) -> Person:
    """Add the person, or bring what Slack says up to date; role and teams are the desk's and stay."""
    person = find(session, workspace, profile.slack_id) or _add(session, workspace, profile)
    person.handle, person.name, person.email = profile.handle, profile.name, profile.email
    person.is_outsider, person.time_zone = profile.is_outsider, profile.time_zone
    session.flush()
    return person


def _add(session: Session, workspace: str, profile: Profile) -> Person:
    person = Person(
        workspace=workspace,
        slack_id=profile.slack_id,
        handle=profile.handle,
        name=profile.name,
        role="employee",
        teams=[],
    )
    try:
        with session.begin_nested():
            session.add(person)
    except IntegrityError:
        # Their first two messages came at once, and the other one was quicker.
        return session.scalars(
            select(Person).where(Person.workspace == workspace, Person.slack_id == profile.slack_id)
        ).one()
    return person


def install(session: Session, workspace: str, roster: Iterable[DeskPerson]) -> None:
    """Bring in the desk's people with their roles and teams."""
    for entry in roster:
        profile = Profile(entry.id, entry.handle, entry.name, entry.email, entry.guest, entry.time_zone)
        person = meet(session, workspace, profile)
        person.role, person.teams, person.is_manager = entry.role, list(entry.teams), entry.manager


def audiences(person: Person) -> frozenset[str]:
    """Which articles this person may read; outsiders read none."""
    if person.is_outsider:
        return frozenset()
    groups = {"everyone"}
    if person.is_manager or person.role == "admin":
        groups.add("managers")
    if person.role in ("agent", "admin"):
        groups.add("it")
    return frozenset(groups)
