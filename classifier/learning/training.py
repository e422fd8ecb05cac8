"""Train a model version from closed tickets, in one run with its cheap peers."""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from classifier.data.splits import Splits, split_by_time
from classifier.data.ticket import Ticket
from classifier.errors import ClassifierError
from classifier.judging.evaluation import teams_of
from classifier.learning.concluding import Made, conclude
from classifier.learning.corpus import Corpus, read
from classifier.learning.export import Quantisation, export_network
from classifier.learning.progress import Meter, Progress
from classifier.learning.recipe import Recipe, TrainingSettings, idle_cores
from classifier.learning.selection import Chooser, Chosen, Parts
from classifier.model.base_model import BaseModel, base_model
from classifier.model.fields import of_labels
from classifier.model.model_folder import TOKENIZER_FILE, written_aside
from classifier.model.prediction import groups_of
from classifier.model.scorer import combine

__all__ = ["Progress", "Recipe", "TrainingSettings", "train"]

FEWEST_TICKETS = 20
"""Tickets to learn from, below which nothing sensible can be learnt."""

SO_MANY_THAT_ONCE_IS_ENOUGH = 20_000
"""Tickets to learn from, from which those set aside for the choice are not learnt from afterwards: a tenth more of so
many changes little, and learning anew takes as long as the choice did."""

MOST_COMPARED = 500
"""Training tickets on which eight bits are compared with 32, where there is no calibration ticket."""


def train(
    tickets: Iterable[Ticket] | Splits,
    out_dir: Path | str,
    settings: TrainingSettings | None = None,
    progress: Callable[[Progress], None] | None = None,
    seed: int = 0,
    work: Path | None = None,
) -> Path:
    """Train on closed tickets and write the model version to `out_dir`, which must not be there yet.

    Tickets are split by time unless they come split. `progress` is called after every batch; an exception that it
    raises cancels the training, and no model is left behind. `work` is a folder for the training's state: a training
    of the same tickets, settings and seed goes on from there after a kill or a cancellation, and ends as if nothing
    had happened; it is removed at the end. Raises `ClassifierError` for too few tickets or labels, an encoder that
    cannot be used, or a place that cannot be written.
    """
    settings = settings or TrainingSettings()
    out_dir = Path(out_dir)
    started = time.monotonic()
    with written_aside(out_dir) as folder, _torch_for(settings.threads or idle_cores(), seed):
        splits = tickets if isinstance(tickets, Splits) else split_by_time(tickets)
        check(splits)
        job = _Job(splits, settings, base_model(settings.base_model), seed, folder, work)
        run(job, Meter(progress, job.units()), started)
    if work is not None:
        shutil.rmtree(work, ignore_errors=True)
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
    work: Path | None

    def units(self) -> int:
        """Texts that go through the network in the whole run, at most."""
        train, unseen = len(self.splits.train), len(self.splits.calibrate) + len(self.splits.test)
        curve = train if self.settings.curve else 0
        return train + 2 * unseen + 2 * self.units_of_a_tuning() + curve

    def units_of_a_tuning(self) -> int:
        """Texts that go through the network while it is tuned once, at most."""
        train, labels = len(self.splits.train), len({ticket.label for ticket in self.splits.train})
        return train * self.settings.planned_epochs(train, labels) if "tuned" in self.settings.parts else 0


def run(job: _Job, meter: Meter, started: float) -> None:
    """All stages, in order; the folder is complete at the end."""
    corpus = read(job.splits, job.base, job.settings, meter)
    groups = groups_of(corpus.labels, teams_of(corpus.tickets))
    chooser = Chooser(corpus, job.base, job.settings, job.seed, meter, job.work)
    meter.begin("choose", "finding out how long to train and what to trust", job.units_of_a_tuning())
    chosen = chooser.choose(groups)
    meter.end()
    parts, learnt = _learn(job, corpus, chooser, chosen, meter)
    meter.begin("measure", "exporting, calibrating and testing", len(corpus.rows.unseen))
    quantisation = _write_parts(job, corpus, parts, chosen)
    memory = parts.remember(corpus, learnt) if chosen.choice.weights.needs_encoder else None
    made = Made(job.splits, job.settings, job.base, job.seed, corpus, chosen, parts, memory, quantisation)
    conclude(made, job.folder, meter, started)
    meter.end()


def _learn(job: _Job, corpus: Corpus, chooser: Chooser, chosen: Chosen, meter: Meter) -> tuple[Parts, list[int]]:
    """The parts, learnt from all training tickets, and those tickets' rows; of very many, those of the choice stay."""
    rows, choice = [*corpus.rows.train, *corpus.rows.described], chosen.choice
    network = chosen.parts.network
    meter.begin("train", "learning from all training tickets", job.units_of_a_tuning())
    cheap = chooser.cheap_parts(rows)
    last = choice.epochs == choice.planned_epochs
    if not choice.weights.tuned:
        network = chooser.network_as_it_is() if choice.weights.untuned else None
    elif len(rows) < SO_MANY_THAT_ONCE_IS_ENOUGH or not last:
        network = chooser.tune(rows, choice.planned_epochs, choice.epochs, chooser.checkpoint("train"))
    meter.end()
    return Parts(network, cheap.untuned, cheap.words), rows


def _write_parts(job: _Job, corpus: Corpus, parts: Parts, chosen: Chosen) -> Quantisation | None:
    """The files of the parts that have a weight; gives what eight bits changed in the encoder."""
    weights, rows = chosen.choice.weights, corpus.rows.calibrate or corpus.rows.train[:MOST_COMPARED]
    if weights.words:
        parts.words.save(job.folder)
    if weights.untuned:
        parts.untuned.save(job.folder)
    if parts.network is None:
        return None
    shutil.copyfile(job.base.folder / TOKENIZER_FILE, job.folder / TOKENIZER_FILE)
    texts = corpus.some(rows)
    return export_network(
        parts.network,
        job.folder,
        corpus.ids(rows),
        lambda seen: weights.add(
            of_labels(combine(seen, parts.untuned, parts.words, texts, weights), len(corpus.labels))
        ),
        job.settings.int8,
    )
