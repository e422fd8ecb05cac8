"""How often the tests for drift cry wolf, and what they find. Prints a section of docs/BENCHMARKS.md.

`python -m tests.benchmarks.drift` runs it. The starter desk's tickets in random order, so that nothing drifts but what
is injected: a reference of 800, and 300 recent ones, those of four weeks. The model is logistic regression on the
frozen embeddings, learnt from further tickets. Of the twelve weeks before only the labels count; they are drawn from
all tickets. What is served was chosen on the tickets that `read_desk` leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.data.dataset import read_tickets
from classifier.judging.drift import FEWEST, Sample, tests
from knowledge_base.embedding import Encoder
from knowledge_base.encoder_export import ensure_encoder
from knowledge_base.settings import Settings
from workers.oversight.topics import Recent, new_topics

LEARNT, REFERENCE, RECENT = 500, 800, 300
WEEK, WEEKS = 75, 16  # the last four weeks make up `RECENT`
ROUNDS, QUIET_ROUNDS = 30, 60  # with drift, and without any
MOST_CHARACTERS = 300  # of a ticket: the rounds need its topic, and the encoder most of the time

STARTER = Path(__file__).parents[2] / "deploy" / "starter" / "tickets"
SHARES = ("inputs", "labels", "shares", "confidence", "significant", "alarm", "topic proposed", "right topic")

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Desk:
    """All tickets, encoded once."""

    texts: list[str]
    labels: npt.NDArray[np.object_]
    vectors: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Round:
    """Which tickets stand where."""

    learnt: Rows
    reference: Rows
    recent: Rows
    earlier: Rows | None = None
    """Of the twelve weeks before; drawn from all tickets where nothing else is said."""


def read_desk(folder: Path, count: int = 2000) -> Desk:
    """The desk folder's tickets, in random order."""
    found = read_tickets(folder).tickets
    order = np.random.default_rng(0).permutation(len(found))[:count]
    chosen = [found[at] for at in order]
    settings = Settings()
    encoder = Encoder.open(ensure_encoder(settings.encoder_cache, settings.encoder), 2)
    texts = [ticket.text[:MOST_CHARACTERS] for ticket in chosen]
    return Desk(texts, np.array([ticket.label for ticket in chosen], dtype=object), encoder.encode(texts))


def nothing(desk: Desk, draw: np.random.Generator) -> Round:
    """No drift."""
    return _split(draw.permutation(len(desk.texts)))


def doubled(desk: Desk, draw: np.random.Generator) -> Round:
    """One label has twice its share."""
    label = draw.choice(sorted(set(desk.labels)))
    drawn = _split(draw.permutation(len(desk.texts)))
    left = np.setdiff1d(np.arange(len(desk.texts)), np.concatenate([drawn.learnt, drawn.reference, drawn.recent]))
    more = int((desk.labels[drawn.recent] == label).sum())
    extra = draw.permutation(left[desk.labels[left] == label])[:more]
    others = drawn.recent[desk.labels[drawn.recent] != label][: RECENT - more - len(extra)]
    return Round(
        drawn.learnt, drawn.reference, np.concatenate([drawn.recent[desk.labels[drawn.recent] == label], extra, others])
    )


def slowly(desk: Desk, draw: np.random.Generator) -> Round:
    """One label has half as much again for sixteen weeks."""
    label = draw.choice(sorted(set(desk.labels)))
    drawn = _split(draw.permutation(len(desk.texts)))
    more = int((desk.labels[drawn.recent] == label).sum()) // 2
    used = np.concatenate([drawn.learnt, drawn.reference, drawn.recent])
    left = np.setdiff1d(np.flatnonzero(desk.labels == label), used)
    extra = draw.permutation(left)[:more]
    own = desk.labels[drawn.recent] == label
    recent = draw.permutation(
        np.concatenate([drawn.recent[own], extra, drawn.recent[~own][: RECENT - own.sum() - more]])
    )
    weights = np.where(desk.labels == label, 1.5, 1.0)
    return Round(drawn.learnt, drawn.reference, recent, _earlier(desk, draw, weights / weights.sum()))


def _earlier(desk: Desk, draw: np.random.Generator, weights: npt.NDArray[np.float64] | None = None) -> Rows:
    return draw.choice(len(desk.texts), WEEK * WEEKS - RECENT, p=weights)


def new_topic(count: int) -> Callable[[Desk, np.random.Generator], Round]:
    """A label that nobody has learnt, and that the reference does not know, with so many tickets."""

    def drawn(desk: Desk, draw: np.random.Generator) -> Round:
        label = draw.choice(sorted(set(desk.labels)))
        old = draw.permutation(np.flatnonzero(desk.labels != label))
        fresh = draw.permutation(np.flatnonzero(desk.labels == label))[:count]
        split = _split(old)
        return Round(split.learnt, split.reference, np.concatenate([split.recent[: RECENT - len(fresh)], fresh]))

    return drawn


def _split(order: Rows) -> Round:
    ends = np.cumsum([LEARNT, REFERENCE, RECENT])
    return Round(order[: ends[0]], order[ends[0] : ends[1]], order[ends[1] : ends[2]])


def examine(desk: Desk, place: Round, seed: int) -> dict[str, Any]:
    """What the tests and the search for topics say about one round."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=10, max_iter=300).fit(
        desk.vectors[place.learnt], desk.labels[place.learnt].astype(str)
    )
    known = set(desk.labels[place.reference])
    earlier = place.earlier
    if earlier is None:
        weights = np.isin(desk.labels.astype(str), sorted(known)).astype(float)
        earlier = _earlier(desk, np.random.default_rng(seed), weights / weights.sum())
    before = _sample(desk, model, place.reference, [np.concatenate([place.learnt, place.reference])], known)
    after = _sample(desk, model, place.recent, np.split(np.concatenate([place.recent, earlier]), WEEKS), known)
    found = tests(before, after, seed)
    recent = [Recent(str(row), desk.texts[row], str(row)) for row in place.recent]
    topics = new_topics(before.vectors, after.vectors, recent, ())
    hit = [topic for topic in topics if np.mean([desk.labels[int(at)] not in known for at in topic.tickets]) > 0.5]
    return {
        "significant": {one.what: one.corrected <= 0.05 for one in found},
        "alarm": {one.what: one.alarm for one in found},
        "topics": len(topics),
        "found": bool(hit),
        "share": max((len(topic.tickets) for topic in hit), default=0),
    }


def _sample(desk: Desk, model: Any, rows: Rows, weeks: Sequence[Rows], known: set[str]) -> Sample:
    chances = model.predict_proba(desk.vectors[rows])
    said = model.classes_[chances.argmax(axis=1)]
    # A label that does not exist yet stands on no ticket: people take the one that comes nearest, here the model's.
    held = {
        row: label if (label := desk.labels[row]) in known else guess for row, guess in zip(rows, said, strict=True)
    }
    ended = tuple(tuple(str(held.get(row, desk.labels[row])) for row in week) for week in weeks)
    return Sample(desk.vectors[rows], tuple(said), chances.max(axis=1), ended)


WORLDS: dict[str, Callable[[Desk, np.random.Generator], Round]] = {
    "nothing drifts": nothing,
    "one label's share doubled": doubled,
    "one label half as much again, 16 weeks": slowly,
    "a new topic of 20 tickets": new_topic(20),
    "a new topic of 30 tickets": new_topic(30),
}


def run(folder: Path) -> list[dict[str, Any]]:
    """Every world."""
    desk = read_desk(folder)
    rows = []
    for name, world in WORLDS.items():
        rounds = QUIET_ROUNDS if world is nothing else ROUNDS
        seen = [examine(desk, world(desk, np.random.default_rng(seed)), seed) for seed in range(rounds)]
        rows.append({
            "world": name,
            **{what: _mean(one["significant"][what] for one in seen) for what in SHARES[:4]},
            "significant": _mean(any(one["significant"].values()) for one in seen),
            "alarm": _mean(any(one["alarm"].values()) for one in seen),
            "topic proposed": _mean(one["topics"] > 0 for one in seen),
            "right topic": _mean(one["found"] for one in seen),
            "tickets in it": float(np.median([one["share"] for one in seen if one["found"]] or [0])),
        })  # fmt: skip
    return rows


def _mean(flags: Any) -> float:
    return float(np.mean(list(flags)))


def section() -> str:
    """The part of docs/BENCHMARKS.md."""
    rows = run(STARTER)
    lines = [
        "## Drift (`tests/benchmarks/drift.py`)",
        "",
        f"Starter desk, {REFERENCE} tickets of the reference, {RECENT} recent ones; {QUIET_ROUNDS} rounds without "
        f"drift and {ROUNDS} of each other world (`make bench ONLY=drift`); nothing is tested below {FEWEST} tickets. "
        "*Significant*: any of four tests after Holm's correction at 5 %; *alarm*: and its effect is large enough. "
        "*Labels*: as the model sees them; *shares*: as the tickets ended. Tickets of a new topic end with the label "
        "that the model takes them for. *Right topic*: a proposed group of which most tickets have the label that was "
        "taken out.",
        "",
        "| world | inputs | labels | shares | confidence | significant | alarm | a topic proposed | right topic "
        "| its tickets |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        shares = " | ".join(f"{row[key]:.0%}" for key in SHARES)
        lines.append(f"| {row['world']} | {shares} | {row['tickets in it']:.0f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(section())
