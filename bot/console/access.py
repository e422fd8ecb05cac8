"""Who may see and do what. Every page comes through `Console.page`, every look and every action through a `Visit`."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from nicegui import ui
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from bot.console import sign_in_pages
from bot.console.words import sentence
from bot.knowledge import Knowledge
from knowledge_base.errors import KnowledgeBaseError
from workers import sign_in
from workers.governance.automations import AutomationError
from workers.handbook import Handbook
from workers.knowledge.articles import ArticleTrouble
from workers.labelling.reviews import ReviewTrouble
from workers.routing.explaining import CannotExplain, Explainer
from workers.service_desk import ServiceDesk
from workers.serving import NothingBefore
from workers.store.tables import Person
from workers.tickets.permissions import NotAllowed, must_be_admin, must_be_agent
from workers.tickets.queries import NoSuchTicket
from workers.tickets.states import IllegalMove
from workers.training.runs import Kind, TrainingTrouble

THEME_COOKIE = "deskhand_theme"

# What the domain refuses with a sentence for the person; everything else is a fault and is not hidden.
REFUSALS = (
    NotAllowed, IllegalMove, NoSuchTicket, AutomationError, CannotExplain, ArticleTrouble, NothingBefore,
    TrainingTrouble, KnowledgeBaseError, ReviewTrouble,
)  # fmt: skip

T = TypeVar("T")
Look = Callable[[Session, Person], T]
Build = Callable[["Visit"], Awaitable[None]]


class SignedOut(Exception):
    """The session has ended since the page was opened."""


@dataclass(frozen=True)
class Console:
    """What the pages share.

    `request_training` takes workspace, handle and what to train, and gives the training's number;
    `resume_training` takes workspace, handle and that number; `send` is told the
    lane of messages that an action has just put into the outbox.
    """

    desk: ServiceDesk
    knowledge: Knowledge
    request_training: Callable[[str, str, Kind], int]
    resume_training: Callable[[str, str, int], None]
    send: Callable[[str], None]
    explainer: Explainer

    @property
    def handbook(self) -> Handbook:
        """The desk's rules, labels and people."""
        return self.desk.handbook

    def page(self, path: str, title: str, build: Build, *, admin: bool = False) -> None:
        """Register a page that only agents, or only admins, get to see."""
        name = self.handbook.desk.name

        @ui.page(path, title=f"{title} · {name}", response_timeout=20)
        async def guarded(request: Request) -> Response | None:
            visit = Visit(self, request, admin)
            try:
                visit.visitor = await visit.read(lambda _session, person: Visitor.of(person))
                await build(visit)
            except SignedOut:
                return sign_in_pages.how_to_sign_in(name)
            except NotAllowed as refusal:
                return sign_in_pages.refused(name, sentence(str(refusal)))
            except NoSuchTicket as refusal:
                return sign_in_pages.not_there(name, sentence(str(refusal)))
            return None


@dataclass(frozen=True)
class Visitor:
    """Who was let in, as the page's frame shows them; what counts is looked up anew each time."""

    name: str
    is_admin: bool
    teams: tuple[str, ...]

    @classmethod
    def of(cls, person: Person) -> "Visitor":
        """From the person's row, which is gone with its transaction."""
        return cls(person.name, person.role == "admin", tuple(person.teams))


class Visit:
    """One browser on one page.

    The person is looked up anew for every look and every action: a session that was ended, or a role that was
    taken away, counts at once in pages that are open.
    """

    visitor: Visitor
    layer: ui.element  # part of the page that is never redrawn: dialogs and notices live there

    def __init__(self, console: Console, request: Request, admin: bool) -> None:
        self.console, self.request, self._admin = console, request, admin
        self._token = request.cookies.get(sign_in_pages.COOKIE, "")

    @property
    def is_admin(self) -> bool:
        """Whether admins' parts of a page are shown; the actions check for themselves."""
        return self.visitor.is_admin

    @property
    def is_over(self) -> bool:
        """Whether the person has left the page: then there is nothing to draw on."""
        return self.layer.is_deleted

    @property
    def dark(self) -> bool | None:
        """The theme that the person chose; none: as the browser says."""
        return {"dark": True, "light": False}.get(self.request.cookies.get(THEME_COOKIE, ""))

    async def read(self, look: Look[T]) -> T:
        """Look at the data, in a thread. Raises `SignedOut` or `NotAllowed`."""
        return await asyncio.to_thread(self._read, look, self._admin)

    async def act(self, action: Look[object], done: str, *, lane: str | None = None, admin: bool = False) -> bool:
        """Do something in one transaction and say so; a refusal is shown as a sentence and gives False."""
        return await self._try(lambda: self._write(action, admin or self._admin), done, lane)

    async def act_apart(self, action: Callable[[str, str], object], done: str) -> bool:
        """The same for admins' actions that keep transactions of their own; given workspace and handle."""

        def admitted() -> object:
            return action(*self._read(lambda _session, person: (person.workspace, person.handle), True))

        return await self._try(admitted, done, None)

    async def _try(self, work: Callable[[], object], done: str, lane: str | None) -> bool:
        refusal = ""
        try:
            await asyncio.to_thread(work)
        except SignedOut:
            refusal = "You have been signed out. Load the page again."
        except REFUSALS as error:
            refusal = sentence(str(error))
        if not self.is_over:
            with self.layer:
                ui.notify(refusal or done, type="negative" if refusal else "positive", multi_line=True)
        if not refusal and lane is not None:
            self.console.send(lane)
        return not refusal

    def _read(self, look: Look[T], admin: bool) -> T:
        with self.console.desk.store.read() as session:
            return look(session, self._admitted(session, admin))

    def _write(self, action: Look[object], admin: bool) -> None:
        with self.console.desk.store.begin() as session:
            action(session, self._admitted(session, admin))

    def _admitted(self, session: Session, admin: bool) -> Person:
        person = sign_in.who(session, self._token)
        if person is None:
            raise SignedOut
        must_be_agent(person)
        if admin:
            must_be_admin(person)
        return person
