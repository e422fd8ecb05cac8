"""Doors: the texts whose vectors lead to an article."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from knowledge_base import chunking
from knowledge_base.documents import Article, Passage
from knowledge_base.embedding import Vectors

DoorKind = Literal["passage", "title", "ask", "confirmed"]
MAX_CONFIRMED = 20  # questions of one article that become doors
MAX_CONSIDERED = 100  # questions of one article that are encoded to choose them
SAME = 0.97  # cosine from which two questions say the same, and the second door would find nothing new


@dataclass(frozen=True)
class Cut:
    """What articles were cut into, article by article. Cutting takes far longer than reading what was cut."""

    passages: tuple[tuple[Passage, ...], ...]
    sentences: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, articles: Sequence[Article]) -> Cut:
        """Cut these articles."""
        return cls(tuple(map(chunking.split, articles)), tuple(map(chunking.sentences, articles)))

    def as_rows(self) -> dict[str, Any]:
        """For JSON; what stands in the articles is left out."""
        passages = [[[passage.title_path, passage.text] for passage in own] for own in self.passages]
        return {"passages": passages, "sentences": self.sentences}

    @classmethod
    def from_rows(cls, rows: Mapping[str, Any], articles: Sequence[Article]) -> Cut:
        """The reverse of `as_rows`, for the same articles."""
        passages = tuple(
            tuple(
                Passage(f"{article.id}#{number}", article.id, number, tuple(title_path), text)
                for number, (title_path, text) in enumerate(own, 1)
            )
            for article, own in zip(articles, rows["passages"], strict=True)
        )
        return cls(passages, tuple(map(tuple, rows["sentences"])))


@dataclass(frozen=True)
class Door:
    """One text whose vector leads to an article: a passage, the title, or a question that it answers.

    Questions are the article's examples (`ask`), or were asked by people who said that it solved them (`confirmed`).
    """

    kind: DoorKind
    article: int  # row in `Index.articles`
    passage: int  # row in `Index.passages`; -1 for all but passages
    text: str  # what was encoded


def open_doors(
    articles: Sequence[Article], cut: Cut, confirmed: Mapping[str, Sequence[str]]
) -> tuple[tuple[Passage, ...], tuple[Door, ...]]:
    """The passages of all articles, and the doors in a fixed order. `confirmed`: article id → its questions."""
    passages: list[Passage] = []
    doors: list[Door] = []
    for row, (article, own) in enumerate(zip(articles, cut.passages, strict=True)):
        for passage in own:
            doors.append(Door("passage", row, len(passages), chunking.passage_text(passage)))
            passages.append(passage)
        if article.title:
            doors.append(Door("title", row, -1, article.title))
        doors += [Door("ask", row, -1, question) for question in article.ask]
        doors += [Door("confirmed", row, -1, question) for question in confirmed.get(article.id, ())]
    return tuple(passages), tuple(doors)


def considered(articles: Iterable[Article], confirmed: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Article id → the newest of its confirmed questions, each once; articles without any are left out."""
    tidy = {
        article.id: dict.fromkeys(filter(None, (" ".join(text.split()) for text in confirmed.get(article.id, ()))))
        for article in articles
    }
    return {id: tuple(questions)[:MAX_CONSIDERED] for id, questions in tidy.items() if questions}


def worth_a_door(doors: Vectors, questions: Vectors) -> list[int]:
    """Rows of `questions` that become doors, in their order, beside the doors that the article has.

    A question that says the same as a door of this article is left out. Doors of other articles do not count: if two
    articles answer the same question, both must be found by it.
    """
    kept: list[int] = []
    for row, question in enumerate(questions):
        beside = [doors @ question, questions[kept] @ question]
        if len(kept) < MAX_CONFIRMED and all(cosines.max(initial=-1.0) < SAME for cosines in beside):
            kept.append(row)
    return kept
