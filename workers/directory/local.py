"""The `local` directory: accounts in our own store, for one machine and for a first look.

Passwords are kept as argon2id hashes. The second channel is a second Slack account of the same person; it
stands for the phone or the private mail address of a real directory.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.orm import Session

from workers import outbox, people
from workers.desk import DeskPerson
from workers.directory.port import Account, DirectoryRefused, DirectoryTrouble, Undo
from workers.outbox import Sender
from workers.settings import Settings
from workers.slack import addresses, notices
from workers.slack.blocks import actions, button, escape, section
from workers.slack.messenger import Messenger, SlackTrouble
from workers.store.columns import now
from workers.store.session import Store
from workers.store.tables import Delivery, DirectoryAccount, Person

# OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes, 1 lane.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_SLACK_ID = re.compile(r"[UW][A-Z0-9]{3,}")
_CODE_IS_NOT_IN_THE_OUTBOX = 0  # the delivery id of a message that the outbox never held


class LocalDirectory:
    """Accounts of the table `directory_accounts`; without a `sender` no code can be sent."""

    def __init__(self, store: Store, sender: Sender | None) -> None:
        self._store = store
        self._sender = sender

    def account_of(self, slack_id: str) -> Account | None:
        with self._store.read() as session:
            row = session.scalar(select(DirectoryAccount).where(DirectoryAccount.slack_id == slack_id))
            return _account(row) if row else None

    def set_password(self, account_id: str, password: str) -> Undo:
        with self._store.read() as session:
            current = _row(session, account_id).password_hash
        if is_password(current, password):
            raise DirectoryRefused("This is your present password. Choose a new one.")
        hashed = HASHER.hash(password)  # outside of the transaction: it takes its time by design
        with self._store.begin() as session:
            row = _row(session, account_id, lock=True)
            undo: Undo = {"account": account_id, "was_locked": row.locked}
            row.previous_hash, row.password_hash = row.password_hash, hashed
            row.locked, row.password_changed_at = False, now()
            return undo | {"changed_at": row.password_changed_at.isoformat()}

    def restore(self, undo: Undo) -> None:
        with self._store.begin() as session:
            row = _row(session, str(undo["account"]), lock=True)
            changed = row.password_changed_at.isoformat() if row.password_changed_at else None
            if row.previous_hash is None or changed != undo["changed_at"]:
                raise DirectoryTrouble(
                    f"The password of {row.username} was changed again since; look at the account before you act."
                )
            row.password_hash, row.previous_hash = row.previous_hash, None
            row.locked, row.password_changed_at = bool(undo["was_locked"]), now()

    def send_code(self, account: Account, code: str) -> None:
        text = (
            f"Your one-time code is *{code}*. Type it on the page that you opened from your private link, and "
            "nowhere else: never into a chat, and never tell it to anybody. Nobody from IT will ask for it.\n"
            "You did not ask for a code? Then do nothing with it and tell the Service Desk."
        )
        if self._sender is None:
            raise DirectoryTrouble("Slack is not connected, so no code can be sent. Set SLACK_BOT_TOKEN.")
        payload = {"text": "Your one-time code for the page you opened", "blocks": [section(text)]}
        try:
            with self._store.read() as session:
                payload = self._addressed(session, account, payload)
            self._sender.send(_CODE_IS_NOT_IN_THE_OUTBOX, "chat.postMessage", payload)
        except SlackTrouble as trouble:
            raise DirectoryTrouble(f"The code could not be sent: {trouble}") from trouble

    def tell(self, account: Account, text: str, run_id: int) -> None:
        wrong = button("This wasn't me", notices.RUNBOOK_NOT_ME, str(run_id), style="danger")
        with self._store.begin() as session:
            person = _second_person(session, account)
            payload: dict[str, Any] = {
                "to": f"person:{person.id}",
                "text": text,
                "blocks": [section(escape(text)), actions([wrong], block_id=f"run-{run_id}")],
            }
            lane = f"person:{person.id}"
            outbox.put(session, person.workspace, "chat.postMessage", payload, lane=lane)

    def end_sessions(self, account_id: str) -> None:
        with self._store.begin() as session:
            _row(session, account_id, lock=True).sessions_ended_at = now()

    @staticmethod
    def _addressed(session: Session, account: Account, payload: dict[str, Any]) -> dict[str, Any]:
        person = _second_person(session, account)
        to = payload | {"to": f"person:{person.id}"}
        return addresses.resolve(session, Delivery(payload=to))


def from_settings(settings: Settings, store: Store) -> LocalDirectory:
    """The local directory, with Slack as its second channel when a token is there."""
    token = settings.slack_bot_token
    sender = Messenger(token.get_secret_value(), settings.slack_api_url) if token else None
    return LocalDirectory(store, sender)


def is_password(password_hash: str, password: str) -> bool:
    """Whether this password has this hash."""
    try:
        return HASHER.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def second_accounts(roster: tuple[DeskPerson, ...]) -> tuple[DeskPerson, ...]:
    """The second Slack accounts that `second_channel` names and that the people file does not list itself."""
    listed = {entry.handle for entry in roster}
    return tuple(
        DeskPerson(
            id=_second_slack_id(entry, {}),
            handle=entry.second_channel,
            name=f"{entry.name} (private phone)",
            title="Second channel",
            time_zone=entry.time_zone,
        )
        for entry in roster
        if entry.second_channel and entry.second_channel not in listed and not _SLACK_ID.fullmatch(entry.second_channel)
    )


def install_local_accounts(session: Session, roster: tuple[DeskPerson, ...]) -> None:
    """Give each of the desk's people an account, and bring what the file says up to date.

    Guests have none. A new account starts with a random password that nobody knows. A second channel that the
    file moves elsewhere starts the cooling-off.
    """
    handles = {entry.handle: entry for entry in roster}
    second = {entry.second_channel for entry in roster if entry.second_channel}
    for entry in roster:
        if entry.guest or entry.handle in second or entry.id in second:
            continue
        _install(session, entry, _second_slack_id(entry, handles) if entry.second_channel else None)
    session.flush()
    for entry in second_accounts(roster):
        _meet_second(session, roster, entry)


def _install(session: Session, entry: DeskPerson, second_channel: str | None) -> None:
    row = session.scalar(select(DirectoryAccount).where(DirectoryAccount.slack_id == entry.id))
    if row is None:
        row = DirectoryAccount(
            id=f"local-{entry.id}",
            slack_id=entry.id,
            password_hash=HASHER.hash(secrets.token_urlsafe(32)),
            second_channel=second_channel,
        )
        session.add(row)
    if row.second_channel != second_channel:
        row.second_channel, row.second_channel_changed_at = second_channel, now()
    row.username, row.name = entry.handle, entry.name
    row.privileged, row.vip = entry.privileged, entry.vip


def _second_slack_id(entry: DeskPerson, handles: Mapping[str, DeskPerson]) -> str:
    """The Slack id of the second account: the file's, or one that follows from the person's own."""
    wanted = entry.second_channel or ""
    if wanted in handles:
        return handles[wanted].id
    return wanted if _SLACK_ID.fullmatch(wanted) else f"{entry.id}2ND"


def _meet_second(session: Session, roster: tuple[DeskPerson, ...], second: DeskPerson) -> None:
    """The second account is a person to write to, in every workspace where its owner is one."""
    owner = next(entry for entry in roster if entry.second_channel == second.handle)
    workspaces = session.scalars(select(Person.workspace).where(Person.slack_id == owner.id)).all()
    for workspace in workspaces:
        profile = people.Profile(second.id, second.handle, second.name, None, False, second.time_zone)
        people.meet(session, workspace, profile)


def _second_person(session: Session, account: Account) -> Person:
    found = session.scalar(select(Person).where(Person.slack_id.in_(account.other_slack_ids)).limit(1))
    if found is None:
        raise DirectoryTrouble(f"{account.username} has no second channel that can be written to.")
    return found


def _row(session: Session, account_id: str, *, lock: bool = False) -> DirectoryAccount:
    row = session.get(DirectoryAccount, account_id, with_for_update=lock)
    if row is None:
        raise DirectoryTrouble(f"There is no account {account_id} in the local directory.")
    return row


def _account(row: DirectoryAccount) -> Account:
    return Account(
        id=row.id,
        username=row.username,
        name=row.name,
        privileged=row.privileged,
        vip=row.vip,
        second_channel="your second Slack account" if row.second_channel else None,
        second_channel_changed_at=row.second_channel_changed_at,
        other_slack_ids=frozenset({row.second_channel} if row.second_channel else ()),
    )
