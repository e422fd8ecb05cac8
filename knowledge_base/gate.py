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
from knowledge_base.ranking import PARTS, Floats, Ranking
from knowledge_base.retrieval import Ranked
from knowledge_base.risk import Outcome

FEATURES = (
    "score", "score_margin", "crowd", "mass", "dense", "dense_margin", "passage", "question", "generic", "sentence",
    "sentence_margin", "keyword", "keyword_margin", "cover", "agreement", "unknown",
)  # fmt: skip
NEAR = 10  # articles behind the first that are looked at together


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

    A margin is what the article is ahead of the best of its rivals; `crowd` is the mean score of the NEAR best of
    them: where many articles fit about as well, the first is less likely to be the one. Articles in `alone` are
    thought away, as if they were not there.
    """
    own = dict(zip(PARTS, ranked.parts[position].tolist(), strict=True))
    rivals = np.array([at for at in ranked.candidates.tolist() if at != position and at not in alone], np.int64)
    best = dict(zip(PARTS, ranked.parts[rivals].max(axis=0, initial=0.0).tolist(), strict=True))
    score, others = float(ranked.scores[position]), np.sort(ranked.scores[rivals])[::-1]
    row = own | {
        "score": score,
        "score_margin": score - (float(others[0]) if len(others) else 0.0),
        "crowd": float(others[:NEAR].mean()) if len(others) else 0.0,
        "mass": float(ranking.mass(np.append(others, score))[-1]),
        "dense_margin": own["dense"] - best["dense"],
        "sentence_margin": own["sentence"] - best["sentence"],
        "keyword_margin": own["keyword"] - best["keyword"],
        "cover": ranked.cover(position),
        "agreement": float(own["keyword"] > 0 and own["keyword"] >= best["keyword"] and own["dense"] >= best["dense"]),
        "unknown": ranked.view.keywords.unknown(ranked.tokens),
    }
    return np.array([row[name] for name in FEATURES])
