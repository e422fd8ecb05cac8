"""The end of a training: calibrate what will be served and its peers, test them, and write it all down."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from classifier.data.splits import Splits
from classifier.judging.evaluation import teams_of
from classifier.judging.trial import TRIAL_FILE, trial_of
from classifier.learning.corpus import AT_ONCE, Corpus
from classifier.learning.export import Quantisation
from classifier.learning.field_trial import Unseen, try_fields
from classifier.learning.learning_curve import LEARNING_FILE, learning_curve
from classifier.learning.progress import Meter
from classifier.learning.recipe import TrainingSettings
from classifier.learning.report import FROZEN_PEER, LINEAR_PEER, Run, report
from classifier.learning.selection import PEER_FACTOR, SERVED, Chosen, Parts
from classifier.model.base_model import BaseModel
from classifier.model.calibration import Calibration
from classifier.model.doubt import Array, Doubt
from classifier.model.familiarity import Memory, Scale, save_familiarity, signs_of
from classifier.model.fields import FieldName
from classifier.model.linear import Floats
from classifier.model.model_folder import CALIBRATION_FILE, REPORT_FILE, Manifest, write_json, write_manifest
from classifier.model.parts import Weights
from classifier.model.prediction import Prediction, decide, groups_of
from classifier.model.provenance import data_fingerprint
from classifier.model.scorer import Scorer

FEWEST_TO_SCALE = 100
"""Calibration tickets from which the served familiarity is scaled on them (their labels play no part)."""


@dataclass(frozen=True)
class Made:
    """What the stages before made."""

    splits: Splits
    settings: TrainingSettings
    base: BaseModel
    seed: int
    corpus: Corpus
    chosen: Chosen
    parts: Parts
    memory: Memory | None
    quantisation: Quantisation | None


@dataclass(frozen=True)
class _Unseen:
    """What one method says about the calibration tickets, then the test's."""

    logits: Floats
    familiar: Array
    doubt: Doubt
    fields: Mapping[FieldName, Floats]


def conclude(made: Made, folder: Path, meter: Meter, started: float) -> None:
    """Calibrate the served model and each peer in the same way, test them, and write the last files."""
    corpus, limit = made.corpus, made.settings.limit
    created = datetime.now(UTC)
    version = f"{created:%Y%m%d-%H%M%S}-{data_fingerprint(corpus.tickets)[:6]}-{made.seed}"
    offsets = tuple(float(offset) for offset in corpus.offsets)
    manifest = Manifest(
        version, corpus.labels, made.chosen.choice.weights, made.settings.max_tokens, offsets, made.chosen.fields
    )
    methods = {SERVED: _served(made, folder, manifest, meter), **_peers(made)}
    predictions, calibration = _judged(made, methods)
    calibration.save(folder / CALIBRATION_FILE)
    served = methods[SERVED]
    fields = try_fields(
        corpus,
        made.chosen.fields,
        made.chosen.doubts,
        Unseen(served.fields, served.familiar, served.logits.argmax(axis=1).tolist()),
        {name: said.fields for name, said in methods.items() if name != SERVED},
        limit,
        folder,
    )
    findings = Run(
        version,
        created,
        (time.monotonic() - started) / 60,
        made.seed,
        made.settings,
        made.base,
        made.splits,
        made.chosen.choice,
        made.quantisation,
        predictions,
        fields,
        calibration.shortfall(limit, groups_of(corpus.labels, teams_of(corpus.tickets))),
    )
    write_json(folder / REPORT_FILE, report(findings))
    write_json(folder / TRIAL_FILE, trial_of(made.splits, limit, predictions))
    if made.settings.curve:
        curve = _curve(corpus, made.seed, meter)
        write_json(folder / LEARNING_FILE, curve)
    write_manifest(folder, manifest)


def _judged(made: Made, methods: Mapping[str, _Unseen]) -> tuple[dict[str, Sequence[Prediction]], Calibration]:
    """What each method decides for the test tickets, calibrated on the others; and the served one's calibration."""
    corpus = made.corpus
    groups, texts = groups_of(corpus.labels, teams_of(corpus.tickets)), corpus.some(corpus.rows.test)
    first, targets = len(corpus.rows.calibrate), corpus.targets[corpus.rows.calibrate]
    predictions: dict[str, Sequence[Prediction]] = {}
    calibrations: dict[str, Calibration] = {}
    for name, said in methods.items():
        calibration = Calibration.fit(said.logits[:first], targets, said.doubt, said.familiar[:first])
        gauge = calibration.gauge_for(made.settings.limit, groups)
        predictions[name] = decide(
            said.logits[first:], corpus.labels, calibration, gauge, texts, groups, said.familiar[first:]
        )
        calibrations[name] = calibration
    return predictions, calibrations[SERVED]


def _curve(corpus: Corpus, seed: int, meter: Meter) -> dict[str, Any]:
    """As many units of work as there are training tickets."""
    meter.end()
    meter.begin("curve", "finding out what more tickets would bring", len(corpus.rows.train))
    told = 0

    def progress(share: float) -> None:
        nonlocal told
        reached = int(share * len(corpus.rows.train))
        meter.add(reached - told)
        told = reached

    return learning_curve(
        corpus.texts, corpus.untuned, corpus.targets, corpus.labels, corpus.rows.train, seed, progress
    )


def _served(made: Made, folder: Path, manifest: Manifest, meter: Meter) -> _Unseen:
    """As it will be served: with the files that were written, in eight bits if they are."""
    corpus, chosen = made.corpus, made.chosen
    scorer = Scorer.open(folder, manifest, torch.get_num_threads())
    texts = corpus.some(corpus.rows.unseen)
    logits, signs = [np.zeros((0, len(corpus.labels)), dtype=np.float32)], []
    fields: dict[FieldName, list[Floats]] = {
        field.name: [np.zeros((0, len(field.values)), dtype=np.float32)] for field in manifest.fields
    }
    for start in range(0, len(texts), AT_ONCE):
        scored = scorer.score(texts[start : start + AT_ONCE])
        logits.append(scored.logits)
        for name, rows in scored.fields.items():
            fields[name].append(rows)
        signs.append(signs_of(scored, made.memory))
        meter.add(len(scored.logits))
    joined = {name: np.concatenate([some[name] for some in signs]) for name in (signs[0] if signs else ())}
    first = len(corpus.rows.calibrate)
    enough = first >= FEWEST_TO_SCALE
    scale = Scale.fit({name: values[:first] for name, values in joined.items()}) if enough else chosen.scale
    save_familiarity(folder, scale, made.memory)
    familiar = scale.of(joined) if joined else np.zeros(0)
    doubt = chosen.doubts[SERVED].with_floor(scale.floor)
    return _Unseen(
        np.concatenate(logits), familiar, doubt, {name: np.concatenate(some) for name, some in fields.items()}
    )


def _peers(made: Made) -> dict[str, _Unseen]:
    rows = made.corpus.rows.unseen
    said = {}
    for name, part in ((LINEAR_PEER, "words"), (FROZEN_PEER, "untuned")):
        alone = Weights(**{part: PEER_FACTOR[part]})
        fields = [replace(field, weights=alone) for field in made.chosen.fields]
        scored = made.parts.score(made.corpus, rows, alone, fields)
        said[name] = _Unseen(scored.logits, np.zeros(len(rows)), made.chosen.doubts[part], scored.fields)
    return said
