"""Labelled questions: three splits that share nothing, with right answers that exist."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge_base.bundle import CALIBRATION, DEVELOPMENT, TEST
from knowledge_base.documents import Article, Question
from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.sources import read_questions
from workers.desk import DeskProblem

SPLITS = (DEVELOPMENT, CALIBRATION, TEST)


@dataclass(frozen=True)
class LabelledQuestions:
    """One split's file."""

    path: Path
    questions: tuple[Question, ...]


def read_all(folder: Path) -> tuple[tuple[LabelledQuestions, ...], list[DeskProblem]]:
    """The splits that are there, and what cannot be read of them."""
    found: list[LabelledQuestions] = []
    problems: list[DeskProblem] = []
    for name in SPLITS:
        path = folder / name
        if not path.exists():
            continue
        try:
            found.append(LabelledQuestions(path, read_questions(path)))
        except KnowledgeBaseError as error:
            problems.append(DeskProblem(path, error.line or 1, "-", str(error)))
    return tuple(found), problems


def check_questions(parts: Sequence[LabelledQuestions], articles: Sequence[Article]) -> Iterator[DeskProblem]:
    """Right answers exist and may be read by who asks; no id, text or group stands in two places."""
    by_id = {article.id: article for article in articles}
    ids: dict[str, str] = {}
    texts: dict[str, str] = {}
    groups: dict[str, Path] = {}
    for part in parts:
        for question in part.questions:
            place = f"{part.path.name}, line {question.line}"
            yield from _answers(part.path, question, by_id)
            if question.id and (first := ids.setdefault(question.id, place)) != place:
                yield DeskProblem(part.path, question.line, "id", f"{question.id!r} is already used in {first}")
            plain = " ".join(question.text.casefold().split())
            if (first := texts.setdefault(plain, place)) != place:
                yield DeskProblem(part.path, question.line, "question", f"is the same as in {first}")
            if question.group and (home := groups.setdefault(question.group, part.path)) != part.path:
                said = f"{question.group!r} is in {home.name} too; paraphrases belong into one split"
                yield DeskProblem(part.path, question.line, "group", said)


def _answers(path: Path, question: Question, by_id: dict[str, Article]) -> Iterator[DeskProblem]:
    for name in sorted(question.articles):
        article = by_id.get(name)
        if article is None:
            yield DeskProblem(path, question.line, "articles", f"there is no article {name!r}")
        elif not article.readable_by(question.audiences):
            yield DeskProblem(path, question.line, "audience", f"may not read {name!r}")
