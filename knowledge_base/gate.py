"""How likely the shown passage answers the question, and from when on that is enough to answer.

Coefficients are fitted offline (`gate_fitting.py`) and kept as JSON; serving needs numpy only.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from knowledge_base import risk
from knowledge_base.errors import KnowledgeBaseError, unreadable
from knowledge_base.ranking import Floats, Ranking
from knowledge_base.retrieval import Ranked
from knowledge_base.risk import Outcome

FEATURES = (
    "dense", "passage", "question", "keyword", "cover", "dense_margin", "keyword_margin", "mass", "agreement",
    "unknown", "sentence", "sentence_margin",
)  # fmt: skip
NEAR = 10  # articles among which the nearest rival's sentences are looked for


@dataclass(frozen=True)
class Gate:
    """Turns a ranked question into a probability, and a risk limit into a threshold."""

    ranking: Ranking
    coefficients: tuple[float, ...]  # one a feature
    intercept: float
    suggest_from: float  # below this probability not even suggestions are worth showing
    calibration: tuple[Outcome, ...]  # how it did on questions that no fit has seen
    delta: float = risk.DELTA
    fitted_on: int = 0  # development questions; 0 = the coefficients that come with Deskhand

    def probability(self, ranked: Ranked, position: int, alone: frozenset[int] = frozenset()) -> float:
        """How likely the passage at this position answers; competitors in `alone` are thought away."""
        value = float(features(ranked, position, self.ranking, alone) @ np.array(self.coefficients)) + self.intercept
        return 1 / (1 + math.exp(-max(-40.0, min(40.0, value))))

    def threshold_for(self, risk_limit: float) -> float | None:
        """The least probability at which an answer may be given so that at most this share of answers is wrong.

        None when the calibration questions cannot prove any: then suggestions only.
        """
        return risk.learn_threshold(self.calibration, risk_limit, self.delta)

    def summary(self) -> dict[str, Any]:
        """Reliability and risk for people to look at."""
        return {
            "fitted_on": self.fitted_on,
            "calibrated_on": len(self.calibration),
            "delta": self.delta,
            "calibration_error": risk.calibration_error(self.calibration),
            "reliability": [asdict(part) for part in risk.reliability(self.calibration)],
            "risk_curve": [asdict(point) for point in risk.risk_curve(self.calibration, self.delta)],
        }

    def to_json(self) -> dict[str, Any]:
        """All of it, and the summary."""
        return {
            "ranking": self.ranking.to_json(),
            "coefficients": dict(zip(FEATURES, self.coefficients, strict=True)),
            "intercept": self.intercept,
            "suggest_from": self.suggest_from,
            "calibration": [[outcome.probability, outcome.right] for outcome in self.calibration],
            "delta": self.delta,
            "fitted_on": self.fitted_on,
            "summary": self.summary(),
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Gate:
        """The inverse of `to_json`. Raises KeyError, TypeError or ValueError when it is something else."""
        return cls(
            Ranking.from_json(row["ranking"]),
            tuple(float(row["coefficients"][name]) for name in FEATURES),
            float(row["intercept"]),
            float(row["suggest_from"]),
            tuple(Outcome(float(probability), bool(right)) for probability, right in row["calibration"]),
            float(row["delta"]),
            int(row["fitted_on"]),
        )

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        try:
            path.write_text(json.dumps(self.to_json(), indent=1), encoding="utf-8")
        except OSError as error:
            raise unreadable(path, error) from error

    @classmethod
    def load(cls, path: Path) -> Gate:
        """Read what `save` wrote. Raises KnowledgeBaseError."""
        try:
            return cls.from_json(json.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise unreadable(path, error) from error
        except (KeyError, TypeError, ValueError) as error:
            raise KnowledgeBaseError(f"{path} is not a gate. Run `deskhand kb sync` to fit it again.") from error


def features(ranked: Ranked, position: int, ranking: Ranking, alone: frozenset[int] = frozenset()) -> Floats:
    """What the gate looks at for one article, order as in FEATURES, each about 0 to 1.

    Articles in `alone` are thought away, as if they were not there.
    """
    _, cosine = ranked.passage(position)
    own = ranked.parts[position]
    rivals = np.ones(len(ranked.parts), np.bool_)
    rivals[[position, *alone]] = False
    dense_rival = float(ranked.parts[rivals, 0].max(initial=0.0))
    keyword_rival = float(ranked.parts[rivals, 3].max(initial=0.0))
    near = [at for at in ranked.order[:NEAR].tolist() if rivals[at]]
    sentence_rival = max((ranked.sentence(at) for at in near), default=0.0)
    mass = ranking.mass(np.append(ranked.scores[rivals], ranked.scores[position]))[-1]
    row = {
        "dense": own[0],
        "passage": max(0.0, cosine),
        "question": own[2],
        "keyword": own[3],
        "cover": ranked.cover(position),
        "dense_margin": own[0] - dense_rival,
        "keyword_margin": own[3] - keyword_rival,
        "mass": mass,
        "agreement": float(own[3] > 0 and own[3] >= keyword_rival and own[0] >= dense_rival),
        "unknown": ranked.view.keywords.unknown(ranked.tokens),
        "sentence": ranked.sentence(position),
        "sentence_margin": ranked.sentence(position) - sentence_rival,
    }
    return np.array([row[name] for name in FEATURES])
