from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from classifier.data.splits import Splits
from classifier.data.ticket import Ticket
from classifier.learning.corpus import even
from classifier.learning.finetuning import contrastive, paired
from classifier.learning.training import train
from classifier.model.inference import Classifier
from classifier.model.model_folder import read_json
from tests.classifier.conftest import TINY
from tests.classifier.small_desk import small_tickets

DESCRIPTION = ("Coffee machines", "The espresso machine, its beans, milk and descaling, and broken cups.")


def _desk_with_a_new_label() -> Splits:
    """Eighty tickets of four labels, and five of a new one."""
    texts = [
        "no beans left",
        "the milk foams no more",
        "it says descale",
        "cup stuck under the spout",
        "coffee is cold",
    ]
    new = [Ticket(f"C-{n}", text, "coffee") for n, text in enumerate(texts)]
    old = small_tickets()
    return Splits((*old[:60], *new), (), tuple(old[60:]))


@pytest.fixture(scope="module")
def with_new_label(tmp_path_factory: pytest.TempPathFactory) -> Path:
    wanted = replace(TINY, parts=("untuned", "words"), descriptions={"coffee": DESCRIPTION, "printing": ("unused",)})
    return train(_desk_with_a_new_label(), tmp_path_factory.mktemp("few") / "m", wanted)


def test_a_label_with_five_tickets_and_a_description_is_found(with_new_label: Path) -> None:
    model = Classifier.open(with_new_label)
    asked = ["the espresso machine needs descaling", "we are out of coffee beans", "the printer is jammed"]
    assert [prediction.label for prediction in model.classify(asked, 0.3)] == ["coffee", "coffee", "printing"]
    assert "Fewer than 10 tickets to learn from: coffee." in read_json(with_new_label / "report.json")["summary"]


def test_only_a_thin_label_has_an_offset_and_none_where_all_are_alike(with_new_label: Path) -> None:
    manifest = Classifier.open(with_new_label).scorer.manifest
    assert [manifest.labels[n] for n, offset in enumerate(manifest.offsets) if offset] == ["coffee"]
    assert not even(np.array([1.5, 1.5], dtype=np.float32)).any()


def test_pairs_of_one_label_stand_together_and_every_row_comes_once() -> None:
    targets = np.array([0, 1, 0, 1, 2, 0, 1, 1])
    batches = list(paired(range(8), targets, 4, Random(0)))
    assert sorted(row for batch in batches for row in batch) == list(range(8))
    assert all(len(batch) <= 4 for batch in batches)


def test_the_contrastive_term_is_small_where_labels_lie_apart_and_nothing_where_none_has_two() -> None:
    apart = torch.tensor([[1.0, 0.0], [1.0, 0.01], [0.0, 1.0], [0.01, 1.0]])
    mixed = apart[[0, 2, 1, 3]]
    targets = torch.tensor([0, 0, 1, 1])
    assert contrastive(apart, targets) < 0.01 < 1 < contrastive(mixed, targets)
    assert contrastive(apart, torch.tensor([0, 1, 2, 3])) == 0
