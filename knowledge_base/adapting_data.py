"""What an encoder is tuned on: questions, each with a door to a right article and doors that look like it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt

from knowledge_base.documents import Question, fingerprint
from knowledge_base.embedding import Encoder, Vectors
from knowledge_base.index import Index

SAME = 0.95  # cosine to the right door from which a door says the same; it is no wrong one, whatever the labels say


@dataclass(frozen=True)
class Pair:
    """One question to learn from."""

    question: str
    articles: frozenset[str]  # all that answer it
    right: str  # text of a door to one of them
    wrong: tuple[tuple[str, str], ...]  # article and text of doors that are near but lead elsewhere, nearest first


def questions_to_learn(
    index: Index, labelled: Iterable[Question], held_out: Iterable[Question]
) -> tuple[Question, ...]:
    """The labelled questions that an article answers, the articles' examples, and what people confirmed as solved.

    Without those that are held out, and without others of their groups, which say the same.
    The same words count once, with the labels of all of them together: people disagree about near articles.
    """
    own = [Question(text, frozenset({article.id})) for article in index.articles for text in article.ask]
    confirmed = [Question(text, frozenset({id})) for id, texts in index.confirmed.items() for text in texts]
    known = frozenset(index.row_of)
    judges = list(held_out)
    kept_apart = {fingerprint(question.text) for question in judges}
    groups = {question.group for question in judges if question.group}
    found: dict[str, Question] = {}
    for question in [*labelled, *own, *confirmed]:
        articles, key = question.articles & known, fingerprint(question.text)
        if articles and key not in kept_apart and question.group not in groups:
            before = found[key].articles if key in found else frozenset()
            found[key] = Question(question.text, articles | before)
    return tuple(found.values())


def pairs(index: Index, encoder: Encoder, questions: Sequence[Question], wrong: int, seed: int) -> Iterator[Pair]:
    """A pair for each question: one door to a right article, and the `wrong` nearest doors to others.

    The question itself, where it is a door, leads to nothing new and is passed over.
    """
    choose = Random(seed)
    for question in questions:
        near = index.matrix @ encoder.encode_question(question.text)
        itself = fingerprint(question.text)
        right = [
            door
            for door in np.flatnonzero(_leads_to(index, question.articles)).tolist()
            if fingerprint(index.doors[door].text) != itself
        ]
        if right:
            chosen = choose.choice(right)
            doors = _wrong_doors(index, question.articles, near, chosen, wrong)
            names = tuple((index.articles[index.doors[door].article].id, index.doors[door].text) for door in doors)
            yield Pair(question.text, question.articles, index.doors[chosen].text, names)


def _leads_to(index: Index, articles: frozenset[str]) -> npt.NDArray[np.bool_]:
    rows = [index.row_of[id] for id in articles]
    return np.isin(index.door_articles, rows)


def _wrong_doors(index: Index, articles: frozenset[str], near: Vectors, right: int, count: int) -> list[int]:
    """The nearest door of each of the `count` nearest articles that are not labelled right."""
    says_the_same = index.matrix @ index.matrix[right] >= SAME
    taken = {index.row_of[id] for id in articles}
    found: list[int] = []
    for door in np.argsort(-near, kind="stable").tolist():
        if len(found) == count:
            break
        row = int(index.door_articles[door])
        if row not in taken and not says_the_same[door]:
            taken.add(row)
            found.append(door)
    return found


def batches(rows: Sequence[Pair], size: int, shuffle: Random) -> Iterator[list[Pair]]:
    """All pairs in random order, no two that an article answers in one batch: every other candidate is then wrong.

    A wrong door never leads to an article that answers another question of the batch.
    """
    waiting = list(rows)
    shuffle.shuffle(waiting)
    while waiting:
        batch: list[Pair] = []
        later: list[Pair] = []
        right: set[str] = set()
        wrong: set[str] = set()
        for pair in waiting:
            named = {id for id, _ in pair.wrong}
            fits = len(batch) < size and right.isdisjoint(pair.articles | named) and wrong.isdisjoint(pair.articles)
            (batch if fits else later).append(pair)
            if fits:
                right |= pair.articles
                wrong |= named
        yield batch
        waiting = later


def data_fingerprint(rows: Iterable[Pair]) -> str:
    """The same for the same pairs."""
    content = [[pair.question, sorted(pair.articles), pair.right, pair.wrong] for pair in rows]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()
