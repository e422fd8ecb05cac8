"""Brings the desk folder's articles into the served index."""

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from sqlalchemy.orm import Session

from knowledge_base.bundle import CALIBRATION, DEVELOPMENT, labelled, layout, open_index
from knowledge_base.documents import Article, Learnt, Question
from knowledge_base.embedding import Progress
from knowledge_base.settings import Settings as KnowledgeSettings
from knowledge_base.syncing import Sync, set_served, sync
from workers import serving
from workers.knowledge import feedback
from workers.knowledge.articles import retracted
from workers.service_desk import ServiceDesk


def sync_articles(
    desk: ServiceDesk,
    workspace: str,
    by: str,
    *,
    folder: Path | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    encoder_dir: Path | None = None,
    why: str = "articles synchronised",
) -> Sync:
    """Index the articles and serve them in every process; with the encoder that is served, or with another one.

    Raises `KnowledgeBaseError`; then nothing has changed.
    """
    settings = KnowledgeSettings(home=desk.settings.home, desk=desk.settings.desk)

    def learn(found: Sequence[Article]) -> Learnt:
        with desk.store.read() as session:
            return feedback.learnt(session, workspace, found, labelled_questions(desk))

    articles = folder or desk.settings.desk / "articles"
    questions = desk.settings.desk / "questions"
    return sync(
        articles, questions, settings, dry_run=dry_run, learn=learn, progress=progress, encoder_dir=encoder_dir,
        serve=lambda bundle: serve(desk, workspace, bundle, by, why),
    )  # fmt: skip


def serve(desk: ServiceDesk, workspace: str, bundle: Path, by: str, why: str) -> None:
    """Serve a bundle in every process."""
    set_served(bundle)
    with desk.store.begin() as session:
        serving.serve(session, workspace, "knowledge", bundle.name, by, why)


def labelled_questions(desk: ServiceDesk) -> list[Question]:
    """The desk folder's questions that a gate is fitted on. Raises `KnowledgeBaseError`."""
    folder = desk.settings.desk / "questions"
    return [question for name in (DEVELOPMENT, CALIBRATION) for question in labelled(folder, name)]


def roll_back(desk: ServiceDesk, workspace: str, by: str, why: str) -> str:
    """Serve the index before again, and say which that is. Raises `NothingBefore`."""
    with desk.store.begin() as session:
        version = serving.roll_back(session, workspace, "knowledge", by, why)
    set_served(desk.bundles / version)
    return version


def served_articles(session: Session, bundles: Path) -> tuple[Article, ...]:
    """The articles that may answer now; none before the first sync."""
    version = serving.served(session, "knowledge")
    index = open_index(bundles / version) if version else None
    gone = retracted(session)
    return tuple(article for article in index.articles if article.id not in gone) if index else ()


def is_up_to_date(desk: ServiceDesk) -> bool:
    """Whether what is served was made by this version of Deskhand from the desk folder's files as they are now."""
    with desk.store.read() as session:
        served = serving.served(session, "knowledge")
    stamp = _stamp(desk)
    return served is not None and stamp.is_file() and stamp.read_text(encoding="utf-8") == _mark(desk, served)


def note_up_to_date(desk: ServiceDesk, served: str) -> None:
    """Write down from what this version was made."""
    _stamp(desk).write_text(_mark(desk, served), encoding="utf-8")


def _stamp(desk: ServiceDesk) -> Path:
    return desk.bundles / "made-from"


def _mark(desk: ServiceDesk, served: str) -> str:
    settings = KnowledgeSettings(home=desk.settings.home, desk=desk.settings.desk)
    made_by = f"{version('deskhand')} {layout()} {settings.search} {settings.encoder}"
    digest = hashlib.sha256(made_by.encode())
    for folder in ("articles", "questions"):
        for file in sorted((desk.settings.desk / folder).rglob("*")):
            if file.is_file():
                digest.update(f"{file.name}\0".encode() + file.read_bytes())
    return f"{served} {digest.hexdigest()}"
