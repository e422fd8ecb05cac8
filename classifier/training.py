"""Train a model version from closed tickets, in one run with its cheap peers."""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from classifier.base_model import BaseModel, base_model
from classifier.calibration import Calibration
from classifier.cleaning import clean_text
from classifier.errors import ClassifierError
from classifier.evaluation import teams_of
from classifier.export import Quantisation, export_network
from classifier.finetuning import embeddings_of
from classifier.learning_curve import LEARNING_FILE, learning_curve
from classifier.linear import Floats
from classifier.model_folder import (
    CALIBRATION_FILE,
    REPORT_FILE,
    TOKENIZER_FILE,
    Manifest,
    write_json,
    write_manifest,
    written_aside,
)
from classifier.network import Features, load_network, tokenizer_for
from classifier.peers import frozen_peer, train_linear
from classifier.prediction import Prediction, decide, groups_of
from classifier.progress import Meter, Progress
from classifier.provenance import data_fingerprint
from classifier.recipe import Recipe, TrainingSettings, idle_cores
from classifier.report import FROZEN_PEER, LINEAR_PEER, SERVED, Run, report
from classifier.scorer import Scorer
from classifier.selection import Choice, Corpus, choose, tune
from classifier.splits import Splits, by_hash, split_by_time
from classifier.ticket import Ticket
from classifier.trial import TRIAL_FILE, trial_of

__all__ = ["Progress", "Recipe", "TrainingSettings", "train"]

FEWEST_TICKETS = 20
"""Tickets to learn from, below which nothing sensible can be learnt."""

ASIDE_SHARE = 0.2
"""Share of the training tickets on which epochs and weights are chosen, before all of them are learnt from."""

AT_ONCE = 256
"""Texts between two words about progress."""


def train(
    tickets: Iterable[Ticket],
    out_dir: Path | str,
    settings: TrainingSettings | None = None,
    progress: Callable[[Progress], None] | None = None,
    seed: int = 0,
) -> Path:
    """Train on closed tickets and write the model version to `out_dir`, which must not be there yet.

    `progress` is called after every batch; an exception that it raises cancels the training, and nothing is left
    behind. Raises `ClassifierError` for too few tickets or labels, or an encoder that cannot be used.
    """
    settings = settings or TrainingSettings()
    out_dir = Path(out_dir)
    started = time.monotonic()
    with written_aside(out_dir) as folder, _torch_for(settings.threads or idle_cores(), seed):
        splits = split_by_time(tickets)
        check(splits)
        job = _Job(splits, settings, base_model(settings.base_model), seed, folder)
        meter = Meter(progress, job.units())
        run(job, meter, started)
    return out_dir


def check(splits: Splits) -> None:
    """Refuse, with a `ClassifierError`, tickets from which nothing can be learnt."""
    labels = {ticket.label for ticket in splits.train}
    if len(splits.train) < FEWEST_TICKETS:
        raise ClassifierError(
            f"{len(splits.train)} tickets to learn from (after {len(splits.dropped)} duplicates and those kept for "
            f"calibration and test) are too few; at least {FEWEST_TICKETS} are needed."
        )
    if len(labels) < 2:
        raise ClassifierError(f"All tickets to learn from are labelled `{labels.pop()}`; two labels are needed.")


@contextmanager
def _torch_for(threads: int, seed: int) -> Iterator[None]:
    """Torch's process-wide threads and random numbers for the time of a training."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True)
class _Job:
    splits: Splits
    settings: TrainingSettings
    base: BaseModel
    seed: int
    folder: Path

    @property
    def tickets(self) -> tuple[Ticket, ...]:
        return (*self.splits.train, *self.splits.calibrate, *self.splits.test)

    def rows(self) -> tuple[list[int], list[int], list[int]]:
        """Rows of the training, calibration and test tickets among `tickets`."""
        first = len(self.splits.train)
        second = first + len(self.splits.calibrate)
        return list(range(first)), list(range(first, second)), list(range(second, len(self.tickets)))

    def units(self) -> int:
        """Texts that go through the network in the whole run, at most."""
        train = len(self.splits.train)
        return 2 * len(self.tickets) + 2 * train * self.settings.planned_epochs(train)


def run(job: _Job, meter: Meter, started: float) -> None:
    """All stages, in order; the folder is complete at the end."""
    settings, (train_rows, calibrate_rows, test_rows) = job.settings, job.rows()
    corpus = _read(job)
    embeddings = _embed(corpus, meter)
    choice = _choose(job, corpus, meter)
    meter.begin("train", "learning from all training tickets", len(train_rows) * choice.epochs)
    network = tune(corpus, train_rows, job.base, settings, choice.planned_epochs, choice.epochs, job.seed, meter.add)
    linear = train_linear(corpus.some(train_rows), corpus.targets[train_rows], len(corpus.labels), job.seed)
    meter.begin("measure", "exporting, calibrating and testing", len(job.tickets))
    linear.save(job.folder)
    shutil.copyfile(job.base.folder / TOKENIZER_FILE, job.folder / TOKENIZER_FILE)
    margins = choice.linear_weight * linear.margins(corpus.some(calibrate_rows))
    quantisation = export_network(
        network,
        job.folder,
        [corpus.features.ids(row) for row in calibrate_rows],
        lambda logits: np.float32(choice.encoder_weight) * logits + margins,
        settings.int8,
    )
    created = datetime.now(UTC)
    name = f"{created:%Y%m%d-%H%M%S}-{data_fingerprint(job.tickets)[:6]}-{job.seed}"
    manifest = Manifest(name, corpus.labels, choice.encoder_weight, choice.linear_weight, settings.max_tokens)
    scorer = Scorer.open(job.folder, manifest, torch.get_num_threads())
    unseen = calibrate_rows + test_rows
    logits = {
        SERVED: _scored(scorer, corpus.some(unseen), meter),
        LINEAR_PEER: 2 * scorer.linear.margins(corpus.some(unseen)),
        FROZEN_PEER: _frozen(embeddings, corpus, train_rows, unseen),
    }
    curve = learning_curve(corpus.texts, embeddings, corpus.targets, corpus.labels, train_rows, job.seed)
    write_json(job.folder / LEARNING_FILE, curve)
    _conclude(job, corpus, logits, choice, quantisation, manifest, created, (time.monotonic() - started) / 60)
    meter.end()


def _read(job: _Job) -> Corpus:
    texts = [clean_text(ticket.text) for ticket in job.tickets]
    labels = tuple(sorted({ticket.label for ticket in job.splits.train}))
    place = {label: number for number, label in enumerate(labels)}
    targets = np.array([place.get(ticket.label, -1) for ticket in job.tickets], dtype=np.int64)
    tokenizer = tokenizer_for(job.base.folder, job.settings.max_tokens)
    tokens = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    recipe = job.settings.recipe
    network = load_network(job.base.folder, len(labels), job.settings.tuned_layers, recipe.dropout)
    return Corpus(texts, targets, labels, Features(network, tokens))


def _embed(corpus: Corpus, meter: Meter) -> Floats:
    """What the untouched encoder makes of every text; fills the features' memory on the way."""
    count = len(corpus.texts)
    meter.begin("read", "reading the tickets", count)
    parts = []
    for start in range(0, count, AT_ONCE):
        rows = range(start, min(start + AT_ONCE, count))
        parts.append(embeddings_of(corpus.features.network, corpus.features, rows))
        meter.add(len(rows))
    return np.concatenate(parts)


def _choose(job: _Job, corpus: Corpus, meter: Meter) -> Choice:
    row_of = {ticket.id: row for row, ticket in enumerate(job.splits.train)}
    learn, aside = ([row_of[t.id] for t in side] for side in by_hash(job.splits.train, ASIDE_SHARE))
    planned = job.settings.planned_epochs(len(learn))
    meter.begin("choose", "finding out how long to train", len(job.splits.train) * planned)
    choice = choose(corpus, learn, aside, job.base, job.settings, job.seed, meter.add)
    meter.end()
    return choice


def _frozen(embeddings: Floats, corpus: Corpus, learn: Sequence[int], unseen: Sequence[int]) -> Floats:
    probabilities = frozen_peer(embeddings[learn], corpus.targets[learn], len(corpus.labels), embeddings[unseen])
    return np.asarray(np.log(np.maximum(probabilities, 1e-9)))


def _scored(scorer: Scorer, texts: Sequence[str], meter: Meter) -> Floats:
    parts = []
    for start in range(0, len(texts), AT_ONCE):
        part = texts[start : start + AT_ONCE]
        parts.append(scorer.logits(part))
        meter.add(len(part))
    return np.concatenate(parts)


def _conclude(
    job: _Job,
    corpus: Corpus,
    logits: dict[str, Floats],
    choice: Choice,
    quantisation: Quantisation,
    manifest: Manifest,
    created: datetime,
    minutes: float,
) -> None:
    """Calibrate the served model and each peer in the same way, test them, and write the last files."""
    _, calibrate_rows, test_rows = job.rows()
    first, limit = len(calibrate_rows), job.settings.limit
    groups = groups_of(corpus.labels, teams_of(job.tickets))
    predictions: dict[str, list[Prediction]] = {}
    calibrations: dict[str, Calibration] = {}
    for name, rows in logits.items():
        calibration = Calibration.fit(rows[:first], corpus.targets[calibrate_rows])
        threshold = calibration.threshold_for(limit, groups)
        texts = corpus.some(test_rows)
        predictions[name] = decide(rows[first:], corpus.labels, calibration, threshold, texts, groups)
        calibrations[name] = calibration
    served = calibrations[SERVED]
    served.save(job.folder / CALIBRATION_FILE)
    findings = Run(
        manifest.version,
        created,
        minutes,
        job.seed,
        job.settings,
        job.base,
        job.splits,
        choice,
        quantisation,
        predictions,
        served.shortfall(limit, groups),
    )
    write_json(job.folder / REPORT_FILE, report(findings))
    write_json(job.folder / TRIAL_FILE, trial_of(job.splits, limit, predictions))
    write_manifest(job.folder, manifest)
