"""Articles and their vectors in an immutable folder: arrays, FAISS and JSON, no pickle."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from datetime import date
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np

from knowledge_base import chunking
from knowledge_base.documents import Article, article_from_row, article_to_row
from knowledge_base.doors import Cut, Door, considered, open_doors, worth_a_door
from knowledge_base.embedding import Encoder, Progress, Vectors
from knowledge_base.encoder_export import file_sha256
from knowledge_base.errors import KnowledgeBaseError, unreadable
from knowledge_base.keywords import tokenise
from knowledge_base.vectors import Rows, Selection, VectorSearch, Wish, map_vectors

FORMAT = 3
ARTICLES, CONFIRMED, CUT, MANIFEST = "articles.json", "confirmed.json", "cut.json", "index.json"
DOORS, STRUCTURE, SENTENCES = "doors.npy", "doors.faiss", "sentences.npy"


class Index:
    """What is searched. Never changes: `without` and `build` give another one.

    For each door `door_articles` holds the row of its article, and `door_columns` 1 for a passage, 2 for a title or a
    question; for each article `passage_doors` holds the doors that are passages.
    """

    def __init__(
        self,
        articles: Sequence[Article],
        confirmed: Mapping[str, Sequence[str]],
        vectors: VectorSearch,
        sentence_vectors: Vectors,
        encoder_id: str,
        cut: Cut | None = None,
    ) -> None:
        self.articles = tuple(articles)
        self.row_of = {article.id: row for row, article in enumerate(self.articles)}
        self.confirmed = {id: tuple(questions) for id, questions in sorted(confirmed.items()) if questions}
        self.encoder_id = encoder_id
        self.retracted: frozenset[str] = frozenset()
        self.vectors = vectors
        self.cut = cut or Cut.of(self.articles)
        self.passages, self.doors = open_doors(self.articles, self.cut, self.confirmed)
        # Worked out here, so that `without` shares it.
        self.door_articles: Rows = np.array([door.article for door in self.doors], np.int64)
        self.door_columns: Rows = np.array([1 if door.kind == "passage" else 2 for door in self.doors], np.int64)
        self.passage_doors = _passage_doors(self.doors, len(self.articles))
        # Sentences are no doors (they found fewer right articles), but tell the gate how exactly an article fits.
        self.sentences = self.cut.sentences
        self.sentence_vectors = sentence_vectors
        self._tokens: dict[int, frozenset[str]] = {}
        self._sentence_starts = np.cumsum([0, *map(len, self.sentences)])
        if len(vectors.matrix) != len(self.doors) or len(sentence_vectors) != self._sentence_starts[-1]:
            raise KnowledgeBaseError("The index does not fit its articles. Run `deskhand kb sync` to build it again.")

    @classmethod
    def build(
        cls,
        articles: Iterable[Article],
        encoder: Encoder,
        progress: Progress | None = None,
        previous: Index | None = None,
        confirmed: Mapping[str, Sequence[str]] | None = None,
        search: Wish = "exact",
    ) -> Index:
        """An index of these articles. Texts that `previous` has encoded with the same encoder are not encoded again.

        `confirmed`: article id → questions that people asked and said it solved, newest first. They become doors as
        far as they find something new (`doors.worth_a_door`); those of articles that are not here are left out.
        `search`: how the nearest doors will be found.
        """
        rows = tuple(sorted(articles, key=lambda article: article.id))
        candidates = considered(rows, confirmed or {})
        cut = Cut.of(rows)
        _, own = open_doors(rows, cut, {})
        sentences = [text for texts in cut.sentences for text in texts]
        asked = [text for questions in candidates.values() for text in questions]
        vector = _encode([*(door.text for door in own), *sentences, *asked], encoder, progress, previous)
        kept = _choose(rows, own, candidates, vector)
        _, doors = open_doors(rows, cut, kept)
        vectors = VectorSearch.build(vector([door.text for door in doors]), search)
        return cls(rows, kept, vectors, vector(sentences), encoder.id, cut)

    @cached_property
    def version(self) -> str:
        """Follows from articles, questions, encoder, and how it is cut and searched; the same for the same content."""
        content = [FORMAT, chunking.VERSION, self.encoder_id, sorted(self.retracted)]
        content += [[article.id, article.content_hash] for article in self.articles]
        content += [self.confirmed, self.vectors.kind]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]

    @property
    def matrix(self) -> Vectors:
        """All door vectors, [doors, dimensions]; not to be written."""
        return self.vectors.matrix

    def search(self, question: Vectors, depth: int, only: Selection | None = None) -> tuple[Vectors, Rows]:
        """Cosines and doors of the `depth` doors nearest to a question, best first; of all, or of a selection."""
        return self.vectors.search(question, depth, only)

    def vectors_by_text(self) -> Mapping[str, Vectors]:
        """Each encoded text with its vector, for reuse."""
        sentences = [text for article in self.sentences for text in article]
        return dict(zip(sentences, self.sentence_vectors, strict=True)) | {
            door.text: self.matrix[row] for row, door in enumerate(self.doors)
        }

    def passage_tokens(self, passage: int) -> frozenset[str]:
        """The words of a passage and its title path; worked out when first asked for."""
        if passage not in self._tokens:
            self._tokens[passage] = frozenset(tokenise(chunking.passage_text(self.passages[passage])))
        return self._tokens[passage]

    def sentences_of(self, article: int) -> Vectors:
        """The vectors of an article's sentences, [sentences, dimensions]."""
        return self.sentence_vectors[self._sentence_starts[article] : self._sentence_starts[article + 1]]

    def without(self, article_ids: Iterable[str]) -> Index:
        """The same index in which these articles can no longer be found; takes no time and no second copy."""
        other = copy(self)
        other.retracted = self.retracted | frozenset(article_ids)
        other.__dict__.pop("version", None)
        return other

    def readable(self, audiences: frozenset[str]) -> tuple[int, ...]:
        """Rows of the articles that these audiences may read and that are neither retracted nor expired."""
        today = date.today()
        return tuple(
            row
            for row, article in enumerate(self.articles)
            if article.id not in self.retracted and not article.expired(today) and article.readable_by(audiences)
        )

    def save(self, folder: Path) -> None:
        """Write an index folder, aside and then in one move. A folder that is there with this version is kept."""
        if self.retracted:
            raise KnowledgeBaseError("An index with retracted articles is not saved: build one without them.")
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            aside = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
            try:
                self._write(aside)
                aside.chmod(0o755)
                if not (folder / MANIFEST).is_file():
                    aside.rename(folder)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
        except OSError as error:
            raise unreadable(folder, error) from error

    def _write(self, folder: Path) -> None:
        rows = [article_to_row(article) for article in self.articles]
        (folder / ARTICLES).write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
        (folder / CONFIRMED).write_text(json.dumps(self.confirmed, ensure_ascii=False), encoding="utf-8")
        (folder / CUT).write_text(json.dumps(self.cut.as_rows(), ensure_ascii=False), encoding="utf-8")
        vectors = self.vectors.save(folder / DOORS, folder / STRUCTURE)
        np.save(folder / SENTENCES, self.sentence_vectors, allow_pickle=False)
        names = (ARTICLES, CONFIRMED, CUT, SENTENCES, *(path.name for path in vectors))
        manifest = {
            "format": FORMAT,
            "version": self.version,
            "encoder": self.encoder_id,
            "search": self.vectors.kind,
            "files": {name: file_sha256(folder / name) for name in names},
        }
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Index:
        """An index from its folder. Raises KnowledgeBaseError when it is damaged or of another format."""
        manifest = _read_json(folder / MANIFEST)
        if manifest.get("format") != FORMAT:
            raise KnowledgeBaseError(f"{folder} has another index format. Run `deskhand kb sync` to build it again.")
        for name, digest in manifest["files"].items():
            if file_sha256(folder / name) != digest:
                raise KnowledgeBaseError(f"{folder / name} is damaged. Run `deskhand kb sync` to build it again.")
        articles = [article_from_row(row) for row in _read_json(folder / ARTICLES)]
        vectors = VectorSearch.load(folder / DOORS, folder / STRUCTURE, manifest["search"])
        sentences = map_vectors(folder / SENTENCES)
        cut = Cut.from_rows(_read_json(folder / CUT), articles)
        index = cls(articles, _read_json(folder / CONFIRMED), vectors, sentences, manifest["encoder"], cut)
        if index.version != manifest["version"]:
            raise KnowledgeBaseError(f"{folder} was cut by another version. Run `deskhand kb sync` to build it again.")
        return index


def _passage_doors(doors: Sequence[Door], articles: int) -> tuple[tuple[int, ...], ...]:
    found: list[list[int]] = [[] for _ in range(articles)]
    for row, door in enumerate(doors):
        if door.kind == "passage":
            found[door.article].append(row)
    return tuple(map(tuple, found))


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:
        raise KnowledgeBaseError(f"{path} is damaged. Run `deskhand kb sync` to build it again.") from error


def _encode(
    texts: Iterable[str], encoder: Encoder, progress: Progress | None, previous: Index | None
) -> Callable[[Sequence[str]], Vectors]:
    """Encode each text once, and give the function that stacks the vectors of some of them."""
    known = previous.vectors_by_text() if previous and previous.encoder_id == encoder.id else {}
    fresh = [text for text in dict.fromkeys(texts) if text not in known]
    made = dict(zip(fresh, encoder.encode(fresh, progress), strict=True)) if fresh else {}

    def stack(wanted: Sequence[str]) -> Vectors:
        found = [made[text] if text in made else known[text] for text in wanted]
        return np.stack(found) if found else np.zeros((0, encoder.dimensions), np.float32)

    return stack


def _choose(
    articles: Sequence[Article],
    own: Sequence[Door],
    candidates: Mapping[str, Sequence[str]],
    vector: Callable[[Sequence[str]], Vectors],
) -> dict[str, tuple[str, ...]]:
    """The confirmed questions that become doors, by article id."""
    texts: dict[str, list[str]] = {id: [] for id in candidates}
    for door in own:
        if (id := articles[door.article].id) in texts:
            texts[id].append(door.text)
    return {
        id: tuple(questions[row] for row in worth_a_door(vector(texts[id]), vector(questions)))
        for id, questions in candidates.items()
    }
