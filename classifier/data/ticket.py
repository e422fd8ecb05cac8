"""A closed ticket as the classifier sees it, and what can be wrong with one in a file."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from classifier.errors import ClassifierError


@dataclass(frozen=True, slots=True)
class Reassignment:
    """A ticket's way from one team to the next."""

    at: datetime
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a person wrote and where it belonged in the end."""

    id: str
    text: str
    label: str
    """The taxonomy's label id; empty for a ticket that is still to be classified."""
    team: str = ""
    priority: str = ""
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    reassignments: tuple[Reassignment, ...] = ()
    """Where it was before it reached `team`, in order. Only the last team's label is learnt."""
    requester: str = ""
    resolution: str = ""
    """How it was solved. Never learnt: a new ticket has none."""
    request_type: str = ""
    """What it turned out to be in ITIL's words, such as `incident` or `service_request`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file, with the place where a person finds it."""

    file: str
    line: int
    field: str
    message: str
    record: int = 0
    """In a JSON document, whose lines say little: which of its records, counted from 1."""

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}" if self.line else self.file
        if self.record:
            where = f"{self.file}, record {self.record}"
        return f"{where}, field `{self.field}`: {self.message}" if self.field else f"{where}: {self.message}"


SHOWN_PROBLEMS = 20
KEPT_PROBLEMS = 1000
"""Places that are kept one by one; a file of nothing but mistakes must not fill the memory with them."""


class Problems:
    """What is wrong, in the order in which it was found: the first `KEPT_PROBLEMS` places, and how many more."""

    def __init__(self) -> None:
        self._kept: list[Problem] = []
        self._more = 0

    def __len__(self) -> int:
        return len(self._kept) + self._more

    def append(self, problem: Problem) -> None:
        """Keep it, or count it."""
        if len(self._kept) < KEPT_PROBLEMS:
            self._kept.append(problem)
        else:
            self._more += 1

    def listed(self) -> tuple[Problem, ...]:
        """The kept ones; the last says how many were only counted."""
        if not self._more:
            return tuple(self._kept)
        return (*self._kept, Problem(self._kept[-1].file, 0, "", f"and {self._more:,} more mistakes, not listed."))


def refuse(problems: Iterable[Problem]) -> None:
    """Raise a `ClassifierError` that lists the problems, when there are any."""
    found = list(problems)
    if not found:
        return
    lines = [str(problem) for problem in found[:SHOWN_PROBLEMS]]
    if len(found) > SHOWN_PROBLEMS:
        lines.append(f"… and {len(found) - SHOWN_PROBLEMS} more")
    raise ClassifierError("\n".join(lines), tuple(found))
