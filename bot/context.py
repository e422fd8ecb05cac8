"""What every handler needs: the desk, the articles, and who the bot is in Slack."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from threading import Thread

import structlog
from slack_sdk import WebClient

from bot.knowledge import Knowledge
from knowledge_base.answering import Reply
from workers import outbox, sweeps, tasks
from workers.governance import automations
from workers.people import Profile, audiences, find, meet
from workers.routing.explaining import Explainer
from workers.runbooks.files import Runbook
from workers.service_desk import ServiceDesk
from workers.store.session import Store
from workers.store.tables import Person

log = structlog.get_logger(__name__)

EVERYONE = frozenset({"everyone"})
STRICTEST_LIMIT = 0.01  # while nobody has set one


@dataclass(frozen=True)
class BotContext:
    """Wired once in `bot.app`; handlers find it as `context["bot"]`."""

    desk: ServiceDesk
    knowledge: Knowledge
    workspace: str
    user_id: str
    bot_id: str

    @property
    def store(self) -> Store:
        return self.desk.store

    @property
    def runbooks(self) -> Mapping[str, Runbook]:
        return self.desk.runbooks

    @cached_property
    def explainer(self) -> Explainer:
        """Says why a ticket gets its label."""
        return Explainer(self.desk, self.knowledge.encode)

    def person(self, client: WebClient, slack_id: str) -> Person:
        """The person behind a Slack id; asks Slack the first time only."""
        with self.store.read() as session:
            known = find(session, self.workspace, slack_id)
        if known is not None:
            return known
        user = client.users_info(user=slack_id)["user"]
        with self.store.begin() as session:
            return meet(session, self.workspace, Profile.from_slack(user, self.workspace))

    def search(self, question: str, person: Person, *, in_public: bool) -> Reply:
        """What the articles say to this person; in a channel only what everybody may read."""
        with self.store.read() as session:
            limit = automations.permit(session, self.workspace, "answer").risk_limit
        readers = EVERYONE if in_public else audiences(person)
        return self.knowledge.answer(question, readers, limit or STRICTEST_LIMIT)

    def send(self, *lanes: str) -> None:
        """Send what was just written, without making anybody wait for Slack."""
        outbox.start_delivery(self.store, self.desk.messenger, *lanes)

    def send_now(self, lane: str) -> None:
        """Send what was just written to this lane, before anything else happens."""
        outbox.deliver_due(self.store, self.desk.messenger, lane=lane)

    def route(self, ticket_id: int) -> None:
        """Ask the workers to label and route a new ticket."""
        tasks.hand_over(tasks.route, ticket_id)

    def see_to_runbooks(self) -> None:
        """Send the links that are due now; the timetable would do it some seconds later."""
        Thread(target=sweeps.see_to_runbooks, args=(self.desk,), name="runbooks", daemon=True).start()
