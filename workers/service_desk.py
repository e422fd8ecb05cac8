"""One process's view of the desk: settings, store, handbook, Slack and the served versions, wired once."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.model.inference import Classifier
from workers import people
from workers.directory import registry as directories
from workers.directory.port import Directory
from workers.governance import automations
from workers.handbook import Handbook, read_handbook
from workers.oversight.loaded import ShadowModels
from workers.runbooks.files import Runbook, read_runbooks
from workers.serving import Served
from workers.settings import Settings
from workers.slack.messenger import Messenger
from workers.store import schema
from workers.store.session import Store
from workers.store.tables import Automation


class NotSetUp(Exception):
    """Something that must be there first; the message says what to do."""


@dataclass(frozen=True)
class ServiceDesk:
    """What the parts of a process share. Nothing is kept here that another process would miss."""

    settings: Settings
    store: Store
    handbook: Handbook

    @cached_property
    def messenger(self) -> Messenger:
        """The way to Slack. Raises `NotSetUp` without a token."""
        token = self.settings.slack_bot_token
        if token is None:
            raise NotSetUp("SLACK_BOT_TOKEN is not set. Set it, or start `deskhand up` to use the local Slack.")
        return Messenger(token.get_secret_value(), self.settings.slack_api_url)

    @cached_property
    def classifier(self) -> Served[Classifier]:
        """The served classifier."""
        return Served(self.store, "classifier", self.models, Classifier.open)

    @cached_property
    def shadow_models(self) -> ShadowModels[Classifier]:
        """The classifiers in shadow, as far as this process needs them."""
        return ShadowModels(self.models, Classifier.open)

    @cached_property
    def directory(self) -> Directory:
        """The directory that holds people's accounts."""
        return directories.open_directory(self.settings, self.store)

    @cached_property
    def runbooks(self) -> dict[str, Runbook]:
        """The desk folder's runbooks that can be offered, by name. Raises `DeskError`.

        The `local` directory holds sample accounts: with a real Slack it must be asked for, or only those runbooks
        are offered that people do.
        """
        found = read_runbooks(self.settings.desk / "runbooks")
        if directories.is_only_a_sample() and self.settings.slack_is_real:
            return {name: runbook for name, runbook in found.items() if runbook.for_people}
        return found

    @property
    def models(self) -> Path:
        """Where classifier versions are kept."""
        return self.settings.home / "models" / "classifier"

    @property
    def bundles(self) -> Path:
        """Where index versions are kept."""
        return self.settings.home / "index"

    @property
    def encoders(self) -> Path:
        """Where exported encoders are kept."""
        return self.settings.home / "encoder"

    def set_up(self, workspace: str) -> None:
        """Bring what the desk folder says into a workspace; safe to repeat."""
        with self.store.begin() as session:
            people.install(session, workspace, self.handbook.people)
            automations.install(session, workspace, self.handbook.desk)
            directories.install(self.settings, session, self.handbook.people)


def open_desk(settings: Settings | None = None) -> ServiceDesk:
    """Open the desk: read its folder, bring the database's schema up to date."""
    settings = settings or Settings()
    handbook = read_handbook(settings.desk)
    settings.home.mkdir(parents=True, exist_ok=True)
    store = Store(settings.database_url)
    schema.upgrade(store)
    return ServiceDesk(settings, store, handbook)


def workspaces(session: Session) -> list[str]:
    """The Slack workspaces that were ever set up here."""
    return list(session.scalars(select(Automation.workspace).distinct().order_by(Automation.workspace)))


def the_workspace(session: Session, wanted: str | None = None) -> str:
    """The workspace that a command means. Raises `NotSetUp` when there is none, or several and none was named."""
    known = workspaces(session)
    if wanted is not None and wanted in known:
        return wanted
    if not known:
        raise NotSetUp("No Slack workspace has been connected yet. Start `deskhand up` once.")
    if wanted is None and len(known) == 1:
        return known[0]
    raise NotSetUp(f"Say which workspace with --workspace: {', '.join(known)}.")
