from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.sources import MAX_ARTICLE_BYTES, Problem, read_articles, read_questions

GOOD = """---
id: {id}
title: Reset a password
owner: Ada Quill
updated: 2026-03-01
audience: everyone
ask:
  - I forgot it
---
Open the page.
"""


def write(folder: Path, name: str, text: str | bytes) -> None:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())


def only_problem(folder: Path) -> Problem:
    write(folder, "good.md", GOOD.format(id="good"))
    found = read_articles(folder)
    assert [article.id for article in found.articles] == ["good"], "the good article must still load"
    (problem,) = found.problems
    return problem


@pytest.mark.parametrize(
    ("change", "line", "field"),
    [
        (("audience: everyone", "audience: everybody"), 6, "audience"),
        (("audience: everyone\n", ""), 1, "audience"),
        (("updated: 2026-03-01", "updated: last spring"), 5, "updated"),
        (("updated: 2026-03-01", "updated: 2026-02-30"), 5, "updated"),
        (("owner: Ada Quill\n", ""), 1, "owner"),
        (("title: Reset a password", "title:"), 3, "title"),
        (("title: Reset a password", "title: [a, b]"), 3, "title"),
        (("title: Reset a password", f"title: {'x' * 201}"), 3, "title"),
        (("id: {id}", "id: ../../etc"), 2, "id"),
        (("id: {id}", "id:"), 2, "id"),
        (("id: {id}", "id: []"), 2, "id"),
        (("owner: Ada Quill", "owner: Ada\nowner: Bob"), 5, "owner"),
        (("Open the page.\n", "  \n"), 10, "body"),
        (("title: Reset", "title: 'Reset"), 10, ""),
        (("---\nid", "id"), 1, ""),
        (("  - I forgot it", f"  - {'why ' * 200}"), 7, "ask"),
    ],
)  # fmt: skip
def test_a_broken_article_is_taken_aside_with_its_file_line_and_field(
    tmp_path: Path, change: tuple[str, str], line: int, field: str
) -> None:
    write(tmp_path, "broken.md", GOOD.replace(*change).format(id="broken"))
    problem = only_problem(tmp_path)
    assert (problem.file, problem.field) == ("broken.md", field)
    assert problem.line == line or field == ""
    assert str(problem).startswith(f"broken.md, line {problem.line}")


def test_two_articles_of_one_id_are_a_problem_of_the_second(tmp_path: Path) -> None:
    write(tmp_path, "later.md", GOOD.format(id="good"))
    problem = only_problem(tmp_path)
    assert problem.file == "later.md"
    assert "good.md" in problem.message


def test_a_file_that_is_not_utf8_says_so_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, "broken.md", GOOD.format(id="b").encode() + b"second \xff\n")
    problem = only_problem(tmp_path)
    assert (problem.line, "UTF-8" in problem.message) == (11, True)


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, "broken.md", GOOD.format(id="b") + "x" * MAX_ARTICLE_BYTES)
    assert "too big" in only_problem(tmp_path).message


def test_a_link_to_a_file_outside_is_not_followed(tmp_path: Path) -> None:
    inside = tmp_path / "articles"
    inside.mkdir()
    write(tmp_path, "secret.md", GOOD.format(id="secret"))
    os.symlink(tmp_path / "secret.md", inside / "broken.md")
    assert "outside" in only_problem(inside).message


def test_an_alias_bomb_in_the_front_matter_is_harmless(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x,x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1},*a{n - 1},*a{n - 1}]\n" for n in range(1, 60))
    write(tmp_path, "bomb.md", GOOD.format(id="bomb").replace("---\nid", f"---\n{bomb}id", 1))
    assert {article.id for article in read_articles(tmp_path).articles} == {"bomb"}


def test_deep_nesting_in_the_front_matter_is_a_problem_not_a_crash(tmp_path: Path) -> None:
    write(tmp_path, "broken.md", "---\nid: " + "[" * 8000 + "\n---\nbody\n")
    assert "YAML" in only_problem(tmp_path).message


def test_windows_line_ends_and_a_byte_order_mark_are_fine(tmp_path: Path) -> None:
    write(tmp_path, "a.md", b"\xef\xbb\xbf" + GOOD.format(id="a").replace("\n", "\r\n").encode())
    (article,) = read_articles(tmp_path).articles
    assert (article.id, article.ask, article.body) == ("a", ("I forgot it",), "Open the page.")


def test_a_folder_that_is_not_there_says_what_to_check(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeBaseError, match="DESKHAND_DESK"):
        read_articles(tmp_path / "nowhere")


def test_the_content_hash_changes_with_everything_that_a_reader_sees(tmp_path: Path) -> None:
    write(tmp_path, "a.md", GOOD.format(id="a"))
    before = read_articles(tmp_path).articles[0].content_hash
    for old, new in (("page", "site"), ("Ada", "Eva"), ("everyone", "it"), ("2026", "2025"), ("forgot", "lost")):
        write(tmp_path, "a.md", GOOD.format(id="a").replace(old, new))
        assert read_articles(tmp_path).articles[0].content_hash != before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=300).map(lambda text: f"---\n{text}\n---\nx".encode("utf-8", "replace")),
    )
)
def test_no_bytes_at_all_make_reading_fail(tmp_path: Path, raw: bytes) -> None:
    write(tmp_path, "fuzz.md", raw)
    found = read_articles(tmp_path)
    assert len(found.articles) + len(found.problems) == 1


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("nonsense", ""),
        ("[1]", ""),
        ('{"articles": []}', "question"),
        ('{"question": " ", "articles": []}', "question"),
        ('{"question": "a"}', "articles"),
        ('{"question": "a", "articles": [1]}', "articles"),
        ('{"question": "a", "articles": [], "audience": "all"}', "audience"),
    ],
)
def test_a_broken_question_names_file_line_and_field(tmp_path: Path, line: str, field: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"question": "ok", "articles": []}\n\n' + line + "\n")
    with pytest.raises(KnowledgeBaseError) as caught:
        read_questions(path)
    assert str(caught.value).startswith(f"{path}, line 3" + (f", {field}" if field else ""))
