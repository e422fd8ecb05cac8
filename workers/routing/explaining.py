"""Why a request gets its label: the words that carried it, the runner-up, and the nearest closed tickets.

For those who work on the desk only, and only of their workspace. All texts are those that are stored: without secrets.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from classifier.data.dataset import read_tickets
from classifier.data.ticket import Ticket as ClosedTicket
from classifier.errors import ClassifierError
from classifier.model.explain import explain
from classifier.model.inference import Classifier
from classifier.model.neighbours import ClosedTickets, Encode, Remembered
from knowledge_base.keywords import STOP_WORDS
from workers.redaction import redact
from workers.service_desk import ServiceDesk
from workers.store.tables import Person, Ticket
from workers.tickets import queries, states
from workers.tickets.importing import IMPORTED
from workers.tickets.permissions import may_see, must_be_agent

log = structlog.get_logger(__name__)

NEAREST = 5
SEARCHED = 4_000  # the newest closed tickets
TELLING = 0.1  # log-odds from which on a word is worth naming
NAMED = 6  # words
KEPT = 256  # explanations, so that looking again costs nothing


class CannotExplain(Exception):
    """There is nothing to explain with; the message says why."""


@dataclass(frozen=True)
class Near:
    """A closed ticket that is like the request."""

    reference: str
    ticket_id: int | None
    """Of the ticket here that can be opened; none for one of the desk folder's files."""
    text: str
    label: str
    label_name: str
    likeness: float


@dataclass(frozen=True)
class Why:
    """What can be said about one request's label."""

    version: str
    label: str
    label_name: str
    chance: float
    runner_up: str
    runner_up_name: str
    runner_up_chance: float
    words: tuple[tuple[str, float], ...]
    """In the order of the text, with what each adds in log-odds; see `classifier.model.explain`."""
    near: tuple[Near, ...]

    @property
    def telling(self) -> tuple[str, ...]:
        """The words that spoke most for the label, the strongest first."""
        return telling_words(self.words)


def telling_words(words: tuple[tuple[str, float], ...]) -> tuple[str, ...]:
    """The words that spoke most for the label, the strongest first; each once, and none that says
    nothing alone, such as `and`, though the model may go by it."""
    strongest = sorted(words, key=lambda pair: -pair[1])
    said = dict.fromkeys(word.strip(".,;:!?()\"'") for word, weight in strongest if weight >= TELLING)
    return tuple(word for word in said if word and word.lower() not in STOP_WORDS)[:NAMED]


class Explainer:
    """Explains with what is served now. `encode` gives the encoder that is at hand, none where there is none."""

    def __init__(self, desk: ServiceDesk, encode: Callable[[], Encode | None] = lambda: None) -> None:
        self._desk, self._encode = desk, encode
        self._remembered = Remembered()
        self._closed: tuple[object, ClosedTickets] | None = None
        self._lock = Lock()
        self._said: OrderedDict[tuple[str, str], _Carried] = OrderedDict()

    def ticket(self, session: Session, person: Person, ticket_id: int) -> Why:
        """Why a ticket gets its label by the model that is served now.

        Raises `NotAllowed` for everybody but agents, `NoSuchTicket`, and `CannotExplain`.
        """
        must_be_agent(person)
        ticket = queries.get(session, person.workspace, ticket_id)
        return self.text(session, person, ticket.text, without=ticket.reference)

    def text(self, session: Session, person: Person, text: str, without: str = "") -> Why:
        """The same for a text that somebody typed."""
        must_be_agent(person)
        closed = self._closed_tickets(session, person.workspace)
        found = self.explain(self._classifier(), text, closed, without)
        seen = [near for near in found.near if self._may_be_seen(session, person, near)]
        return Why(**{**found.__dict__, "near": tuple(seen)})

    def _may_be_seen(self, session: Session, person: Person, near: Near) -> bool:
        if near.ticket_id is None:  # of the desk folder, which agents work with
            return True
        ticket = session.get(Ticket, near.ticket_id)
        return ticket is not None and ticket.workspace == person.workspace and may_see(person, ticket)

    def explain(self, classifier: Classifier, text: str, closed: ClosedTickets, without: str = "") -> Why:
        """With this classifier and these closed tickets, whoever asks. Raises `CannotExplain` for an empty text."""
        text, name = redact(text).text, self._desk.handbook.label_name
        if not text.strip():
            raise CannotExplain("There is no text to explain.")
        said = self._carried(classifier, text)
        near = closed.nearest(text, NEAREST, said.label, self._encode(), self._remembered, without)
        return Why(
            classifier.version,
            said.label,
            name(said.label),
            said.chance,
            said.runner_up,
            name(said.runner_up),
            said.runner_up_chance,
            said.words,
            tuple(_near(one.ticket, one.likeness, name) for one in near),
        )

    def _carried(self, classifier: Classifier, text: str) -> "_Carried":
        key = (classifier.version, text)
        with self._lock:
            if key in self._said:
                return self._said[key]
        said = _carried(classifier, text)
        with self._lock:
            self._said[key] = said
            while len(self._said) > KEPT:
                self._said.popitem(last=False)
        return said

    def closed_tickets(self, workspace: str | None) -> ClosedTickets:
        """The closed tickets of a workspace and of the desk folder; of the folder alone without a workspace."""
        if workspace is None:
            return ClosedTickets(_of_folder(self._desk.settings.desk / "tickets"))
        with self._desk.store.read() as session:
            return self._closed_tickets(session, workspace)

    def _closed_tickets(self, session: Session, workspace: str) -> ClosedTickets:
        done = (Ticket.workspace == workspace, Ticket.status == states.CLOSED, Ticket.label.is_not(None))
        state = session.execute(
            select(func.count(), func.max(Ticket.updated_at)).select_from(Ticket).where(*done)
        ).one()
        folder = self._desk.settings.desk / "tickets"
        key = (workspace, tuple(state), _stamp(folder))
        with self._lock:
            if self._closed is None or self._closed[0] != key:
                rows = session.scalars(select(Ticket).where(*done).order_by(Ticket.id.desc()).limit(SEARCHED)).all()
                own = [_closed(ticket) for ticket in reversed(rows)]
                known = {ticket.source_ts for ticket in rows if ticket.source_channel == IMPORTED}
                filed = [ticket for ticket in _of_folder(folder) if ticket.id not in known]
                self._closed = (key, ClosedTickets([*filed[-max(0, SEARCHED - len(own)) :], *own]))
            return self._closed[1]

    def _classifier(self) -> Classifier:
        try:
            served = self._desk.classifier.current()
        except (ClassifierError, OSError) as error:
            raise CannotExplain(str(error)) from error
        if served is None:
            raise CannotExplain("No classifier is served yet.")
        return served.thing


def clues(classifier: Classifier, text: str) -> tuple[str, ...]:
    """The words that spoke for the likeliest label, for a card; empty where the model cannot say."""
    try:
        return telling_words(explain(classifier, text).words)
    except (ClassifierError, OSError) as error:
        log.warning("not_explained", why=str(error))
        return ()


@dataclass(frozen=True)
class _Carried:
    label: str
    runner_up: str
    chance: float
    runner_up_chance: float
    words: tuple[tuple[str, float], ...]


def _carried(classifier: Classifier, text: str) -> _Carried:
    found = explain(classifier, text)
    (chances,) = classifier.probabilities([text])
    first, second = (float(chances[classifier.labels.index(label)]) for label in (found.label, found.runner_up))
    return _Carried(found.label, found.runner_up, first, second, found.words)


def _near(ticket: ClosedTicket, likeness: float, name: Callable[[str], str]) -> Near:
    own, _, number = ticket.id.partition("DESK-")
    ticket_id = int(number) if not own and number.isdigit() else None
    return Near(ticket.id, ticket_id, redact(ticket.text).text, ticket.label, name(ticket.label), likeness)


def _closed(ticket: Ticket) -> ClosedTicket:
    return ClosedTicket(ticket.reference, ticket.text, ticket.label or "", ticket.team or "")


def _stamp(folder: Path) -> tuple[tuple[str, int], ...]:
    files = sorted(folder.glob("*")) if folder.is_dir() else []
    return tuple((file.name, file.stat().st_mtime_ns) for file in files if file.is_file())


@lru_cache(maxsize=2)
def _read_folder(folder: Path, _stamped: tuple[tuple[str, int], ...]) -> tuple[ClosedTicket, ...]:
    # A file with mistakes is named by every training; here what can be read is enough.
    try:
        return read_tickets(folder).tickets
    except ClassifierError as error:
        log.warning("tickets_not_read", why=str(error))
        return ()


def _of_folder(folder: Path) -> tuple[ClosedTicket, ...]:
    stamp = _stamp(folder)
    return _read_folder(folder, stamp) if stamp else ()
