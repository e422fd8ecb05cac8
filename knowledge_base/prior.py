"""What serves before there are labelled questions, and what a fit on few questions is held near.

Fitted on the threads of StackFAQ with an even number, in both forms (question and answer; answer only) and with the
held-out topics taken out; `tests/benchmarks/knowledge_base.py --prior` prints it.
"""

from __future__ import annotations

from knowledge_base.gate import FEATURES, Gate
from knowledge_base.ranking import Ranking

PRIOR = Gate(
    ranking=Ranking(weights=(0.45, 0.2, 0.1, 0.25), sharpness=35.0),
    coefficients=tuple(0.0 for _ in FEATURES),
    intercept=0.0,
    suggest_from=0.2,
    calibration=(),
)
