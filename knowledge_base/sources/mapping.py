"""`articles.yaml`: the fields of articles whose files cannot say them.

defaults:
  owner: mira.holt
  audience: everyone
files:
  "hr/**/*.pdf":
    audience: managers
  vpn/setup.pdf:
    id: vpn-setup
    title: Set up the VPN
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from knowledge_base.sources.fields import FIELDS, Value, Values, entries, read_yaml
from knowledge_base.sources.files import read_text
from knowledge_base.sources.problems import Broken, Problem

MAPPING = "articles.yaml"


@dataclass(frozen=True)
class Entry:
    """Fields for the files that a pattern matches."""

    pattern: str
    line: int
    values: Values

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        parts = re.split(r"(\*\*/|\*\*|\*|\?)", self.pattern)
        wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
        return re.compile("".join(wild.get(part) or re.escape(part) for part in parts) + r"\Z")

    def matches(self, path: str) -> bool:
        """`*` and `?` stay within a folder, `**` crosses folders."""
        return self._expression.match(path) is not None


@dataclass(frozen=True)
class FieldMapping:
    """What `articles.yaml` says. Later entries go before earlier ones, and all of them before `defaults`."""

    defaults: Values
    entries: tuple[Entry, ...]

    def fields_of(self, path: str) -> tuple[Values, Values]:
        """The defaults, and what the entries say of this file."""
        own: dict[str, Value] = {}
        for entry in self.entries:
            if entry.matches(path):
                own.update(entry.values)
        return self.defaults, own

    def unmatched(self, paths: list[str]) -> list[Problem]:
        """Entries that no file matches: most likely a slip of the pen, and its audience would be lost."""
        said = "no file matches this entry"
        return [
            Problem(MAPPING, entry.line, entry.pattern, said)
            for entry in self.entries
            if not any(entry.matches(path) for path in paths)
        ]


NOTHING = FieldMapping({}, ())


def read_mapping(folder: Path) -> FieldMapping:
    """The mapping of an articles' folder; nothing where there is no such file. Raises Broken that names it."""
    path = folder / MAPPING
    if not path.is_file() and not path.is_symlink():
        return NOTHING
    try:
        text = read_text(path, folder)
    except Broken as broken:
        raise Broken(broken.line, broken.field, broken.message, MAPPING) from broken
    top = read_yaml(text, 1, MAPPING, MAPPING)
    known_only(top, ("defaults", "files"))
    defaults = entries("defaults", top["defaults"]) if "defaults" in top else {}
    known_only(defaults, FIELDS)
    found = []
    for pattern, value in (entries("files", top["files"]) if "files" in top else {}).items():
        fields = entries(pattern, value)
        known_only(fields, FIELDS)
        found.append(Entry(pattern, value.line, fields))
    return FieldMapping(defaults, tuple(found))


def known_only(values: Values, names: tuple[str, ...]) -> None:
    """Raises Broken for a key that means nothing: a misspelt `audience` must not be lost silently."""
    for name, value in values.items():
        if name not in names:
            raise value.broken(name, f"is not one of {', '.join(names)}")
