"""Brings the desk folder's articles into the served index."""

from pathlib import Path

from knowledge_base.commands import Sync, set_served, sync
from knowledge_base.embedding import Progress
from knowledge_base.settings import Settings as KnowledgeSettings
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
