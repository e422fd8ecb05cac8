"""A sub-folder with another system's export: what `source.yaml` says of it, and who may read what it holds.

kind: zendesk
owner: mira.holt
audience: everyone
audiences:
  "user_segment:360001": it
  "section:For managers": managers
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from knowledge_base.documents import AUDIENCES, EVERYONE
from knowledge_base.sources.conversion import Kind
from knowledge_base.sources.fields import ARTICLE_ID, Value, Values, audience, entries, matching, read_yaml, single
from knowledge_base.sources.files import check_file, read_bytes, read_text
from knowledge_base.sources.mapping import known_only
from knowledge_base.sources.problems import Broken

SOURCE = "source.yaml"
MAX_EXPORT_BYTES = 256 * 1024 * 1024
KEYS = (
    "kind", "path", "prefix", "owner", "owners", "audience", "audiences", "language", "repository", "ref", "pages",
)  # fmt: skip


@dataclass(frozen=True)
class Document:
    """One article as a source gives it. With `left_out` it is not wanted, and that is the reason."""

    file: str  # relative to the articles' folder
    source: str
    kind: Kind | None  # None for Markdown
    raw: bytes
    values: Values
    left_out: str = ""
    defaults: Values = field(default_factory=dict)  # for what neither `values` nor the document say
    text_line: int = 1  # where its text begins in the file


@dataclass(frozen=True)
class Misfit:
    """One article of an export that cannot be used."""

    file: str
    source: str
    broken: Broken


Found = Document | Misfit


@dataclass
class Export:
    """A folder with `source.yaml`."""

    root: Path  # the articles' folder
    folder: Path
    settings: Values
    audiences: dict[str, Value]  # their word → ours
    owners: dict[str, Value]
    used: set[str] = field(default_factory=set)  # words that some article has

    @property
    def kind(self) -> str:
        """Which system it comes from."""
        return single(self.settings, "kind")

    @property
    def prefix(self) -> str:
        """What the ids of its articles begin with."""
        return single(self.settings, "prefix") if "prefix" in self.settings else self.kind

    def name(self, path: Path) -> str:
        """A file's name as problems and articles give it."""
        return path.relative_to(self.root).as_posix()

    def text(self, key: str, default: str) -> str:
        """One setting."""
        return single(self.settings, key, 1_000) if key in self.settings else default

    def files(self, *patterns: str) -> list[Path]:
        """The files that `path` names, or those that fit the usual patterns. Raises Broken when there are none."""
        wanted = self.settings["path"].texts if "path" in self.settings else patterns
        found = sorted({path for pattern in wanted for path in self._matching(pattern) if path.name != SOURCE})
        if not found:
            line = self.settings["path"].line if "path" in self.settings else 1
            raise Broken(line, "path", f"there is no {' or '.join(wanted)} here", self.name(self.folder / SOURCE))
        return found

    def _matching(self, pattern: str) -> list[Path]:
        try:
            return [path for path in self.folder.glob(pattern) if path.is_file()]
        except (ValueError, NotImplementedError, IndexError, OSError) as error:
            raise Broken(1, "path", f"'{pattern}' must lie in this folder", self.name(self.folder / SOURCE)) from error

    def read(self, path: Path) -> bytes:
        """A file of the export. Raises Broken that names it."""
        self.check(path)
        return read_bytes(path, self.root, MAX_EXPORT_BYTES)

    def check(self, path: Path) -> None:
        """Raises Broken that names a file that lies outside the articles' folder or is too big."""
        try:
            check_file(path, self.root, MAX_EXPORT_BYTES)
        except Broken as broken:
            raise Broken(broken.line, broken.field, broken.message, self.name(path)) from broken

    def fields(
        self, own: Values, labels: Sequence[str], restrictions: Sequence[Sequence[str]] = ()
    ) -> dict[str, Value]:
        """The fields of one of its articles: its `own` before those of `source.yaml`.

        `labels` are its categories, sections and the like. `restrictions` are lists of groups: the other system shows
        it to nobody who is not in one of each. Raises Broken where no audience follows: never everyone by default.
        """
        values = {name: self.settings[name] for name in ("owner", "language") if name in self.settings}
        for label in labels:
            if (owner := self.owners.get(_plain(label))) is not None:
                values["owner"] = owner
                break
        readers = self._audience(own, labels, restrictions)
        return {**values, **own, "audience": Value(tuple(sorted(readers)), is_list=True)}

    def _audience(self, own: Values, labels: Sequence[str], restrictions: Sequence[Sequence[str]]) -> frozenset[str]:
        self.used.update(map(_plain, (*labels, *(group for groups in restrictions for group in groups))))
        allowed = [self._meant(label) for label in labels if _plain(label) in self.audiences]
        if "audience" in own:
            allowed.append(frozenset(audience(own)))
        for groups in restrictions:
            known = [self._meant(group) for group in groups if _plain(group) in self.audiences]
            if not known:
                named = ", ".join(groups) or "people whom the export does not name"
                raise Broken(1, "audience", f"only {named} may read it there; say who that is under audiences")
            allowed.append(frozenset[str]().union(*known))
        if not allowed and "audience" in self.settings:
            return frozenset(audience(self.settings))
        if not allowed:
            named = ", ".join(labels) or "its words (it has none)"
            raise Broken(1, "audience", f"nothing says who may read it; give audience, or audiences for {named}")
        return _narrowest(allowed)

    def _meant(self, label: str) -> frozenset[str]:
        return frozenset(audience({"audience": self.audiences[_plain(label)]}))

    def unused(self) -> Iterator[Broken]:
        """Words under `audiences` that no article has: most likely a slip of the pen, and a restriction lost."""
        for name, value in self.audiences.items():
            if name not in self.used:
                yield value.broken("audiences", f"no article has '{name}'")


def _narrowest(allowed: Iterable[frozenset[str]]) -> frozenset[str]:
    """Who is in all of them; `everyone` holds everybody."""
    readers = frozenset(AUDIENCES)
    for some in allowed:
        readers &= frozenset(AUDIENCES) if EVERYONE in some else some
    if not readers:
        raise Broken(1, "audience", "its categories and groups have no reader in common; correct audiences")
    return frozenset({EVERYONE}) if EVERYONE in readers else readers


def _plain(label: str) -> str:
    kind, _, name = label.partition(":")
    return f"{kind.strip()}:{' '.join(name.split())}".casefold()


def read_export(root: Path, folder: Path) -> Export:
    """What `source.yaml` says. Raises Broken that names it."""
    path = folder / SOURCE
    name = path.relative_to(root).as_posix()
    try:
        settings = read_yaml(read_text(path, root), 1, SOURCE, name)
    except Broken as broken:
        raise Broken(broken.line, broken.field, broken.message, name) from broken
    known_only(settings, KEYS)
    audiences = _labels(settings, "audiences")
    for value in audiences.values():
        audience({"audience": value})
    if "audience" in settings:
        audience(settings)
    if "prefix" in settings:
        matching(settings, "prefix", ARTICLE_ID, "letters, digits, '.', '_' and '-'")
    return Export(root, folder, settings, audiences, _labels(settings, "owners"))


def _labels(settings: Values, field: str) -> dict[str, Value]:
    if field not in settings:
        return {}
    return {_plain(label): value for label, value in entries(field, settings[field]).items()}


def slug(text: str) -> str:
    """An id made of a path or a name; empty where no letter of it can stand in an id."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-._")[:100]
