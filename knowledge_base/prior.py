"""What serves before there are labelled questions, and what a fit on few questions is held near.

The coefficients were fitted on StackFAQ (threads with an even number, the answers of a thread as one article, each
third of the threads taken out in turn, with and without the FAQ's own question as title), held near zero with
strength 30. The ranking's weights are a compromise: on StackFAQ results are flat for a keyword weight from .1 to .3,
and material full of technical terms needs more.
"""

from __future__ import annotations

from knowledge_base.gate import FEATURES, Gate
from knowledge_base.ranking import Ranking

_COEFFICIENTS = {
    "dense": 5.37,
    "passage": 3.23,
    "question": -0.26,
    "dense_margin": 6.05,
    "keyword_margin": 1.72,
    "mass": 1.15,
    "sentence": 0.51,
    "sentence_margin": 2.59,
}

PRIOR = Gate(
    ranking=Ranking(weights=(0.4, 0.2, 0.15, 0.25), sharpness=35.0),
    coefficients=tuple(_COEFFICIENTS.get(name, 0.0) for name in FEATURES),
    intercept=-6.68,
    suggest_from=0.3,
    calibration=(),
)
