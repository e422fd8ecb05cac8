"""`python -m workers.trainer TICKETS OUT LIMIT`: one training in a process of its own.

Its memory is given back at the end, and torch never enters a serving process. Says each step as a line of JSON.
"""

import json
import sys
from pathlib import Path

from classifier.dataset import read_tickets
from classifier.errors import ClassifierError
from classifier.progress import Progress
from classifier.settings import ClassifierSettings
from classifier.training import TrainingSettings, train


def main(arguments: list[str]) -> int:
    """Train; the exit status is 1 with a sentence on stderr when it cannot be done."""
    tickets, out, limit = Path(arguments[0]), Path(arguments[1]), float(arguments[2])
    try:
        settings = ClassifierSettings()
        wanted = TrainingSettings(settings.base_model, threads=settings.training_threads, limit=limit)
        folder = train(read_tickets(tickets).tickets, out, wanted, _say)
    except (ClassifierError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps({"version_folder": str(folder)}), flush=True)
    return 0


def _say(progress: Progress) -> None:
    share = progress.done / progress.total if progress.total else 0.0
    print(json.dumps({"share": share, "message": progress.message}), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
