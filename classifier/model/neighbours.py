"""The closed tickets that are nearest to a request: by their words, and by what they mean where an encoder is at hand.

Words find the candidates among all tickets at once; the encoder then compares only those, and remembers their vectors.
Needs numpy only.
"""

import math
import re
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
import numpy.typing as npt

from classifier.data.cleaning import clean_text
from classifier.data.ticket import Ticket

Vectors = npt.NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]
"""Texts → unit vectors."""

CANDIDATES, OF_LABEL = 12, 4
"""Tickets that are compared by their meaning: those with most words in common, and the latest of the wanted label."""
MEANT = 200
"""Characters whose meaning is compared: what a request is about stands at its beginning, and a long one costs time."""
REMEMBERED = 4_000
"""Vectors kept, some 1.5 KB each."""
LEAST_LIKE = 0.15
"""Below that two requests have nothing in common but a frequent word."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A closed ticket that is like a request."""

    ticket: Ticket
    likeness: float
    """0 to 1: the cosine of their words, or its mean with that of their meanings."""


class Remembered:
    """Vectors of texts that were encoded before; the oldest are forgotten. Several threads may share it."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    def vectors(self, texts: Sequence[str], encode: Encode) -> Vectors:
        """One row a text."""
        with self._lock:
            known = {text: self._vectors[text] for text in texts if text in self._vectors}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known |= dict(zip(missing, encode(missing), strict=True))
        with self._lock:
            for text in missing:
                self._vectors[text] = known[text]
            while len(self._vectors) > self._most:
                self._vectors.popitem(last=False)
        return np.stack([known[text] for text in texts])


class ClosedTickets:
    """Closed tickets, ready to be searched; later ones stand later."""

    def __init__(self, tickets: Sequence[Ticket]) -> None:
        self.tickets = tuple(tickets)
        self._texts = [clean_text(ticket.text) for ticket in self.tickets]
        counts = [Counter(words_of(text)) for text in self._texts]
        occurs = Counter(word for count in counts for word in count)
        self._rarity = {word: math.log((1 + len(counts)) / (1 + often)) + 1 for word, often in occurs.items()}
        places: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for place, count in enumerate(counts):
            for word, value in self._weighed(count).items():
                places[word].append((place, value))
        self._places = {
            word: (np.array([p for p, _ in found]), np.array([v for _, v in found])) for word, found in places.items()
        }

    def _weighed(self, count: Counter[str]) -> dict[str, float]:
        values = {word: (1 + math.log(n)) * self._rarity.get(word, 0.0) for word, n in count.items()}
        length = math.sqrt(sum(value * value for value in values.values()))
        return {word: value / length for word, value in values.items()} if length else {}

    def nearest(
        self,
        text: str,
        count: int,
        label: str = "",
        encode: Encode | None = None,
        remembered: Remembered | None = None,
        without: str = "",
    ) -> list[Neighbour]:
        """The `count` tickets that are most like a request, the most alike first.

        `label`: whose tickets are looked at in any case; `without`: the id of the request's own ticket. A ticket that
        says the same as one before it in the list is left out.
        """
        asked = clean_text(text)
        likeness = self._by_words(asked)
        order = [int(place) for place in np.argsort(-likeness, kind="stable") if likeness[place] > 0][:CANDIDATES]
        if encode is not None:
            of_label = [place for place, one in enumerate(self.tickets) if one.label == label][-OF_LABEL:]
            order = list(dict.fromkeys([*order, *of_label]))
            if order:
                texts = [text[:MEANT] for text in (asked, *(self._texts[place] for place in order))]
                vectors = (remembered or Remembered()).vectors(texts, encode)
                likeness[order] = (likeness[order] + vectors[1:] @ vectors[0]) / 2
        found: dict[str, Neighbour] = {}
        for place in sorted(order, key=lambda place: -likeness[place]):
            same = self._texts[place].lower()
            if self.tickets[place].id != without and same not in found and likeness[place] >= LEAST_LIKE:
                found[same] = Neighbour(self.tickets[place], round(float(min(1.0, likeness[place])), 3))
        return list(found.values())[:count]

    def _by_words(self, text: str) -> npt.NDArray[np.float64]:
        likeness = np.zeros(len(self.tickets))
        for word, value in self._weighed(Counter(words_of(text))).items():
            if word in self._places:
                places, values = self._places[word]
                likeness[places] += value * values
        return likeness


def words_of(text: str) -> list[str]:
    """The words of a cleaned text, in lower case."""
    return _WORD.findall(text.lower())
