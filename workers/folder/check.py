"""`deskhand starter check`: everything in a desk folder that contradicts itself, with its file and line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from classifier.data.dataset import read_tickets
from classifier.data.ticket import Ticket
from classifier.errors import ClassifierError
from knowledge_base.documents import Article
from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.sources import read_articles
from workers.desk import DeskError, DeskProblem
from workers.folder import articles as article_rules
from workers.folder import runbooks as runbook_rules
from workers.folder import tickets as ticket_rules
from workers.folder.problems import of_articles, of_classifier, of_tickets
from workers.folder.questions import LabelledQuestions, check_questions, read_all
from workers.handbook import Handbook, read_handbook
from workers.runbooks.files import Runbook, read_runbooks


@dataclass
class Folder:
    """What could be read of a desk folder, and what is wrong with it."""

    path: Path
    handbook: Handbook | None = None
    runbooks: dict[str, Runbook] = field(default_factory=dict)
    articles: tuple[Article, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    questions: tuple[LabelledQuestions, ...] = ()
    problems: list[DeskProblem] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """How much there is of everything, for the last line."""
        return {
            "labels": len(self.handbook.taxonomy.labels) if self.handbook else 0,
            "articles": len(self.articles),
            "runbooks": len(self.runbooks),
            "tickets": len(self.tickets),
            "questions": sum(len(part.questions) for part in self.questions),
        }


def check(path: Path) -> Folder:
    """Read all of a desk folder and compare its parts. Changes nothing; what is wrong is in `problems`, in order."""
    folder = Folder(path)
    _read(folder)
    if folder.handbook is not None:
        folder.problems += _compared(folder, folder.handbook)
    folder.problems.sort(key=lambda problem: (str(problem.file), problem.line, problem.field))
    return folder


def _read(folder: Folder) -> None:
    try:
        folder.handbook = read_handbook(folder.path)
    except DeskError as error:
        folder.problems += error.problems
    try:
        folder.runbooks = read_runbooks(folder.path / "runbooks")
    except DeskError as error:
        folder.problems += error.problems
    try:
        found = read_articles(folder.path / "articles")
        folder.articles = found.articles
        folder.problems += of_articles(folder.path / "articles", found.problems)
    except KnowledgeBaseError as error:
        folder.problems.append(DeskProblem(folder.path / "articles", 1, "-", str(error)))
    _read_tickets(folder)
    folder.questions, problems = read_all(folder.path / "questions")
    folder.problems += problems


def _read_tickets(folder: Folder) -> None:
    path = folder.path / "tickets"
    if not path.exists():
        return  # an organisation may begin without closed tickets
    known = folder.handbook.taxonomy.by_id if folder.handbook else None
    try:
        found = read_tickets(path, known_labels=known)
    except ClassifierError as error:
        folder.problems += of_classifier(path, error)
    else:
        folder.tickets = found.tickets
        folder.problems += of_tickets(found.problems)


def _compared(folder: Folder, handbook: Handbook) -> Iterator[DeskProblem]:
    checks: tuple[Iterable[DeskProblem], ...] = (
        runbook_rules.check_runbooks(folder.path, handbook, folder.runbooks, folder.articles),
        article_rules.check_articles(folder.path, handbook, folder.runbooks, folder.articles),
        check_questions(folder.questions, folder.articles),
        ticket_rules.check_tickets(folder.path, handbook, folder.tickets),
    )
    for found in checks:
        yield from found
