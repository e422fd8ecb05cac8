"""How good a model is on tickets that it was not trained on. Needs numpy only."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.data.ticket import Ticket
from classifier.model.calibration import calibration_error
from classifier.model.inference import Classifier
from classifier.model.prediction import Prediction


@dataclass(frozen=True, slots=True)
class LabelSheet:
    """One label's part of an evaluation."""

    tickets: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Evaluation:
    """Shares are between 0 and 1."""

    tickets: int
    accuracy: float
    macro_f1: float
    """Mean F1 over the labels, each counting the same."""
    calibration_error: float
    """Mean gap between the confidence in a team and how often that team is right."""
    confidence_auroc: float
    """Chance that a ticket with the right team is surer than one with a wrong team."""
    right_among_likely: float
    """Share of tickets whose label is among triage's buttons."""
    limit: float
    """Highest share of misroutes that was asked for."""
    threshold: float | None
    auto_routed: float
    """Share of tickets that would be routed without a person."""
    misrouted: float
    """Share of wrong teams among those routed."""
    mislabelled: float
    """Share of wrong labels among those routed."""
    by_label: Mapping[str, LabelSheet]

    def as_json(self) -> dict[str, Any]:
        """Plain values, rounded to four places."""
        values: dict[str, Any] = _rounded(asdict(self))
        return values


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def evaluate(classifier: Classifier, tickets: Sequence[Ticket], limit: float) -> Evaluation:
    """Classify the tickets and compare with their labels."""
    predictions = classifier.classify([ticket.text for ticket in tickets], limit, teams_of(tickets))
    return assess(tickets, predictions, limit)


def assess(tickets: Sequence[Ticket], predictions: Sequence[Prediction], limit: float) -> Evaluation:
    """Compare predictions with the tickets' labels, in the same order."""
    truth = [ticket.label for ticket in tickets]
    guessed = [prediction.label for prediction in predictions]
    right = np.array([label == guess for label, guess in zip(truth, guessed, strict=True)], dtype=bool)
    sure = np.array([prediction.confidence for prediction in predictions])
    routed = np.array([prediction.accepted for prediction in predictions], dtype=bool)
    teams = teams_of(tickets)
    right_team = np.array([teams.get(t, t) == teams.get(g, g) for t, g in zip(truth, guessed, strict=True)], dtype=bool)
    sheets = label_sheets(truth, guessed)
    return Evaluation(
        tickets=len(truth),
        accuracy=_share(right),
        macro_f1=float(np.mean([sheet.f1 for sheet in sheets.values()])) if sheets else 0.0,
        calibration_error=calibration_error(sure, right_team),
        confidence_auroc=auroc(sure[right_team], sure[~right_team]),
        right_among_likely=_share([t in p.likely for t, p in zip(truth, predictions, strict=True)]),
        limit=limit,
        threshold=predictions[0].threshold if predictions else None,
        auto_routed=_share(routed),
        misrouted=_share(~right_team[routed]),
        mislabelled=_share(~right[routed]),
        by_label=sheets,
    )


def _share(hits: npt.NDArray[np.bool_] | Sequence[bool]) -> float:
    return float(np.mean(hits)) if len(hits) else 0.0


def teams_of(tickets: Sequence[Ticket]) -> dict[str, str]:
    """The team that took most of each label's tickets; labels whose tickets name no team are left out."""
    counts: dict[str, Counter[str]] = {}
    for ticket in tickets:
        if ticket.team:
            counts.setdefault(ticket.label, Counter())[ticket.team] += 1
    return {label: count.most_common(1)[0][0] for label, count in counts.items()}


def label_sheets(truth: Sequence[str], guessed: Sequence[str]) -> dict[str, LabelSheet]:
    """Precision, recall and F1 of every label that occurs or was guessed."""
    actual, claimed = Counter(truth), Counter(guessed)
    hits = Counter(t for t, g in zip(truth, guessed, strict=True) if t == g)
    return {
        label: LabelSheet(
            actual[label],
            hits[label] / claimed[label] if claimed[label] else 0.0,
            hits[label] / actual[label] if actual[label] else 0.0,
            2 * hits[label] / (actual[label] + claimed[label]),
        )
        for label in sorted(actual | claimed)
    }


def auroc(above: npt.NDArray[np.float64], below: npt.NDArray[np.float64]) -> float:
    """Chance that one of the first is larger than one of the second, ties counting half; 0.5 when either is empty."""
    if not len(above) or not len(below):
        return 0.5
    ordered = np.sort(below)
    smaller = np.searchsorted(ordered, above, side="left")
    not_larger = np.searchsorted(ordered, above, side="right")
    return float((smaller + not_larger).sum() / (2 * len(above) * len(below)))
