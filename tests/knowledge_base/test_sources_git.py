"""Articles of a git repository that lies on this disk."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import pytest

from knowledge_base.sources import MAX_ARTICLE_BYTES, read_articles
from tests.knowledge_base.test_sources_exports import by_id, change


def git(folder: Path, *words: str, day: str = "2026-05-01") -> None:
    said = {"GIT_AUTHOR_DATE": f"{day}T12:00:00Z", "GIT_COMMITTER_DATE": f"{day}T12:00:00Z", "PATH": "/usr/bin:/bin"}
    author = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *author, *words], cwd=folder, env=said, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository outside the articles' folder, and `articles/handbook` that names it."""
    outside = tmp_path / "handbook"
    (outside / "docs" / "leads").mkdir(parents=True)
    (outside / "docs" / "vpn.md").write_text("# VPN\n\nOld words.")
    (outside / "docs" / "leads" / "pay.md").write_text("---\ntitle: Pay\nowner: jonas.brandt\n---\nIn May.")
    (outside / "docs" / "it.md").write_text("---\ntitle: Racks\naudience: it\n---\nIn the cellar.")
    (outside / "README.md").write_text("# Read me\n\nNot an article.")
    git(outside, "init")
    git(outside, "add", ".")
    git(outside, "commit", "-m", "first", day="2026-01-02")
    (outside / "docs" / "vpn.md").write_text("# VPN\n\nNew words.")
    git(outside, "commit", "-a", "-m", "second", day="2026-04-05")
    git(outside, "checkout", "-b", "later")
    (outside / "docs" / "vpn.md").write_text("# VPN\n\nWords of another branch.")
    git(outside, "commit", "-a", "-m", "third", day="2026-06-07")
    folder = tmp_path / "articles" / "handbook"
    folder.mkdir(parents=True)
    (folder / "source.yaml").write_text(
        "kind: git\nrepository: ../../handbook\nref: main\npath: docs/**/*.md\nowner: mira.holt\naudience: everyone\n"
        'audiences:\n  "folder:docs/leads": managers\n'
    )
    return outside


def test_a_repository_is_read_at_its_ref_with_the_day_of_the_last_change(repository: Path) -> None:
    found = read_articles(repository.parent / "articles")
    assert found.problems == ()
    articles = by_id(found)
    assert sorted(articles) == ["docs-it", "docs-leads-pay", "docs-vpn"]
    vpn = articles["docs-vpn"]
    assert (vpn.title, vpn.body, vpn.updated) == ("VPN", "New words.", date(2026, 4, 5))
    assert (vpn.source, vpn.path) == ("git:docs/vpn.md", "handbook/source.yaml")
    assert articles["docs-leads-pay"].updated == date(2026, 1, 2)
    assert {id: (article.audience, article.owner) for id, article in articles.items()} == {
        "docs-vpn": (("everyone",), "mira.holt"),
        "docs-leads-pay": (("managers",), "jonas.brandt"),
        "docs-it": (("it",), "mira.holt"),
    }


def test_a_repository_runs_nothing_that_its_configuration_names(repository: Path) -> None:
    trap = repository / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {repository.parent}/sprung\n")
    trap.chmod(0o755)
    for name in ("core.fsmonitor", "core.pager", "gpg.program", "diff.external", "core.sshCommand", "core.editor"):
        git(repository, "config", name, str(trap))
    git(repository, "config", "log.showSignature", "true")
    git(repository, "config", "core.hooksPath", str(repository))
    assert len(read_articles(repository.parent / "articles").articles) == 3
    assert not (repository.parent / "sprung").exists()


def test_files_over_the_limit_are_named_and_many_are_read_in_batches(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knowledge_base.sources.git.BATCH_BYTES", 30)
    git(repository, "checkout", "main")
    (repository / "docs" / "big.md").write_text("# Big\n\n" + "x" * MAX_ARTICLE_BYTES)
    (repository / "docs" / "empty.md").write_text("")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "more")
    found = read_articles(repository.parent / "articles")
    assert len(found.articles) == 3
    assert {problem.source: problem.field for problem in found.problems} == {
        "git:docs/big.md": "",
        "git:docs/empty.md": "title",
    }
    assert by_id(found)["docs-vpn"].body == "New words."


def test_a_link_in_a_repository_is_not_followed(repository: Path) -> None:
    (repository / "docs" / "link.md").symlink_to("/etc/hostname")
    git(repository, "checkout", "main")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "link")
    found = read_articles(repository.parent / "articles")
    assert (len(found.articles), found.problems) == (3, ())


@pytest.mark.parametrize(
    ("old", "new", "field", "says"),
    [
        ("ref: main", "ref: --upload-pack=x", "repository", "git says"),
        ("ref: main", "ref: nowhere", "repository", "git says"),
        ("repository: ../../handbook", "repository: ../../nowhere", "repository", "not a folder"),
        ("repository: ../../handbook", "repository: .", "repository", "git says"),
        ("path: docs/**/*.md", "path: pages/*.md", "repository", "no document"),
        ("kind: git", "kind: svn", "kind", "not one of"),
        ("audience: everyone", "audience: all", "audience", "not one of"),
        ("owner: mira.holt", "ownr: mira.holt", "ownr", "not one of"),
    ],
)
def test_a_source_that_cannot_be_used_is_named_with_its_line(
    repository: Path, old: str, new: str, field: str, says: str
) -> None:
    settings = repository.parent / "articles" / "handbook" / "source.yaml"
    change(settings, old, new)
    (problem,) = read_articles(repository.parent / "articles").problems
    assert (problem.file, problem.field) == ("handbook/source.yaml", field)
    assert says in problem.message
    assert problem.line == (1 if field == "kind" else problem.line)
