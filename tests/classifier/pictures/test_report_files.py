"""The report that a real training leaves, as files."""

import csv
import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from classifier.errors import ClassifierError
from classifier.judging.trial import TRIAL_FILE, read_trial
from classifier.learning.learning_curve import read_learning_curve
from classifier.pictures.report_files import write_report
from tests.classifier.conftest import Trained
from tests.classifier.small_desk import TEAMS


def test_a_training_keeps_what_was_said_about_each_test_ticket(trained: Trained) -> None:
    trial = read_trial(trained.folder)
    assert list(trial.methods) == ["served", *trained.report["peers"]]
    assert trial.ids == tuple(ticket for ticket, _ in trained.report["splits"]["test"])
    assert trial.teams == TEAMS and sum(trial.learnt.values()) == 48
    said = trial.served
    assert (said.labels == trial.truth).mean() == pytest.approx(trained.report["metrics"]["accuracy"])
    assert said.accepted.mean() == pytest.approx(trained.report["metrics"]["auto_routed"])
    curve = read_learning_curve(trained.folder)
    assert curve is not None and curve.sizes[-1] == 48


def test_the_report_is_a_page_with_pictures_and_tables(trained: Trained, tmp_path: Path) -> None:
    names = {"passwords": "Passwords & sign-in"}
    written = write_report(trained.folder, tmp_path / "out", lambda label: names.get(label, label))
    page = written[0].read_text(encoding="utf-8")
    assert trained.report["summary"][0] in page and "Passwords &amp; sign-in" in page
    assert page.count("<svg") == 5 and "http" not in page.replace("http://www.w3.org/2000/svg", "")
    pictures = [path for path in written if path.suffix == ".svg"]
    assert len(pictures) == 5
    for path in pictures:
        ElementTree.parse(path)
        assert "prefers-color-scheme:dark" in path.read_text(encoding="utf-8")
    with (tmp_path / "out" / "labels.csv").open(encoding="utf-8") as file:
        assert {row["label"] for row in csv.DictReader(file)} == set(TEAMS)
    with (tmp_path / "out" / "predictions.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 16
    write_report(trained.folder, tmp_path / "out")  # again, over the first


def test_a_model_without_its_test_or_with_a_damaged_one_is_refused_in_words(trained: Trained, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(trained.folder, model)
    values = json.loads((model / TRIAL_FILE).read_text())
    values["methods"]["served"]["labels"][0] = 99
    (model / TRIAL_FILE).write_text(json.dumps(values))
    with pytest.raises(ClassifierError, match="is damaged"):
        write_report(model, tmp_path / "out")
    (model / TRIAL_FILE).unlink()
    with pytest.raises(ClassifierError, match="before tests were kept"):
        write_report(model, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_named(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ClassifierError, match="cannot be written"):
        write_report(trained.folder, tmp_path / "file")
