"""Choose how long to train, how much each part weighs and when to doubt, on training tickets set aside for it.

The calibration tickets stay out of every choice, since the promise about misroutes rests on them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize

from classifier.data.splits import by_hash, digest
from classifier.learning.checkpoints import Checkpoint
from classifier.learning.corpus import Corpus
from classifier.learning.doubt_fitting import fit_doubt
from classifier.learning.finetuning import Lesson, embeddings_of, fine_tune, logits_of
from classifier.learning.network import SortingNetwork, load_network
from classifier.learning.peers import Task, train_linear, train_untuned
from classifier.learning.progress import Meter
from classifier.learning.recipe import TrainingSettings, all_thin
from classifier.model.base_model import BaseModel
from classifier.model.calibration import surprise, surprises
from classifier.model.doubt import Array, Doubt, Groups
from classifier.model.encoder import Seen
from classifier.model.familiarity import Memory, Scale, signs_of
from classifier.model.fields import Field, of_labels
from classifier.model.linear import Floats, LinearHead, LinearModel
from classifier.model.parts import PARTS, Part, Weights
from classifier.model.provenance import code_version
from classifier.model.scorer import Scored, add_up

CLEARLY = 2.0
"""Standard errors by which an earlier epoch must beat the last one to be preferred. Learning rates fall to zero only at
the end of the schedule, so a stop for a gain that is noise leaves the model unfinished: with one seed, epoch 2 of 5 was
chosen on 125 tickets and gave .745 on the starter desk's test, all five gave .798 (one seed, 208 tickets)."""

HEAVIEST = 10.0
"""Largest weight of a part; margins are a few times smaller than logits."""
LIGHTEST = 0.02
"""A part that would weigh less is left out."""

ASIDE_SHARE, MOST_ASIDE = 0.2, 3_000
"""Of the training tickets, how many the choice is made on, before all of them are learnt from."""

REMEMBERED = 20_000
"""Tickets whose vectors a model keeps; three kilobytes each."""


Keep = Callable[[SortingNetwork, int], None]
"""Hears the network after each epoch, from 1."""


@dataclass(frozen=True)
class Choice:
    """How a model is trained and joined."""

    epochs: int
    planned_epochs: int
    """Length that the learning rates were laid out for."""
    weights: Weights
    surprise: float
    """Mean negative log-likelihood of the set-aside tickets, in nats."""
    tickets: int
    """Set-aside tickets that the choice was made on."""


@dataclass(frozen=True)
class Parts:
    """What has learnt from some of the tickets."""

    network: SortingNetwork | None
    untuned: LinearHead
    words: LinearModel

    def score(self, corpus: Corpus, rows: Sequence[int], weights: Weights, fields: Sequence[Field] = ()) -> Scored:
        """What they say about rows of the corpus."""
        whole: dict[Part, Floats] = {
            "untuned": self.untuned.logits(corpus.untuned[rows]),
            "words": self.words.margins(corpus.some(rows)),
        }
        seen = None
        if self.network is not None and weights.needs_encoder:
            whole["tuned"] = logits_of(self.network, corpus.features, rows)
            seen = Seen(whole["tuned"], embeddings_of(self.network, corpus.features, rows), corpus.untuned[rows])
        return add_up({part: whole[part] for part in weights.parts}, seen, weights, corpus.offsets, fields)

    def remember(self, corpus: Corpus, rows: Sequence[int]) -> Memory | None:
        """The vectors of the rows that they have learnt from, or of an even choice among them."""
        if self.network is None:
            return None
        kept = sorted(rows, key=lambda row: digest(corpus.texts[row]))[:REMEMBERED]
        tuned = embeddings_of(self.network, corpus.features, kept).astype(np.float16)
        return Memory(tuned, corpus.untuned[kept].astype(np.float16))


@dataclass(frozen=True)
class Chosen:
    """Everything that the set-aside tickets taught."""

    choice: Choice
    doubts: dict[str, Doubt]
    """Of the served sum (`SERVED`), of each part that is a peer by its name, and of each field by its name."""
    fields: tuple[Field, ...]
    scale: Scale
    parts: Parts
    """As they were for the choice: all but the set-aside tickets learnt."""


SERVED = "served"


class Chooser:
    """One training's choice. `work` is a folder for its state, so that it can go on after a kill; None keeps none."""

    def __init__(
        self, corpus: Corpus, base: BaseModel, settings: TrainingSettings, seed: int, meter: Meter, work: Path | None
    ) -> None:
        self.corpus, self.base, self.settings, self.seed, self.meter = corpus, base, settings, seed, meter
        self.work = work

    def choose(self, groups: Groups | None) -> Chosen:
        """Train all parts on most of the training tickets, and keep what does best on the others."""
        corpus, settings = self.corpus, self.settings
        learn, aside = self.sides()
        right = corpus.targets[aside]
        parts = self.cheap_parts(learn)
        whole: dict[Part, Floats] = {
            "untuned": parts.untuned.logits(corpus.untuned[aside]),
            "words": parts.words.margins(corpus.some(aside)),
        }
        planned = settings.planned_epochs(len(learn), len(corpus.labels))
        if "tuned" in settings.parts:
            network, logits = self._tuned_on(learn, aside, planned)
            parts = Parts(network, parts.untuned, parts.words)
            choice = preferred([self._weigh(n, planned, {**whole, "tuned": rows}, right) for n, rows in logits.items()])
            whole["tuned"] = logits[choice.epochs]
        else:
            parts = Parts(self.network_as_it_is(), parts.untuned, parts.words)
            choice, _ = self._weigh(0, 0, whole, right)
        fields = tuple(self._fields({part: whole[part] for part in choice.weights.parts}, aside))
        return self._doubts(choice, parts, fields, learn, aside, groups)

    def _fields(self, whole: dict[Part, Floats], aside: Sequence[int]) -> Iterator[Field]:
        """What each part weighs for each field, on the tickets aside that carry it."""
        for asked, place in zip(self.corpus.asked, self.corpus.places, strict=True):
            right = asked.targets[aside]
            known = right >= 0
            weights = Weights.of(list(whole), [1.0] * len(whole))
            if known.any():
                weights = part_weights({part: rows[known, place] for part, rows in whole.items()}, right[known])
            yield Field(asked.name, asked.values, weights)

    def sides(self) -> tuple[list[int], list[int]]:
        """Rows to learn from for the choice, descriptions among them, and those of tickets aside."""
        train = [self.corpus.tickets[row] for row in self.corpus.rows.train]
        row_of = {ticket.id: row for row, ticket in enumerate(train)}
        learn, aside = by_hash(train, min(ASIDE_SHARE, MOST_ASIDE / len(train)))
        return [*(row_of[t.id] for t in learn), *self.corpus.rows.described], [row_of[t.id] for t in aside]

    def cheap_parts(self, rows: Sequence[int]) -> Parts:
        """Those that need no network, learnt from these rows."""
        corpus = self.corpus
        tasks = [
            Task(corpus.targets[rows], len(corpus.labels)),
            *(Task(asked.targets[rows], len(asked.values), even=False) for asked in corpus.asked),
        ]
        words = train_linear(corpus.some(rows), tasks, self.seed)
        return Parts(None, train_untuned(corpus.untuned[rows], tasks), words)

    def network_as_it_is(self) -> SortingNetwork | None:
        """The encoder for a model that does not tune it; None for one that needs none."""
        return self.corpus.features.network if "untuned" in self.settings.parts else None

    def _tuned_on(
        self, learn: Sequence[int], aside: Sequence[int], planned: int
    ) -> tuple[SortingNetwork, dict[int, Floats]]:
        checkpoint = self.checkpoint("choose")

        def keep(network: SortingNetwork, epoch: int) -> None:
            checkpoint.kept[str(epoch)] = torch.from_numpy(logits_of(network, self.corpus.features, aside))

        network = self.tune(learn, planned, planned, checkpoint, keep)
        return network, {int(epoch): kept.numpy() for epoch, kept in sorted(checkpoint.kept.items())}

    def checkpoint(self, stage: str) -> Checkpoint:
        """Where a stage's state is kept."""
        marks = [f"{t.id} {t.label} {t.priority} {t.request_type}" for t in self.corpus.tickets]
        made_for = digest(
            "\n".join([stage, code_version(), repr(self.settings), str(self.seed), *marks, *self.corpus.texts])
        ).hex()
        return Checkpoint(self.work / f"{stage}.safetensors" if self.work else None, made_for)

    def tune(
        self,
        rows: Sequence[int],
        planned_epochs: int,
        epochs: int,
        checkpoint: Checkpoint,
        after_epoch: Keep = lambda network, epoch: None,
    ) -> SortingNetwork:
        """A network fine-tuned on the texts in `rows`."""
        corpus, settings = self.corpus, self.settings
        torch.manual_seed(self.seed)
        recipe = settings.recipe
        network = load_network(self.base.folder, corpus.width, settings.tuned_layers, recipe.dropout)
        network.to(corpus.features.network.device)
        fine_tune(
            network,
            corpus.features,
            rows,
            corpus.targets,
            [Lesson(place, asked.targets) for place, asked in zip(corpus.places, corpus.asked, strict=True)],
            recipe=recipe,
            batch_size=settings.tickets_a_step(len(rows)),
            planned_epochs=planned_epochs,
            epochs=epochs,
            seed=self.seed,
            after_batch=self.meter.add,
            after_epoch=lambda epoch: after_epoch(network, epoch),
            checkpoint=checkpoint,
            contrast=recipe.contrast if all_thin(len(rows), len(corpus.labels)) else 0.0,
        )
        return network

    def _weigh(
        self, epoch: int, planned: int, logits: dict[Part, Floats], right: npt.NDArray[np.int64]
    ) -> tuple[Choice, Array]:
        parts = of_labels(logits, len(self.corpus.labels))
        weights = part_weights({part: parts[part] for part in PARTS if part in self.settings.parts}, right)
        each = surprises(weights.add(parts) + self.corpus.offsets, right)
        return Choice(epoch, planned, weights, float(each.mean()), len(right)), each

    def _doubts(
        self,
        choice: Choice,
        parts: Parts,
        fields: tuple[Field, ...],
        learn: Sequence[int],
        aside: Sequence[int],
        groups: Groups | None,
    ) -> Chosen:
        right = self.corpus.targets[aside]
        scored = parts.score(self.corpus, aside, choice.weights, fields)
        signs = signs_of(scored, parts.remember(self.corpus, learn))
        scale = Scale.fit(signs)
        none = np.zeros(len(aside))
        doubts = {SERVED: fit_doubt(scored.logits, right, scale.of(signs), scale, groups)}
        for part in ("untuned", "words"):
            alone = parts.score(self.corpus, aside, Weights(**{part: PEER_FACTOR[part]}))
            doubts[part] = fit_doubt(alone.logits, right, none, None, groups)
        of_name = {asked.name: asked.targets[aside] for asked in self.corpus.asked}
        for field in fields:
            known = of_name[field.name] >= 0
            familiar = scale.of(signs)[known]
            logits = scored.fields[field.name][known]
            doubts[field.name] = fit_doubt(logits, of_name[field.name][known], familiar, scale, None)
        return Chosen(choice, doubts, fields, scale, parts)


PEER_FACTOR = {"untuned": 1.0, "words": 2.0}
"""Of a part that stands alone; margins are read as half of log-odds."""


def preferred(tried: Sequence[tuple[Choice, Array]]) -> Choice:
    """The last epoch, unless an earlier one did clearly better on the same tickets."""
    best, best_each = min(tried, key=lambda pair: pair[0].surprise)
    last, last_each = tried[-1]
    gains = last_each - best_each
    noise = float(gains.std()) / len(gains) ** 0.5
    return best if float(gains.mean()) > CLEARLY * noise else last


def part_weights(logits: dict[Part, Floats], right: npt.NDArray[np.int64]) -> Weights:
    """Factors of the parts' logits in their sum, such that it surprises least."""
    rows = list(logits.values())

    def loss(factors: npt.NDArray[np.float64]) -> float:
        return surprise(np.asarray(sum(f * r for f, r in zip(factors, rows, strict=True))), right)

    found = minimize(loss, np.ones(len(rows)), bounds=[(0.0, HEAVIEST)] * len(rows), method="L-BFGS-B").x
    factors = [round(float(f), 4) if f >= LIGHTEST else 0.0 for f in found]
    return Weights.of(list(logits), factors if any(factors) else [1.0] * len(rows))
