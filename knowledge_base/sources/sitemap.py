"""A sitemap, with the pages that it lists saved to disk. https://www.sitemaps.org/protocol.html"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree

from knowledge_base.sources.exports import Document, Export, Found, Misfit, slug
from knowledge_base.sources.fields import said
from knowledge_base.sources.problems import Broken

MAX_PAGES = 50_000  # as the protocol says
_NAMESPACE = "{*}"


def read_sitemap(export: Export) -> Iterator[Found]:
    """The listed pages; `lastmod` is their date. Raises Broken for a sitemap that cannot be read."""
    for path in export.files("sitemap*.xml"):
        name = export.name(path)
        for number, entry in enumerate(_entries(export.read(path), name), 1):
            if number > MAX_PAGES:
                raise Broken(1, "", f"lists more than {MAX_PAGES} pages", name)
            address = (entry.findtext(f"{_NAMESPACE}loc") or "").strip()
            yield _page(export, name, address, (entry.findtext(f"{_NAMESPACE}lastmod") or "").strip()[:10])


def _entries(raw: bytes, name: str) -> list[Element]:
    try:
        root = ElementTree.fromstring(raw, forbid_dtd=True)
    except ParseError as error:
        raise Broken(error.position[0], "", "is not XML that can be read", name) from error
    except (DefusedXmlException, ValueError, LookupError) as error:
        raise Broken(1, "", "is not XML that can be read, or defines entities", name) from error
    if root.tag.rpartition("}")[2] == "sitemapindex":
        raise Broken(1, "", "lists other sitemaps; save those here and name them under path", name)
    return list(root.iterfind(f"{_NAMESPACE}url"))


def _page(export: Export, file: str, address: str, changed: str) -> Found:
    try:
        place = urlsplit(address)
        path = unquote(place.path)
        if place.scheme not in ("http", "https"):
            raise Broken(1, "loc", "is not the address of a page", file)
        saved = _saved(export, place.netloc, path)
        if saved is None:
            raise Broken(1, "loc", "is not saved here", file)
        raw = export.read(saved)
        parents = [part for part in path.strip("/").split("/") if part][:-1]
        folders = [f"folder:{'/'.join(parents[:depth])}" for depth in range(len(parents), 0, -1)]
        own = said(id=_id(export, path), updated=changed)
        return Document(export.name(saved), address, "page", raw, export.fields(own, folders))
    except ValueError:
        return Misfit(file, address, Broken(1, "loc", "is not the address of a page", file))
    except Broken as broken:
        return Misfit(file, address, broken)


def _id(export: Export, path: str) -> str:
    name = slug(path.removesuffix("/").removesuffix(".html").removesuffix(".htm")) or "home"
    return slug(f"{export.prefix}-{name}") if "prefix" in export.settings else name


def _saved(export: Export, host: str, path: str) -> Path | None:
    """Where a page lies, as browsers, wget and httrack save it: with the host's name in front or not."""
    top = export.folder / export.text("pages", ".")
    relative = path.strip("/")
    names = [relative, f"{relative}.html", f"{relative}.htm", f"{relative}/index.html", f"{relative}/index.htm"]
    for base in (top, top / host):
        for name in names if relative else ["index.html", "index.htm"]:
            found = base / name
            if found.is_file() and found.resolve().is_relative_to(export.root.resolve()):
                return found
    return None
