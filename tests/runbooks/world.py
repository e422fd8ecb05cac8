"""The starter desk on a real SQLite file, with a mailbox in place of Slack."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.local_slack.validation.messages import require_content
from workers import outbox, people
from workers.desk import Desk, read_desk, read_people
from workers.directory.local import LocalDirectory, install_local_accounts, is_password
from workers.governance import automations
from workers.runbooks import service
from workers.runbooks.files import Runbook, read_runbooks
from workers.runbooks.reset import ResetPage
from workers.slack.messenger import Sent, SlackTrouble
from workers.store.session import Store
from workers.store.tables import AuditEntry, Automation, Base, DirectoryAccount, Person, Receipt, RunbookRun

STARTER = Path(__file__).parents[2] / "deploy" / "starter"
WORKSPACE = "T0LOCAL"
PUBLIC_URL = "http://127.0.0.1:8100"
GOOD = "tulip bridge velvet kayak"


@dataclass
class Mailbox:
    """A sender that remembers what it was given, or refuses it; as strict about blocks as the local Slack."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    trouble: SlackTrouble | None = None

    def send(self, delivery_id: int, method: str, payload: dict[str, Any]) -> Sent:
        if self.trouble is not None:
            raise self.trouble
        require_content(payload.get("text"), payload.get("blocks"))
        self.sent.append(payload | {"method": method, "delivery": delivery_id})
        return Sent(str(payload.get("dm_with") or payload["channel"]), f"{len(self.sent)}.0")

    def find_sent(self, delivery_id: int, payload: dict[str, Any], since: datetime) -> Sent | None:
        return None

    def to(self, place: str) -> list[dict[str, Any]]:
        """What went to a person (Slack id) or channel."""
        return [one for one in self.sent if place in (one.get("dm_with"), one["channel"])]


class World:
    """One desk with its people, accounts and runbooks."""

    def __init__(self, url: str) -> None:
        self.store = Store(url)
        self.mailbox = Mailbox()
        self.desk: Desk = read_desk(STARTER)
        self.runbooks: dict[str, Runbook] = read_runbooks(STARTER / "runbooks")
        self.directory = LocalDirectory(self.store, self.mailbox)

    @property
    def runbook(self) -> Runbook:
        return self.runbooks["password_reset"]

    @property
    def page(self) -> ResetPage:
        return ResetPage(self.store, self.directory, self.desk, self.runbooks)

    def install(self) -> None:
        Base.metadata.create_all(self.store.engine)
        roster = read_people(STARTER)
        with self.store.begin() as session:
            people.install(session, WORKSPACE, roster)
            automations.install(session, WORKSPACE, self.desk)
            install_local_accounts(session, roster)

    def person(self, handle: str) -> Person:
        with self.store.read() as session:
            found = people.by_handle(session, WORKSPACE, handle)
        assert found is not None, handle
        return found

    def start(self, handle: str = "anna.lind") -> service.Started:
        with self.store.begin() as session:
            person = people.by_handle(session, WORKSPACE, handle)
            assert person is not None
            return service.start(session, self.desk, self.runbook, person, self.directory)

    def deliver(self) -> int:
        sent = service.deliver_due_links(self.store, self.mailbox, self.runbooks, PUBLIC_URL)
        outbox.deliver_due(self.store, self.mailbox)
        return sent

    def token(self, slack_id: str = "U0ANNA") -> str:
        """The token in the newest private link to this person."""
        return re.findall(r"/self-service/([\w-]+)", str(self.mailbox.to(slack_id)))[-1]

    def code(self, slack_id: str = "U0ANNA2ND") -> str:
        """The newest code on a second channel."""
        return re.findall(r"\*(\d{6})\*", str(self.mailbox.to(slack_id)))[-1]

    def linked(self, handle: str = "anna.lind", slack_id: str = "U0ANNA") -> str:
        """Ask, and have the link delivered."""
        self.start(handle)
        self.deliver()
        return self.token(slack_id)

    def run(self, run_id: int | None = None) -> RunbookRun:
        """A run, or the newest."""
        query = select(RunbookRun).order_by(RunbookRun.id.desc()).limit(1)
        with self.store.read() as session:
            found = session.scalars(query if run_id is None else query.where(RunbookRun.id == run_id)).one()
        return found

    def change_run(self, **values: Any) -> None:
        """Make the newest run look different, such as older."""
        with self.store.begin() as session:
            run = session.get_one(RunbookRun, self.run().id)
            for name, value in values.items():
                setattr(run, name, value)

    def change_account(self, slack_id: str = "U0ANNA", **values: Any) -> None:
        with self.store.begin() as session:
            row = session.scalars(select(DirectoryAccount).where(DirectoryAccount.slack_id == slack_id)).one()
            for name, value in values.items():
                setattr(row, name, value)

    def set_tier(self, tier: str, automation: str = "runbook:password_reset") -> None:
        with self.store.begin() as session:
            row = session.scalars(select(Automation).where(Automation.name == automation)).one()
            row.tier = tier

    def suspend(self) -> None:
        with self.store.begin() as session:
            automations.suspend(session, WORKSPACE, self.runbook.automation, "mira.holt", "a test of the switch")

    def is_suspended(self) -> bool:
        with self.store.read() as session:
            return not automations.permit(session, WORKSPACE, self.runbook.automation).allowed

    def limits(self, **values: int) -> None:
        """Change the runbook's limits for this test."""
        changed = self.runbook.model_copy(update={"limits": self.runbook.limits.model_copy(update=values)})
        self.runbooks = {**self.runbooks, "password_reset": changed}

    def account(self, slack_id: str = "U0ANNA") -> DirectoryAccount:
        with self.store.read() as session:
            found = session.scalars(select(DirectoryAccount).where(DirectoryAccount.slack_id == slack_id)).one()
        return found

    def signs_in(self, password: str, slack_id: str = "U0ANNA") -> bool:
        return is_password(self.account(slack_id).password_hash, password)

    def receipt(self) -> Receipt:
        with self.store.read() as session:
            found = session.get_one(Receipt, self.run().receipt_id)
        return found

    def actions(self) -> list[str]:
        """The audit log's actions on runs and automations, in order."""
        with self.store.read() as session:
            return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))

    def everything_stored(self) -> str:
        """Every cell of every table, as text."""
        with self.store.read() as session:
            tables = Base.metadata.sorted_tables
            return "\n".join(str(tuple(row)) for table in tables for row in session.execute(select(table)))
