"""What resolutions say → the text of a draft. Nothing is made up: every sentence was written by somebody.

Taken out are greetings, signatures, secrets, and sentences with a name, an address, a telephone or device number. A
name that nobody here has, and that no ticket's requester has, is not known as one: the owner reads every draft.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

import numpy as np
import yaml

from knowledge_base.embedding import Vectors
from knowledge_base.keywords import tokenise
from knowledge_base.sources import MAX_ASK_CHARACTERS
from workers.redaction import redact

SAME_SENTENCE = 0.7  # cosine from which two sentences say the same
MOST_STEPS, MOST_QUESTIONS = 12, 8
MOST_TITLE_CHARACTERS, MOST_ID_CHARACTERS = 90, 60
MOST_WORDS = 45  # longer ones tell a story
AUDIENCE = "it"  # until the owner widens it: resolutions are written for colleagues
NOTE = "Put together from closed tickets. Check every sentence, then publish; notes like this one are taken out."

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_COURTESY = re.compile(
    r"(?i)^\W*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|morning|thanks?|thank you|many thanks|cheers|"
    r"(?:kind |best |warm )?regards|best wishes|br|sent from|you(?:'|’)re welcome|please (?:close|reopen)|closed)\b"
)
_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+\.\w|<@\w+>|(?:^|\s)@\w|\+?\d[\d ()/-]{7,}\d|\b[A-Z]{2,5}-\d{3,}\b|\bDESK-\d+"
    r"|\[[\w -]+ removed\]"
    r"|<!--|-->"  # would end the note behind it
)
_ABOUT_SOMEBODY = re.compile(r"(?i)\b(?:he|she|him|her|his|hers|himself|herself)\b")


@dataclass(frozen=True)
class Step:
    """A sentence of a resolution, and the tickets whose resolutions say the same."""

    text: str
    tickets: tuple[str, ...]


def steps(
    resolutions: Sequence[tuple[str, str]], names: frozenset[str], encode: Callable[[Sequence[str]], Vectors]
) -> tuple[Step, ...]:
    """The sentences that most (ticket, resolution) pairs share, in the order in which resolutions say them.

    One that is about somebody ("he had two profiles") counts only when several tickets say the same.
    """
    said = [
        (text, ticket, place)
        for ticket, resolution in resolutions
        for text, place in _sentences(resolution)
        if is_general(text, names)
    ]
    if not said:
        return ()
    vectors = encode([text for text, _, _ in said])
    same = vectors @ vectors.T >= SAME_SENTENCE
    tickets = [tuple(dict.fromkeys(said[at][1] for at in np.flatnonzero(row))) for row in same]
    chosen: list[int] = []
    for at in sorted(range(len(said)), key=lambda at: (-len(tickets[at]), len(said[at][0]))):
        alone_about_somebody = len(tickets[at]) < 2 and _ABOUT_SOMEBODY.search(said[at][0])
        if len(chosen) < MOST_STEPS and not alone_about_somebody and not same[at, chosen].any():
            chosen.append(at)
    # What several tickets say comes first, in the order in which they say it; then ticket by ticket.
    chosen.sort(key=lambda at: (0, said[at][2], at) if len(tickets[at]) > 1 else (1, 0.0, at))
    return tuple(Step(said[at][0], tickets[at]) for at in chosen)


def _sentences(resolution: str) -> Iterable[tuple[str, float]]:
    """Sentences with their places, 0 (first) to 1 (last)."""
    found = [" ".join(part.split()).lstrip("-*• ") for part in _SENTENCE_END.split(redact(resolution).text)]
    found = [part for part in found if 3 <= len(part.split()) <= MOST_WORDS]
    return [(text, at / max(len(found) - 1, 1)) for at, text in enumerate(found)]


def is_general(text: str, names: frozenset[str]) -> bool:
    """Whether a sentence holds no greeting and nothing that belongs to one person."""
    if _COURTESY.match(text) or _PERSONAL.search(text):
        return False
    return not any(word in names for word in re.findall(r"[^\W\d_]+", text))


def known_names(people: Iterable[str]) -> frozenset[str]:
    """The words of people's names and handles (`gareth.pym`), as they stand in a sentence."""
    words = (word for name in people for word in re.findall(r"[^\W\d_]+", name))
    return frozenset(word[:1].upper() + word[1:] for word in words if len(word) > 2)


@dataclass(frozen=True)
class Draft:
    """The parts of an article that is still to be written."""

    id: str
    title: str
    owner: str
    updated: date
    ask: tuple[str, ...]
    steps: tuple[Step, ...]

    def text(self) -> str:
        """The whole file, each sentence with the tickets that it comes from."""
        front = {
            "id": self.id, "title": self.title, "owner": self.owner, "updated": self.updated,
            "audience": [AUDIENCE], "ask": list(self.ask),
        }  # fmt: skip
        head = yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=10_000)
        often = [step for step in self.steps if len(step.tickets) > 1]
        once = [step for step in self.steps if len(step.tickets) == 1]
        parts = [*_section("What helped several times", often), *_section("What helped once", once)]
        return "\n\n".join([f"---\n{head}---", f"<!-- {NOTE} -->", *parts]) + "\n"


def _section(heading: str, said: Sequence[Step]) -> list[str]:
    """A heading and a list; sentences with the same tickets make one item."""
    items = [
        f"- {' '.join(step.text for step in together)} <!-- {', '.join(tickets)} -->"
        for tickets, together in groupby(said, key=lambda step: step.tickets)
    ]
    return [f"## {heading}", "\n".join(items)] if items else []


def draft(
    questions: Sequence[str],
    found: Sequence[Step],
    owner: str,
    today: date,
    taken: frozenset[str],
    names: frozenset[str],
) -> Draft:
    """A draft from a gap's questions, the most central first, and what its resolutions say."""
    title = title_of(questions, names)
    return Draft(free_id(title, taken), title, owner, today, examples(questions, names), tuple(found))


def title_of(questions: Sequence[str], names: frozenset[str]) -> str:
    """The first sentence of the most central question that can stand alone."""
    for question in questions:
        for part in _SENTENCE_END.split(question):
            text = " ".join(part.split()).rstrip(".")
            if len(tokenise(text)) >= 2 and is_general(text, names):
                short = text[:MOST_TITLE_CHARACTERS].rsplit(" ", 1)[0] + "…"
                return text if len(text) <= MOST_TITLE_CHARACTERS else short
    return "Untitled"


def examples(questions: Sequence[str], names: frozenset[str]) -> tuple[str, ...]:
    """Example questions for the front matter: general ones, each kind once."""
    kept: list[str] = []
    seen: list[set[str]] = []
    for question in questions:
        text, words = " ".join(question.split()), set(tokenise(question))
        fits = words and len(text) <= MAX_ASK_CHARACTERS // 2 and is_general(text, names)
        if fits and all(len(words & other) < 0.6 * len(words | other) for other in seen):
            kept.append(text)
            seen.append(words)
    return tuple(kept[:MOST_QUESTIONS])


def free_id(title: str, taken: Collection[str]) -> str:
    """An article id made of the title's words that no other article has."""
    words = re.findall(r"[a-z0-9]+", title.casefold())
    base = "-".join(words)[:MOST_ID_CHARACTERS].strip("-") or "article"
    counted = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (base, *counted) if name not in taken)


_NOTE = re.compile(r"[ \t]*<!--.*?(?:-->|\Z)", re.DOTALL)


def without_notes(text: str) -> str:
    """The text without its HTML comments: provenance is not for the article's readers."""
    return re.sub(r"\n{3,}", "\n\n", _NOTE.sub("", text)).rstrip() + "\n"


def tickets_of(found: Iterable[Step]) -> tuple[str, ...]:
    """Every ticket that sentences come from, the one behind most of them first."""
    counts = Counter(ticket for step in found for ticket in step.tickets)
    return tuple(ticket for ticket, _ in counts.most_common())
