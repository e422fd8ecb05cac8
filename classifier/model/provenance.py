"""What a model has seen and what it was made with, so that a comparison is fair and a result can be repeated."""

import hashlib
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from classifier.data.cleaning import clean_text
from classifier.data.ticket import Ticket
from classifier.errors import ClassifierError
from classifier.model.model_folder import REPORT_FILE, read_json


def data_fingerprint(tickets: Iterable[Ticket]) -> str:
    """SHA-256 over ids, texts and labels, whatever their order."""
    digest = hashlib.sha256()
    for ticket in sorted(tickets, key=lambda ticket: ticket.id):
        for part in (ticket.id, ticket.text, ticket.label):
            digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


def text_digest(text: str) -> str:
    """Short fingerprint of a cleaned text."""
    return hashlib.sha256(clean_text(text).lower().encode("utf-8")).hexdigest()[:16]


def marks(ticket: Ticket) -> list[str]:
    """What a ticket is known by later: its id and its text."""
    return [ticket.id, text_digest(ticket.text)]


def unseen(tickets: Iterable[Ticket], folder: Path) -> list[Ticket]:
    """The tickets that the model in `folder` was neither trained nor calibrated on, by id and by text."""
    known = {mark for side in ("train", "calibrate") for entry in _split(folder, side) for mark in entry}
    return [t for t in tickets if t.id not in known and text_digest(t.text) not in known]


def own_test_tickets(tickets: Iterable[Ticket], folder: Path) -> list[Ticket]:
    """The tickets that the model in `folder` was tested on at the end of its training.

    Raises `ClassifierError` when not all of them are among `tickets`, as they were.
    """
    by_marks = {tuple(marks(ticket)): ticket for ticket in tickets}
    wanted = [tuple(entry) for entry in _split(folder, "test")]
    missing = [str(entry[0]) for entry in wanted if entry not in by_marks]
    if missing:
        raise ClassifierError(
            f"{len(missing)} of the {len(wanted)} tickets that {folder.name} was tested on are not there any more, or "
            f"changed (first: {missing[0]}). Name a file of labelled tickets with --tickets."
        )
    return [by_marks[entry] for entry in wanted]


def new_to(tickets: Iterable[Ticket], folder: Path) -> list[Ticket]:
    """The tickets that the model in `folder` was neither trained nor tested on, by id and by text."""
    known = {mark for side in ("train", "calibrate", "test") for entry in _split(folder, side) for mark in entry}
    return [t for t in tickets if t.id not in known and text_digest(t.text) not in known]


def in_split(tickets: Iterable[Ticket], folder: Path, sides: Sequence[str]) -> list[Ticket]:
    """The tickets that stood in these sides of the training's split, as far as they are still there, as they were."""
    wanted = {tuple(entry) for side in sides for entry in _split(folder, side)}
    return [ticket for ticket in tickets if tuple(marks(ticket)) in wanted]


def _split(folder: Path, side: str) -> list[list[str]]:
    path = folder / REPORT_FILE
    try:
        return [[str(mark) for mark in entry] for entry in read_json(path)["splits"][side]]
    except (KeyError, TypeError) as error:
        raise ClassifierError(f"{path}: does not say which tickets were used ({error!r}).") from error


def code_version() -> str:
    """Version of the installed package, with a fingerprint of this package's sources."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.parent.rglob("*.py")):
        digest.update(source.read_bytes())
    try:
        installed = version("deskhand")
    except PackageNotFoundError:
        installed = "not installed"
    return f"{installed} ({digest.hexdigest()[:12]})"
