"""A small desk of eight articles."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge_base.documents import Article
from knowledge_base.embedding import Encoder
from knowledge_base.index import Index
from knowledge_base.sources import read_articles

DESK = Path(__file__).parent / "desk"


@pytest.fixture(scope="session")
def encoder(encoder_dir: Path) -> Encoder:
    return Encoder.open(encoder_dir)


@pytest.fixture(scope="session")
def articles() -> tuple[Article, ...]:
    found = read_articles(DESK / "articles")
    assert found.problems == ()
    return found.articles


@pytest.fixture(scope="session")
def index(articles: tuple[Article, ...], encoder: Encoder) -> Index:
    return Index.build(articles, encoder)
