"""Any bytes at all: documents and exports are read or named as a problem, and nothing hidden reaches an article."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.sources import read_articles
from knowledge_base.sources.conversion import Converter, Kind
from knowledge_base.sources.problems import Broken
from tests.knowledge_base.test_sources_nasty import small_docx, small_pdf

UNSEEN = "SMUGGLED"


@pytest.fixture(scope="module")
def converter() -> Iterator[Converter]:
    with Converter(seconds=20) as converter:
        yield converter


HIDING = (
    "<script>{}</script>", "<SCRIPT type=x>{}</SCRIPT >", "<style>{}</style>", "<!-- {} -->", "<!--{}--!>",
    "<!-- > {} -->", "<template>{}</template>", "<noscript>{}</noscript>", "<p hidden>{}</p>",
    "<div style='display : none'><b>{}</b></div>",
    "<span style='color:red;VISIBILITY:hidden'>{}</span>", "<i style=font-size:0>{}</i>", "<i aria-hidden=true>{}</i>",
    "<iframe srcdoc='{0}'>{0}</iframe>", "<svg><text>{}</text></svg>", "<textarea>{}</textarea>", "<object>{}</object>",
    "<img alt='' src='{}'>", "<a href='javascript:{}'>x</a>", "<a href=' JaVa\tscript:{}'>x</a>", "<p title='{}'>x</p>",
    "<a href='data:text/html,{}'>x</a>", "<input value='{}'>", "<select><option>{}</select>", "<?php {} ?>",
    "<p>[x](javascript:{})</p>", "<meta content='{}'>", "<button onclick='{0}'>{0}</button>", "<math>{}</math>",
)  # fmt: skip
LAST = ("<!-- {}", "<script>{}", "<style>{}", "<textarea>{}", "<![CDATA[{}]]>", "<!{}>", "<p style='display:none'>{}")
pages = st.lists(
    st.one_of(
        st.sampled_from(HIDING).map(lambda hiding: hiding.format(UNSEEN)),
        st.sampled_from(
            ["<p>seen", "<div>", "</div>", "<ul><li>", "</p>", "<table><tr><td>", "</table>", "<b>", "&lt;"]
        ),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(pages, st.sampled_from(("", *LAST)), st.sampled_from(("page", "fragment", "storage")))
def test_what_a_reader_does_not_see_never_reaches_an_article(
    converter: Converter, parts: list[str], last: str, kind: Kind
) -> None:
    html = "<p>first</p>" + "".join(parts) + last.format(UNSEEN)
    text = converter.convert(kind, html.encode()).text
    if kind == "storage" and "CDATA" in last:
        return  # there it is how text is written
    assert UNSEEN not in text
    assert "first" in text
    assert "javascript:" not in text.lower()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=8)), min_size=1, max_size=6), st.floats(0, 1))
@pytest.mark.parametrize(("kind", "good"), [("pdf", small_pdf()), ("docx", small_docx())])
def test_a_damaged_document_is_an_article_or_a_problem(
    converter: Converter, kind: Kind, good: bytes, damage: list[tuple[float, bytes]], end: float
) -> None:
    raw = bytearray(good)
    for where, bytes_ in damage:
        place = int(where * len(raw))
        raw[place : place + len(bytes_)] = bytes_
    cut = bytes(raw[: int(end * len(raw))]) if end > 0.5 else bytes(raw)
    try:
        assert isinstance(converter.convert(kind, cut).text, str)
    except Broken as broken:
        assert broken.message


FILES = ("a.md", "b.html", "c.htm", "d.pdf", "e.docx", "articles.yaml", "x/source.yaml")
EXPORTS = ("articles.json", "kb.csv", "entities.xml", "sitemap.xml", "p_123.html")
kinds = st.sampled_from(("zendesk", "servicenow", "confluence", "sitemap", "git", "x"))
yamlish = st.text("abcdehilnoprstuw: -[]{}&*!|>'\"\n#%@`,?0123", max_size=80).map(str.encode)
content = st.one_of(
    st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace")), yamlish
)


@settings(max_examples=40, deadline=None)
@given(st.fixed_dictionaries({}, optional={name: content for name in (*FILES, *EXPORTS)}), kinds, st.booleans())
def test_no_bytes_in_any_file_make_reading_fail(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], kind: str, described: bool
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "x").mkdir()
    for name, raw in files.items():
        (folder / ("x/" + name if name in EXPORTS else name)).write_bytes(raw)
    if described:
        (folder / "x" / "source.yaml").write_text(f"kind: {kind}\nowner: a\naudience: everyone\n")
    found = read_articles(folder)
    for article in found.articles:
        assert article.audience and article.title and article.body
    assert all(str(problem) for problem in found.problems)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
ZENDESK = ("id", "title", "body", "locale", "source_locale", "user_segment_id", "user_segment_ids", "label_names",
           "section_id", "draft", "translations", "updated_at")  # fmt: skip
SERVICENOW = ("number", "short_description", "text", "wiki", "workflow_state", "valid_to", "roles", "kb_category",
              "sys_updated_on", "language", "active", "can_read_user_criteria")  # fmt: skip


def rows(names: tuple[str, ...]) -> st.SearchStrategy[list[dict[str, object]]]:
    return st.lists(st.fixed_dictionaries({}, optional={name: json_values for name in names}), max_size=5)


@settings(max_examples=40, deadline=None)
@given(rows(ZENDESK), rows(SERVICENOW), json_values, json_values)
def test_no_rows_of_an_export_make_reading_fail(
    tmp_path_factory: pytest.TempPathFactory,
    zendesk: list[dict[str, object]],
    servicenow: list[dict[str, object]],
    sections: object,
    anything: object,
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    for kind, value in (
        ("zendesk", {"articles": zendesk, "sections": sections, "categories": anything}),
        ("servicenow", {"result": servicenow}),
    ):
        (folder / kind).mkdir()
        (folder / kind / "source.yaml").write_text(f"kind: {kind}\nowner: a\naudience: everyone\n")
        (folder / kind / "a.json").write_text(json.dumps(value))
    found = read_articles(folder)
    restricted = {str(row["id"]) for row in zendesk if row.get("id") and row.get("user_segment_id")}
    assert not restricted & {article.source.removeprefix("zendesk:") for article in found.articles}
