"""Sort requests with a trained model. Needs onnxruntime, tokenizers and numpy only: no torch where it serves."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from classifier.calibration import Array, Calibration
from classifier.cleaning import clean_text
from classifier.model_folder import CALIBRATION_FILE, verified_manifest
from classifier.prediction import Prediction, decide, groups_of
from classifier.scorer import Scorer

__all__ = ["Classifier", "Prediction"]


class Classifier:
    """A model version, loaded. Use does not change it; several threads may share it."""

    def __init__(self, scorer: Scorer, calibration: Calibration) -> None:
        self.version = scorer.manifest.version
        self.labels = scorer.manifest.labels
        self.scorer = scorer
        self.calibration = calibration
        self._threshold = lru_cache(maxsize=64)(calibration.threshold_for)

    @classmethod
    def open(cls, folder: Path | str, threads: int = 1) -> "Classifier":
        """Load a model folder. Raises `ClassifierError` when a file is missing, changed or damaged."""
        folder = Path(folder)
        scorer = Scorer.open(folder, verified_manifest(folder), threads)
        return cls(scorer, Calibration.load(folder / CALIBRATION_FILE))

    def classify(self, texts: Sequence[str], limit: float, teams: Mapping[str, str] | None = None) -> list[Prediction]:
        """One prediction a text. `limit` is the highest share of misroutes accepted, such as 0.05.

        A misroute is a ticket with the wrong team; `teams` says which team takes a label today. Without it every label
        counts as a team of its own. Any text is fine; one without a letter in it is never accepted.
        """
        groups = groups_of(self.labels, teams)
        cleaned = [clean_text(text) for text in texts]
        threshold = self._threshold(limit, groups)
        return decide(self.scorer.logits(cleaned), self.labels, self.calibration, threshold, cleaned, groups)

    def probabilities(self, texts: Sequence[str]) -> Array:
        """Calibrated probabilities, one row a text and one column a label in the order of `labels`."""
        return self.calibration.probabilities(self.scorer.logits([clean_text(text) for text in texts]))
