"""Documents that are made to hang, to explode, or to smuggle words into answers."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import docx
import pytest
from fpdf import FPDF
from pypdf import PdfWriter
from pypdf.generic import NameObject, StreamObject

from knowledge_base.sources import MAX_ARTICLE_BYTES, ArticleSet, read_articles
from knowledge_base.sources.conversion import MAX_BYTES, Converter, Kind
from knowledge_base.sources.problems import Broken

MAPPING = "defaults:\n  owner: mira.holt\n  audience: everyone\n  updated: 2026-01-01\n  title: T\n"
GOOD = "<title>Good</title><p>Good words."
BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'


def write(folder: Path, files: dict[str, bytes]) -> ArticleSet:
    """What is read of these files beside a good one; each is either an article or a problem."""
    (folder / "articles.yaml").write_text(MAPPING)
    (folder / "good.html").write_text(GOOD)
    for name, raw in files.items():
        (folder / name).write_bytes(raw)
    found = read_articles(folder)
    assert "good" in {article.id for article in found.articles}, "the rest goes on"
    assert len(found.articles) + len(found.problems) == len(files) + 1
    return found


@pytest.fixture(scope="module")
def converter() -> Iterator[Converter]:
    with Converter(seconds=20) as converter:
        yield converter


def refusal(converter: Converter, kind: Kind, raw: bytes) -> str:
    with pytest.raises(Broken) as caught:
        converter.convert(kind, raw)
    return caught.value.message


def small_pdf() -> bytes:
    document = FPDF()
    document.add_page()
    document.set_font("helvetica", size=11)
    document.cell(text="Words of a PDF.")
    return bytes(document.output())


def small_docx() -> bytes:
    document, made = docx.Document(), io.BytesIO()
    document.add_heading("Heading", 1)
    document.add_paragraph("Words of a document.")
    document.save(made)
    return made.getvalue()


def word_zip(**parts: bytes) -> bytes:
    """A Word document with parts of ours in the place of its own."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(small_docx())) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            if name not in parts:
                copy.writestr(name, source.read(name))
        for name, content in parts.items():
            copy.writestr(name, content)
    return made.getvalue()


def written(writer: PdfWriter) -> bytes:
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def test_a_pdf_of_50_megabytes_is_read(converter: Converter) -> None:
    writer = PdfWriter(clone_from=io.BytesIO(small_pdf()))
    writer.add_attachment("film.bin", b"0123456789" * (5 * 1024**2))
    raw = written(writer)
    assert len(raw) > 50 * 1024**2
    assert converter.convert("pdf", raw).text == "Words of a PDF."


def test_a_pdf_over_the_limit_is_not_even_read(tmp_path: Path) -> None:
    with (tmp_path / "big.pdf").open("wb") as file:
        file.truncate(MAX_BYTES["pdf"] + 1)
    (problem,) = read_articles(tmp_path).problems
    assert "too big" in problem.message


def test_a_pdf_whose_page_expands_without_end_is_refused(converter: Converter) -> None:
    writer = PdfWriter(clone_from=io.BytesIO(small_pdf()))
    page = StreamObject()
    page._data = zlib.compress(b"BT (x) Tj ET " * (200 * 1024**2 // 13))
    page[NameObject("/Filter")] = NameObject("/FlateDecode")
    writer.pages[0][NameObject("/Contents")] = writer._add_object(page)
    assert "cannot" in (said := refusal(converter, "pdf", written(writer))) or "can be read" in said


def test_an_encrypted_pdf_says_what_to_do(converter: Converter) -> None:
    writer = PdfWriter(clone_from=io.BytesIO(small_pdf()))
    writer.encrypt("secret", algorithm="RC4-128")
    assert "without a password" in refusal(converter, "pdf", written(writer))


def test_a_scanned_pdf_says_that_it_has_no_text(converter: Converter) -> None:
    document = FPDF()
    document.add_page()
    assert "no text" in refusal(converter, "pdf", bytes(document.output()))


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (word_zip(**{"word/media/film.bin": b"0" * (250 * 1024**2)}), "expands to more"),
        (word_zip(**{"word/footnotes.xml": b"<a>" + b" " * (45 * 1024**2) + b"</a>"}), "is over"),
        (word_zip(**{"word/document.xml": f"<?xml version='1.0'?>{BOMB}<x>&c;</x>".encode()}), "entities"),
        (word_zip(**{"word/document.xml": f"<?xml version='1.0'?>{BOMB}<x>&c;</x>".encode("utf-16")}), "entities"),
        (word_zip(**{"docProps/core.xml": b"<broken"}), "broken"),
        (word_zip(**{"word/document.xml": b"<a>" * 300_000}), "broken"),
        (small_docx()[:-200], "that can be read"),
        (b"PK\x03\x04", "that can be read"),
        (b"", "that can be read"),
    ],
    ids=["bomb", "large part", "entities", "entities in UTF-16", "properties", "deep", "cut off", "start", "empty"],
)  # fmt: skip
def test_a_word_document_that_explodes_or_is_none_is_refused(converter: Converter, raw: bytes, says: str) -> None:
    assert says in refusal(converter, "docx", raw)


def test_a_zip_whose_declared_sizes_lie_is_refused(converter: Converter) -> None:
    raw = bytearray(word_zip(**{"word/footnotes.xml": b"<a>" + b" " * 100_000 + b"</a>"}))
    with zipfile.ZipFile(io.BytesIO(bytes(raw))) as archive:
        real = archive.getinfo("word/footnotes.xml").file_size
    place = raw.rindex(real.to_bytes(4, "little"))
    raw[place : place + 4] = (10).to_bytes(4, "little")
    assert "that can be read" in refusal(converter, "docx", bytes(raw))


@pytest.mark.parametrize(
    "page",
    [
        b"<div>" * 60_000 + b"words",
        b"<b><i><a href=https://a.example>" * 5_000 + b"words",
        b"<blockquote>" * 5_000 + b"words",
        b"<ul><li>" * 10_000 + b"words",
    ],
    ids=["div", "mixed", "blockquote", "list"],
)
def test_deep_nesting_keeps_the_words(converter: Converter, page: bytes) -> None:
    assert "words" in converter.convert("page", page).text


def test_a_huge_table_is_too_long_for_an_article(tmp_path: Path) -> None:
    row = "<tr>" + f"<td>{'words ' * 100}" * 2
    found = write(tmp_path, {"table.html": f"<title>T</title><table>{row * 500}</table>".encode()})
    assert f"longer than {MAX_ARTICLE_BYTES} bytes" in found.problems[0].message


def test_a_document_that_takes_too_long_is_given_up_and_the_next_one_is_read() -> None:
    with Converter(seconds=3) as converter:
        assert "took longer" in refusal(converter, "storage", b"<![CDATA[" * 200_000)
        assert converter.convert("page", GOOD.encode()).text == "Good words."


def test_a_converter_that_dies_is_started_again() -> None:
    with Converter() as converter:
        converter.convert("page", GOOD.encode())
        assert converter._process is not None
        converter._process.kill()
        assert "ended" in refusal(converter, "page", GOOD.encode())
        assert converter.convert("page", GOOD.encode()).text == "Good words."


def test_entities_in_an_export_are_not_expanded(tmp_path: Path) -> None:
    for kind, file in (("confluence", "entities.xml"), ("sitemap", "sitemap.xml")):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "source.yaml").write_text(f"kind: {kind}\nowner: a\naudience: everyone\n")
        (tmp_path / kind / file).write_text(f"<?xml version='1.0'?>{BOMB}<x><object>&c;</object></x>")
    found = read_articles(tmp_path)
    assert [problem.file for problem in found.problems] == ["confluence/entities.xml", "sitemap/sitemap.xml"]
    assert found.articles == ()


def test_deep_json_of_an_export_is_a_problem_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / "z").mkdir()
    (tmp_path / "z" / "source.yaml").write_text("kind: zendesk\nowner: a\naudience: everyone\n")
    (tmp_path / "z" / "a.json").write_text("[" * 200_000)
    (problem,) = read_articles(tmp_path).problems
    assert (problem.file, problem.message) == ("z/a.json", "is not JSON in UTF-8")


def test_an_export_cannot_name_files_outside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text('{"articles": []}')
    folder = tmp_path / "articles"
    (folder / "z").mkdir(parents=True)
    for path in ("../../secret.json", "/etc/hostname", "link.json"):
        (folder / "z" / "source.yaml").write_text(f"kind: zendesk\npath: {path}\nowner: a\naudience: it\n")
        if path == "link.json":
            (folder / "z" / path).symlink_to(tmp_path / "secret.json")
        (problem,) = read_articles(folder).problems
        assert "outside" in problem.message or "this folder" in problem.message


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("<title>T</title><p>Grüße".encode("latin-1"), "Grüße"),
        ("<title>T</title><p>Grüße".encode("utf-16"), "Grüße"),
        ("\ufeff<title>T</title><p>Grüße".encode(), "Grüße"),
        (b"<meta charset=shift_jis><p>" + "手順".encode("shift_jis"), "手順"),
        (b"<title>T</title><p>gr\0\0een \x1b[31m", "green [31m"),
        (b"<title>T</title><p>\xff\xfe\xfa words", "words"),
        ("<p>safe\u202eevas\u200b\u00ad".encode(), "safeevas"),
    ],
)
def test_broken_and_odd_encodings_are_read_as_well_as_they_can_be(converter: Converter, raw: bytes, words: str) -> None:
    text = converter.convert("page", raw).text
    assert words in text
    assert "\0" not in text
