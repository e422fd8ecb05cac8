"""Bringing a folder of articles into the served index, and saying what that changes and why."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from rich.console import Console

from knowledge_base import embedding
from knowledge_base.bundle import build_bundle, compare, open_index
from knowledge_base.documents import Article, Learnt
from knowledge_base.encoders import bundles_with, exported, version_to_sync_with
from knowledge_base.errors import unreadable
from knowledge_base.index import Index
from knowledge_base.settings import Settings
from knowledge_base.sources import ArticleSet, LeftOut, Problem, read_articles

POINTER = "served"
Doing = Literal["added", "changed", "removed", "kept"]
MARKS: dict[Doing, str] = {"added": "+", "changed": "~", "removed": "-", "kept": "="}


@dataclass(frozen=True)
class Change:
    """What happens to one article, and why. `kept`: its file is broken, and it stays as it was."""

    doing: Doing
    article: str
    why: str


@dataclass(frozen=True)
class Sync:
    """What a sync did, or would do."""

    version: str | None  # None for a dry run
    changes: tuple[Change, ...]
    unchanged: int
    problems: tuple[Problem, ...]
    left_out: tuple[LeftOut, ...]

    def ids(self, doing: Doing) -> list[str]:
        """The articles to which this happens."""
        return [change.article for change in self.changes if change.doing == doing]


def sync(
    articles_dir: Path,
    questions_dir: Path | None,
    settings: Settings,
    *,
    dry_run: bool = False,
    serve: Callable[[Path], None] | None = None,
    learn: Callable[[Sequence[Article]], Learnt] = lambda _articles: Learnt(),
    progress: embedding.Progress | None = None,
    encoder_dir: Path | None = None,
) -> Sync:
    """Build a bundle from a folder of articles and make it the served one.

    `learn` says what live use has taught about these articles. `serve` is told the bundle's folder; by default the
    pointer file under DESKHAND_HOME/index is set. `encoder_dir` holds the encoder from now on; by default the one that
    is served goes on.
    What is served now stays until the new bundle is complete. Raises KnowledgeBaseError.
    """
    previous = served_bundle(settings)
    before = open_index(previous)
    served = before.articles if before else ()
    found = read_articles(articles_dir, served=served, cache=settings.converted, progress=progress)
    version = None
    if not dry_run:
        encoder_dir = encoder_dir or exported(settings, version_to_sync_with(previous, settings))
        reuse = next(iter(bundles_with(settings, encoder_dir.name)), None)
        learnt = learn(found.articles)
        folder = build_bundle(
            found.articles, questions_dir, settings.index_home, encoder_dir, reuse, progress, settings.search,
            learnt.confirmed, learnt.questions,
        )  # fmt: skip
        (serve or set_served)(folder)
        version = folder.name
    changes = tuple(explain(before, found))
    return Sync(version, changes, compare(before, found.articles).unchanged, found.problems, found.left_out)


def explain(before: Index | None, found: ArticleSet) -> Iterator[Change]:
    """What differs between what is served and what the folder holds, each with its reason."""
    was = {article.id: article for article in before.articles} if before else {}
    now = {article.id: article for article in found.articles}
    for id, article in sorted(now.items()):
        if id in found.kept:
            yield Change("kept", id, f"{article.source or article.path} is broken; it stays as it was last served")
        elif id not in was:
            yield Change("added", id, article.source or article.path)
        elif article.content_hash != was[id].content_hash:
            yield Change("changed", id, ", ".join(_differences(was[id], article)))
    for id in sorted(was.keys() - now.keys()):
        yield Change("removed", id, _why_removed(was[id], found))


def _differences(was: Article, now: Article) -> Iterator[str]:
    for field in fields(Article):
        if field.name not in ("path", "content_hash") and getattr(was, field.name) != getattr(now, field.name):
            yield "text" if field.name == "body" else field.name


def _why_removed(article: Article, found: ArticleSet) -> str:
    for left in found.left_out:
        if left.id == article.id:
            return left.reason
    for problem in found.problems:
        if problem.source == article.source if article.source else problem.file == article.path:
            return str(problem)
    return f"{article.source or article.path} is gone"


def set_served(folder: Path) -> None:
    """Point `served`, beside the bundle's folder, at it; in one step."""
    try:
        handle, name = tempfile.mkstemp(prefix=".served.", dir=folder.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(folder.name + "\n")
        Path(name).replace(folder.parent / POINTER)
    except OSError as error:
        raise unreadable(folder.parent / POINTER, error) from error


def served_bundle(settings: Settings) -> Path | None:
    """The folder of the bundle that the pointer file names; None before the first sync."""
    pointer = settings.index_home / POINTER
    try:
        name = pointer.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(pointer, error) from error
    folder = settings.index_home / name
    return folder if name and folder.parent == settings.index_home and folder.is_dir() else None


def as_row(done: Sync) -> dict[str, Any]:
    """A sync as JSON says it."""
    return {
        "version": done.version,
        **{doing: done.ids(doing) for doing in MARKS},
        "unchanged": done.unchanged,
        "why": {change.article: change.why for change in done.changes},
        "left_out": [vars(left) for left in done.left_out],
        "problems": [vars(problem) for problem in done.problems],
    }


def show(done: Sync, console: Console) -> None:
    """A sync for people: the counts, each change with its reason, what is left out, and what is broken."""
    counts = [f"{doing} {len(done.ids(doing))}" for doing in MARKS]
    counts += [f"unchanged {done.unchanged}", f"left out {len(done.left_out)}", f"broken {len(done.problems)}"]
    lines = [", ".join(counts)]
    lines += [f"  {MARKS[change.doing]} {change.article}: {change.why}" for change in done.changes]
    lines += [f"  o {left.id}: {left.reason} ({left.file})" for left in done.left_out]
    lines += [f"  ! {problem}" for problem in done.problems]
    lines.append("nothing was changed (dry run)" if done.version is None else f"serving {done.version}")
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
