"""Word documents → Markdown, through HTML. Runs in the converting process (`conversion`)."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler

import mammoth
from defusedxml import DefusedXmlException, ElementTree, sax

from knowledge_base.sources.conversion import Converted
from knowledge_base.sources.html import markdown_of, parse, with_title
from knowledge_base.sources.problems import Broken

MAX_PARTS = 5_000
MAX_EXPANDED_BYTES = 200 * 1024 * 1024
MAX_XML_BYTES = 40 * 1024 * 1024  # of one part
_STYLES = "p[style-name='Title'] => h1:fresh"
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DOCUMENT = "word/document.xml"
_CORE = "docProps/core.xml"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_MODIFIED = "{http://purl.org/dc/terms/}modified"


def convert_docx(raw: bytes) -> Converted:
    """The text of a Word document. Raises Broken for what is no such document, or grows beyond all measure."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            _check(archive)
            title, updated = _properties(archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise Broken(1, "", f"is not a Word document that can be read: {error}") from error
    except (DefusedXmlException, ElementTree.ParseError, SAXParseException) as error:
        raise Broken(1, "", "holds XML that is broken, or defines entities") from error
    without_images = mammoth.images.img_element(_no_image)
    seen = io.BytesIO(_without_hidden_text(raw))
    html = mammoth.convert_to_html(seen, convert_image=without_images, style_map=_STYLES).value
    return with_title(markdown_of(parse(html)), title, updated)


def _without_hidden_text(raw: bytes) -> bytes:
    """The document without the runs that Word hides; mammoth would show them."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        if b"vanish" not in archive.read(_DOCUMENT):
            return raw
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as copy:
            for name in archive.namelist():
                content = archive.read(name)
                copy.writestr(name, _visible(content) if name == _DOCUMENT else content)
    return made.getvalue()


def _visible(content: bytes) -> bytes:
    root = ElementTree.fromstring(content, forbid_dtd=True)
    for parent in root.iter():
        for run in list(parent):
            hidden = run.find(f"{_WORD}rPr/{_WORD}vanish") if run.tag == f"{_WORD}r" else None
            if hidden is not None and hidden.get(f"{_WORD}val", "true") not in ("0", "false", "off"):
                parent.remove(run)
    written: bytes = ElementTree.tostring(root, encoding="utf-8")
    return written


def _no_image(image: Any) -> dict[str, str]:
    return {}


def _check(archive: zipfile.ZipFile) -> None:
    """Before anything is expanded in earnest: the declared sizes, and the real ones of what will be parsed."""
    parts = archive.infolist()
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_EXPANDED_BYTES:
        raise Broken(1, "", f"expands to more than {MAX_EXPANDED_BYTES} bytes, or has more than {MAX_PARTS} parts")
    if _DOCUMENT not in archive.namelist():
        raise Broken(1, "", f"is not a Word document: it has no {_DOCUMENT}")
    for part in parts:
        if part.filename.lower().endswith((".xml", ".rels")):
            with archive.open(part) as file:
                # A declared size may lie; zipfile never gives more than it, and one byte more is asked for to see.
                content = file.read(MAX_XML_BYTES + 1)
            if len(content) > MAX_XML_BYTES:
                raise Broken(1, "", f"{part.filename} is over {MAX_XML_BYTES} bytes")
            sax.parseString(content, ContentHandler(), forbid_dtd=True)


def _properties(archive: zipfile.ZipFile) -> tuple[str, str]:
    if _CORE not in archive.namelist():
        return "", ""
    root = ElementTree.fromstring(archive.read(_CORE), forbid_dtd=True)
    changed = re.match(r"\d{4}-\d{2}-\d{2}", root.findtext(_MODIFIED) or "")
    return root.findtext(_TITLE) or "", changed[0] if changed else ""
