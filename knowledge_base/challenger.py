"""A challenger from beginning to end: tune, export, index, compare with what is served. Nothing is served by it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from knowledge_base.adapting import Recipe, adapt
from knowledge_base.bundle import CALIBRATION, DEVELOPMENT, INDEX, build_bundle, labelled, load_bundle
from knowledge_base.embedding import Encoder, Progress
from knowledge_base.encoder_comparison import Comparison, Side, compare
from knowledge_base.encoder_export import find_model
from knowledge_base.encoders import encoder_of, exported
from knowledge_base.index import Index
from knowledge_base.settings import Settings


@dataclass(frozen=True)
class Challenger:
    """A tuned encoder, and what was measured of it."""

    version: str  # of the encoder
    bundle: Path  # the served articles indexed with it
    comparison: Comparison


PARTS = {
    "learning from questions": (0.0, 0.4),
    "encode": (0.4, 0.6),
    "questions": (0.6, 0.7),
    "judging the champion": (0.7, 0.85),
    "judging the challenger": (0.85, 1.0),
}
"""Of the whole work, by stage: estimates, so that a bar moves about evenly."""


def share_of(stage: str, done: int, total: int) -> float:
    """How much of a challenger is done, 0 to 1."""
    start, end = PARTS.get(stage, PARTS["questions"])  # what is not named is a step of the gate's fit
    return start + (end - start) * (done / total if total else 1.0)


def make_challenger(
    settings: Settings,
    champion: Path,
    questions_dir: Path,
    limit: float,
    progress: Progress | None = None,
    recipe: Recipe = Recipe(),
) -> Challenger:
    """Tune on development questions, examples and confirmed questions; compare on the calibration questions.

    `champion` is the served bundle, `limit` the desk's share of answers that may be wrong. Raises KnowledgeBaseError.
    """
    _, index, _ = load_bundle(champion)
    encoder = Encoder.open(encoder_of(champion, settings))
    held_out = labelled(questions_dir, CALIBRATION)
    learn = labelled(questions_dir, DEVELOPMENT)
    base = find_model(settings.encoder)
    version = adapt(base, index, encoder, learn, held_out, settings.tuned_encoders, recipe, progress).name
    folder = exported(settings, version)
    bundle = build_bundle(
        index.articles, questions_dir, settings.index_home, folder, None, progress, settings.search,
        confirmed=index.confirmed,
    )  # fmt: skip
    other = Side(Index.load(bundle / INDEX), Encoder.open(folder))
    return Challenger(version, bundle, compare(Side(index, encoder), other, held_out, limit, progress))
