"""A training that was killed goes on where it stood, and ends as if nothing had happened."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from classifier.errors import ClassifierError
from classifier.learning.training import Progress, TrainingSettings, train
from classifier.model.inference import Classifier
from tests.classifier.conftest import TINY, Trained
from tests.classifier.small_desk import small_tickets

TEXTS = [ticket.text for ticket in small_tickets()]


class Stopped(Exception):
    pass


class Stop:
    """Cancels a training in a stage, after so many texts of it."""

    def __init__(self, stage: str, after: int) -> None:
        self.stage, self.after, self.begun = stage, after, -1

    def __call__(self, progress: Progress) -> None:
        if progress.stage != self.stage:
            return
        self.begun = progress.done if self.begun < 0 else self.begun
        if progress.done - self.begun >= self.after:
            raise Stopped


def _same(folder: Path, trained: Trained) -> bool:
    return np.array_equal(Classifier.open(folder).probabilities(TEXTS), trained.classifier.probabilities(TEXTS))


@pytest.mark.parametrize(("stage", "after"), [("choose", 100), ("train", 60)])
def test_a_cancelled_training_goes_on_and_gives_the_very_same_model(
    quickly_trained: Trained, quick: TrainingSettings, tmp_path: Path, stage: str, after: int
) -> None:
    work = tmp_path / "work"
    with pytest.raises(Stopped):
        train(small_tickets(), tmp_path / "m", quick, Stop(stage, after), work=work)
    assert [path.name for path in tmp_path.iterdir()] == ["work"]
    assert any(work.iterdir())
    heard: list[Progress] = []
    train(small_tickets(), tmp_path / "m", quick, heard.append, work=work)
    assert _same(tmp_path / "m", quickly_trained)
    assert not work.exists()


def test_a_damaged_state_is_not_used(quickly_trained: Trained, quick: TrainingSettings, tmp_path: Path) -> None:
    work = tmp_path / "work"
    with pytest.raises(Stopped):
        train(small_tickets(), tmp_path / "m", quick, Stop("measure", 1), work=work)
    for state in work.iterdir():
        state.write_bytes(state.read_bytes()[:1000] + b"rubbish" * 50)
    train(small_tickets(), tmp_path / "m", quick, work=work)
    assert _same(tmp_path / "m", quickly_trained)


def test_the_state_of_a_training_on_other_tickets_is_not_used(
    quickly_trained: Trained, quick: TrainingSettings, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    with pytest.raises(Stopped):
        train(small_tickets()[:-3], tmp_path / "m", quick, Stop("measure", 1), work=work)
    train(small_tickets(), tmp_path / "m", quick, work=work)
    assert _same(tmp_path / "m", quickly_trained)


def test_a_state_that_cannot_be_written_ends_the_training_in_words(quick: TrainingSettings, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.write_text("a file where a folder should be, as good as a full disk")
    with pytest.raises(ClassifierError, match="state cannot be written"):
        train(small_tickets(), tmp_path / "m", quick, work=work)
    assert not (tmp_path / "m").exists()


KILLED = """
import sys
from pathlib import Path
from classifier.learning.training import train
from tests.classifier.conftest import TINY
from tests.classifier.small_desk import small_tickets
home = Path(sys.argv[1])
train(small_tickets(), home / "m", TINY, lambda p: print(p.stage, flush=True), work=home / "work")
"""


@pytest.mark.slow
def test_a_training_killed_with_9_leaves_no_half_model_and_goes_on(trained: Trained, tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "train":
            break
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not (tmp_path / "m").exists()
    train(small_tickets(), tmp_path / "m", TINY, work=tmp_path / "work")
    assert _same(tmp_path / "m", trained)
    for left in tmp_path.glob(".m.*"):  # what the dead process had begun to write
        shutil.rmtree(left)
    assert [path.name for path in tmp_path.iterdir()] == ["m"]
