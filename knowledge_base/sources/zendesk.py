"""Zendesk Guide: JSON as its Help Center API lists articles, with categories and sections where they are there.

https://developer.zendesk.com/api-reference/help_center/help-center-api/articles/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from knowledge_base.sources.exports import Document, Export, Found, Misfit
from knowledge_base.sources.fields import said
from knowledge_base.sources.json_rows import is_true, read_json, rows_of, text_of
from knowledge_base.sources.problems import Broken


@dataclass(frozen=True)
class Shelves:
    """What stands beside the articles, by id."""

    sections: dict[str, dict[str, Any]]
    categories: dict[str, dict[str, Any]]
    segments: dict[str, dict[str, Any]]


def read_zendesk(export: Export) -> Iterator[Found]:
    """All articles, and their translations where the export has them. Raises Broken for a file that is no JSON."""
    articles: list[tuple[str, dict[str, Any]]] = []
    shelves = Shelves({}, {}, {})
    for path in export.files("*.json"):
        name = export.name(path)
        content = read_json(export.read(path), name)
        articles += [(name, row) for row in rows_of(content, "articles")]
        if isinstance(content, dict):
            shelves.sections.update(_by_id(content, "sections"))
            shelves.categories.update(_by_id(content, "categories"))
            shelves.segments.update(_by_id(content, "user_segments"))
    for name, row in articles:
        yield from _versions(export, name, row, shelves)


def _by_id(content: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    return {text_of(row, "id"): row for row in rows_of(content, name)}


def _versions(export: Export, file: str, row: dict[str, Any], shelves: Shelves) -> Iterator[Found]:
    locale = text_of(row, "locale").lower()
    yield _article(export, file, row, shelves, locale != text_of(row, "source_locale", "locale").lower())
    for translation in rows_of(row.get("translations")):
        if text_of(translation, "locale").lower() != locale:
            # A translation has its own words and dates; where it stands and who reads it are the article's.
            own = {key: row.get(key) for key in _OF_ARTICLES} | {key: translation.get(key) for key in _OF_TRANSLATIONS}
            yield _article(export, file, own, shelves, True)


_OF_ARTICLES = ("id", "section_id", "user_segment_id", "user_segment_ids", "label_names")
_OF_TRANSLATIONS = ("locale", "title", "body", "draft", "outdated", "hidden", "updated_at")


def _article(export: Export, file: str, row: dict[str, Any], shelves: Shelves, translated: bool) -> Found:
    number, locale = text_of(row, "id"), text_of(row, "locale")
    if not number:
        return Misfit(file, "", Broken(1, "id", "an article has no id", file))
    which = f"{number}-{locale.lower()}" if translated else number
    source = f"zendesk:{which}"
    own = said(
        id=f"{export.prefix}-{which}",
        title=text_of(row, "title", "name"),
        updated=text_of(row, "edited_at", "updated_at")[:10],
        language=locale,
    )
    segments = _segments(row, shelves)
    try:
        values = export.fields(own, _labels(row, shelves), [segments] if segments else [])
    except Broken as broken:
        return Misfit(file, source, broken)
    return Document(file, source, "fragment", text_of(row, "body").encode(), values, _why_not(row))


def _why_not(row: dict[str, Any]) -> str:
    if is_true(row, "draft"):
        return "is a draft"
    if is_true(row, "hidden"):
        return "is hidden"
    return "is an outdated translation" if is_true(row, "outdated") else ""


def _labels(row: dict[str, Any], shelves: Shelves) -> list[str]:
    """Labels, section and category, by id and by name; the nearest first."""
    names = row.get("label_names")
    labels = [f"label:{name}" for name in names] if isinstance(names, list) else []
    # A section may lie in another one.
    section, seen = text_of(row, "section_id"), set[str]()
    category = ""
    while section and section not in seen:
        seen.add(section)
        about = shelves.sections.get(section, {})
        labels += [f"section:{section}", *_named("section", about)]
        category = text_of(about, "category_id") or category
        section = text_of(about, "parent_section_id")
    if category:
        labels += [f"category:{category}", *_named("category", shelves.categories.get(category, {}))]
    return labels


def _named(kind: str, about: dict[str, Any]) -> list[str]:
    name = text_of(about, "name")
    return [f"{kind}:{name}"] if name else []


def _segments(row: dict[str, Any], shelves: Shelves) -> list[str]:
    """The user segments that may read it, by id and by name; none where everybody may."""
    several = row.get("user_segment_ids")
    ids = [text_of(row, "user_segment_id"), *(map(str, several) if isinstance(several, list) else ())]
    found: list[str] = []
    for id in dict.fromkeys(id for id in ids if id):
        found += [f"user_segment:{id}", *_named("user_segment", shelves.segments.get(id, {}))]
    return found
