"""What an encoder learns from an organisation's own questions. Prints a section of docs/BENCHMARKS.md.

`python -m tests.benchmarks.adapting` takes some minutes; StackFAQ is left out where its folder is not there. The
recipe comes from trials on the starter's calibration questions and on threads 4n + 2, never on what is reported.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from knowledge_base.adapting import Recipe, adapt
from knowledge_base.answering import Answerer
from knowledge_base.bundle import CALIBRATION, DEVELOPMENT, TEST, labelled
from knowledge_base.documents import Article, Question
from knowledge_base.embedding import Encoder
from knowledge_base.encoder_comparison import Judged, look
from knowledge_base.encoder_export import ensure_encoder, find_model
from knowledge_base.gate import Gate
from knowledge_base.gate_fitting import fit_gate
from knowledge_base.index import Index
from knowledge_base.paired import mcnemar, mean_gain
from knowledge_base.prior import PRIOR
from knowledge_base.settings import Settings
from knowledge_base.sources import read_articles
from tests.benchmarks.knowledge_base import LIMIT
from tests.benchmarks.materials import EVEN, FORMS, ODD, STACKFAQ, STARTER, stackfaq


@dataclass(frozen=True)
class Material:
    """What is learnt, what fits the gate, and what is reported."""

    name: str
    articles: Sequence[Article]
    learn: Sequence[Question]
    calibrate: Sequence[Question]
    report: Sequence[Question]


def materials() -> list[Material]:
    """The starter desk; StackFAQ in both forms, learnt on even threads and reported on the others."""
    parts = [labelled(STARTER / "questions", name) for name in (DEVELOPMENT, CALIBRATION, TEST)]
    found = [Material("starter desk, test split", read_articles(STARTER / "articles").articles, *parts)]
    if not STACKFAQ.is_dir():
        return found
    for form, titled in FORMS.items():
        faq = stackfaq(titled)
        even, odd = faq.questions(EVEN), faq.questions(ODD)
        found.append(Material(f"StackFAQ, {form}, odd threads", faq.articles, even, (), odd))
    return found


def section(recipe: Recipe = Recipe()) -> str:
    """Markdown."""
    cache = Settings().encoder_cache
    lines = [
        "## Adapting the encoder (`tests/benchmarks/adapting.py`)",
        "",
        "The untuned encoder → the one tuned by `deskhand kb adapt`, on questions that neither it nor its gate has "
        "seen. On StackFAQ no article of the reported threads has been learnt from: it shows what is kept.",
        "",
        "| | questions learnt | Hit@1 | MRR | p (McNemar) | MRR gain, 95 % | "
        f"answered right at ≤ {LIMIT:.0%} wrong | learning, s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for material in materials():
        with tempfile.TemporaryDirectory() as folder:
            lines.append(_measure(material, cache, Path(folder), recipe))
    return "\n".join(lines) + "\n"


def _measure(material: Material, cache: Path, folder: Path, recipe: Recipe) -> str:
    encoder = Encoder.open(ensure_encoder(cache))
    index = Index.build(material.articles, encoder)
    held_out = [*material.calibrate, *material.report]
    began = time.perf_counter()
    tuned = adapt(find_model(None), index, encoder, material.learn, held_out, folder / "encoders", recipe)
    seconds = time.perf_counter() - began
    other = Encoder.open(ensure_encoder(folder / "encoder", str(tuned)))
    before = _judge(material, index, encoder)
    after = _judge(material, Index.build(material.articles, other), other)
    answerable = np.array([bool(question.articles) for question in material.report])
    old, new = before.only(answerable), after.only(answerable)
    low, high = mean_gain(new.reciprocal() - old.reciprocal())
    answered = [f"{(side.answered & side.right).mean():.3f}" for side in (old, new)]
    return (
        f"| {material.name} ({int(answerable.sum())}) | {len(other.learnt_from)} "
        f"| {old.right.mean():.3f} → {new.right.mean():.3f} "
        f"| {old.reciprocal().mean():.3f} → {new.reciprocal().mean():.3f} | {mcnemar(old.right, new.right):.3f} "
        f"| {low:+.3f} … {high:+.3f} | {' → '.join(answered) if material.calibrate else '–'} | {seconds:.0f} |"
    )


def _judge(material: Material, index: Index, encoder: Encoder) -> Judged:
    answerer = Answerer(index, encoder, _gate(material, index, encoder))
    return Judged.of([look(answerer, question, LIMIT) for question in material.report])


def _gate(material: Material, index: Index, encoder: Encoder) -> Gate:
    """What would be served: fitted on all that the encoder has not learnt from."""
    if not material.calibrate:
        return PRIOR
    return fit_gate(index, encoder, encoder.unseen(material.learn), material.calibrate)


if __name__ == "__main__":
    print(section())
