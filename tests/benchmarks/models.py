"""Models that several sections measure, trained once."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from classifier.data.dataset import read_tickets, refuse
from classifier.data.taxonomy import Taxonomy
from classifier.learning.training import TrainingSettings, train

STARTER = Path(__file__).parents[2] / "deploy" / "starter"
LIMIT = 0.1  # the starter desk's own limit for routing
_FOLDER = TemporaryDirectory(prefix="deskhand-bench-")


@cache
def of_the_starter(seed: int) -> Path:
    """The folder of a model that has learnt the starter desk's tickets."""
    found = read_tickets(STARTER / "tickets")
    refuse(found.problems)
    wanted = TrainingSettings(limit=LIMIT, descriptions=Taxonomy.read(STARTER / "taxonomy.yaml").descriptions())
    return train(found.tickets, Path(_FOLDER.name) / str(seed), wanted, seed=seed)
