"""An articles' folder → articles. What is broken is taken aside and named; the rest goes on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path, PurePosixPath

from knowledge_base.documents import Article
from knowledge_base.errors import KnowledgeBaseError, unreadable
from knowledge_base.sources.conversion import MAX_BYTES, Converted, Converter
from knowledge_base.sources.exports import SOURCE, Document, Found, Misfit, read_export, slug
from knowledge_base.sources.fields import Value, Values, article_from, said, single
from knowledge_base.sources.files import MAX_ARTICLE_BYTES, decode, read_bytes
from knowledge_base.sources.kinds import KINDS, markdown_values
from knowledge_base.sources.mapping import NOTHING, FieldMapping, read_mapping
from knowledge_base.sources.problems import ArticleSet, Broken, LeftOut, Problem
from knowledge_base.sources.registry import READERS

Progress = Callable[[str, int, int], None]  # stage, done, total
# Whoever narrows these must not be answered with what stood there before.
NEVER_KEPT = ("audience", "audiences", "expires", "valid_to", "cannot_read_user_criteria")

NEEDED = {"owner", "updated", "audience"}  # what no file is given without being told


def read_articles(
    folder: Path,
    *,
    served: Iterable[Article] = (),
    cache: Path | None = None,
    progress: Progress | None = None,
    today: date | None = None,
) -> ArticleSet:
    """All articles under `folder`, in the order of their paths: documents, and the exports of other systems.

    `served` are the articles that are served now: one whose file is broken stays as it is there, unless its audience
    or its expiry is what is wrong. `cache` is a folder for converted documents. Raises KnowledgeBaseError when the
    folder itself is not there.
    """
    if not folder.is_dir():
        raise KnowledgeBaseError(f"{folder} is not a folder of articles. Check DESKHAND_DESK or the path you gave.")
    names, exports = _walk(folder)
    with Converter(cache) as converter:
        reading = _Reading(converter, today or date.today())
        mapping = reading.mapping(folder, names)
        for done, name in enumerate(names, 1):
            reading.take(_document(folder, name, mapping))
            if progress:
                progress("read", done, len(names) + len(exports))
        for done, name in enumerate(exports, len(names) + 1):
            reading.export(folder, folder / name, progress)
            if progress:
                progress("read", done, len(names) + len(exports))
    return reading.result(served)


def _walk(folder: Path) -> tuple[list[str], list[str]]:
    """The documents and the folders of exports, each by its name under `folder`. Links to folders are not followed."""
    documents: list[str] = []
    exports: list[str] = []

    def refuse(error: OSError) -> None:
        raise unreadable(Path(error.filename or folder), error)

    for place, below, files in os.walk(folder, onerror=refuse):
        here = Path(place).relative_to(folder)
        if SOURCE in files and here != Path():
            exports.append(here.as_posix())
            below.clear()
            continue
        below[:] = [name for name in below if not name.startswith(".")]
        # Word keeps "~$name.docx" beside a document that is open.
        seen = [name for name in files if not name.startswith((".", "~$"))]
        documents += [(here / name).as_posix() for name in seen if Path(name).suffix.lower() in KINDS]
    return sorted(documents), sorted(exports)


def _document(folder: Path, name: str, mapping: FieldMapping | None) -> Found:
    """A file of the folder with the fields that the mapping gives it, and its own where it is Markdown."""
    kind = KINDS[PurePosixPath(name).suffix.lower()]
    try:
        raw = read_bytes(folder / name, folder, MAX_BYTES[kind] if kind else MAX_ARTICLE_BYTES)
        front: dict[str, Value] = {}
        line = 1
        if kind is None:
            front, text = markdown_values(whole := decode(raw))
            line = whole.rstrip().count("\n") + 2
            raw = text.encode("utf-8", "surrogatepass")
        if mapping is None and not front.keys() >= NEEDED:
            raise Broken(1, "", "its fields stand in the mapping file, which is broken")
        defaults, own = (mapping or NOTHING).fields_of(name)
        if kind is None and not (defaults or own or set(front) - {"title"}):
            message = "does not begin with front matter: a line of '---', then id, title, owner, updated, audience"
            raise Broken(1, "", f"{message}; and articles.yaml does not speak of it")
        by_name = said(id=slug(PurePosixPath(name).with_suffix("").as_posix()))
        return Document(name, "", kind, raw, {**by_name, **own, **front}, "", defaults, line)
    except Broken as broken:
        return Misfit(name, "", broken)


class _Reading:
    """What has been read so far."""

    def __init__(self, converter: Converter, today: date) -> None:
        self._converter = converter
        self._today = today
        self._articles: dict[str, Article] = {}
        self._problems: list[Problem] = []
        self._left_out: list[LeftOut] = []
        self._wrong: dict[str, list[str]] = {}  # source or file of one article → the fields at fault
        self._unread: dict[str, str] = {}  # folder of an export that was not read to its end → the field at fault

    def mapping(self, folder: Path, names: list[str]) -> FieldMapping | None:
        """The mapping file; None when it is broken."""
        try:
            mapping = read_mapping(folder)
        except Broken as broken:
            self._problems.append(Problem(broken.file, broken.line, broken.field, broken.message))
            return None
        self._problems += mapping.unmatched(names)
        return mapping

    def export(self, root: Path, folder: Path, progress: Progress | None) -> None:
        """All articles of one export. A file of it that cannot be read at all takes its articles aside together."""
        here = folder.relative_to(root).as_posix()
        name = (folder / SOURCE).relative_to(root).as_posix()
        try:
            export = read_export(root, folder)
            if (reader := READERS.get(export.kind)) is None:
                known = ", ".join(READERS)
                raise export.settings["kind"].broken("kind", f"'{export.kind}' is not one of {known}")
            for count, found in enumerate(reader(export), 1):
                self.take(found)
                if progress:
                    progress(f"read {here}", count, count)
            for broken in export.unused():
                self._problems.append(Problem(name, broken.line, broken.field, broken.message))
        except Broken as broken:
            self._problems.append(Problem(broken.file or name, broken.line, broken.field, broken.message))
            self._unread[f"{here}/"] = broken.field

    def take(self, found: Found) -> None:
        """One article, or why it is none."""
        try:
            if isinstance(found, Misfit):
                raise found.broken
            self._take(found)
        except Broken as broken:
            which = f"{found.source}: " if found.source else ""
            file, message = broken.file or found.file, which + broken.message
            self._problems.append(Problem(file, broken.line, broken.field, message, found.source))
            self._wrong.setdefault(found.source or found.file, []).append(broken.field)

    def _take(self, document: Document) -> None:
        if document.left_out:
            self._left_out.append(LeftOut(single(document.values, "id"), document.file, document.left_out))
            return
        article = _article(document, self._converted(document))
        if (twin := self._articles.get(article.id)) is not None:
            raise Broken(1, "id", f"'{article.id}' is already the id of {twin.source or twin.path}")
        if article.expired(self._today):
            self._left_out.append(LeftOut(article.id, document.file, f"expired on {article.expires}"))
            return
        self._articles[article.id] = article

    def _converted(self, document: Document) -> Converted:
        if document.kind is None:
            return Converted(decode(document.raw))
        converted = self._converter.convert(document.kind, document.raw)
        if len(converted.text.encode()) > MAX_ARTICLE_BYTES:
            raise Broken(1, "body", f"is longer than {MAX_ARTICLE_BYTES} bytes of text; split it")
        return converted

    def result(self, served: Iterable[Article]) -> ArticleSet:
        """All of it, with the last good versions of what is broken now."""
        out = {left.id for left in self._left_out} | self._articles.keys()
        kept = {article.id: article for article in served if article.id not in out and self._keeps(article)}
        articles = (*self._articles.values(), *kept.values())
        return ArticleSet(articles, tuple(self._problems), tuple(self._left_out), frozenset(kept))

    def _keeps(self, article: Article) -> bool:
        wrong = list(self._wrong.get(article.source or article.path, ()))
        if article.source:
            wrong += [field for folder, field in self._unread.items() if article.path.startswith(folder)]
        return bool(wrong) and not any(field in NEVER_KEPT for field in wrong) and not article.expired(self._today)


def _article(document: Document, converted: Converted) -> Article:
    """Raises Broken for a field that is missing or wrong, or a document without text."""
    own = said(title=converted.title, updated=converted.updated, language=converted.language)
    values: Values = {**document.defaults, **own, **document.values}
    article = article_from(values, converted.text, document.file, document.source)
    if not article.body.strip():
        raise Broken(document.text_line, "body", "the article has no text")
    return article
