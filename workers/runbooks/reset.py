"""The password reset's private page: who opens it proves that it is them, then chooses a new password.

Looking at the page changes nothing, so a link preview cannot use the link up. Each step reads the switch anew.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from workers.desk import Desk
from workers.directory.port import Account, Directory, DirectoryRefused, DirectoryTrouble, Undo
from workers.governance import receipts
from workers.runbooks import messages, passwords, records, states
from workers.runbooks.files import Runbook
from workers.runbooks.links import hash_of
from workers.store.columns import now
from workers.store.session import Store
from workers.store.tables import RunbookRun

Stage = Literal["confirm", "code", "password"]


class LinkGone(Exception):
    """Unknown, expired, used or stopped: from outside they all look the same."""


class NotYet(Exception):
    """Something to correct before the step can be done; the message is for the person on the page."""


@dataclass(frozen=True)
class View:
    """What the page shows."""

    stage: Stage
    runbook: Runbook
    name: str
    username: str
    minutes_left: int
    codes_left: int


@dataclass(frozen=True)
class Choice:
    """What the person typed on the last page."""

    password: str
    again: str
    end_sessions: bool

    def __repr__(self) -> str:
        return "Choice(…)"  # a traceback may show it


class ResetPage:
    """One step of a private link for each method. Raises `LinkGone` for a link that does not work (any more)."""

    def __init__(self, store: Store, directory: Directory, desk: Desk, runbooks: Mapping[str, Runbook]) -> None:
        self._store = store
        self._directory = directory
        self._desk = desk
        self._runbooks = runbooks

    def look(self, token: str, proof: str) -> View:
        """What to show; changes nothing. With the `proof` of a confirmed code it is the password's page."""
        with self._store.read() as session:
            return self._view(_find(session, token), proof)

    def send_code(self, token: str) -> None:
        """Send a new code over the second channel. Raises `NotYet` when it could not be sent."""
        code = f"{secrets.randbelow(1_000_000):06d}"
        with self._store.begin() as session:
            run = self._live(session, token)
            if run and run.codes_sent >= self._runbooks[run.runbook].codes:
                raise NotYet("No more codes can be sent for this link. Use the newest one, or ask for a new link.")
            if run:
                run.code_hash, run.codes_sent = _keyed(token, code), run.codes_sent + 1
                actor = records.automation_of(run)
                records.move(session, run, "send_code", actor, "code_sent", number=run.codes_sent)
        if run is None:
            raise LinkGone
        try:
            self._directory.send_code(self._account(run), code)
        except DirectoryTrouble as trouble:
            raise NotYet("The code could not be sent. Wait a moment and ask for another one.") from trouble

    def confirm_code(self, token: str, code: str) -> str:
        """Check the code; gives the proof that the browser keeps. Raises `NotYet` for a wrong one."""
        proof = secrets.token_urlsafe(32)
        with self._store.begin() as session:
            run = self._live(session, token)
            wrong = self._check_code(session, run, token, code, proof) if run else None
        if run is None or run.state == states.CANCELLED:
            raise LinkGone
        if wrong:
            raise NotYet(wrong)
        return proof

    def change(self, token: str, proof: str, choice: Choice) -> bool:
        """Set the new password, once; tells whether other sessions were ended. Raises `NotYet` for a bad one."""
        with self._store.read() as session:
            run = _find(session, token)
        self._must_be_confirmed(run, proof)
        account = self._account(run)
        password = self._checked(run, account, choice)
        self._use_up(token, proof)
        undo = self._set_password(run, account, password)
        ended = choice.end_sessions and self._runbooks[run.runbook].ends_sessions and self._ended(account)
        self._told(account, run, ended)
        if not self._finish(run, undo, ended):
            self._directory.restore(undo)
            raise LinkGone
        return ended

    def _checked(self, run: RunbookRun, account: Account, choice: Choice) -> str:
        password, person = passwords.normalise(choice.password), run.requester
        if password != passwords.normalise(choice.again):
            raise NotYet("The two passwords are not the same. Type the new password twice.")
        personal = (person.name, person.handle, person.email or "", account.username, account.name, self._desk.name)
        if wrong := passwords.problem(password, self._runbooks[run.runbook].password, personal):
            raise NotYet(wrong)
        return password

    def _use_up(self, token: str, proof: str) -> None:
        """From here on the link is used: a second click finds nothing to do."""
        with self._store.begin() as session:
            run = self._live(session, token)
            if run:
                self._must_be_confirmed(run, proof)
                records.move(session, run, "change", run.requester.handle, "password_chosen")
        if run is None:
            raise LinkGone

    def _must_be_confirmed(self, run: RunbookRun, proof: str) -> None:
        if self._view(run, proof).stage != "password":
            raise NotYet("Confirm first that it is you.")

    def _set_password(self, run: RunbookRun, account: Account, password: str) -> Undo:
        try:
            return self._directory.set_password(account.id, password)
        except DirectoryTrouble as trouble:
            with self._store.begin() as session:
                again = records.get(session, run.id)
                if again.state == states.CHANGING:
                    records.move(session, again, "change_refused", records.automation_of(run), "change_refused")
            refused = isinstance(trouble, DirectoryRefused)
            text = str(trouble) if refused else "The directory does not answer. Wait a moment and try again."
        raise NotYet(text)

    def _ended(self, account: Account) -> bool:
        try:
            self._directory.end_sessions(account.id)
        except DirectoryTrouble:
            return False  # the password is changed all the same; the messages say nothing of ended sessions
        return True

    def _told(self, account: Account, run: RunbookRun, ended: bool) -> None:
        try:
            self._directory.tell(account, messages.changed(ended), run.id)
        except DirectoryTrouble as trouble:
            with self._store.begin() as session:
                records.note(session, run, records.automation_of(run), "second_channel_not_told", why=str(trouble))

    def _finish(self, run: RunbookRun, undo: Undo, ended: bool) -> bool:
        """Write down that it is done; not when “this wasn't me” was pressed meanwhile: then it is taken back."""
        with self._store.begin() as session:
            done = records.get(session, run.id)
            if done.state != states.CHANGING:
                records.note(session, done, records.automation_of(run), "password_taken_back")
                return False
            done.undo, done.code_hash = undo, None
            detail: dict[str, Any] = {"account": run.account_id, "sessions_ended": ended}
            records.move(session, done, "finish", run.requester.handle, "password_changed", **detail)
            receipts.settle(session, done.receipt_id, "accepted", run.requester.handle)
            records.tell(session, done, messages.said(done, messages.changed(ended)))
            return True

    def _live(self, session: Session, token: str) -> RunbookRun | None:
        """The link's run, locked; none when the switch is off: then the run was stopped just now."""
        run = _find(session, token, lock=True)
        return run if records.may_go_on(session, run) else None

    def _account(self, run: RunbookRun) -> Account:
        """The requester's own account, looked up anew: it must still be the one that the run was started for."""
        try:
            account = self._directory.account_of(run.requester.slack_id)
        except DirectoryTrouble as trouble:
            raise NotYet("The directory does not answer. Wait a moment and try again.") from trouble
        if account is None or account.id != run.account_id:
            raise LinkGone
        return account

    def _check_code(self, session: Session, run: RunbookRun, token: str, code: str, proof: str) -> str | None:
        """Wrong in words; or none, and the run is confirmed."""
        if run.state != states.LINK_SENT or run.code_hash is None:
            return "Ask for a code first."
        digits = "".join(character for character in code if character.isdecimal())
        if hmac.compare_digest(run.code_hash, _keyed(token, digits)):
            run.code_hash = hash_of(proof)
            records.move(session, run, "confirm_code", run.requester.handle, "code_confirmed")
            return None
        run.code_attempts += 1
        left = self._runbooks[run.runbook].code_attempts - run.code_attempts
        records.note(session, run, records.automation_of(run), "code_wrong", left=left)
        if left <= 0:
            records.cancel(session, run, records.automation_of(run), "too many wrong codes")
            records.tell(session, run, messages.too_many_codes(run))
        return f"That is not the newest code. You can try {left} more time{'s' if left != 1 else ''}."

    def _view(self, run: RunbookRun, proof: str) -> View:
        confirmed = run.state == states.CODE_CONFIRMED and run.code_hash is not None
        stage: Stage = "code" if run.codes_sent and run.state == states.LINK_SENT else "confirm"
        if confirmed and hmac.compare_digest(str(run.code_hash), hash_of(proof)):
            stage = "password"
        runbook = self._runbooks.get(run.runbook)
        if runbook is None or run.expires_at is None:
            raise LinkGone
        minutes = max(1, round((run.expires_at - now()).total_seconds() / 60))
        person = run.requester
        return View(stage, runbook, person.name, person.handle, minutes, runbook.codes - run.codes_sent)


def _find(session: Session, token: str, *, lock: bool = False) -> RunbookRun:
    query = select(RunbookRun).where(
        RunbookRun.link_hash == hash_of(token),
        RunbookRun.state.in_(states.WITH_LINK),
        RunbookRun.expires_at > now(),
    )
    run = session.scalar(query.with_for_update(of=RunbookRun) if lock else query)
    if run is None:
        raise LinkGone
    return run


def _keyed(token: str, code: str) -> str:
    """What is kept of a code: keyed with the token, which is not kept, or a million guesses would find it."""
    return hmac.new(token.encode(), code.encode(), hashlib.sha256).hexdigest()
