"""What is wrong in a desk folder, one place at a time, whichever package found it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from classifier.data.ticket import Problem as TicketProblem
from classifier.errors import ClassifierError
from knowledge_base.sources import Problem as ArticleProblem
from workers.desk import DeskProblem


def of_classifier(folder: Path, error: ClassifierError) -> Iterator[DeskProblem]:
    """A file that the classifier refuses."""
    if not error.problems:
        yield DeskProblem(folder, 1, "-", str(error))
    yield from of_tickets(error.problems)


def of_tickets(problems: Iterable[TicketProblem]) -> Iterator[DeskProblem]:
    """What is wrong in files of tickets and in the taxonomy."""
    for problem in problems:
        yield DeskProblem(Path(problem.file), problem.line, problem.field or "-", problem.message)


def of_articles(folder: Path, problems: Iterable[ArticleProblem]) -> Iterator[DeskProblem]:
    """Articles that were taken aside; their names are relative to the articles' folder."""
    for problem in problems:
        yield DeskProblem(folder / problem.file, problem.line, problem.field or "-", problem.message)
