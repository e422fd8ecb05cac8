"""What serves before there are labelled questions, and what a fit on few questions is held near.

Made by `python -m tests.benchmarks.prior`: fitted on StackFAQ (threads with an even number, with and without the FAQ's
own question, each quarter of them taken out in turn), on a handbook of technical terms, and on the starter desk's
development questions. It is a compromise: these want the words to weigh from a tenth to almost half, and only StackFAQ
wants what is generic to count against an article. A desk's own labelled questions settle that for the desk.
"""

from __future__ import annotations

from knowledge_base.gate import FEATURES, Gate
from knowledge_base.ranking import PARTS, Ranking

_WEIGHTS = {
    "dense": 0.27,
    "passage": 0.07,
    "question": 0.25,
    "sentence": 0.09,
    "keyword": 0.32,
    "generic": -0.04,
    "generic_question": -0.10,
}
_COEFFICIENTS = {
    "score": 3.51,
    "crowd": -6.81,
    "dense": 8.5,
    "passage": 0.46,
    "question": 1.46,
    "generic": -6.17,
    "sentence": 2.99,
    "sentence_margin": 0.69,
    "keyword_margin": 7.2,
}

PRIOR = Gate(
    ranking=Ranking(weights=tuple(_WEIGHTS[name] for name in PARTS), sharpness=32.0),
    coefficients=tuple(_COEFFICIENTS.get(name, 0.0) for name in FEATURES),
    intercept=-3.6,
    suggest_from=0.3,
    calibration=(),
)
