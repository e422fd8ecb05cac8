"""What a sync does to what is served, and what it says of it."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from knowledge_base.bundle import open_index
from knowledge_base.commands import app
from knowledge_base.documents import AUDIENCES, article_from_row, article_to_row, make_article
from knowledge_base.embedding import Encoder
from knowledge_base.index import Index
from knowledge_base.settings import Settings
from knowledge_base.syncing import Sync, served_bundle, sync
from tests.knowledge_base.conftest import DESK

ALL = frozenset(AUDIENCES)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder_dir: Path) -> Path:
    """A fresh DESKHAND_HOME; gives the articles' folder."""
    shutil.copytree(DESK, tmp_path / "desk")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "encoder").symlink_to(encoder_dir.parent)
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DESKHAND_DESK", str(tmp_path / "desk"))
    return tmp_path / "desk" / "articles"


def synchronise(articles: Path, **options: object) -> Sync:
    return sync(articles, None, Settings(), **options)  # type: ignore[arg-type]


def served() -> dict[str, str]:
    index = open_index(served_bundle(Settings()))
    assert index is not None
    return {article.id: article.body for article in index.articles}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_dry_run_says_what_would_change_and_why_and_changes_nothing(desk: Path) -> None:
    synchronise(desk)
    before = served()
    (desk / "new.html").write_text("<title>New</title><p>Text")
    (desk / "articles.yaml").write_text("defaults: {owner: ada, audience: everyone, updated: 2026-01-01}\n")
    (desk / "wifi.md").unlink()
    edit(desk / "printer.md", "---\n", "---\nexpires: 2020-01-01\n")
    edit(desk / "mailbox.md", "audience: ", "audience: it # ")
    shown = CliRunner().invoke(app, ["sync", "--dry-run"]).stdout
    for line in (
        "  + new: new.html\n", "  - wifi: wifi.md is gone\n", "  - printer: expired on 2020-01-01\n",
        "  ~ mailbox: audience\n", "  o printer: expired on 2020-01-01 (printer.md)\n",
        "nothing was changed (dry run)\n",
    ):  # fmt: skip
        assert line in shown
    assert served() == before


def test_an_article_whose_file_broke_stays_as_it_was_until_it_is_corrected(desk: Path) -> None:
    synchronise(desk)
    before = served()
    edit(desk / "wifi.md", "updated: ", "updated: the day after ")
    done = synchronise(desk)
    assert done.ids("kept") == ["wifi"]
    assert [problem.file for problem in done.problems] == ["wifi.md"]
    assert served() == before
    edit(desk / "wifi.md", "updated: the day after ", "updated: ")
    (desk / "wifi.md").write_text((desk / "wifi.md").read_text() + "\nAsk twice.\n")
    assert synchronise(desk).ids("changed") == ["wifi"]
    (desk / "wifi.md").unlink()
    assert synchronise(desk).ids("removed") == ["wifi"]
    assert "wifi" not in served()


@pytest.mark.parametrize("change", ["audience: managrs # ", "expires: soon\naudience: "])
def test_an_article_whose_readers_or_expiry_broke_does_not_stay(desk: Path, change: str) -> None:
    synchronise(desk)
    edit(desk / "wifi.md", "audience: ", change)
    done = synchronise(desk)
    assert done.ids("removed") == ["wifi"]
    assert "wifi.md, line" in {change.article: change.why for change in done.changes}["wifi"]
    assert "wifi" not in served()


def test_a_broken_mapping_silences_nothing(desk: Path) -> None:
    mapping = desk / "articles.yaml"
    mapping.write_text("defaults: {owner: ada, audience: everyone, updated: 2026-01-01}\n")
    (desk / "new.html").write_text("<title>New</title><p>Press the green button twice.")
    (desk / "short.md").write_text("---\nid: short\n---\n# Short\n\nPress it once.")
    synchronise(desk)
    before = served()
    mapping.write_text("defaults: {owner: ada, audience: everyone\n")
    done = synchronise(desk)
    assert (sorted(done.ids("kept")), done.ids("removed")) == (["new", "short"], [])
    assert {problem.file for problem in done.problems} == {"articles.yaml", "new.html", "short.md"}
    assert served() == before


def test_a_second_sync_converts_and_encodes_only_what_is_new(desk: Path) -> None:
    (desk / "articles.yaml").write_text("defaults: {owner: ada, audience: everyone, updated: 2026-01-01}\n")
    (desk / "new.html").write_text("<title>New</title><p>Press the green button twice.")
    told: list[tuple[str, int]] = []
    first = synchronise(desk, progress=lambda stage, done, total: told.append((stage, total)))
    assert ("read", 9) in told
    assert len({stage for stage, _ in told}) > 1
    (kept,) = Settings().converted.iterdir()
    written = kept.stat().st_ino
    told.clear()
    second = synchronise(desk, progress=lambda stage, done, total: told.append((stage, total)))
    assert second.version == first.version
    assert (second.unchanged, second.changes) == (9, ())
    assert {stage for stage, _ in told} == {"read"}
    assert [path.stat().st_ino for path in Settings().converted.iterdir()] == [written]


def test_a_sync_says_for_programs_what_it_says_for_people(desk: Path) -> None:
    (desk / "broken.md").write_text("no front matter")
    row = json.loads(CliRunner().invoke(app, ["sync", "--json"]).stdout)
    assert set(row) == {"version", "added", "changed", "removed", "kept", "unchanged", "why", "left_out", "problems"}
    assert row["why"]["wifi"] == "wifi.md"
    assert row["problems"][0]["file"] == "broken.md"


def test_an_expired_article_stops_without_a_sync(encoder: Encoder) -> None:
    today = date.today()
    articles = [
        make_article(id=id, title=id, body="Text", expires=expires)
        for id, expires in (("past", today - timedelta(days=2)), ("later", today + timedelta(days=2)), ("never", None))
    ]
    index = Index.build(articles, encoder)
    assert {index.articles[row].id for row in index.readable(ALL)} == {"later", "never"}


def test_an_article_survives_being_written_down() -> None:
    article = make_article(
        id="a",
        title="T",
        body="B",
        ask=("q",),
        audience=("it",),
        language="de",
        expires=date(2027, 1, 2),
        source="git:a",
    )
    assert article_from_row(json.loads(json.dumps(article_to_row(article)))) == article
