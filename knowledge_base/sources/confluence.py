"""Confluence: a space's XML export (`entities.xml`, storage format) or its HTML export.

https://confluence.atlassian.com/doc/export-content-to-word-pdf-html-and-xml-139475.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree

from knowledge_base.sources.confluence_html import from_html
from knowledge_base.sources.exports import Document, Export, Found, Misfit
from knowledge_base.sources.fields import said
from knowledge_base.sources.problems import Broken

ENTITIES = "entities.xml"
STORAGE = ("", "2")  # body types; 0 is the old wiki markup
_KNOWN = (
    "Page", "BlogPost", "BodyContent", "Label", "Labelling", "Space", "ContentPermissionSet", "ContentPermission",
    "ConfluenceUserImpl",
)  # fmt: skip


def read_confluence(export: Export) -> Iterator[Found]:
    """All current pages. Raises Broken for an export that cannot be read."""
    for path in export.files(ENTITIES, "*.html"):
        yield from _from_entities(export, path) if path.suffix.lower() == ".xml" else from_html(export, path)


@dataclass
class Thing:
    """One object of `entities.xml`: its plain properties, and the ids of other objects that it names."""

    id: str
    kind: str
    texts: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Space:
    """What is needed of `entities.xml`, by id."""

    things: dict[str, dict[str, Thing]]  # class → id → object
    bodies: dict[str, Thing]  # page → body
    labels: dict[str, list[str]]  # page → label names
    readers: dict[str, list[str]]  # restricted page → groups and people


def _from_entities(export: Export, path: Path) -> Iterator[Found]:
    name = export.name(path)
    export.check(path)
    space = _arrange(_things(path, name))
    for kind in ("Page", "BlogPost"):
        for page in space.things[kind].values():
            # Older versions stand beside the current one, and say of which page they are.
            if "originalVersion" not in page.ids and page.texts.get("contentStatus", "current") == "current":
                yield _article(export, name, page, space)


def _things(path: Path, name: str) -> dict[str, dict[str, Thing]]:
    found: dict[str, dict[str, Thing]] = {kind: {} for kind in _KNOWN}
    try:
        parsed = ElementTree.iterparse(path, events=("start", "end"), forbid_dtd=True)
        _, root = next(parsed)
        for event, element in parsed:
            if event == "end" and element.tag == "object":
                thing = _thing(element)
                if thing.kind in found:
                    found[thing.kind][thing.id] = thing
                root.clear()
    except (ParseError, DefusedXmlException, StopIteration, ValueError, LookupError) as error:
        line = error.position[0] if isinstance(error, ParseError) else 1
        raise Broken(line, "", "is not XML that can be read", name) from error
    return found


def _thing(element: Element) -> Thing:
    thing = Thing((element.findtext("id") or "").strip(), element.get("class", ""))
    for part in element.iterfind("property"):
        other = part.find("id")
        if other is not None:
            thing.ids[part.get("name", "")] = (other.text or "").strip()
        else:
            thing.texts[part.get("name", "")] = (part.text or "").strip()
    return thing


def _arrange(things: dict[str, dict[str, Thing]]) -> Space:
    bodies = {body.ids.get("content", ""): body for body in things["BodyContent"].values()}
    labels: dict[str, list[str]] = {}
    for tie in things["Labelling"].values():
        label = things["Label"].get(tie.ids.get("label", ""))
        if label is not None:
            labels.setdefault(tie.ids.get("content", ""), []).append(label.texts.get("name", ""))
    readers: dict[str, list[str]] = {}
    pages = {set.id: set.ids.get("owningContent", "") for set in things["ContentPermissionSet"].values() if _views(set)}
    for page in pages.values():
        readers.setdefault(page, [])
    for permission in things["ContentPermission"].values():
        owner = permission.ids.get("owningSet", "")
        if owner in pages and (who := _who(permission, things)):
            readers[pages[owner]].append(who)
    return Space(things, bodies, labels, readers)


def _views(permission: Thing) -> bool:
    return permission.texts.get("type", "").casefold() == "view"


def _who(permission: Thing, things: dict[str, dict[str, Thing]]) -> str:
    if group := permission.texts.get("groupName"):
        return f"group:{group}"
    user = permission.ids.get("userSubject", "")
    known = things["ConfluenceUserImpl"].get(user)
    name = permission.texts.get("userName") or (known.texts.get("name") if known else "") or user
    return f"user:{name}" if name else ""


def _article(export: Export, file: str, page: Thing, space: Space) -> Found:
    source = f"confluence:{page.id}"
    body = space.bodies.get(page.id, Thing("", ""))
    own = said(
        file,
        id=f"{export.prefix}-{page.id}",
        title=page.texts.get("title", ""),
        updated=page.texts.get("lastModificationDate", "")[:10],
    )
    labels = [f"label:{label}" for label in space.labels.get(page.id, [])]
    labels += [f"page:{above.texts.get('title', '')}" for above in _path(page, space)]
    if home := space.things["Space"].get(page.ids.get("space", "")):
        labels.append(f"space:{home.texts.get('key', '')}")
    try:
        if body.texts.get("bodyType", "") not in STORAGE:
            raise Broken(1, "body", "is in the old wiki markup; save the page once in Confluence")
        # A restriction holds for all pages below.
        limits = [space.readers[above.id] for above in _path(page, space) if above.id in space.readers]
        values = export.fields(own, labels, limits)
    except Broken as broken:
        return Misfit(file, source, broken)
    return Document(file, source, "storage", body.texts.get("body", "").encode(), values)


def _path(page: Thing, space: Space) -> list[Thing]:
    """The page, its parent, and so on."""
    found: dict[str, Thing] = {}
    above: Thing | None = page
    while above is not None and above.id not in found:
        found[above.id] = above
        above = space.things["Page"].get(above.ids.get("parent", ""))
    return list(found.values())
