"""When a start indexes anew, and when it serves what is there."""

import shutil
from pathlib import Path

import pytest

from tests.workers.office import MIRA, WORKSPACE, Office
from workers.knowledge.indexing import is_up_to_date, note_up_to_date, sync_articles
from workers.service_desk import ServiceDesk
from workers.settings import Settings

SMALL_DESK = Path(__file__).parents[1] / "knowledge_base" / "desk"


@pytest.fixture
def indexed(quick_office: Office, tmp_path: Path, encoder_folder: Path) -> ServiceDesk:
    """A small desk whose articles have been indexed."""
    shutil.copytree(SMALL_DESK, tmp_path / "desk")
    shutil.copytree(encoder_folder, tmp_path / "encoder" / encoder_folder.name)
    settings = Settings(home=tmp_path, desk=tmp_path / "desk")
    desk = ServiceDesk(settings, quick_office.store, quick_office.handbook)
    done = sync_articles(desk, WORKSPACE, MIRA)
    assert done.version is not None
    assert not is_up_to_date(desk), "nobody noted from what it was made"
    note_up_to_date(desk, done.version)
    assert is_up_to_date(desk)
    return desk


def test_an_edited_article_is_indexed_at_the_next_start(indexed: ServiceDesk) -> None:
    article = indexed.settings.desk / "articles" / "wifi.md"
    article.write_text(article.read_text(encoding="utf-8") + "\nOne more line.\n", encoding="utf-8")
    assert not is_up_to_date(indexed)


def test_a_deskhand_that_reads_or_makes_something_else_indexes_anew(
    indexed: ServiceDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knowledge_base.bundle.FORMAT", 0)
    assert not is_up_to_date(indexed)


def test_another_kind_of_search_is_built_at_the_next_start(
    indexed: ServiceDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKHAND_SEARCH", "half")
    assert not is_up_to_date(indexed)
