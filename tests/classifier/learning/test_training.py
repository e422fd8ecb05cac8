import json
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from classifier.data.dataset import Ticket
from classifier.errors import ClassifierError
from classifier.learning.training import Progress, TrainingSettings, train
from classifier.model.base_model import base_model
from classifier.model.inference import Classifier
from tests.classifier.conftest import TINY, Trained
from tests.classifier.small_desk import small_tickets

LIMIT = 0.3


def test_a_trained_model_sorts_requests_that_it_has_not_seen(trained: Trained) -> None:
    texts = ["my password has expired and I am locked out", "the printer is out of toner", "VPN not connecting"]
    predictions = trained.classifier.classify(texts, LIMIT)
    assert [prediction.label for prediction in predictions] == ["passwords", "printing", "network"]
    assert all(prediction.accepted for prediction in predictions)


def test_a_prediction_names_three_labels_most_probable_first(trained: Trained) -> None:
    (prediction,) = trained.classifier.classify(["printer"], LIMIT)
    shares = [share for _, share in prediction.top]
    assert len(shares) == 3 and shares == sorted(shares, reverse=True) and sum(shares) <= 1.0001
    assert prediction.top[0][0] == prediction.label and prediction.confidence > 0.5
    assert set(prediction.likely) <= {label for label, _ in prediction.top}


@pytest.mark.parametrize("text", ["", " \n\t", "\x00", "...!?", "1234 5678", "🙂🙂", "\ud800"])
def test_a_request_without_a_word_is_left_to_a_person(trained: Trained, text: str) -> None:
    assert not trained.classifier.classify([text], LIMIT)[0].accepted


def test_a_request_of_forty_thousand_characters_is_classified(trained: Trained) -> None:
    assert trained.classifier.classify(["the printer is jammed " * 2000], LIMIT)[0].label == "printing"


def test_a_requests_label_does_not_depend_on_its_neighbours(trained: Trained) -> None:
    texts = [ticket.text for ticket in small_tickets()[:9]]
    alone = np.concatenate([trained.classifier.probabilities([text]) for text in texts])
    np.testing.assert_allclose(trained.classifier.probabilities(texts), alone, rtol=1e-4)  # sums in another order
    assert trained.classifier.classify([], LIMIT) == []


def test_nothing_is_accepted_at_a_limit_that_so_few_tickets_cannot_promise(trained: Trained) -> None:
    (prediction,) = trained.classifier.classify(["the printer is out of toner"], 0.05)
    assert prediction.threshold is None and not prediction.accepted
    assert "calibration tickets" in trained.classifier.calibration.shortfall(0.05)


def test_serving_needs_no_torch_transformers_or_scikit_learn(trained: Trained) -> None:
    code = (
        "import sys; from classifier.model.inference import Classifier; from classifier.model.explain import explain\n"
        f"c = Classifier.open({str(trained.folder)!r}); c.classify(['printer jam'], 0.1); explain(c, 'printer jam')\n"
        "print([m for m in ('torch', 'transformers', 'sklearn', 'scipy', 'onnx', 'pydantic') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_progress_only_rises_and_ends_complete(trained: Trained) -> None:
    shares = [progress.done / progress.total for progress in trained.heard]
    assert len(shares) > 10 and shares[-1] == 1.0
    assert all(earlier <= later for earlier, later in pairwise(shares))
    stages = list(dict.fromkeys(progress.stage for progress in trained.heard))
    assert stages == ["read", "choose", "train", "measure", "curve"]


def test_the_report_says_what_the_model_was_made_from(trained: Trained) -> None:
    report = json.loads((trained.folder / "report.json").read_text())
    assert report["base_model"]["licence"].startswith("Apache-2.0")
    assert {side: len(report["splits"][side]) for side in report["splits"]} == {
        "train": 48,
        "calibrate": 16,
        "test": 16,
    }
    assert len(report["data"]["fingerprint"]) == 64 and report["data"]["teams"]["network"] == "network"
    assert set(report["peers"]) == {"TF-IDF + LinearSVC", "frozen MiniLM + logistic regression"}
    assert report["metrics"]["accuracy"] >= 0.75 and report["metrics"]["tickets"] == 16
    assert report["version"] == trained.classifier.version and report["seed"] == 0


@pytest.mark.parametrize("device", ["cuda:99", "abacus"])
def test_a_device_that_is_not_there_is_refused_before_any_work(tmp_path: Path, device: str) -> None:
    with pytest.raises(ClassifierError, match=f"There is no device '{device}' to train on"):
        train(small_tickets(), tmp_path / "m", replace(TINY, device=device))
    assert not (tmp_path / "m").exists()


def test_the_same_tickets_and_seed_give_the_same_model(
    quickly_trained: Trained, quick: TrainingSettings, tmp_path: Path
) -> None:
    again = train(list(reversed(small_tickets())), tmp_path / "again", quick)
    texts, before = [ticket.text for ticket in small_tickets()], quickly_trained.classifier
    np.testing.assert_array_equal(Classifier.open(again).probabilities(texts), before.probabilities(texts))


class Stopped(Exception):
    pass


@pytest.mark.parametrize("stage", ["read", "train", "measure"])
def test_a_cancelled_training_leaves_nothing_behind(quick: TrainingSettings, tmp_path: Path, stage: str) -> None:
    def stop(progress: Progress) -> None:
        if progress.stage == stage:
            raise Stopped

    with pytest.raises(Stopped):
        train(small_tickets(), tmp_path / "model", quick, stop)
    assert list(tmp_path.iterdir()) == []


def test_a_model_never_overwrites_another(trained: Trained) -> None:
    with pytest.raises(ClassifierError, match="is there already"):
        train(small_tickets(), trained.folder, TINY)
    assert Classifier.open(trained.folder).version == trained.classifier.version


@pytest.mark.parametrize(
    ("tickets", "complaint"),
    [
        ([], "0 tickets to learn from"),
        (small_tickets()[:12], "are too few; at least 20 are needed"),
        ([Ticket(str(n), f"number {n} of many different requests {n * n}", "one") for n in range(60)], "two labels"),
    ],
)
def test_tickets_from_which_nothing_can_be_learnt_are_refused(
    tmp_path: Path, tickets: list[Ticket], complaint: str
) -> None:
    with pytest.raises(ClassifierError, match=complaint):
        train(tickets, tmp_path / "model", TINY)
    assert list(tmp_path.iterdir()) == []


def test_an_encoder_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClassifierError, match=r"`config\.json` is missing"):
        base_model(tmp_path)


def test_the_packaged_encoder_is_the_published_one() -> None:
    assert base_model().name == "all-MiniLM-L6-v2"


def test_whoever_may_read_a_models_folder_may_read_all_of_it(trained: Trained) -> None:
    assert {path.stat().st_mode & 0o777 for path in trained.folder.iterdir()} == {0o644}
