"""A classifier version's report as pages and messages show it: pictures, tables, and what is in them in short."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from classifier.errors import ClassifierError
from classifier.judging.curves import Confusion, LabelRow, confusions, label_rows
from classifier.judging.trial import read_trial
from classifier.learning.learning_curve import LearningCurve, read_learning_curve
from classifier.model.model_folder import REPORT_FILE, read_json
from classifier.pictures import report_files as files
from classifier.pictures.pictures import Drawn, pictures
from workers.handbook import Handbook
from workers.training.runs import TrainingTrouble

LABEL_COLUMNS, PAIR_COLUMNS, GAIN_COLUMNS = files.LABEL_COLUMNS, files.PAIR_COLUMNS, files.GAIN_COLUMNS
FIELD_COLUMNS = files.FIELD_COLUMNS
MOST_PAIRS = files.MOST_PAIRS

Cells = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class ModelReport:
    """What a training found out about its model. Tables are cells as people read them."""

    version: str
    summary: tuple[str, ...]
    pictures: tuple[Drawn, ...]
    labels: tuple[LabelRow, ...]
    confusions: tuple[Confusion, ...]
    curve: LearningCurve | None
    label_cells: Cells
    pair_cells: Cells
    gain_cells: Cells
    field_cells: Cells


def report_of(models: Path, version: str, handbook: Handbook) -> ModelReport:
    """The report of a version. Raises `TrainingTrouble` with a sentence where there is none, or it is damaged."""
    folder = models / version
    if version.startswith(".") or folder.parent != models or not folder.is_dir():
        raise TrainingTrouble(f"There is no classifier version {version!r}; the Models page lists all.")
    try:
        names = tuple((label.id, label.name) for label in handbook.taxonomy.labels)
        return _read(folder, (folder / REPORT_FILE).stat().st_mtime_ns, names)
    except (ClassifierError, OSError) as error:
        raise TrainingTrouble(str(error)) from error


@lru_cache(maxsize=8)
def _read(folder: Path, _changed: int, names: tuple[tuple[str, str], ...]) -> ModelReport:
    known = dict(names)

    def name(label: str) -> str:
        return known.get(label, label)

    report: dict[str, Any] = read_json(folder / REPORT_FILE)
    trial, curve = read_trial(folder), read_learning_curve(folder)
    rows, pairs = label_rows(trial, trial.served), confusions(trial, trial.served)
    gains = curve.gains if curve else ()
    return ModelReport(
        folder.name,
        tuple(str(line) for line in report.get("summary") or ()),
        tuple(pictures(trial, curve, name)),
        tuple(rows),
        tuple(pairs),
        curve,
        _cells(files.label_cells(rows, name)),
        _cells(files.pair_cells(pairs[:MOST_PAIRS], name)),
        _cells(files.gain_cells(gains, name)),
        _cells(files.field_cells(report)),
    )


def _cells(rows: list[list[str]]) -> Cells:
    return tuple(tuple(row) for row in rows)
