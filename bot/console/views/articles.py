"""The desk folder's articles as a list: what each is, whether it may answer, how it did, which files are broken."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.console.words import Tone, ago, clock
from bot.context import STRICTEST_LIMIT
from knowledge_base.bundle import Changes, compare
from knowledge_base.documents import Article
from knowledge_base.index import Index
from knowledge_base.risk import DELTA, binomial_at_most
from knowledge_base.sources import Problem, read_articles
from workers.governance import automations
from workers.knowledge import articles
from workers.knowledge.health import PERIOD, ArticleHealth, article_health
from workers.people import audiences
from workers.service_desk import ServiceDesk
from workers.store.tables import Person, RetractedArticle

AUDIENCE_WORDS = {"everyone": "everyone", "managers": "managers", "it": "IT"}
PERIOD_DAYS = PERIOD.days
SOME_WRONG = 2  # one complaint may be about anything
ALL, ATTENTION, UNUSED, RETRACTED = "all", "attention", "unused", "retracted"
FILTERS = {ALL: "All", ATTENTION: "Needs attention", UNUSED: "Never used", RETRACTED: "Retracted"}


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
    shown: int  # how often it was shown lately; so the next three
    solved: int
    wrong: int
    last_used: str
    last_used_at: str  # for sorting
    stale: bool
    attention: tuple[str, ...]  # why somebody should look at it


@dataclass(frozen=True)
class ArticlesView:
    """What the page shows: only what the visitor may read counts."""

    rows: tuple[ArticleRow, ...]
    problems: tuple[Problem, ...]  # for admins: a file that cannot be read has no audience
    waiting: int  # articles that the next sync would add, change or remove

    def counted(self, chosen: str) -> int:
        """How many articles a filter leaves."""
        return sum(passes(row, chosen) for row in self.rows)


@dataclass(frozen=True)
class Shelf:
    """What is needed to say how an article stands."""

    changes: Changes
    retractions: Mapping[str, str]  # article id → by whom, when and why
    health: Mapping[str, ArticleHealth]
    limit: float  # highest accepted share of wrong answers
    now: datetime


def look(session: Session, person: Person, desk: ServiceDesk, index: Index | None, now: datetime) -> ArticlesView:
    """Read the folder, the retractions and what came of the answers. Raises `KnowledgeBaseError` without a folder.

    `index` is what is served; none: nothing was indexed yet.
    """
    served = index.articles if index else ()
    folder, cache = desk.settings.desk / "articles", desk.settings.home / "converted"
    found = read_articles(folder, served=served, cache=cache)
    readers = audiences(person)
    readable = [article for article in found.articles if article.readable_by(readers)]
    changes = compare(index, found.articles)
    shelf = Shelf(
        changes,
        _retractions(articles.retractions(session), person.time_zone),
        {one.article_id: one for one in article_health(session, person.workspace, readable)},
        automations.permit(session, person.workspace, "answer").risk_limit or STRICTEST_LIMIT,
        now,
    )
    return ArticlesView(
        rows=tuple(sorted((row_of(article, shelf) for article in readable), key=lambda row: row.title.casefold())),
        problems=found.problems if person.role == "admin" else (),
        waiting=len(_readable_changes(changes, readable, served, readers)),
    )


def _retractions(rows: Iterable[RetractedArticle], time_zone: str) -> dict[str, str]:
    return {row.article_id: f"{row.by}, {clock(row.at, time_zone)}: {row.why}" for row in rows}


def _readable_changes(
    changes: Changes, readable: Iterable[Article], served: Iterable[Article], readers: frozenset[str]
) -> set[str]:
    known = {article.id for article in (*readable, *(one for one in served if one.readable_by(readers)))}
    return known.intersection((*changes.added, *changes.changed, *changes.removed))


def matching(view: ArticlesView, words: str, chosen: str) -> list[ArticleRow]:
    """Articles that pass the filter and hold all of these words, anywhere."""
    wanted = words.casefold().split()
    return [row for row in view.rows if passes(row, chosen) and all(word in _searched(row) for word in wanted)]


def passes(row: ArticleRow, chosen: str) -> bool:
    """Whether a filter leaves this article."""
    if chosen == ATTENTION:
        return bool(row.attention)
    if chosen == UNUSED:
        return row.shown == 0 and not row.retracted
    return bool(row.retracted) if chosen == RETRACTED else True


def row_of(article: Article, shelf: Shelf) -> ArticleRow:
    """One article with how it did."""
    state, tone = state_of(article.id, shelf.changes, article.id in shelf.retractions)
    health = shelf.health[article.id]
    return ArticleRow(
        id=article.id,
        title=article.title,
        owner=article.owner,
        updated=article.updated.isoformat(),
        audience=", ".join(AUDIENCE_WORDS.get(name, name) for name in article.audience),
        runbook=article.runbook or "",
        questions=article.ask,
        body=article.body,
        retracted=shelf.retractions.get(article.id, ""),
        state=state,
        tone=tone,
        shown=health.shown,
        solved=health.solved,
        wrong=health.not_solved,
        last_used=ago(health.last_used, shelf.now) if health.last_used else "–",
        last_used_at=health.last_used.isoformat() if health.last_used else "",
        stale=bool(health.stale),
        attention=() if state == "retracted" else attention(health, state, shelf.limit),
    )


def attention(health: ArticleHealth, state: str, limit: float) -> tuple[str, ...]:
    """Why somebody should look at an article, in words; empty when all is well."""
    reasons = []
    if is_often_wrong(health, limit):
        judged = health.solved + health.not_solved
        reasons.append(f"did not solve it for {health.not_solved} of {judged} who said so")
    if health.stale:
        reasons.append(health.stale)
    if state != "answers":
        reasons.append({"not indexed yet": "not indexed yet", "older text answers": "its older text answers"}[state])
    return tuple(reasons)


def is_often_wrong(health: ArticleHealth, limit: float) -> bool:
    """Whether more people were not helped than chance explains when the desk's limit is kept."""
    judged = health.solved + health.not_solved
    return health.not_solved >= SOME_WRONG and binomial_at_most(health.solved, judged, 1 - limit) <= DELTA


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
