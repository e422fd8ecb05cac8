"""Who there is, and who is signed in to the console."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from workers.store.tables.base import Base, Name


class Person(Base):
    """Somebody in the workspace, bound by Slack's stable id, never by e-mail."""

    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("workspace", "slack_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace: Mapped[str] = mapped_column(Name)
    slack_id: Mapped[str] = mapped_column(Name)
    handle: Mapped[str] = mapped_column(Name)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(320))
    role: Mapped[str] = mapped_column(Name, default="employee")  # employee, agent, admin
    teams: Mapped[list[Any]] = mapped_column(default=list)  # assignment groups an agent works in
    is_manager: Mapped[bool] = mapped_column(default=False)
    is_outsider: Mapped[bool] = mapped_column(default=False)  # guest or from another organisation (Slack Connect)
    time_zone: Mapped[str] = mapped_column(Name, default="UTC")
    dm_channel: Mapped[str | None] = mapped_column(Name)  # the bot's direct-message channel with this person


class SignInLink(Base):
    """A one-time link to the console, kept as a hash."""

    __tablename__ = "sign_in_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ConsoleSession(Base):
    """Somebody signed in to the console; the cookie's token is kept as a hash."""

    __tablename__ = "console_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    expires_at: Mapped[datetime]

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
