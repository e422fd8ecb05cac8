"""`python -m workers.trainer classifier TICKETS OUT LIMIT | encoder REQUEST`: one training in a process of its own.

Its memory is given back at the end, and torch never enters a serving process. Says each step as a line of JSON.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classifier.errors import ClassifierError
from knowledge_base.errors import KnowledgeBaseError


def main(arguments: Sequence[str]) -> int:
    """Train; the exit status is 1 with a sentence on stderr when it cannot be done."""
    kind, *rest = arguments
    try:
        made = _encoder(Path(rest[0])) if kind == "encoder" else _classifier(Path(rest[0]), Path(rest[1]), rest[2])
    except (ClassifierError, KnowledgeBaseError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(made), flush=True)
    return 0


def _classifier(tickets: Path, out: Path, limit: str) -> dict[str, Any]:
    from classifier.dataset import read_tickets
    from classifier.progress import Progress
    from classifier.settings import ClassifierSettings
    from classifier.training import TrainingSettings, train

    def say(progress: Progress) -> None:
        _say(progress.message, progress.done, progress.total)

    settings = ClassifierSettings()
    wanted = TrainingSettings(settings.base_model, threads=settings.training_threads, limit=float(limit))
    return {"version_folder": str(train(read_tickets(tickets).tickets, out, wanted, say))}


def _encoder(path: Path) -> dict[str, Any]:
    from knowledge_base.challenger import make_challenger, share_of
    from knowledge_base.settings import Settings

    def say(stage: str, done: int, total: int) -> None:
        _say(stage, share_of(stage, done, total), 1.0)

    request = json.loads(path.read_text(encoding="utf-8"))
    settings = Settings(home=Path(request["home"]), desk=Path(request["desk"]))
    made = make_challenger(settings, Path(request["champion"]), settings.desk / "questions", request["limit"], say)
    return {"version": made.version, "bundle": made.bundle.name, "comparison": made.comparison.as_json()}


def _say(message: str, done: float, total: float) -> None:
    print(json.dumps({"share": done / total if total else 0.0, "message": message}), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
