"""What a search for wrong labels finds. Apart from the search, so that who shows it need not load what finds it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Near:
    """A ticket that says nearly the same and has the likely label."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """A ticket for a person to look at."""

    id: str
    text: str
    given: str
    """Empty for a closed ticket that nobody has labelled."""
    likely: tuple[tuple[str, float], ...]
    """Labels with their probability, best first; a suspect's first one is what it probably is."""
    nearest: tuple[Near, ...]
    doubt: float
    """How far the likely label is above what it usually gets, beyond the given one; the list is sorted by it."""


@dataclass(frozen=True, slots=True)
class Group:
    """Tickets of one label of which strangely many seem to belong to one other: filed wrongly together?"""

    given: str
    likely: str
    suspects: int
    tickets: int


@dataclass(frozen=True)
class Findings:
    """What was judged, and what came of it."""

    judged: int
    suspects: tuple[Suspect, ...]
    groups: tuple[Group, ...]
    too_few: tuple[str, ...]
    """Labels with fewer than five tickets; theirs are not judged."""
    unlabelled: tuple[Suspect, ...] = ()
    """Closed tickets without a label, what would teach most first."""

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "Findings":
        """What `as_json` gave."""
        return cls(
            int(found["judged"]),
            tuple(map(_suspect, found["suspects"])),
            tuple(Group(**group) for group in found["groups"]),
            tuple(found["too_few"]),
            tuple(map(_suspect, found["unlabelled"])),
        )


def _suspect(found: Mapping[str, Any]) -> Suspect:
    likely = tuple((str(label), float(share)) for label, share in found["likely"])
    nearest = tuple(Near(**near) for near in found["nearest"])
    return Suspect(found["id"], found["text"], found["given"], likely, nearest, float(found["doubt"]))
