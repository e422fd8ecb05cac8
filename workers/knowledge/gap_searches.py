"""Searches for gaps: once a week and when somebody asks, each in a process of its own.

Comparing thousands of questions takes minutes and loads scikit-learn, so it is kept out of serving processes.
"""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from time import monotonic

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from classifier.errors import ClassifierError
from knowledge_base.answering import Answerer, ensure_encoder
from knowledge_base.documents import AUDIENCES
from knowledge_base.embedding import Progress
from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.settings import Settings as KnowledgeSettings
from workers import people, serving
from workers.governance import audit, automations
from workers.knowledge import articles, drafting, drafts, gaps, unsolved
from workers.knowledge.article_report import Overlaps
from workers.knowledge.articles import ArticleTrouble
from workers.knowledge.gap_finding import Finder, Gap
from workers.service_desk import ServiceDesk, workspaces
from workers.store.columns import now
from workers.store.session import Store
from workers.store.tables import GapSearch, Person, ServedVersion

log = structlog.get_logger(__name__)

EVERY = timedelta(days=7)
SINCE_DAYS = 180  # how far back questions count
SILENT_AFTER = timedelta(minutes=3)
SAY_EVERY_S = 5.0
TROUBLE = (ArticleTrouble, ClassifierError, KnowledgeBaseError, OSError)  # that ends a search with a sentence
STRICT_LIMIT = 0.05  # of a desk that names none for its answers
TIMETABLE = "timetable"


def request(session: Session, workspace: str, by: str) -> GapSearch:
    """Ask for a search. Raises `ArticleTrouble` while another one is under way."""
    if under_way(session, workspace) is not None:
        raise ArticleTrouble("Gaps are being looked for already; wait for it.")
    search = GapSearch(workspace=workspace, requested_by=by)
    session.add(search)
    session.flush()
    audit.append(session, workspace, by, "gaps_searched", f"gap_search:{search.id}")
    return search


def under_way(session: Session, workspace: str) -> GapSearch | None:
    """The search that waits or runs."""
    alive = (GapSearch.workspace == workspace, GapSearch.state.in_(("queued", "running")))
    return session.scalar(select(GapSearch).where(*alive))


def latest(session: Session, workspace: str) -> GapSearch | None:
    """The last search, finished or not."""
    query = select(GapSearch).where(GapSearch.workspace == workspace).order_by(GapSearch.id.desc())
    return session.scalar(query.limit(1))


def latest_done(session: Session, workspace: str) -> GapSearch | None:
    """The last search that ended well."""
    query = select(GapSearch).where(GapSearch.workspace == workspace, GapSearch.state == "done")
    return session.scalar(query.order_by(GapSearch.id.desc()).limit(1))


def request_due(store: Store) -> None:
    """Ask for the weekly search of each workspace: a week after the first index, then after each search's end."""
    with store.begin() as session:
        first = session.scalar(select(func.min(ServedVersion.at)).where(ServedVersion.kind == "knowledge"))
        for workspace in workspaces(session):
            last = latest(session, workspace)
            before = last.finished_at if last is not None else first
            if before is not None and before < now() - EVERY:
                request(session, workspace, TIMETABLE)


def waiting(store: Store) -> list[int]:
    """Searches that nobody works on: new ones, and those whose worker died."""
    silent = now() - SILENT_AFTER
    with store.begin() as session:
        session.execute(
            update(GapSearch)
            .where(GapSearch.state == "running", GapSearch.heartbeat_at < silent)
            .values(state="queued", stage="its worker died; starting again")
        )
        return list(session.scalars(select(GapSearch.id).where(GapSearch.state == "queued")))


def run_apart(store: Store, search_id: int) -> None:
    """Run a search in a process of its own, and wait for it; one that died is not tried again by itself."""
    command = ["nice", "-n", "10", sys.executable, "-m", "workers.gap_finder", str(search_id)]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        log.warning("gap_search_died", search=search_id, why=done.stderr[-500:])
        with store.begin() as session:
            died = (GapSearch.id == search_id, GapSearch.state == "running")
            said = {"state": "failed", "error": "Its process died; the log says why.", "finished_at": now()}
            session.execute(update(GapSearch).where(*died).values(said))


def run(
    desk: ServiceDesk, search_id: int, since_days: int = SINCE_DAYS, progress: Progress | None = None
) -> int | None:
    """Look for gaps and write them down; gives the number of new ones, none when somebody else does it."""
    with desk.store.begin() as session:
        claimed = session.execute(
            update(GapSearch)
            .where(GapSearch.id == search_id, GapSearch.state == "queued")
            .values(state="running", stage="reading questions", heartbeat_at=now())
            .returning(GapSearch.workspace)
        ).scalar()
    if claimed is None:
        return None
    try:
        return _look(desk, claimed, search_id, since_days, progress)
    except TROUBLE as error:
        log.warning("gap_search_failed", search=search_id, why=str(error))
        _end(desk.store, search_id, state="failed", error=str(error)[:500])
        raise


def _look(desk: ServiceDesk, workspace: str, search_id: int, since_days: int, progress: Progress | None) -> int:
    since, folder = now() - timedelta(days=since_days), desk.settings.desk / "tickets"
    with desk.store.read() as session:
        asked = unsolved.from_store(session, workspace, desk.handbook.desk, since)
        imported = unsolved.imported_numbers(session, workspace)
        readers = _readers(session, workspace)
        gone = articles.retracted(session)
        limit = automations.permit(session, workspace, "answer").risk_limit or STRICT_LIMIT
        names = drafting.known_names([*drafts.people_here(session, workspace), *unsolved.requesters_in(folder)])
    asked += unsolved.from_folder(folder, imported, desk.handbook.desk, since)
    answerer = _served(desk).without(gone)
    finder = Finder(answerer, limit, readers, lambda team: _on_call(desk, team), names)
    say = _also(progress, _Heartbeat(desk.store, search_id))
    found, overlaps = finder.find(asked, say), asdict(Overlaps.of(answerer.index, say))
    with desk.store.read() as session:
        known = [gap.name for gap in gaps.known_gaps(session, workspace)]
    alike = _likeness(answerer, found, known)
    with desk.store.begin() as session:
        new = gaps.keep(session, workspace, found, alike)
    _end(desk.store, search_id, state="done", stage="done", done=1.0, questions=len(asked), overlaps=overlaps)
    return new


def _served(desk: ServiceDesk) -> Answerer:
    with desk.store.read() as session:
        version = serving.served(session, "knowledge")
    if version is None:
        raise ArticleTrouble("No article has been indexed yet. Run `deskhand kb sync` first.")
    settings = KnowledgeSettings(home=desk.settings.home, desk=desk.settings.desk)
    encoder = ensure_encoder(settings.encoder_cache, settings.encoder)
    return Answerer.open(desk.bundles / version, encoder, settings.encoder_threads)


def _readers(session: Session, workspace: str) -> frozenset[frozenset[str]]:
    """The audiences of those who work on the desk, and of its operator."""
    staff = select(Person).where(Person.workspace == workspace, Person.role.in_(("agent", "admin")))
    found = frozenset(people.audiences(person) for person in session.scalars(staff))
    return (found | {frozenset(AUDIENCES)}) - {frozenset()}


def _on_call(desk: ServiceDesk, team: str) -> str | None:
    """Who would write for a team; none for one that the desk does not have any more."""
    named = {one.id: one.on_call for one in desk.handbook.desk.teams}
    return next(iter(named.get(team, ())), None)


def _likeness(answerer: Answerer, found: list[Gap], known: list[str]) -> dict[tuple[int, int], float]:
    """The cosines of new and known gaps' names."""
    if not found or not known:
        return {}
    fresh = answerer.encoder.encode([gap.questions[0].text for gap in found])
    cosines = fresh @ answerer.encoder.encode(known).T
    return {(new, old): float(cosines[new, old]) for new in range(len(found)) for old in range(len(known))}


class _Heartbeat:
    """Writes the progress of a search down, so that others see it and know that it lives."""

    def __init__(self, store: Store, search_id: int) -> None:
        self._store, self._search_id, self._said = store, search_id, float("-inf")

    def __call__(self, stage: str, done: int, total: int) -> None:
        if monotonic() - self._said < SAY_EVERY_S:
            return
        self._said = monotonic()
        with self._store.begin() as session:
            row = session.get_one(GapSearch, self._search_id)
            row.stage, row.done, row.heartbeat_at = stage, done / max(total, 1), now()


def _also(first: Progress | None, second: Callable[[str, int, int], None]) -> Progress:
    def both(stage: str, done: int, total: int) -> None:
        second(stage, done, total)
        if first is not None:
            first(stage, done, total)

    return both


def _end(store: Store, search_id: int, **values: object) -> None:
    with store.begin() as session:
        row = session.get_one(GapSearch, search_id)
        for name, value in values.items():
            setattr(row, name, value)
        row.finished_at = now()
