"""What a training writes down about itself."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from classifier.data.splits import Splits
from classifier.judging.evaluation import Evaluation, assess, teams_of
from classifier.judging.field_sheet import USUAL, FieldSheet
from classifier.judging.paired import mcnemar
from classifier.learning.export import Quantisation
from classifier.learning.recipe import THIN, TrainingSettings
from classifier.learning.selection import SERVED, Choice
from classifier.model.base_model import BaseModel
from classifier.model.prediction import Prediction
from classifier.model.provenance import code_version, data_fingerprint, marks

LINEAR_PEER, FROZEN_PEER = "TF-IDF + LinearSVC", "frozen MiniLM + logistic regression"


@dataclass(frozen=True)
class Run:
    """All that a report is made from."""

    version: str
    created_at: datetime
    minutes: float
    seed: int
    settings: TrainingSettings
    base: BaseModel
    splits: Splits
    choice: Choice
    quantisation: Quantisation | None
    """None for a model without an encoder."""
    predictions: Mapping[str, Sequence[Prediction]]
    """For the test tickets: of the served model, and of each peer under its name."""
    fields: Mapping[str, FieldSheet]
    """Of the served model, for what is learnt beside the label."""
    shortfall: str
    """Why nothing is routed automatically at the limit; empty when something is."""


def report(run: Run) -> dict[str, Any]:
    """Everything a person needs to judge a model, and a later comparison to be fair."""
    test = run.splits.test
    limit = run.settings.limit
    sheets = {name: assess(test, predicted, limit) for name, predicted in run.predictions.items()}
    served = sheets.pop(SERVED)
    doubts = {name: mcnemar(_hits(run, name), _hits(run, SERVED)) for name in sheets}
    return {
        "version": run.version,
        "created_at": run.created_at.isoformat(timespec="seconds"),
        "minutes": round(run.minutes, 2),
        "seed": run.seed,
        "code": code_version(),
        "settings": _plain(asdict(run.settings)),
        "base_model": {"name": run.base.name, "sha256": run.base.sha256, "licence": run.base.licence},
        "data": _data(run.splits),
        "splits": {side: [marks(t) for t in getattr(run.splits, side)] for side in ("train", "calibrate", "test")},
        "chosen": asdict(run.choice),
        "eight_bits": asdict(run.quantisation) if run.quantisation else None,
        "metrics": served.as_json(),
        "peers": {name: {**sheet.as_json(), "p_value": round(doubts[name], 4)} for name, sheet in sheets.items()},
        "fields": {name: sheet.as_json() for name, sheet in run.fields.items()},
        "summary": [
            *summary(served, sheets, doubts, run.shortfall, thin_labels(run.splits)),
            *(about_field(name, sheet) for name, sheet in run.fields.items()),
        ],
    }


def _hits(run: Run, name: str) -> Any:
    pairs = zip(run.splits.test, run.predictions[name], strict=True)
    return np.array([ticket.label == prediction.label for ticket, prediction in pairs], dtype=bool)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: str(value) if isinstance(value, Path) else value for key, value in values.items()}


def _data(splits: Splits) -> dict[str, Any]:
    everything = (*splits.train, *splits.calibrate, *splits.test)
    return {
        "fingerprint": data_fingerprint(everything),
        "tickets": len(everything),
        "labels": dict(sorted(Counter(ticket.label for ticket in splits.train).items())),
        "teams": teams_of(everything),
        "thin_labels": thin_labels(splits),
        "unknown_labels": sorted({t.label for t in everything} - {t.label for t in splits.train}),
        "dropped": [dropped._asdict() for dropped in splits.dropped],
    }


def about_field(name: str, sheet: FieldSheet) -> str:
    """A field's sheet in plain words."""
    best, peer = max(sheet.peers.items(), key=lambda pair: pair[1].accuracy)
    word = "better" if sheet.accuracy > peer.accuracy else "worse"
    measured = f"measurably {word} than" if peer.p_value < 0.05 else "not measurably different from"
    other = f"what is {best}" if best == USUAL else best
    return (
        f"Right {name.replace('_', ' ')} for {sheet.accuracy:.1%} of them, {measured} {other} "
        f"({peer.accuracy:.1%}); at a limit of {sheet.limit:.1%} it is sure enough for {sheet.filled_in:.1%}, of which "
        f"{sheet.wrong:.1%} were wrong."
    )


def thin_labels(splits: Splits) -> list[str]:
    """Labels with fewer than `THIN` tickets to learn from."""
    counts = Counter(ticket.label for ticket in splits.train)
    return sorted(label for label, count in counts.items() if count < THIN)


def summary(
    served: Evaluation,
    peers: Mapping[str, Evaluation],
    doubts: Mapping[str, float],
    shortfall: str,
    thin: Sequence[str],
) -> list[str]:
    """The report in plain words."""
    said = [
        f"Right label for {served.accuracy:.1%} of {served.tickets} later tickets (macro-F1 {served.macro_f1:.3f}).",
        f"At a limit of {served.limit:.1%} misroutes it routes {served.auto_routed:.1%} without a person; "
        f"{served.misrouted:.1%} of those went wrong.",
    ]
    if shortfall:
        said[1] = shortfall
    for name, peer in peers.items():
        if doubts[name] < 0.05:
            word = "better" if served.accuracy > peer.accuracy else "worse"
            said.append(f"Measurably {word} than {name} ({peer.accuracy:.1%}).")
        else:
            said.append(f"Not measurably different from {name} ({peer.accuracy:.1%}) on so few tickets.")
    if thin:
        said.append(f"Fewer than {THIN} tickets to learn from: {', '.join(thin)}.")
    return said
