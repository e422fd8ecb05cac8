"""What a model and each of its peers said about every ticket of its test: what pictures of it are drawn from."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.data.splits import Splits
from classifier.errors import ClassifierError
from classifier.judging.evaluation import teams_of
from classifier.model.model_folder import read_json
from classifier.model.prediction import Prediction

TRIAL_FILE = "predictions.json"

Places = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Said:
    """One method's word on every test ticket, in their order."""

    labels: Places
    """Place of its label among the trial's labels."""
    confidence: Shares
    """Calibrated chance that the label's team is right."""
    accepted: Flags
    """Whether it would be routed without a person."""


@dataclass(frozen=True)
class Trial:
    """The test of one model."""

    labels: tuple[str, ...]
    """Every label that was learnt, or that a test ticket has."""
    learnt: Mapping[str, int]
    """Tickets that were learnt from, by label."""
    teams: Mapping[str, str]
    """Which team takes a label; one that nobody names a team for is missing."""
    limit: float
    """Share of misroutes that was accepted."""
    ids: tuple[str, ...]
    truth: Places
    """Place of each test ticket's label among `labels`."""
    methods: Mapping[str, Said]
    """The served model's first, then the peers'."""

    @property
    def served(self) -> Said:
        """The model's own word."""
        return next(iter(self.methods.values()))

    def right_team(self, said: Said) -> Flags:
        """Whether each ticket would be with its team. A label without a team is a team of its own."""
        team = np.array([self._team(label) for label in self.labels])
        return np.asarray(team[said.labels] == team[self.truth], dtype=bool)

    def _team(self, label: str) -> str:
        return self.teams.get(label, f"label {label}")


def trial_of(splits: Splits, limit: float, predictions: Mapping[str, Sequence[Prediction]]) -> dict[str, Any]:
    """The test as it is kept beside the model (`TRIAL_FILE`); the served model comes first in `predictions`."""
    learnt = Counter(ticket.label for ticket in splits.train)
    labels = sorted({*learnt, *(ticket.label for ticket in splits.test)})
    place = {label: number for number, label in enumerate(labels)}
    return {
        "labels": labels,
        "learnt": {label: learnt[label] for label in labels},
        "teams": teams_of((*splits.train, *splits.calibrate, *splits.test)),
        "limit": limit,
        "ids": [ticket.id for ticket in splits.test],
        "truth": [place[ticket.label] for ticket in splits.test],
        "methods": {
            name: {
                "labels": [place[prediction.label] for prediction in said],
                "confidence": [round(prediction.confidence, 4) for prediction in said],
                "accepted": [int(prediction.accepted) for prediction in said],
            }
            for name, said in predictions.items()
        },
    }


def read_trial(folder: Path) -> Trial:
    """The test of the model in `folder`. Raises `ClassifierError` where a version does not tell, or is damaged."""
    path = folder / TRIAL_FILE
    if not path.is_file():
        raise ClassifierError(f"{folder.name} was trained before tests were kept; a training writes {TRIAL_FILE} now.")
    values = read_json(path)
    try:
        trial = Trial(
            tuple(map(str, values["labels"])),
            {str(label): int(count) for label, count in values["learnt"].items()},
            {str(label): str(team) for label, team in values["teams"].items()},
            float(values["limit"]),
            tuple(map(str, values["ids"])),
            np.array(values["truth"], dtype=np.int64),
            {str(name): _said(said) for name, said in values["methods"].items()},
        )
        sizes = {len(trial.ids), len(trial.truth), *(len(said.labels) for said in trial.methods.values())}
        highest = max([-1, *trial.truth, *(place for said in trial.methods.values() for place in said.labels)])
        if len(sizes) != 1 or not trial.methods or highest >= len(trial.labels):
            raise ValueError("its columns do not fit each other")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ClassifierError(f"{path}: is damaged ({error}); restore it or train again.") from error
    return trial


def _said(values: Mapping[str, Any]) -> Said:
    said = Said(
        np.array(values["labels"], dtype=np.int64),
        np.array(values["confidence"], dtype=np.float64),
        np.array(values["accepted"], dtype=bool),
    )
    if not len(said.labels) == len(said.confidence) == len(said.accepted):
        raise ValueError("its columns do not fit each other")
    return said
