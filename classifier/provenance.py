"""What a model has seen and what it was made with, so that a comparison is fair and a result can be repeated."""

import hashlib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from classifier.cleaning import clean_text
from classifier.model_folder import REPORT_FILE, read_json
from classifier.ticket import Ticket


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


def unseen(tickets: Iterable[Ticket], folder: Path, *, learnt_only: bool = True) -> list[Ticket]:
    """The tickets that the model in `folder` was neither trained nor calibrated on, by id and by text.

    With `learnt_only` false its test tickets count as seen too.
    """
    splits = read_json(folder / REPORT_FILE)["splits"]
    sides = ("train", "calibrate") if learnt_only else ("train", "calibrate", "test")
    known = {mark for side in sides for entry in splits[side] for mark in entry}
    return [t for t in tickets if t.id not in known and text_digest(t.text) not in known]


def code_version() -> str:
    """Version of the installed package, with a fingerprint of this package's sources."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    try:
        installed = version("deskhand")
    except PackageNotFoundError:
        installed = "not installed"
    return f"{installed} ({digest.hexdigest()[:12]})"
