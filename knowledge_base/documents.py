"""The values that the knowledge base works on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date

AUDIENCES = ("everyone", "managers", "it")
EVERYONE = "everyone"


@dataclass(frozen=True)
class Article:
    """One article as its owner wrote it."""

    id: str
    title: str
    owner: str
    updated: date
    audience: tuple[str, ...]
    runbook: str | None
    ask: tuple[str, ...]  # example questions that this article answers
    body: str  # Markdown
    path: str  # relative to the articles' folder
    content_hash: str

    def readable_by(self, audiences: frozenset[str]) -> bool:
        """Whether a person in these audiences may read it. Everybody is in `everyone`."""
        return EVERYONE in self.audience or not audiences.isdisjoint(self.audience)


@dataclass(frozen=True)
class Passage:
    """A part of an article's body that can be shown as an answer."""

    id: str  # "<article id>#<number>"
    article_id: str
    number: int  # from 1, in reading order
    title_path: tuple[str, ...]  # article title, heading, sub-heading ...
    text: str  # Markdown, as in the body


@dataclass(frozen=True)
class Question:
    """A labelled question; no articles means that none answers it."""

    text: str
    articles: frozenset[str]
    audiences: frozenset[str] = field(default=frozenset(AUDIENCES))
    id: str = ""
    group: str = ""  # the same for questions that say the same; a group never crosses two splits
    line: int = 0  # in its file, from 1


def fingerprint(question: str) -> str:
    """The same for the same words, however they are spaced or capitalised."""
    words = " ".join(question.casefold().split())
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def hash_content(article: dict[str, object]) -> str:
    """A fingerprint of all that a reader or the ranking can see of an article."""
    canonical = json.dumps(article, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def make_article(
    *,
    id: str,
    title: str,
    body: str,
    owner: str = "",
    updated: date = date(1970, 1, 1),
    audience: tuple[str, ...] = (EVERYONE,),
    runbook: str | None = None,
    ask: tuple[str, ...] = (),
    path: str = "",
) -> Article:
    """An article with its content hash worked out."""
    content: dict[str, object] = {
        "id": id, "title": title, "body": body, "owner": owner, "updated": updated,
        "audience": audience, "runbook": runbook, "ask": ask,
    }  # fmt: skip
    return Article(id, title, owner, updated, audience, runbook, ask, body, path, hash_content(content))
