"""A disk that is full ends a training in words, wherever it happens, and leaves nothing half done."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

TRAIN = """
import sys
from dataclasses import replace
from pathlib import Path
from classifier.errors import ClassifierError
from classifier.learning.training import train
from tests.classifier.conftest import TINY
from tests.classifier.small_desk import small_tickets
parts = tuple(sys.argv[2].split("+"))
try:
    wanted = replace(TINY, parts=parts, epochs=1, curve=False, base_model=Path(sys.argv[3]))
    train(small_tickets(), Path(sys.argv[1]), wanted)
except ClassifierError as error:
    print(error)
    sys.exit(3)
"""


@pytest.mark.parametrize(
    ("parts", "space"),
    [("words", 1_000), ("words", 40_000), ("tuned+untuned", 800_000)],
    ids=["the first file", "the numbers", "the network"],
)
def test_a_full_disk_ends_a_training_in_words(tiny: Path, tmp_path: Path, parts: str, space: int) -> None:
    out = tmp_path / "models"
    out.mkdir()

    def no_more_than_that() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (space, space))  # no file may grow beyond this

    done = subprocess.run(
        [sys.executable, "-c", TRAIN, str(out / "m"), parts, str(tiny)],
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},  # Python keeps a compiled file that was cut off
        capture_output=True, text=True, timeout=300, preexec_fn=no_more_than_that,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "cannot be written" in done.stdout
    assert list(out.iterdir()) == []
