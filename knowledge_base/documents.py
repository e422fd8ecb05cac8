"""The values that the knowledge base works on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

AUDIENCES = ("everyone", "managers", "it")
EVERYONE = "everyone"
ENGLISH = "en"


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
    path: str  # its file, relative to the articles' folder
    content_hash: str
    language: str = ENGLISH  # BCP 47
    expires: date | None = None  # the last day on which it may answer
    source: str = ""  # where an export's article comes from, such as "zendesk:360001"; empty for a file of the folder

    def expired(self, today: date) -> bool:
        """Whether its last day has passed."""
        return self.expires is not None and self.expires < today

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
    weight: float = 1.0  # how much it counts in a fit; people's own labels count 1
    proves: bool = True  # whether it may prove a threshold: labelled apart from what the gate chose to show


@dataclass(frozen=True)
class Learnt:
    """What live use taught about articles."""

    confirmed: Mapping[str, Sequence[str]] = field(default_factory=dict)  # article id → questions that it solved
    questions: Sequence[Question] = ()  # labelled by what came of their answers


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
    language: str = ENGLISH,
    expires: date | None = None,
    source: str = "",
) -> Article:
    """An article with its content hash worked out."""
    content: dict[str, object] = {
        "id": id, "title": title, "body": body, "owner": owner, "updated": updated, "audience": audience,
        "runbook": runbook, "ask": ask, "language": language, "expires": expires, "source": source,
    }  # fmt: skip
    digest = hash_content(content)
    return Article(
        id, title, owner, updated, audience, runbook, ask, body, path, digest, language, expires, source
    )  # fmt: skip


def article_to_row(article: Article) -> dict[str, Any]:
    """An article as JSON can hold it."""
    expires = article.expires.isoformat() if article.expires else None
    return asdict(article) | {"updated": article.updated.isoformat(), "expires": expires}


def article_from_row(row: Mapping[str, Any]) -> Article:
    """The article again, from `article_to_row`."""
    expires = date.fromisoformat(row["expires"]) if row["expires"] else None
    dates = {"updated": date.fromisoformat(row["updated"]), "expires": expires}
    return Article(**{**row, **dates, "audience": tuple(row["audience"]), "ask": tuple(row["ask"])})
