"""A message to the bot: from the claimed inbox row to the written reply. Also used for what a dead process left."""

from dataclasses import dataclass
from time import perf_counter
from typing import Any

from slack_sdk import WebClient
from sqlalchemy.orm import Session

from bot import conversation, metrics
from bot.context import BotContext
from bot.views import answers, talk
from knowledge_base.answering import Reply
from workers import inbox, outbox
from workers.governance import automations, receipts
from workers.knowledge import shown
from workers.store.tables import Person, Receipt, Ticket
from workers.tickets import correspondence, queries, states
from workers.tickets.opening import Place, open_ticket
from workers.tickets.permissions import is_agent


@dataclass(frozen=True)
class Heard:
    """A message as the bot heard it."""

    text: str
    slack_id: str
    place: Place
    is_direct: bool

    @classmethod
    def of(cls, event: dict[str, Any], bot_user: str) -> "Heard":
        """From Slack's `message` or `app_mention` event, without the mention of the bot itself."""
        text = str(event.get("text") or "").replace(f"<@{bot_user}>", " ").strip()
        place = Place(event["channel"], event["ts"], event.get("thread_ts"))
        return cls(text, event["user"], place, event.get("channel_type") == "im")

    @property
    def lane(self) -> str:
        """Replies within one thread keep their order."""
        return f"chat:{self.place.channel}:{self.place.root}"


def on_message(client: WebClient, context: dict[str, Any], event: dict[str, Any]) -> None:
    """Bolt's listener: the middleware has claimed the message already."""
    handle(context["bot"], client, context["inbox_id"], event)


def handle(bot: BotContext, client: WebClient, inbox_id: int, event: dict[str, Any]) -> None:
    """Decide, then write everything that follows and the end of the inbox row in one transaction."""
    began = perf_counter()
    heard = Heard.of(event, bot.user_id)
    person = bot.person(client, heard.slack_id)
    ticket = _ticket_of_thread(bot, heard)
    question = heard.text if ticket else _question(bot, heard, person)
    decision, reply = (None, None) if ticket else _decide(bot, heard, person, question)
    lanes, new_ticket = [heard.lane], None
    with bot.store.begin() as session:
        if not inbox.is_open(session, inbox_id):
            return
        if ticket is not None:
            lanes.append(f"ticket:{ticket.id}")
            _pass_on(session, bot, heard, person, ticket.id)
        elif decision is not None and reply is not None:
            new_ticket = Reaction(session, bot, heard, person, question).to(decision, reply)
        inbox.finish(session, inbox_id)
    if new_ticket is not None:
        lanes.append(f"ticket:{new_ticket}")
    for lane in lanes:
        bot.send_now(lane)
    if new_ticket is not None:
        bot.route(new_ticket)
    metrics.MESSAGES.labels(decision.kind if decision else "ticket").inc()
    metrics.MESSAGE_SECONDS.observe(perf_counter() - began)


def _ticket_of_thread(bot: BotContext, heard: Heard) -> Ticket | None:
    if heard.place.thread_ts is None:
        return None
    with bot.store.read() as session:
        return queries.by_any_thread(session, bot.workspace, heard.place.channel, heard.place.thread_ts)


def _question(bot: BotContext, heard: Heard, person: Person) -> str:
    """What is asked: the message, with the question before it that it makes clearer."""
    asked = _clarified_question(bot, heard, person)
    return f"{asked} {heard.text}" if asked else heard.text


def _decide(bot: BotContext, heard: Heard, person: Person, question: str) -> tuple[conversation.Decision, Reply]:
    reply = bot.search(question, person, in_public=not heard.is_direct)
    with bot.store.read() as session:
        context = conversation.Context(
            reply=reply,
            answering=automations.permit(session, bot.workspace, "answer"),
            runbooks={name: automations.permit(session, bot.workspace, f"runbook:{name}") for name in bot.runbooks},
            clarified=question != heard.text,
            is_outsider=person.is_outsider,
        )
    return conversation.decide(heard.text, context), reply


def _clarified_question(bot: BotContext, heard: Heard, person: Person) -> str | None:
    """The question that this message makes clearer, when the bot has just asked back in this thread."""
    if heard.place.thread_ts is None:
        return None
    with bot.store.read() as session:
        last = receipts.latest_of_thread(session, bot.workspace, heard.place.channel, heard.place.thread_ts)
    return last.seen if last and last.decision == "clarify" and last.person == person.handle else None


def _pass_on(session: Session, bot: BotContext, heard: Heard, person: Person, ticket_id: int) -> None:
    """A message in a ticket's thread goes to the other side, or stays inside; bystanders change nothing."""
    ticket = queries.get(session, bot.workspace, ticket_id, lock=True)
    handbook = bot.desk.handbook
    if ticket.card_ts == heard.place.thread_ts and ticket.card_channel == heard.place.channel:
        if is_agent(person):
            correspondence.from_agents_thread(session, handbook, ticket, person, heard.text, heard.place)
    elif person.id == ticket.requester_id:
        correspondence.from_employee(session, handbook, ticket, person, heard.text, heard.place)
        if ticket.status not in states.OPEN:
            view = talk.closed_ticket(ticket) | {"to": f"thread:{ticket.id}"}
            outbox.put(session, bot.workspace, "chat.postMessage", view, lane=heard.lane)


@dataclass(frozen=True)
class Reaction:
    """Writes what follows from a decision, within one transaction."""

    session: Session
    bot: BotContext
    heard: Heard
    person: Person
    question: str  # what was searched for

    def to(self, decision: conversation.Decision, reply: Reply) -> int | None:
        """Act on it; gives the id of a ticket that was opened."""
        match decision:
            case conversation.SmallTalk(topic=topic):
                self._say(talk.small_talk(topic))
            case conversation.Refuse(why=why):
                self._say(talk.refuse(why))
            case conversation.Status(ticket_id=ticket_id):
                self._say(self._status(ticket_id))
            case conversation.OpenTicket(needs_words=True):
                self._say(talk.ask_for_words())
            case conversation.OpenTicket():
                return self._open(decision, reply)
            case conversation.Answer(hit=hit):
                self._say(answers.answer(hit, self._receipt(decision, reply)))
            case conversation.Suggestions(hits=hits):
                self._say(answers.suggestions(hits, self._receipt(decision, reply)))
            case conversation.Clarify(hits=hits):
                self._say(answers.clarify(hits, self._receipt(decision, reply)))
            case conversation.SelfService(hit=hit, runbook=name):
                runbook = self.bot.runbooks[name]
                receipt = self._receipt(decision, reply)
                self._say(answers.offer(hit, runbook.button, runbook.offer, receipt, name))
        return None

    def _open(self, decision: conversation.OpenTicket, reply: Reply) -> int | None:
        self._receipt(decision, reply)
        best = reply.hits[0].article_id if reply.hits else None
        opened = open_ticket(
            self.session, self.bot.desk.handbook, self.person, self.heard.text, self.heard.place, tried_article=best
        )
        return opened.ticket.id

    def _status(self, ticket_id: int | None) -> talk.View:
        own = queries.of_requester(self.session, self.person)
        if ticket_id is None:
            return talk.ticket_list(own)
        return talk.one_ticket(next((ticket for ticket in own if ticket.id == ticket_id), None))

    def _say(self, view: talk.View) -> None:
        place = self.heard.place
        payload = view | {"to": f"channel:{place.channel}", "thread_ts": place.root}
        outbox.put(self.session, self.bot.workspace, "chat.postMessage", payload, lane=self.heard.lane)

    def _receipt(self, decision: conversation.Decision, reply: Reply) -> int:
        permit = automations.permit(self.session, self.bot.workspace, "answer")
        receipt = Receipt(
            workspace=self.bot.workspace,
            automation="answer",
            subject=f"message:{self.heard.place.channel}/{self.heard.place.ts}",
            person=self.person.handle,
            seen=self.heard.text,
            decision=decision.kind,
            why=decision.why,
            confidence=reply.confidence,
            threshold=reply.threshold,
            tier=permit.tier,
            versions={"knowledge": reply.index_version},
            evidence={
                "hits": [
                    {"article": h.article_id, "updated": h.updated, "probability": round(h.probability, 4)}
                    for h in reply.hits
                ],
                "thread": self.heard.place.thread_ts,
                "owner": permit.owner,
                **({} if self.question == self.heard.text else {"question": self.question}),
            },
        )
        self.session.add(receipt)
        self.session.flush()
        shown.note_shown(self.session, receipt, conversation.shown(decision))
        return receipt.id
