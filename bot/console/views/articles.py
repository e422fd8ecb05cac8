"""The desk folder's articles as a list: what each is, whether it may answer, and which files are broken."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy.orm import Session

from bot.console.words import Tone, clock
from knowledge_base.bundle import Changes, compare, open_index
from knowledge_base.documents import Article
from knowledge_base.index import Index
from knowledge_base.sources import ArticleSet, Problem, read_articles
from workers import serving
from workers.knowledge import articles
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
    state: str
    tone: Tone


@dataclass(frozen=True)
class ArticlesView:
    """What the page shows."""

    rows: tuple[ArticleRow, ...]
    problems: tuple[Problem, ...]
    retracted: int
    waiting: int  # articles that the next sync would add, change or remove


def look(session: Session, person: Person, folder: Path, bundles: Path) -> ArticlesView:
    """Read the folder, what is served, and the retractions. Raises `KnowledgeBaseError` without a folder."""
    version = serving.served(session, "knowledge")
    index = _open_index(bundles / version) if version else None
    served = index.articles if index else ()
    found = read_articles(folder, served=served, cache=bundles.with_name("converted"))
    return view_of(found, compare(index, found.articles), articles.retractions(session), person.time_zone)


@lru_cache(maxsize=2)  # a version never changes
def _open_index(bundle: Path) -> Index | None:
    return open_index(bundle)


def view_of(
    found: ArticleSet, changes: Changes, retractions: Iterable[RetractedArticle], time_zone: str
) -> ArticlesView:
    """Articles by title; an article that was retracted and whose file is gone is not listed any more."""
    gone = {row.article_id: f"{row.by}, {clock(row.at, time_zone)}: {row.why}" for row in retractions}
    rows = sorted((_row(article, changes, gone) for article in found.articles), key=lambda row: row.title.casefold())
    return ArticlesView(
        rows=tuple(rows),
        problems=found.problems,
        retracted=sum(1 for row in rows if row.retracted),
        waiting=len(changes.added) + len(changes.changed) + len(changes.removed),
    )


def matching(view: ArticlesView, words: str, only_retracted: bool) -> list[ArticleRow]:
    """Articles that hold all of these words, anywhere."""
    wanted = words.casefold().split()
    return [
        row
        for row in view.rows
        if all(word in _searched(row) for word in wanted) and (row.retracted or not only_retracted)
    ]


def _row(article: Article, changes: Changes, gone: Mapping[str, str]) -> ArticleRow:
    state, tone = state_of(article.id, changes, article.id in gone)
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
        state=state,
        tone=tone,
    )


def state_of(article_id: str, changes: Changes, is_retracted: bool) -> tuple[str, Tone]:
    """Whether the bot answers from this article now, in a word or two."""
    if is_retracted:
        return "retracted", "bad"
    if article_id in changes.added:
        return "not indexed yet", "warn"
    if article_id in changes.changed:
        return "older text answers", "warn"
    return "answers", "good"


def _searched(row: ArticleRow) -> str:
    return " ".join((row.id, row.title, row.owner, row.runbook, *row.questions, row.body)).casefold()
