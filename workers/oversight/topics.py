"""New topics: recent tickets that are near each other and far from all that is known, proposed as labels."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from classifier.judging.drift import new_groups
from knowledge_base.clustering import Words, by_centrality
from knowledge_base.embedding import Vectors

MIN_TICKETS = 5
MIN_PEOPLE = 2  # one person's tickets are that person's trouble
SHOWN = 5


@dataclass(frozen=True)
class Topic:
    """What may become a label."""

    proposed: str
    """A label id made of its words; free in the taxonomy."""
    words: tuple[str, ...]
    tickets: tuple[str, ...]
    """References, the most central first."""
    people: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Recent:
    """A ticket of the last weeks."""

    reference: str
    text: str
    """Secrets cut out."""
    person: str


def new_topics(
    reference: Vectors, recent: Vectors, tickets: Sequence[Recent], taken: Collection[str]
) -> tuple[Topic, ...]:
    """Groups of recent tickets that hardly anything known is near to, the largest first."""
    words = Words([ticket.text for ticket in tickets])
    found: list[Topic] = []
    for rows in new_groups(reference, recent):
        central = by_centrality(recent, rows)
        people = len({tickets[at].person for at in central})
        if len(central) < MIN_TICKETS or people < MIN_PEOPLE:
            continue
        telling = words.telling(central)
        name = free_id(telling, {*taken, *(topic.proposed for topic in found)})
        shown = [tickets[at] for at in central]
        found.append(
            Topic(
                name, telling, tuple(one.reference for one in shown), people,
                tuple(" ".join(one.text.split())[:300] for one in shown[:SHOWN]),
            )
        )  # fmt: skip
    return tuple(found)


def free_id(words: Sequence[str], taken: Collection[str]) -> str:
    """A label id that the taxonomy does not have."""
    plain = [cut for word in words if (cut := re.sub(r"[^a-z0-9]+", "_", word.casefold()).strip("_"))]
    stem = "_".join(plain[:2]) or "new_topic"
    stem = stem if stem[0].isalpha() else f"topic_{stem}"
    return next(name for name in (stem, *(f"{stem}_{n}" for n in range(2, 1000))) if name not in taken)
