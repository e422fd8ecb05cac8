"""Sort requests with a trained model. Needs onnxruntime, tokenizers and numpy only: no torch where it serves."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from classifier.data.cleaning import clean_text
from classifier.model.calibration import Calibration
from classifier.model.doubt import Array
from classifier.model.familiarity import Memory, Scale, load_familiarity, signs_of
from classifier.model.fields import Field, FieldName
from classifier.model.model_folder import CALIBRATION_FILE, calibration_of, verified_manifest
from classifier.model.prediction import Prediction, Value, decide, decide_field, groups_of
from classifier.model.scorer import Scored, Scorer

__all__ = ["Classifier", "Prediction", "Value"]


class Classifier:
    """A model version, loaded. Use does not change it; several threads may share it."""

    def __init__(
        self,
        scorer: Scorer,
        calibration: Calibration,
        of_fields: Mapping[FieldName, Calibration],
        scale: Scale,
        memory: Memory | None,
    ) -> None:
        self.version = scorer.manifest.version
        self.labels = scorer.manifest.labels
        self.scorer = scorer
        self.calibration = calibration
        self._scale, self._memory = scale, memory
        self._of_fields = of_fields
        self._gauge = lru_cache(maxsize=64)(calibration.gauge_for)
        self._gauge_of_field = lru_cache(maxsize=64)(lambda name, limit: of_fields[name].gauge_for(limit))

    @classmethod
    def open(cls, folder: Path | str, threads: int = 1) -> "Classifier":
        """Load a model folder. Raises `ClassifierError` when a file is missing, changed or damaged."""
        folder = Path(folder)
        scorer = Scorer.open(folder, verified_manifest(folder), threads)
        calibration = Calibration.load(folder / CALIBRATION_FILE)
        of_fields = {
            field.name: Calibration.load(folder / calibration_of(field.name)) for field in scorer.manifest.fields
        }
        return cls(scorer, calibration, of_fields, *load_familiarity(folder, scorer.manifest.weights))

    def classify(
        self,
        texts: Sequence[str],
        limit: float,
        teams: Mapping[str, str] | None = None,
        limits: Mapping[FieldName, float] | None = None,
    ) -> list[Prediction]:
        """One prediction a text. `limit` is the highest share of misroutes accepted, such as 0.05.

        A misroute is a ticket with the wrong team; `teams` says which team takes a label today. Without it every label
        counts as a team of its own. `limits` are those on wrong values of fields, `limit` where it names none. Any
        text is fine; one without a letter in it is never accepted.
        """
        groups = groups_of(self.labels, teams)
        cleaned = [clean_text(text) for text in texts]
        gauge = self._gauge(limit, groups)
        scored = self.scorer.score(cleaned)
        familiar = self._scale.of(signs_of(scored, self._memory)) if cleaned else np.zeros(0)
        decided = decide(scored.logits, self.labels, self.calibration, gauge, cleaned, groups, familiar)
        values = [
            self._values(field, scored, cleaned, familiar, (limits or {}).get(field.name, limit))
            for field in self.scorer.manifest.fields
        ]
        of_each = zip(*values, strict=True) if values else [()] * len(decided)
        return [replace(one, values=said) for one, said in zip(decided, of_each, strict=True)]

    def _values(self, field: Field, scored: Scored, texts: Sequence[str], familiar: Array, limit: float) -> list[Value]:
        calibration, gauge = self._of_fields[field.name], self._gauge_of_field(field.name, limit)
        return decide_field(field, scored.fields[field.name], calibration, gauge, texts, familiar)

    def probabilities(self, texts: Sequence[str]) -> Array:
        """The labels' probabilities, one row a text and one column a label in the order of `labels`."""
        return self.calibration.probabilities(self.scorer.score([clean_text(text) for text in texts]).logits)

    def familiarity(self, texts: Sequence[str]) -> Array:
        """How like the tickets learnt from each text is: 0 for the usual one, below -1 or so for one of a new kind."""
        if not texts:
            return np.zeros(0)
        return self._scale.of(signs_of(self.scorer.score([clean_text(text) for text in texts]), self._memory))
