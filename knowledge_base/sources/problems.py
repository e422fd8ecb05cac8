"""What is wrong with a file or an article, and what is left out on purpose."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge_base.documents import Article


@dataclass(frozen=True)
class Problem:
    """Why one file, or one article of an export, was taken aside.

    `line` counts from 1; `field` is empty for the file as a whole; `source` names an article of an export that holds
    several, such as "zendesk:360001"; the message begins with it.
    """

    file: str
    line: int
    field: str
    message: str
    source: str = ""

    def __str__(self) -> str:
        where = f", {self.field}" if self.field else ""
        return f"{self.file}, line {self.line}{where}: {self.message}"


@dataclass(frozen=True)
class LeftOut:
    """An article that is not served, as its owner wants: expired, a draft, retired."""

    id: str
    file: str
    reason: str


@dataclass(frozen=True)
class ArticleSet:
    """The articles that can be served, what is wrong with the others, and what is left out on purpose.

    `kept` are the ids among `articles` that stand as they were last served, because their file is broken now.
    """

    articles: tuple[Article, ...]
    problems: tuple[Problem, ...]
    left_out: tuple[LeftOut, ...] = ()
    kept: frozenset[str] = frozenset()


class Broken(Exception):
    """Something in a file cannot be used. `file` is set where another file than the one being read is at fault."""

    def __init__(self, line: int, field: str, message: str, file: str = "") -> None:
        super().__init__(message)
        self.line, self.field, self.message, self.file = line, field, message, file
