"""Are wrong labels found, and does the order of labelling teach faster than chance? Prints a section of BENCHMARKS.md.

`python -m tests.benchmarks.labelling` runs it on the starter desk; most of it are the rounds of the teaching order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from sklearn.svm import LinearSVC

from classifier.data.cleaning import clean_text
from classifier.data.splits import split_by_time
from classifier.data.ticket import Ticket
from classifier.labelling.label_noise import SHARPNESS, confident, features_of, find_suspects, out_of_fold
from classifier.labelling.teaching import teaching_order, word_vectors
from classifier.model.encoder import softmax
from tests.starter.measures import STARTER, Vectors, tickets, vectors

Floats = npt.NDArray[np.float64]
Choose = Callable[[Floats, Vectors, np.random.Generator], Sequence[int]]

FIRST, BATCH, BATCHES, SEEN, SEEDS = 60, 40, 14, 800, 6
GOALS = (0.55, 0.58, 0.60)


def section() -> str:
    """Markdown for docs/BENCHMARKS.md."""
    return "\n".join(["## Labelling", "", *wrong_labels(), "", *poisoned(), "", *teaching()])


# wrong labels


@dataclass(frozen=True)
class _Ranking:
    name: str
    order: list[int]  # rows, the most doubtful first
    proposed: int


def wrong_labels() -> list[str]:
    """Of the labels that are wrong on purpose: how many are among those proposed."""
    lines = (STARTER / "wrong_labels.jsonl").read_text(encoding="utf-8").splitlines()
    truth = {row["id"]: row["label"] for row in map(json.loads, lines)}
    known = tickets()
    labels = sorted({ticket.label for ticket in known})
    wrong = np.array([ticket.id in truth for ticket in known])
    right = np.array([labels.index(truth.get(ticket.id, ticket.label)) for ticket in known])
    rankings, likely = _rankings(known, labels)
    without, _ = _rankings([replace(ticket, resolution="") for ticket in known], labels)
    rows = [*rankings, *(replace(one, name=f"{one.name}, request alone") for one in without[:1])]
    named = np.mean([likely[row] == right[row] for row in rankings[0].order[: rankings[0].proposed] if wrong[row]])
    return [
        f"### Wrong labels: {len(truth)} of the starter's {len(known):,} are wrong on purpose ({wrong.mean():.1%})",
        "",
        "Out-of-fold probabilities of the same linear model for all rows; the peers propose as many as confident "
        "learning. Other suspects may be wrong or arguable too: nobody has looked at them. Features and sharpness were "
        "chosen while looking at these figures.",
        "",
        "| | proposed | of them wrong on purpose | of all wrong ones found | first 50 | first 95 | first 200: found |",
        "|---|---|---|---|---|---|---|",
        *(_row(one, wrong) for one in rows),
        "",
        f"For {named:.0%} of the wrong ones that are found, the label that is named is the right one.",
    ]


def _rankings(known: Sequence[Ticket], labels: Sequence[str]) -> tuple[list[_Ranking], npt.NDArray[np.int64]]:
    given = np.array([labels.index(ticket.label) for ticket in known])
    sure = out_of_fold(features_of(known), given, len(labels), lambda done, total: None)
    likely, doubt = confident(sure, given)
    suspects = [int(row) for row in np.argsort(-doubt) if likely[row] != given[row]]
    rest = [int(row) for row in np.argsort(-doubt) if likely[row] == given[row]]
    own = sure[np.arange(len(given)), given]
    others = sure.copy()
    others[np.arange(len(given)), given] = 0.0
    by_own, by_margin = (np.argsort(score).tolist() for score in (own, own - others.max(axis=1)))
    return [
        _Ranking("confident learning (served)", suspects + rest, len(suspects)),
        _Ranking("lowest probability of the given label", by_own, len(suspects)),
        _Ranking("smallest margin to another label", by_margin, len(suspects)),
    ], likely


def _row(one: _Ranking, wrong: npt.NDArray[np.bool_]) -> str:
    hits = wrong[one.order]
    proposed = hits[: one.proposed]
    return (
        f"| {one.name} | {one.proposed} | {proposed.mean():.1%} | {proposed.sum() / wrong.sum():.1%} "
        f"| {hits[:50].mean():.0%} | {hits[:95].mean():.1%} | {hits[:200].sum() / wrong.sum():.1%} |"
    )


# labels flipped for one team


FLIPPED_FROM, FLIPPED_TO = "network_vpn", "printing"


def poisoned(shares: Sequence[float] = (0.1, 0.3, 0.6, 1.0)) -> list[str]:
    """A share of one label's tickets filed under another: are they found, and is the group named?"""
    lines = [
        f"### A poisoned file: a share of `{FLIPPED_FROM}` filed under `{FLIPPED_TO}`",
        "",
        "| flipped | suspects in all | of the flipped ones found | the group is named |",
        "|---|---|---|---|",
    ]
    for share in shares:
        dice = np.random.default_rng(0)
        rows = [row for row, ticket in enumerate(tickets()) if ticket.label == FLIPPED_FROM]
        chosen = set(dice.choice(rows, round(share * len(rows)), replace=False).tolist())
        file = [replace(t, label=FLIPPED_TO) if row in chosen else t for row, t in enumerate(tickets())]
        found = find_suspects(file)
        ids = {tickets()[row].id for row in chosen}
        hits = sum(suspect.id in ids for suspect in found.suspects)
        named = any((group.given, group.likely) == (FLIPPED_TO, FLIPPED_FROM) for group in found.groups)
        counts = f"{len(chosen)} of {len(rows)} ({share:.0%})"
        lines.append(f"| {counts} | {len(found.suspects)} | {hits / len(ids):.0%} | {'yes' if named else 'no'} |")
    return lines


# what teaches most


def teaching() -> list[str]:
    """Accuracy against labels given, by the order in which they are given."""
    splits = split_by_time(tickets())
    pool, later = splits.train, splits.calibrate  # the test tickets stay untouched
    seen, unseen = (vectors([clean_text(t.text) for t in side]) for side in (pool, later))
    words = word_vectors([clean_text(ticket.text) for ticket in pool]).astype(np.float32)
    labels = sorted({ticket.label for ticket in pool})
    truth = np.array([labels.index(ticket.label) for ticket in pool])
    asked = np.array([labels.index(t.label) if t.label in labels else -1 for t in later])
    curves = {
        name: np.stack([_curve(choose, seed, seen, words, truth, unseen, asked) for seed in range(SEEDS)])
        for name, choose in ORDERS.items()
    }
    counts = [FIRST + BATCH * number for number in range(BATCHES + 1)]
    return [
        f"### What teaches most: frozen MiniLM + linear SVM, {len(pool):,} starter tickets, {len(later)} later ones",
        "",
        f"{FIRST} labels at random, then {BATCH} at a time out of {SEEN} tickets; {SEEDS} seeds, mean accuracy.",
        "",
        f"| order | {' | '.join(f'{count} labels' for count in counts[2::4])} | mean of the curve (sd of seeds) "
        f"| {' | '.join(f'labels to {goal:.2f}' for goal in GOALS)} |",
        "|---|" + "---|" * (len(counts[2::4]) + 1 + len(GOALS)),
        *(_curve_row(name, curve, counts) for name, curve in curves.items()),
    ]


def _curve(
    choose: Choose, seed: int, seen: Vectors, words: Vectors, truth: np.ndarray, unseen: Vectors, asked: np.ndarray
) -> Floats:
    dice = np.random.default_rng(seed)
    have = dice.choice(len(truth), FIRST, replace=False)
    right = []
    for _ in range(BATCHES + 1):
        machine = LinearSVC(C=2.0, random_state=0).fit(seen[have], truth[have])
        right.append(float((machine.predict(unseen) == asked).mean()))
        free = dice.choice(np.setdiff1d(np.arange(len(truth)), have), SEEN, replace=False)
        margins = machine.decision_function(seen[free]).astype(np.float32)
        sure = np.asarray(softmax(SHARPNESS * margins), dtype=np.float64)
        have = np.concatenate([have, free[choose(sure, words[free], dice)]])
    return np.array(right)


def _at_random(sure: Floats, words: Vectors, dice: np.random.Generator) -> Sequence[int]:
    return dice.choice(len(sure), BATCH, replace=False).tolist()


def _most_doubtful(sure: Floats, words: Vectors, dice: np.random.Generator) -> Sequence[int]:
    return np.argsort(sure.max(axis=1))[:BATCH].tolist()


def _served(sure: Floats, words: Vectors, dice: np.random.Generator) -> Sequence[int]:
    return teaching_order(1.0 - sure.max(axis=1), words.astype(np.float64))[:BATCH]


def _typical_too(sure: Floats, words: Vectors, dice: np.random.Generator) -> Sequence[int]:
    density = np.clip(words @ words.T, 0.0, 1.0).mean(axis=1)
    return teaching_order((1.0 - sure.max(axis=1)) * density, words.astype(np.float64))[:BATCH]


ORDERS: dict[str, Choose] = {
    "chance": _at_random,
    "doubt": _most_doubtful,
    "doubt, unlike those before (served)": _served,
    "doubt × how typical, unlike those before": _typical_too,
}


def _curve_row(name: str, curve: Floats, counts: Sequence[int]) -> str:
    mean = curve.mean(axis=0)
    reached = [
        next((str(count) for count, value in zip(counts, mean, strict=True) if value >= goal), "–") for goal in GOALS
    ]
    shown = " | ".join(f"{value:.3f}" for value in mean[2::4])
    return f"| {name} | {shown} | {mean.mean():.4f} ({curve.mean(axis=1).std(ddof=1):.4f}) | {' | '.join(reached)} |"


if __name__ == "__main__":
    print(section())
