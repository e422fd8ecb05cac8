"""Brings the desk folder's articles into the served index."""

import hashlib
from importlib.metadata import version
from pathlib import Path

from knowledge_base.embedding import Progress
from knowledge_base.settings import Settings as KnowledgeSettings
from knowledge_base.syncing import Sync, set_served, sync
from workers import serving
from workers.service_desk import ServiceDesk


def sync_articles(
    desk: ServiceDesk,
    workspace: str,
    by: str,
    *,
    folder: Path | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Sync:
    """Index the articles and serve them in every process. Raises `KnowledgeBaseError`; then nothing has changed."""
    settings = KnowledgeSettings(home=desk.settings.home, desk=desk.settings.desk)

    def serve(bundle: Path) -> None:
        set_served(bundle)
        with desk.store.begin() as session:
            serving.serve(session, workspace, "knowledge", bundle.name, by, "articles synchronised")

    articles = folder or desk.settings.desk / "articles"
    questions = desk.settings.desk / "questions"
    return sync(articles, questions, settings, dry_run=dry_run, serve=serve, progress=progress)


def roll_back(desk: ServiceDesk, workspace: str, by: str, why: str) -> str:
    """Serve the index before again, and say which that is. Raises `NothingBefore`."""
    with desk.store.begin() as session:
        version = serving.roll_back(session, workspace, "knowledge", by, why)
    set_served(desk.bundles / version)
    return version


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
    digest = hashlib.sha256(version("deskhand").encode())
    for folder in ("articles", "questions"):
        for file in sorted((desk.settings.desk / folder).rglob("*")):
            if file.is_file():
                digest.update(f"{file.name}\0".encode() + file.read_bytes())
    return f"{served} {digest.hexdigest()}"
