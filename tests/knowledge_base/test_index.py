from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from knowledge_base.documents import Article
from knowledge_base.doors import MAX_CONFIRMED
from knowledge_base.embedding import Encoder
from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.index import Index
from knowledge_base.vectors import Wish

ANIMALS = ["a parrot", "an elephant", "a whale", "a tiger", "a mosquito", "a snail"]
THINGS = ["keyboard", "roof", "birthday cake", "telescope", "passport"]


class Counting:
    """The real encoder; remembers what it was asked to encode."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder, self.texts = encoder, list[str]()
        self.id, self.dimensions = encoder.id, encoder.dimensions

    def encode(self, texts: list[str], progress: object = None) -> object:
        self.texts += texts
        return self._encoder.encode(texts)


def same(one: Index, other: Index) -> bool:
    return (
        one.version == other.version
        and one.articles == other.articles
        and np.allclose(one.matrix, other.matrix, atol=1e-5)
        and np.allclose(one.sentence_vectors, other.sentence_vectors, atol=1e-5)
    )


def test_an_index_comes_back_from_its_folder_as_it_was(tmp_path: Path, index: Index) -> None:
    index.save(tmp_path / "index")
    assert same(Index.load(tmp_path / "index"), index)
    assert {path.name for path in tmp_path.iterdir()} == {"index"}


def test_title_examples_and_passages_are_doors_to_the_article(index: Index) -> None:
    row = [article.id for article in index.articles].index("password")
    kinds = [door.kind for door in index.doors if door.article == row]
    assert kinds == ["passage", "passage", "title", "ask", "ask"]


def test_only_what_changed_is_encoded_again(articles: tuple[Article, ...], encoder: Encoder, index: Index) -> None:
    changed = [
        replace(article, body=article.body + "\n\nSince May also by phone.", content_hash="new")
        if article.id == "mailbox" else article
        for article in articles
    ]  # fmt: skip
    counting = Counting(encoder)
    built = Index.build(changed, counting, previous=index)  # type: ignore[arg-type]  # stands in for the encoder
    assert len(counting.texts) == 2  # the passage that holds the new sentence, and that sentence
    assert same(built, Index.build(changed, encoder))


def test_the_order_of_files_does_not_matter(articles: tuple[Article, ...], encoder: Encoder, index: Index) -> None:
    assert same(Index.build(reversed(articles), encoder, previous=index), index)


def test_the_version_follows_from_the_content(articles: tuple[Article, ...], encoder: Encoder, index: Index) -> None:
    fewer = Index.build(articles[1:], encoder, previous=index)
    assert fewer.version != index.version
    assert index.without(["vpn-mac"]).version != index.version


@pytest.mark.parametrize("name", ["articles.json", "confirmed.json", "cut.json", "doors.npy", "sentences.npy"])
def test_a_damaged_index_is_refused(tmp_path: Path, index: Index, name: str) -> None:
    index.save(tmp_path / "index")
    raw = bytearray((tmp_path / "index" / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (tmp_path / "index" / name).write_bytes(raw)
    with pytest.raises(KnowledgeBaseError, match="damaged"):
        Index.load(tmp_path / "index")


def test_an_index_of_another_format_or_cut_is_refused(tmp_path: Path, index: Index) -> None:
    index.save(tmp_path / "index")
    path = tmp_path / "index" / "index.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"format": 0}))
    with pytest.raises(KnowledgeBaseError, match="format"):
        Index.load(tmp_path / "index")
    path.write_text(json.dumps(manifest | {"version": "0"}))
    with pytest.raises(KnowledgeBaseError, match="kb sync"):
        Index.load(tmp_path / "index")


def test_a_missing_index_says_which_file(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeBaseError, match=r"index\.json"):
        Index.load(tmp_path)


def test_saving_where_there_is_no_room_leaves_nothing_behind(tmp_path: Path, index: Index) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(KnowledgeBaseError, match="disk"):
        index.save(blocked / "index")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_no_articles_make_an_empty_index(tmp_path: Path, encoder: Encoder) -> None:
    empty = Index.build([], encoder)
    empty.save(tmp_path / "index")
    assert len(Index.load(tmp_path / "index").articles) == 0
    shutil.rmtree(tmp_path / "index")


def doors_of(index: Index, article_id: str) -> list[str]:
    return [
        door.text for door in index.doors if index.articles[door.article].id == article_id and door.kind == "confirmed"
    ]


def test_questions_that_people_confirmed_become_doors(
    tmp_path: Path, articles: tuple[Article, ...], encoder: Encoder, index: Index
) -> None:
    asked = "the tunnel is red and I cannot reach the intranet"
    built = Index.build(articles, encoder, previous=index, confirmed={"vpn-mac": [f" {asked}\n", asked, " "]})
    assert doors_of(built, "vpn-mac") == [asked]
    assert built.version != index.version
    built.save(tmp_path / "index")
    loaded = Index.load(tmp_path / "index")
    assert same(loaded, built)
    assert loaded.doors == built.doors


def test_confirmed_questions_of_articles_that_are_gone_are_left_out(
    articles: tuple[Article, ...], encoder: Encoder, index: Index
) -> None:
    built = Index.build(articles, encoder, previous=index, confirmed={"no-such-article": ["where is it?"]})
    assert same(built, index)


def test_a_question_that_says_the_same_as_a_door_of_the_article_is_no_second_door(
    articles: tuple[Article, ...], encoder: Encoder, index: Index
) -> None:
    example = next(article for article in articles if article.id == "password").ask[0]
    confirmed = {"password": [example.upper()], "printer": [example]}
    built = Index.build(articles, encoder, previous=index, confirmed=confirmed)
    assert doors_of(built, "password") == []
    assert doors_of(built, "printer") == [example], "two articles may answer the same question"


def test_the_newest_confirmed_questions_are_kept(articles: tuple[Article, ...], encoder: Encoder, index: Index) -> None:
    asked = [f"{animal} on my {thing} says hello" for animal in ANIMALS for thing in THINGS]
    built = Index.build(articles, encoder, previous=index, confirmed={"wifi": asked})
    kept = doors_of(built, "wifi")
    assert len(kept) == MAX_CONFIRMED
    assert kept == [text for text in asked if text in kept], "in the order in which they came"
    assert kept[0] == asked[0]


@pytest.mark.parametrize("encoder_changes", [False, True])
def test_confirmed_questions_are_not_encoded_twice(
    articles: tuple[Article, ...], encoder: Encoder, index: Index, encoder_changes: bool
) -> None:
    confirmed = {"vpn-mac": ["the tunnel is red"], "wifi": ["no bars in the canteen"]}
    before = Index.build(articles, encoder, previous=index, confirmed=confirmed)
    counting = Counting(encoder)
    counting.id = "another" if encoder_changes else encoder.id
    Index.build(articles, counting, previous=before, confirmed=confirmed)  # type: ignore[arg-type]  # stands in
    assert ("the tunnel is red" in counting.texts) == encoder_changes


@pytest.mark.parametrize("search", ["half", "hnsw", "ivf"])
def test_the_kind_of_search_is_part_of_the_index_and_of_its_version(
    tmp_path: Path, articles: tuple[Article, ...], encoder: Encoder, index: Index, search: Wish
) -> None:
    built = Index.build(articles, encoder, previous=index, search=search)
    assert built.version != index.version
    built.save(tmp_path / "index")
    loaded = Index.load(tmp_path / "index")
    assert (loaded.vectors.kind, loaded.version) == (search, built.version)
    question = encoder.encode_question("vpn on my mac")
    assert loaded.search(question, 5)[1].tolist() == index.search(question, 5)[1].tolist()
    raw = bytearray((tmp_path / "index" / "doors.faiss").read_bytes())
    raw[len(raw) // 2] ^= 1
    (tmp_path / "index" / "doors.faiss").write_bytes(raw)
    with pytest.raises(KnowledgeBaseError, match="damaged"):
        Index.load(tmp_path / "index")
