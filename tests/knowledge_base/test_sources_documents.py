"""HTML, PDF and Word files of an articles' folder, and the file that gives them their fields."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import docx
import pytest
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from knowledge_base.documents import Article
from knowledge_base.sources import ArticleSet, read_articles
from knowledge_base.sources.markdown import unwrapped

MAPPING = "defaults:\n  owner: mira.holt\n  audience: everyone\n  updated: 2026-01-01\n"
PAGE = """<!doctype html>
<html lang="de-at"><head><title>VPN</title><meta name="last-modified" content="2026-02-03T10:00:00Z"></head>
<body><nav>Home</nav>
<h1>VPN</h1>
<p>Use <b>GlobalProtect</b>, see <a href="https://vpn.example/a">the portal</a> or <a href="/b">this</a>.</p>
<h2>Steps</h2>
<ol><li>Open it<li>Sign in<ul><li>with your code</ul></ol>
<table><tr><th>Office<th>a|b<tr><td>Leeds<td>vpn-uk<br>vpn-uk2</table>
<pre><code class="language-sh">vpn --up
vpn --status</code></pre>
<footer>Imprint</footer></body></html>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "articles.yaml").write_text(MAPPING)
    return tmp_path


def only(found: ArticleSet) -> Article:
    assert found.problems == ()
    (article,) = found.articles
    return article


def pdf(path: Path, title: str = "") -> None:
    document = FPDF()
    document.set_creation_date(datetime(2026, 3, 4, tzinfo=UTC))
    if title:
        document.set_title(title)
    document.add_page()
    for size, text in (
        (22, "Clear a paper jam"), (11, "When the lamp blinks, paper is stuck inside the printer, near the rollers."),
        (15, "At the flap"), (11, "1. Open the flap."), (11, "2. Pull the paper out."),
        (11, "\N{BULLET} Do not use force."),
    ):  # fmt: skip
        document.set_font("helvetica", size=size)
        document.cell(text=text.replace("\N{BULLET}", chr(149)), new_x="LMARGIN", new_y="NEXT")
    document.output(str(path))


def test_a_page_keeps_its_headings_steps_tables_and_code(folder: Path) -> None:
    (folder / "vpn.html").write_text(PAGE)
    article = only(read_articles(folder))
    assert (article.id, article.title, article.owner) == ("vpn", "VPN", "mira.holt")
    assert (article.language, article.updated) == ("de-AT", date(2026, 2, 3))
    assert article.body == (
        "Use **GlobalProtect**, see [the portal](https://vpn.example/a) or this.\n\n"
        "## Steps\n\n"
        "1. Open it\n2. Sign in\n   - with your code\n\n"
        "| Office | a\\|b |\n| --- | --- |\n| Leeds | vpn-uk vpn-uk2 |\n\n"
        "```sh\nvpn --up\nvpn --status\n```"
    )


def test_a_pdf_keeps_headings_and_steps_and_says_its_own_title_and_day(folder: Path) -> None:
    pdf(folder / "jam.pdf", title="Paper jams")
    article = only(read_articles(folder))
    assert (article.title, article.updated) == ("Paper jams", date(2026, 3, 4))
    lines = [line for line in article.body.split("\n") if line]
    assert lines[0] == "## Clear a paper jam"
    assert lines[2:] == ["### At the flap", "1. Open the flap.", "2. Pull the paper out.", "- Do not use force."]


def test_a_pdf_without_a_title_takes_its_first_heading(folder: Path) -> None:
    pdf(folder / "jam.pdf")
    article = only(read_articles(folder))
    assert article.title == "Clear a paper jam"
    assert "Clear a paper jam" not in article.body


def test_a_pdf_loses_page_numbers_headers_and_line_ends(folder: Path) -> None:
    document = FPDF()
    document.set_title("Docks")
    for number, word in enumerate(("one", "two", "three", "four"), 1):
        document.add_page()
        document.set_font("helvetica", size=10)
        for gap, text in (
            (10, "Acme IT handbook"),
            (5, f"Screen {word} stays black when the docking station has not been restarted for a while"),
            (5, "and its lamp is red. Hold the button for ten seconds and ask for a replace-"),
            (5, f"ment if that does not help, with form {word}."),
            (20, f"1. Keep cable {word}."),
            (50, f"2. Return cable {word}."),
            (5, f"Chapter {number}, page {number} of 4"),
        ):
            document.cell(text=text)
            document.ln(gap)
    document.output(str(folder / "dock.pdf"))
    body = only(read_articles(folder)).body
    assert body.split("\n\n")[1] == (
        "Screen one stays black when the docking station has not been restarted for a while and its lamp is red. "
        "Hold the button for ten seconds and ask for a replacement if that does not help, with form one.\n"
        "1. Keep cable one."
    )
    assert body.count("Acme") == 1
    assert "page" not in body
    assert "2. Return cable four." in body


def test_a_word_document_keeps_headings_steps_and_tables_and_loses_hidden_text(folder: Path) -> None:
    document = docx.Document()
    document.core_properties.title = "Phones"
    document.core_properties.modified = datetime(2026, 5, 6)
    document.add_heading("Set up your phone", 1)
    for step in ("Install Intune", "Sign in"):
        document.add_paragraph(step, style="List Number")
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ("Model", "Works", "Pixel", "yes"), strict=True):
        cell.text = text
    hidden = document.add_paragraph("Ask the desk.").add_run(" The safe is 4711.")
    hidden.font.hidden = True
    document.save(str(folder / "phone.docx"))
    article = only(read_articles(folder))
    assert (article.title, article.updated) == ("Phones", date(2026, 5, 6))
    assert article.body == (
        "# Set up your phone\n\n1. Install Intune\n2. Sign in\n\n"
        "| Model | Works |\n| --- | --- |\n| Pixel | yes |\n\nAsk the desk."
    )


def test_the_mapping_gives_fields_and_its_later_entries_go_before_earlier_ones(folder: Path) -> None:
    (folder / "hr" / "deep").mkdir(parents=True)
    for name in ("hr/leave.html", "hr/deep/pay.html"):
        (folder / name).write_text("<title>x</title><p>Text")
    (folder / "articles.yaml").write_text(
        MAPPING + "files:\n  hr/**/*.html:\n    audience: managers\n"
        "  hr/*.html:\n    id: leave\n    title: Take leave\n    expires: 2027-01-01\n    ask: [can I have a day off]\n"
    )
    found = {article.path: article for article in read_articles(folder).articles}
    leave, pay = found["hr/leave.html"], found["hr/deep/pay.html"]
    assert (leave.id, leave.title, leave.audience) == ("leave", "Take leave", ("managers",))
    assert (leave.expires, leave.ask) == (date(2027, 1, 1), ("can I have a day off",))
    assert (pay.id, pay.title, pay.audience, pay.expires) == ("hr-deep-pay", "x", ("managers",), None)


def test_what_a_markdown_file_says_itself_goes_before_the_mapping(folder: Path) -> None:
    (folder / "a.md").write_text("---\naudience: it\nlanguage: FR\n---\n# Title of it\n\nText")
    article = only(read_articles(folder))
    assert (article.id, article.title, article.audience) == ("a", "Title of it", ("it",))
    assert (article.owner, article.language, article.body) == ("mira.holt", "fr", "Text")


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("defaults:\n  audiense: it\n", 2, "audiense"),
        ("files:\n  gone.html:\n    audience: it\n", 2, "gone.html"),
        ("files:\n  - a\n", 1, "files"),
        ("defaults: [\n", 2, ""),
        ("other: 1\n", 1, "other"),
    ],
)
def test_a_mistake_in_the_mapping_is_named_with_its_line(folder: Path, text: str, line: int, field: str) -> None:
    (folder / "articles.yaml").write_text(text)
    (problem,) = read_articles(folder).problems
    assert (problem.file, problem.line, problem.field) == ("articles.yaml", line, field)


def test_a_wrong_value_in_the_mapping_is_named_where_it_stands(folder: Path) -> None:
    (folder / "articles.yaml").write_text(MAPPING.replace("everyone", "everybody"))
    (folder / "a.html").write_text("<title>A</title><p>Text")
    (problem,) = read_articles(folder).problems
    assert (problem.file, problem.line, problem.field) == ("articles.yaml", 3, "audience")


def test_without_an_audience_a_document_is_served_to_nobody(folder: Path) -> None:
    (folder / "articles.yaml").write_text(MAPPING.replace("  audience: everyone\n", ""))
    (folder / "a.html").write_text("<title>A</title><p>Text")
    found = read_articles(folder)
    assert (found.articles, found.problems[0].field) == ((), "audience")


def test_an_expired_article_is_left_out_and_named(folder: Path) -> None:
    (folder / "a.md").write_text("---\nexpires: 2026-05-01\n---\n# A\n\nText")
    assert only(read_articles(folder, today=date(2026, 5, 1))).expires == date(2026, 5, 1)
    found = read_articles(folder, today=date(2026, 5, 2))
    assert found.articles == ()
    assert [(left.id, left.reason) for left in found.left_out] == [("a", "expired on 2026-05-01")]


@pytest.mark.parametrize("language", ["english please", "e", "en_GB", "12"])
def test_a_language_that_is_none_is_a_problem(folder: Path, language: str) -> None:
    (folder / "a.md").write_text(f"---\nlanguage: {language}\n---\n# A\n\nText")
    assert read_articles(folder).problems[0].field == "language"


def test_a_converted_document_is_kept_by_its_content_and_a_broken_one_too(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (folder / "a.html").write_text("<title>A</title><p>Text")
    (folder / "b.pdf").write_bytes(b"no pdf")
    first = read_articles(folder, cache=cache)
    kept = sorted(cache.iterdir())
    assert len(kept) == 2
    for path in kept:
        path.write_text(path.read_text().replace("Text", "From the cache"))
    second = read_articles(folder, cache=cache)
    assert [article.body for article in second.articles] == ["From the cache"]
    assert second.problems == first.problems != ()
    kept[0].write_text("damaged")
    kept[1].write_text("damaged")
    assert read_articles(folder, cache=cache) == first


def test_what_nobody_asked_for_in_a_month_is_forgotten(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (folder / "a.html").write_text("<title>A</title><p>Text")
    read_articles(folder, cache=cache)
    (old,) = cache.iterdir()
    os.utime(old, (1_000_000_000, 1_000_000_000))
    (folder / "a.html").write_text("<title>A</title><p>Other text")
    read_articles(folder, cache=cache)
    assert old not in set(cache.iterdir())


def test_progress_is_told_for_every_document(folder: Path) -> None:
    for name in "ab":
        (folder / f"{name}.html").write_text(f"<title>{name}</title><p>Text")
    told: list[tuple[str, int, int]] = []
    read_articles(folder, progress=lambda *step: told.append(step))
    assert told == [("read", 1, 2), ("read", 2, 2)]


def test_comments_in_markdown_are_not_read_but_code_is(folder: Path) -> None:
    (folder / "a.md").write_text(
        "# A\n\nSeen <!-- not --> too `<!-- code -->`.\n\n```html\n<!-- shown -->\n```\n\n"
        "<!--\nnot\n-->\nEnd\n\n<!-- not"
    )
    body = only(read_articles(folder)).body
    assert body == "Seen  too `<!-- code -->`.\n\n```html\n<!-- shown -->\n```\n\n\nEnd"


def test_the_lines_of_a_files_paragraph_become_one_but_code_keeps_its_lines(folder: Path) -> None:
    (folder / "a.html").write_text("<title>A</title><p>One\nsentence\r\n  here.<br>Next.</p><pre>a\n  b</pre>")
    assert only(read_articles(folder)).body == "One sentence here.\nNext.\n\n```\na\n  b\n```"


def test_a_wrapped_paragraph_of_markdown_is_one_line_and_meant_line_breaks_stay(folder: Path) -> None:
    (folder / "a.md").write_text(
        "# A\n\nOne sentence\nover two lines.\n\n- an item\n  goes on\n- another\n\n> a quote\n> goes on\n\n"
        "Street 1  \nLeeds\n\n```\na\nb\n```\n\n| a |\n|---|\n| b |\n"
    )
    assert only(read_articles(folder)).body == (
        "One sentence over two lines.\n\n- an item goes on\n- another\n\n> a quote goes on\n\n"
        "Street 1  \nLeeds\n\n```\na\nb\n```\n\n| a |\n|---|\n| b |"
    )


MARKDOWN = (
    "a b", "c.", "- x", "  y", "> q", "1. n", "2) m", "```", "| a | b |", "|---|---|", "# H", "===", "---", "", "",
    "`c", "d`", "<div>", "    code", "e  ", "f\\", "[l](u", "v)", "\\- z", "* * *", ">> w",
)  # fmt: skip


def blocks(text: str) -> list[tuple[str, str, str]]:
    """What Markdown says, whatever lines its paragraphs stand on."""
    tokens = MarkdownIt("commonmark", {"maxNesting": 20}).enable("table").parse(text)
    return [
        (token.type, token.tag, " ".join(token.content.split()) if token.type == "inline" else token.content)
        for token in tokens
    ]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(MARKDOWN), max_size=10).map("\n".join))
def test_unwrapping_changes_nothing_that_markdown_says(text: str) -> None:
    assert blocks(unwrapped(text)) == blocks(text)
