"""A new team's label on its first day: eight closed tickets and a description, beside labels with all of theirs."""

import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

from classifier.data.dataset import read_tickets
from classifier.data.splits import Splits, split_by_time
from classifier.data.taxonomy import Taxonomy
from classifier.learning.recipe import Recipe, TrainingSettings
from classifier.learning.training import train
from classifier.model.inference import Classifier
from tests.benchmarks.models import LIMIT, STARTER

TICKETS = 8
LABELS = ("printing", "security_phishing", "developer_tools", "joiners_leavers")
"""One in four of the starter desk's, since each costs two trainings."""

HELP = "equal weights, description, offset"
WAYS = {
    "the same without help": (False, Recipe(thin_offset=0.0)),
    HELP: (True, Recipe()),
}


def section() -> str:
    """Markdown: how well the label is found among the latest fifth of the starter's tickets."""
    splits = split_by_time(read_tickets(STARTER / "tickets").tickets)
    described = Taxonomy.read(STARTER / "taxonomy.yaml").descriptions()
    settings = TrainingSettings(parts=("untuned", "words"), limit=LIMIT, curve=False)
    lines = ["| | recall | precision | accuracy over all labels |", "|---|---|---|---|"]
    for name, (helped, recipe) in WAYS.items():
        wanted = replace(settings, recipe=recipe, descriptions=described if helped else {})
        found = [_found(splits, label, wanted) for label in LABELS]
        cells = " | ".join(f"{statistics.mean(one[place] for one in found):.3f}" for place in range(3))
        lines.append(f"| {name} | {cells} |")
    measured_on = f"the {len(splits.test)} latest tickets, mean over {len(LABELS)} labels ({', '.join(LABELS)})"
    return (
        f"## A new team\n\nOf one label only the latest {TICKETS} training tickets are left, all of the others; "
        f"measured on {measured_on}. Both cheap parts together, without the tuned encoder, which is trained again the "
        "same day."
        "\n\n" + "\n".join(lines) + "\n"
    )


def _found(splits: Splits, label: str, settings: TrainingSettings) -> tuple[float, float, float]:
    """Recall and precision of the label, and the accuracy."""
    own = [ticket for ticket in splits.train if ticket.label == label][-TICKETS:]
    others = [ticket for ticket in splits.train if ticket.label != label]
    with tempfile.TemporaryDirectory() as place:
        thinned = Splits((*others, *own), splits.calibrate, splits.test)
        model = Classifier.open(train(thinned, Path(place) / "m", settings))
    said = [model.labels[row.argmax()] for row in model.probabilities([ticket.text for ticket in splits.test])]
    pairs = list(zip((ticket.label for ticket in splits.test), said, strict=True))
    hits = pairs.count((label, label))
    there, claimed = sum(truth == label for truth, _ in pairs), sum(guess == label for _, guess in pairs)
    return hits / there, hits / max(claimed, 1), sum(truth == guess for truth, guess in pairs) / len(pairs)


if __name__ == "__main__":
    print(section())
