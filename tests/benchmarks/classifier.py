"""The classifier's part of `docs/BENCHMARKS.md`: `python -m tests.benchmarks.classifier [--seeds N]`."""

import argparse
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.data.cleaning import clean_text
from classifier.data.dataset import Ticket, read_tickets
from classifier.judging.evaluation import evaluate, teams_of
from classifier.judging.trial import read_trial
from classifier.model.calibration import DELTA, Calibration, calibration_error
from classifier.model.doubt import Array, Groups
from classifier.model.inference import Classifier
from classifier.model.linear import Floats
from classifier.model.model_folder import REPORT_FILE, read_json
from classifier.model.prediction import groups_of
from tests.benchmarks.models import STARTER, of_the_starter

Rows = npt.NDArray[np.int64]

SEEDS = (0, 1, 2)
LIMITS = (0.05, 0.1, 0.15)
DRAWS = 400
ROWS = ("accuracy", "macro_f1", "calibration_error", "confidence_auroc", "right_among_likely")
WORDS = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "calibration_error": "calibration error (ECE)",
    "confidence_auroc": "AUROC of the confidence",
    "right_among_likely": "right label among triage's buttons",
}


def section(seeds: Sequence[int] = SEEDS) -> str:
    """Markdown: the starter desk. The public sets have a section of their own."""
    found = read_tickets(STARTER / "tickets").tickets
    return "\n\n".join(["## Classifier", starter(seeds), redrawn(of_the_starter(seeds[0]), found)]) + "\n"


def starter(seeds: Sequence[int]) -> str:
    """The starter desk: trained on the earliest 60 %, calibrated on the next 20 %, measured on the latest 20 %."""
    found = read_tickets(STARTER / "tickets")
    reports, speeds, chances = [], [], []
    for seed in seeds:
        made = of_the_starter(seed)
        own = read_json(made / REPORT_FILE)
        own["at_limits"] = {limit: _at(made, found.tickets, limit) for limit in LIMITS}
        speeds.append(_speed(made, found.tickets))
        chances.append(error_by_chance(read_trial(made).served.confidence))
        reports.append(own)
    sides = {side: len(entries) for side, entries in reports[0]["splits"].items()}
    head = (
        f"### Starter desk\n\n{sides['train']} tickets to learn from, {sides['calibrate']} later ones for calibration, "
        f"the {sides['test']} latest for this test; {len(reports[0]['data']['labels'])} labels; {len(seeds)} seeds, "
        f"mean ± spread (standard deviation); {_mean([r['minutes'] for r in reports])} minutes a training, "
        f"{_mean(speeds, 0)} tickets a second when served on one thread."
    )
    chance = (
        f"A model that is right exactly as often as it says shows a calibration error of {_mean(chances, 3)} on so "
        f"many tickets, by chance alone."
    )
    return f"{head}\n\n{_table(reports)}\n\n{chance}\n\n{_limits(reports)}\n\n{_priority(reports)}"


def error_by_chance(confidence: Array) -> float:
    """Mean calibration error over draws in which each ticket is right with the chance that its confidence names."""
    draws = np.random.default_rng(0).random((DRAWS, len(confidence))) < confidence
    return statistics.mean(calibration_error(confidence, right) for right in draws)


def _at(folder: Path, tickets: Sequence[Ticket], limit: float) -> dict[str, Any]:
    test = {entry[0] for entry in read_json(folder / REPORT_FILE)["splits"]["test"]}
    return evaluate(Classifier.open(folder), [t for t in tickets if t.id in test], limit).as_json()


def _speed(folder: Path, tickets: Sequence[Ticket]) -> float:
    classifier = Classifier.open(folder)
    texts = [ticket.text for ticket in tickets[:320]]
    classifier.classify(texts[:32], 0.05)
    started = time.perf_counter()
    classifier.classify(texts, 0.05)
    return len(texts) / (time.perf_counter() - started)


def _table(reports: Sequence[dict[str, Any]]) -> str:
    peers = list(reports[0]["peers"])
    lines = [f"| | served | {' | '.join(peers)} |", "|---|---|" + "---|" * len(peers)]
    for name in ROWS:
        columns = [[r["metrics"][name] for r in reports]]
        columns += [[r["peers"][peer][name] for r in reports] for peer in peers]
        lines.append(f"| {WORDS[name]} | {' | '.join(_mean(column, 3) for column in columns)} |")
    return "\n".join(lines)


def _limits(reports: Sequence[dict[str, Any]]) -> str:
    lines = [
        "| limit on misroutes | routed without a person | wrong team of those | wrong label of those |",
        "|---|---|---|---|",
    ]
    for limit in LIMITS:
        found = [r["at_limits"][limit] for r in reports]
        shares = (_mean([f[name] for f in found], 3) for name in ("auto_routed", "misrouted", "mislabelled"))
        lines.append(f"| {limit:.0%} | {' | '.join(shares)} |")
    return "\n".join(lines)


def _priority(reports: Sequence[dict[str, Any]]) -> str:
    """What is learnt beside the label, and other ways to fill it in."""
    sheets = [report["fields"]["priority"] for report in reports]
    peers = list(sheets[0]["peers"])
    lines = [f"| priority | served | {' | '.join(peers)} |", "|---|---|" + "---|" * len(peers)]
    for name in ("accuracy", "macro_f1"):
        columns = [[sheet[name] for sheet in sheets]]
        columns += [[sheet["peers"][peer][name] for sheet in sheets] for peer in peers]
        lines.append(f"| {WORDS[name]} | {' | '.join(_mean(column, 3) for column in columns)} |")
    sure, wrong, error = (
        _mean([s[name] for s in sheets], 3) for name in ("filled_in", "wrong", "calibration_error")
    )  # fmt: skip
    return "\n".join(lines) + (
        f"\n\nAt a limit of {sheets[0]['limit']:.0%} wrong priorities it is sure enough for {sure} of the tickets; "
        f"{wrong} of those are wrong. Calibration error {error}."
    )


def redrawn(folder: Path, tickets: Sequence[Ticket]) -> str:
    """How often the promise about misroutes is broken, over random halves of the tickets that were not learnt from."""
    splits = read_json(folder / REPORT_FILE)["splits"]
    unseen = {entry[0] for side in ("calibrate", "test") for entry in splits[side]}
    chosen = [ticket for ticket in tickets if ticket.id in unseen]
    model, teams = Classifier.open(folder), teams_of(tickets)
    groups = groups_of(model.labels, teams)
    logits = model.scorer.score([clean_text(ticket.text) for ticket in chosen]).logits
    familiar = model.familiarity([ticket.text for ticket in chosen])
    targets = np.array([model.labels.index(t.label) if t.label in model.labels else -1 for t in chosen])
    lines = ["| limit | over the limit, of the draws | routed | wrong team of those | halves: over the limit |"]
    lines.append("|---|---|---|---|---|")
    for limit in LIMITS:
        found, halves = (
            [_draw(draw(seed, len(chosen)), limit, model, logits, familiar, targets, groups) for seed in range(DRAWS)]
            for draw in (with_replacement, in_halves)
        )
        over, over_in_halves = (sum(wrong > limit for _, wrong in some) / DRAWS for some in (found, halves))
        routed, wrong = (statistics.mean(one[place] for one in found) for place in (0, 1))
        lines.append(f"| {limit:.0%} | {over:.1%} | {routed:.3f} | {wrong:.3f} | {over_in_halves:.1%} |")
    return (
        f"The promise, redrawn {DRAWS} times. The {len(chosen)} tickets not learnt from stand for all tickets that "
        f"there will ever be: half as many are drawn from them with replacement to calibrate, and the true share of "
        f"wrong teams is that among all of them. It may be over the limit in at most {DELTA:.0%} of the draws. Last "
        f"column: one half calibrates, the other half is routed; chance in the measuring half comes on top."
        "\n\n" + "\n".join(lines)
    )


def with_replacement(seed: int, count: int) -> tuple[Rows, Rows]:
    """Tickets to calibrate with, and those to measure on: all."""
    return np.random.default_rng(seed).integers(0, count, count // 2), np.arange(count)


def in_halves(seed: int, count: int) -> tuple[Rows, Rows]:
    """Tickets to calibrate with, and the others."""
    order = np.random.default_rng(seed).permutation(count)
    return order[: count // 2], order[count // 2 :]


def _draw(
    drawn: tuple[Rows, Rows],
    limit: float,
    model: Classifier,
    logits: Floats,
    familiar: Array,
    targets: Any,
    groups: Groups | None,
) -> tuple[float, float]:
    known, rest = drawn
    doubt = model.calibration.doubt
    calibration = Calibration.fit(logits[known], targets[known], doubt, familiar[known])
    gauge = calibration.gauge_for(limit, groups)
    if gauge.threshold is None:
        return 0.0, 0.0
    others = Calibration.fit(logits[rest], targets[rest], doubt, familiar[rest])
    sure, right = others.sure_and_right(groups)
    routed = gauge.confidence(sure) >= gauge.threshold
    return float(routed.mean()), float((~right[routed]).mean()) if routed.any() else 0.0


def _mean(values: Sequence[float], places: int = 1) -> str:
    spread = f" ± {statistics.stdev(values):.{places}f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.{places}f}{spread}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=len(SEEDS))
    print(section(range(parser.parse_args().seeds)))
