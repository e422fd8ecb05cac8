"""The desk folder's articles as a list: what each is, whether it may answer, and which files are broken."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from bot.console.words import clock
from knowledge_base.documents import Article
from knowledge_base.sources import ArticleSet, Problem, read_articles
from workers import articles
from workers.store.tables import Person, RetractedArticle

AUDIENCE_WORDS = {"everyone": "everyone", "managers": "managers", "it": "IT"}


@dataclass(frozen=True)
class ArticleRow:
    """One article."""

    id: str
    title: str
    owner: str
    updated: str
    audience: str
    runbook: str
    questions: tuple[str, ...]
    body: str
    retracted: str  # by whom, when and why; empty while it may answer


@dataclass(frozen=True)
class ArticlesView:
    """What the page shows."""

    rows: tuple[ArticleRow, ...]
    problems: tuple[Problem, ...]
    retracted: int


def look(session: Session, person: Person, folder: Path) -> ArticlesView:
    """Read the folder and the retractions. Raises `KnowledgeBaseError` when the folder is not there."""
    return view_of(read_articles(folder), articles.retractions(session), person.time_zone)


def view_of(found: ArticleSet, retractions: Iterable[RetractedArticle], time_zone: str) -> ArticlesView:
    """Articles by title; an article that was retracted and whose file is gone is not listed any more."""
    gone = {row.article_id: f"{row.by}, {clock(row.at, time_zone)}: {row.why}" for row in retractions}
    rows = sorted((_row(article, gone) for article in found.articles), key=lambda row: row.title.casefold())
    return ArticlesView(tuple(rows), found.problems, sum(1 for row in rows if row.retracted))


def matching(view: ArticlesView, words: str, only_retracted: bool) -> list[ArticleRow]:
    """Articles that hold all of these words, anywhere."""
    wanted = words.casefold().split()
    return [
        row
        for row in view.rows
        if all(word in _searched(row) for word in wanted) and (row.retracted or not only_retracted)
    ]


def _row(article: Article, gone: Mapping[str, str]) -> ArticleRow:
    return ArticleRow(
        id=article.id,
        title=article.title,
        owner=article.owner,
        updated=article.updated.isoformat(),
        audience=", ".join(AUDIENCE_WORDS.get(name, name) for name in article.audience),
        runbook=article.runbook or "",
        questions=article.ask,
        body=article.body,
        retracted=gone.get(article.id, ""),
    )


def _searched(row: ArticleRow) -> str:
    return " ".join((row.id, row.title, row.owner, row.runbook, *row.questions, row.body)).casefold()
