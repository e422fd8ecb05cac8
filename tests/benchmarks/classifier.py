"""The classifier's part of `docs/BENCHMARKS.md`: `python -m tests.benchmarks.classifier [--full] [--data FOLDER]`."""

import argparse
import csv
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classifier.dataset import Ticket, read_tickets
from classifier.evaluation import evaluate
from classifier.inference import Classifier
from classifier.model_folder import REPORT_FILE, read_json
from classifier.training import TrainingSettings, train
from tests.benchmarks.models import STARTER, of_the_starter

PUBLIC = Path("../shared/data")
SEEDS = (0, 1, 2)
LIMITS = (0.05, 0.1, 0.15)
ROWS = ("accuracy", "macro_f1", "calibration_error", "confidence_auroc", "right_among_likely")
WORDS = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "calibration_error": "calibration error (ECE)",
    "confidence_auroc": "AUROC of the confidence",
    "right_among_likely": "right label among triage's buttons",
}


def section(full: bool = False, data: Path = PUBLIC, seeds: Sequence[int] = SEEDS) -> str:
    """Markdown: the starter desk, and with `full` the public sets that are in `data`."""
    parts = ["## Classifier", starter(seeds)]
    if full:
        parts.append(public_set("banking77", data / "banking77", "intent", seeds[:1]))
    return "\n\n".join(parts) + "\n"


def starter(seeds: Sequence[int]) -> str:
    """The starter desk: trained on the earliest 60 %, calibrated on the next 20 %, measured on the latest 20 %."""
    found = read_tickets(STARTER / "tickets")
    reports, speeds = [], []
    for seed in seeds:
        made = of_the_starter(seed)
        own = read_json(made / REPORT_FILE)
        own["at_limits"] = {limit: _at(made, found.tickets, limit) for limit in LIMITS}
        speeds.append(_speed(made, found.tickets))
        reports.append(own)
    sides = {side: len(entries) for side, entries in reports[0]["splits"].items()}
    head = (
        f"### Starter desk\n\n{sides['train']} tickets to learn from, {sides['calibrate']} later ones for calibration, "
        f"the {sides['test']} latest for this test; {len(reports[0]['data']['labels'])} labels; {len(seeds)} seeds, "
        f"mean ± spread (standard deviation); {_mean([r['minutes'] for r in reports])} minutes a training, "
        f"{_mean(speeds, 0)} tickets a second when served on one thread."
    )
    return f"{head}\n\n{_table(reports)}\n\n{_limits(reports)}"


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


def public_set(name: str, folder: Path, column: str, seeds: Sequence[int]) -> str:
    """A public set with its own test split, touched only here; a fifth of its training split calibrates."""
    if not (folder / "test.csv").is_file():
        return f"### {name}\n\nNot measured: {folder} is not there."
    learn, test = (_public_tickets(folder / f"{side}.csv", column) for side in ("train", "test"))
    rows, minutes = [], []
    with tempfile.TemporaryDirectory() as place:
        for seed in seeds:
            made = train(learn, Path(place) / str(seed), TrainingSettings(max_tokens=64), seed=seed)
            minutes.append(read_json(made / REPORT_FILE)["minutes"])
            rows.append(evaluate(Classifier.open(made), test, LIMITS[0]).as_json())
    shown = "\n".join(f"| {WORDS[key]} | {_mean([row[key] for row in rows], 3)} |" for key in ROWS)
    return (
        f"### {name}\n\n{len(test)} test texts; learnt from 60 % of the training split ({len(seeds)} seed, "
        f"{_mean(minutes)} minutes).\n\n| | served |\n|---|---|\n{shown}"
    )


def _public_tickets(path: Path, column: str) -> list[Ticket]:
    with path.open(encoding="utf-8", newline="") as file:
        return [Ticket(f"{path.stem}-{n}", row["text"], row[column]) for n, row in enumerate(csv.DictReader(file))]


def _mean(values: Sequence[float], places: int = 1) -> str:
    spread = f" ± {statistics.stdev(values):.{places}f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.{places}f}{spread}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true", help="the public sets too")
    parser.add_argument("--data", type=Path, default=PUBLIC, help="folder of the public sets")
    parser.add_argument("--seeds", type=int, default=len(SEEDS))
    chosen = parser.parse_args()
    print(section(chosen.full, chosen.data, range(chosen.seeds)))
