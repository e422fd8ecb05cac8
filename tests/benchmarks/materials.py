"""Public question-answer material as articles and labelled questions: StackFAQ, and the rules of a linter.

StackFAQ: 719 question-answer pairs of 125 threads, 1,249 paraphrases (Karan & Snajder 2018; text from Stack Exchange,
CC BY-SA). Even threads are for developing, odd ones for reporting.

`python -m tests.benchmarks.materials FOLDER` writes StackFAQ as a desk's files, for `deskhand kb evaluate --articles
FOLDER/articles --development FOLDER/even.jsonl --questions FOLDER/odd.jsonl`.

Linter: what each rule of ruff (MIT) does, asked for by the message that it prints. A handbook full of technical terms
and questions that use them: the opposite of paraphrases. It comes with the development tools, so anybody has it.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from knowledge_base.bundle import open_index
from knowledge_base.documents import Article, Question, make_article
from knowledge_base.embedding import Encoder
from knowledge_base.gate_fitting import LabelledRow, rank_all
from knowledge_base.index import Index
from knowledge_base.retrieval import Retriever
from knowledge_base.settings import Settings

STACKFAQ = Path(__file__).parents[3] / "shared" / "data" / "stackfaq"
STARTER = Path(__file__).parents[2] / "deploy" / "starter"
FORMS = {"question + answer": True, "answer only": False}


@dataclass(frozen=True)
class Faq:
    """StackFAQ in one form: with the FAQ's own question as title, or its answer alone."""

    articles: tuple[Article, ...]
    threads: Mapping[str, int]  # article id → thread
    queries: tuple[tuple[str, int], ...]  # text, thread

    def questions(self, threads: frozenset[int], gone: frozenset[int] = frozenset()) -> tuple[Question, ...]:
        """The queries of some threads; those of `gone` have no answer. A thread's queries are one group."""
        answers: dict[int, set[str]] = {}
        for article, thread in self.threads.items():
            answers.setdefault(thread, set()).add(article)
        return tuple(
            Question(text, frozenset() if thread in gone else frozenset(answers[thread]), group=f"thread {thread}")
            for text, thread in self.queries
            if thread in threads
        )

    def of(self, threads: frozenset[int]) -> frozenset[str]:
        """The articles of some threads."""
        return frozenset(article for article, thread in self.threads.items() if thread in threads)


@cache
def stackfaq(titled: bool) -> Faq:
    """Read it. Its folder must be there."""
    faqs, queries = _lines("faqs.jsonl"), _lines("queries.jsonl")
    articles = tuple(
        make_article(id=faq["faq_id"], title=faq["question"] if titled else "", body=faq["answer"]) for faq in faqs
    )
    threads = {faq["faq_id"]: int(faq["thread_id"]) for faq in faqs}
    return Faq(articles, threads, tuple((query["text"], int(query["thread_id"])) for query in queries))


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (STACKFAQ / name).read_text(encoding="utf-8").splitlines()]


def indexed(name: str, articles: Sequence[Article], encoder: Encoder) -> Index:
    """An index of them. It is kept under DESKHAND_HOME, so that the next measurement encodes nothing again."""
    kept = Settings().home / "benchmarks" / re.sub(r"\W+", "-", name)
    index = Index.build(articles, encoder, previous=open_index(kept))
    shutil.rmtree(kept, ignore_errors=True)
    index.save(kept / "index")
    return index


EVEN, ODD = frozenset(range(0, 1000, 2)), frozenset(range(1, 1000, 2))
ALL = EVEN | ODD
HELD_OUT = frozenset(range(3, 1000, 4))  # StackFAQ's `heldout_topic`: their answers are taken out


@dataclass(frozen=True)
class Handbook:
    """Articles full of technical terms, and one question for each, in two halves."""

    articles: tuple[Article, ...]
    develop: tuple[Question, ...]
    report: tuple[Question, ...]


@cache
def linter_rules() -> Handbook:
    """What ruff's rules do, without names, codes and examples, so that nothing gives them away."""
    command = [str(Path(sys.executable).parent / "ruff"), "rule", "--all", "--output-format", "json"]
    rules = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    told = [rule for rule in rules if rule["explanation"] and rule["message_formats"]]
    articles = [make_article(id=rule["name"], title="", body=_words(rule["explanation"])) for rule in told]
    asked = [Question(re.sub(r"[{}`]", "", rule["message_formats"][0]), frozenset({rule["name"]})) for rule in told]
    return Handbook(tuple(articles), tuple(asked[::2]), tuple(asked[1::2]))


def _words(explanation: str) -> str:
    before_examples = explanation.split("## Example")[0]
    return re.sub(r"```.*?```", "", before_examples, flags=re.DOTALL)


def quarters(faq: Faq) -> list[frozenset[int]]:
    """The even threads in four parts, drawn once: taken out in turn, they leave questions without an answer."""
    threads = sorted(set(faq.threads.values()) & EVEN)
    shuffled = np.random.default_rng(0).permutation(threads).tolist()
    return [frozenset(shuffled[quarter::4]) for quarter in range(4)]


def with_gaps(name: str, faq: Faq, encoder: Encoder) -> list[LabelledRow]:
    """The even threads' questions, a quarter of which has no answer, for each quarter in turn."""
    index = indexed(name, faq.articles, encoder)
    rows: list[LabelledRow] = []
    for gone in quarters(faq):
        rows += rank_all(Retriever(index.without(faq.of(gone)), encoder), faq.questions(EVEN, gone))
    return rows


def write_desk_files(folder: Path) -> None:
    """StackFAQ with the FAQ's own questions as titles: Markdown articles, and the queries of each half."""
    faq = stackfaq(titled=True)
    (folder / "articles").mkdir(parents=True)
    for article in faq.articles:
        head = {"id": article.id, "title": article.title, "owner": "stackfaq", "updated": "2018-01-01"}
        front = yaml.safe_dump(head | {"audience": ["everyone"]}, allow_unicode=True, sort_keys=False)
        text = f"---\n{front}---\n\n{article.body}\n"
        (folder / "articles" / f"{article.id}.md").write_text(text, encoding="utf-8")
    for name, threads in (("even", EVEN), ("odd", ODD)):
        rows = ({"question": asked.text, "articles": sorted(asked.articles), "group": asked.group}
                for asked in faq.questions(threads))  # fmt: skip
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    write_desk_files(Path(sys.argv[1]))
