"""Which tickets a model learns from, is calibrated on, and is tested on; no text on two sides."""

import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from classifier.data.cleaning import clean_text
from classifier.data.ticket import Ticket

TRAIN_SHARE, CALIBRATE_SHARE = 0.6, 0.2

NEAR = 0.8
"""Share of common three-word sequences (Jaccard) from which two texts count as the same one."""

_WORD = re.compile(r"\w+")


class Dropped(NamedTuple):
    """A ticket left out because another one says the same."""

    id: str
    same_as: str
    """Id of the earlier ticket that stays."""
    labels_differ: bool
    """Both were filed differently: one of the two labels is wrong, for a person to look at."""


@dataclass(frozen=True)
class Splits:
    """Tickets for learning, for calibration, and the latest ones for the test."""

    train: tuple[Ticket, ...]
    calibrate: tuple[Ticket, ...]
    test: tuple[Ticket, ...]
    dropped: tuple[Dropped, ...] = ()


def split_by_time(tickets: Iterable[Ticket]) -> Splits:
    """The earliest 60 % to learn from, the next 20 % to calibrate on, the latest 20 % to test on.

    A ticket's time is when it was closed (its label is final from then on), else when it was opened. Tickets without
    either are dealt out within each label by a hash of their id. Exact and near duplicates (`NEAR`) of an earlier
    ticket are dropped, so that no split knows another's texts.
    """
    ordered = sorted(tickets, key=lambda ticket: (_moment(ticket) is not None, _moment(ticket) or 0, ticket.id))
    kept, dropped = drop_duplicates(ordered)
    dated = [ticket for ticket in kept if _moment(ticket) is not None]
    undated = [ticket for ticket in kept if _moment(ticket) is None]
    parts = [_cut(dated), *(_cut(group) for group in _by_label_hashed(undated))]
    train, calibrate, test = ([t for part in parts for t in part[side]] for side in range(3))
    return Splits(tuple(train), tuple(calibrate), tuple(test), tuple(dropped))


def by_hash(tickets: Sequence[Ticket], share: float) -> tuple[list[Ticket], list[Ticket]]:
    """Set `share` of every label's tickets aside, the same ones each time: (the rest, those aside).

    A label with a single ticket keeps it in the rest.
    """
    rest: list[Ticket] = []
    aside: list[Ticket] = []
    for group in _by_label_hashed(tickets):
        count = min(round(len(group) * share), len(group) - 1)
        aside += group[:count]
        rest += group[count:]
    return rest, aside


def _moment(ticket: Ticket) -> float | None:
    moment: datetime | None = ticket.closed_at or ticket.opened_at
    return moment.timestamp() if moment else None


def _cut(tickets: Sequence[Ticket]) -> tuple[Sequence[Ticket], Sequence[Ticket], Sequence[Ticket]]:
    first = round(len(tickets) * TRAIN_SHARE)
    second = round(len(tickets) * (TRAIN_SHARE + CALIBRATE_SHARE))
    return tickets[:first], tickets[first:second], tickets[second:]


def _by_label_hashed(tickets: Sequence[Ticket]) -> list[list[Ticket]]:
    groups: defaultdict[str, list[Ticket]] = defaultdict(list)
    for ticket in tickets:
        groups[ticket.label].append(ticket)
    return [sorted(groups[label], key=lambda t: digest(t.id)) for label in sorted(groups)]


def digest(text: str) -> bytes:
    """Eight bytes that stand for a text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def drop_duplicates(tickets: Sequence[Ticket]) -> tuple[list[Ticket], list[Dropped]]:
    """Keep the first of every group of texts that are the same, or nearly so, after cleaning.

    All pairs at or above `NEAR` are found: prefix filtering over rare sequences (Chaudhuri et al. 2006) only spares
    the comparisons that cannot reach it. A text is looked at once however often it comes, so a million equal rows cost
    little more than reading them.
    """
    sketches = {text: shingles(text) for text in dict.fromkeys(ticket.text for ticket in tickets)}
    counts = Counter(shingle for sketch in sketches.values() for shingle in sketch)
    found: defaultdict[bytes, list[int]] = defaultdict(list)
    stays: dict[str, int] = {}  # for each text the ticket that stands for it
    kept: list[Ticket] = []
    dropped: list[Dropped] = []
    for number, ticket in enumerate(tickets):
        first = stays.get(ticket.text)
        if first is None:
            sketch = sketches[ticket.text]
            rare_first = sorted(sketch, key=lambda shingle: (counts[shingle], shingle))
            prefix = rare_first[: len(sketch) - math.ceil(NEAR * len(sketch)) + 1]
            candidates = {other for shingle in prefix for other in found.get(shingle, ())}
            first = _first_near(sketch, {other: sketches[tickets[other].text] for other in candidates})
            stays[ticket.text] = number if first is None else first
        if first is None:
            kept.append(ticket)
            for shingle in prefix:
                found[shingle].append(number)
        else:
            same = tickets[first]
            dropped.append(Dropped(ticket.id, same.id, same.label != ticket.label))
    return kept, dropped


def shingles(text: str) -> frozenset[bytes]:
    """Hashes of the three-word sequences of a cleaned text, in lower case; short texts give one of all they have."""
    words = _WORD.findall(clean_text(text).lower())
    if len(words) < 3:
        return frozenset([digest(" ".join(words) or text)])
    return frozenset(digest(" ".join(words[start : start + 3])) for start in range(len(words) - 2))


def _first_near(sketch: frozenset[bytes], candidates: Mapping[int, frozenset[bytes]]) -> int | None:
    for other in sorted(candidates):
        common = len(sketch & candidates[other])
        if common >= NEAR * (len(sketch) + len(candidates[other]) - common):
            return other
    return None
