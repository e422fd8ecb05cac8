"""One training: `python -m workers.training.trainer`, then one of

    classifier TICKETS OUT LIMIT WORK
    encoder REQUEST
    labels TICKETS OUT

It is a process of its own: its memory is given back at the end, and torch never enters a serving process. Says each
step as a line of JSON.
"""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from classifier.errors import ClassifierError
from knowledge_base.errors import KnowledgeBaseError


def main(arguments: Sequence[str]) -> int:
    """Train; the exit status is 1 with a sentence on stderr when it cannot be done."""
    kind, *rest = arguments
    try:
        made = _KINDS[kind](*rest)
    except (ClassifierError, KnowledgeBaseError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(made), flush=True)
    return 0


def _classifier(tickets: str, out: str, limit: str, work: str) -> dict[str, Any]:
    from classifier.data.dataset import read_tickets

    given = read_tickets(tickets).tickets  # before torch is loaded: a file that cannot be read is said at once

    from classifier.data.taxonomy import Taxonomy
    from classifier.learning.progress import Progress
    from classifier.learning.training import TrainingSettings, train
    from classifier.settings import ClassifierSettings

    def say(progress: Progress) -> None:
        _say(progress.message, progress.done, progress.total)

    settings = ClassifierSettings()
    known = settings.desk / "taxonomy.yaml"
    wanted = TrainingSettings(
        settings.base_model,
        threads=settings.training_threads,
        device=settings.training_device,
        limit=float(limit),
        descriptions=Taxonomy.read(known).descriptions() if known.is_file() else {},
    )
    made = train(given, out, wanted, say, work=Path(work))
    return {"version_folder": str(made)}


def _encoder(path: str) -> dict[str, Any]:
    from knowledge_base.challenger import make_challenger, share_of
    from knowledge_base.settings import Settings

    def say(stage: str, done: int, total: int) -> None:
        _say(stage, share_of(stage, done, total), 1.0)

    request = json.loads(Path(path).read_text(encoding="utf-8"))
    settings = Settings(home=Path(request["home"]), desk=Path(request["desk"]))
    made = make_challenger(settings, Path(request["champion"]), settings.desk / "questions", request["limit"], say)
    return {"version": made.version, "bundle": made.bundle.name, "comparison": made.comparison.as_json()}


def _labels(tickets: str, out: str) -> dict[str, Any]:
    from classifier.data.dataset import read_tickets
    from classifier.labelling.label_noise import find_suspects

    found = find_suspects(
        read_tickets(tickets, labelled=False).tickets,
        lambda done, total: _say(f"judging every ticket, round {done + 1} of {total}", done, total),
    )
    Path(out).write_text(json.dumps(found.as_json()), encoding="utf-8")
    return {"findings": out}


_KINDS: dict[str, Callable[..., dict[str, Any]]] = {"classifier": _classifier, "encoder": _encoder, "labels": _labels}


def _say(message: str, done: float, total: float) -> None:
    print(json.dumps({"share": done / total if total else 0.0, "message": message}), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
