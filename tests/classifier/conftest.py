from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from classifier.learning.training import Progress, TrainingSettings, train
from classifier.model.inference import Classifier
from classifier.model.model_folder import read_json
from tests.classifier.small_desk import small_tickets

TINY = TrainingSettings(tuned_layers=1, epochs=4, max_tokens=32, threads=1, limit=0.3)


class Trained:
    """One small training that all tests of this folder share."""

    def __init__(self, folder: Path, heard: list[Progress]) -> None:
        self.folder = folder
        self.heard = heard
        self.classifier = Classifier.open(folder)

    @property
    def report(self) -> dict[str, Any]:
        """What the training wrote down."""
        return read_json(self.folder / "report.json")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    heard: list[Progress] = []
    folder = train(small_tickets(), tmp_path_factory.mktemp("models") / "small", TINY, heard.append)
    return Trained(folder, heard)


@pytest.fixture(scope="session")
def quick(tiny: Path) -> TrainingSettings:
    """The same with a small encoder: all stages and parts in a second, for tests in which it may sort badly."""
    return replace(TINY, base_model=tiny)


@pytest.fixture(scope="session")
def quickly_trained(quick: TrainingSettings, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """What a training with these settings makes when nothing disturbs it."""
    heard: list[Progress] = []
    folder = train(small_tickets(), tmp_path_factory.mktemp("models") / "quick", quick, heard.append)
    return Trained(folder, heard)


@pytest.fixture(scope="session")
def words_only(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """A model without an encoder: the cheap linear peer alone."""
    folder = tmp_path_factory.mktemp("models") / "words"
    return Classifier.open(train(small_tickets(), folder, replace(TINY, parts=("words",))))
