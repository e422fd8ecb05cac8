from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from knowledge_base.commands import app
from knowledge_base.settings import Settings
from knowledge_base.syncing import served_bundle
from tests.knowledge_base.conftest import DESK

METRICS = {
    "hit_at_1", "hit_at_5", "mrr", "map", "ndcg_at_10", "answerable_auroc", "answered_right_at_1pct_wrong",
    "answered_right_at_5pct_wrong", "answered_right_at_10pct_wrong",
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder_dir: Path) -> Path:
    """A fresh DESKHAND_HOME with the desk of the tests; the exported encoder is lent to it."""
    shutil.copytree(DESK, tmp_path / "desk")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "encoder").symlink_to(encoder_dir.parent)
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DESKHAND_DESK", str(tmp_path / "desk"))
    return tmp_path


def run(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == status, result.output
    return result


def test_sync_says_what_changed_and_serves_it(home: Path) -> None:
    first = json.loads(run("sync", "--json").stdout)
    assert len(first["added"]) == 8
    articles = home / "desk" / "articles"
    (articles / "wifi.md").unlink()
    (articles / "mailbox.md").write_text((articles / "mailbox.md").read_text() + "\nAsk twice.\n")
    (articles / "broken.md").write_text("no front matter")
    shutil.copy(articles / "printer.md", articles / "copy.md")
    dry = run("sync", "--dry-run")
    assert "added 0, changed 1, removed 1, kept 0, unchanged 6, left out 0, broken 2" in dry.stdout
    assert "~ mailbox: text\n  - wifi: wifi.md is gone" in dry.stdout
    bundle = served_bundle(Settings())
    assert bundle is not None and bundle.name == first["version"]
    second = json.loads(run("sync", "--json").stdout)
    assert (second["changed"], second["removed"]) == (["mailbox"], ["wifi"])
    assert [problem["file"] for problem in second["problems"]] == ["broken.md", "printer.md"]
    bundle = served_bundle(Settings())
    assert bundle is not None and bundle.name == second["version"] != first["version"]
    assert json.loads(run("search", "0x800704cf", "-k", "2", "--json").stdout)[0]["article_id"] == "vpn-windows"
    assert "vpn-windows" in run("search", "0x800704cf").stdout
    explained = json.loads(run("search", "0x800704cf zzyzx", "--why", "--json").stdout)
    assert explained["hits"][0]["article_id"] == "vpn-windows" and not explained["words"][1]["known"]
    said = run("search", "0x800704cf zzyzx", "--why").stdout
    assert "1. vpn-windows" in said and "in no article: zzyzx" in said and "score" in said


def test_search_before_the_first_sync_says_what_to_do(home: Path) -> None:
    assert "deskhand kb sync" in run("search", "vpn", status=1).output


def test_a_pointer_to_a_place_outside_is_not_followed(home: Path) -> None:
    (home / "home" / "index").mkdir()
    (home / "home" / "index" / "served").write_text("../encoder\n")
    assert served_bundle(Settings()) is None


def test_a_sync_that_fails_leaves_what_is_served(home: Path) -> None:
    run("sync")
    before = served_bundle(Settings())
    (home / "desk" / "questions").mkdir(exist_ok=True)
    (home / "desk" / "questions" / "calibration.jsonl").write_text("nonsense\n")
    assert "calibration.jsonl, line 1" in run("sync", status=1).output.replace("\n", "")
    assert served_bundle(Settings()) == before


def test_evaluate_prints_every_metric_for_what_is_served_and_for_its_peers(home: Path) -> None:
    questions = home / "questions.jsonl"
    rows = [("I forgot my password", ["password"]), ("error SC542", ["printer"]), ("what is for lunch", [])]
    questions.write_text("".join(json.dumps({"question": text, "articles": ids}) + "\n" for text, ids in rows))
    arguments = ["evaluate", "--articles", str(home / "desk" / "articles"), "--questions", str(questions)]
    report = json.loads(run(*arguments, "--json").stdout)
    assert set(report) >= METRICS
    assert report["hit_at_1"] == 1.0
    assert set(report["peers"]) == {"bm25", "dense", "rank_fusion", "joined"}
    assert all(set(peer) == METRICS for peer in report["peers"].values())
    assert (report["served"]["threshold"], report["served"]["answered"]) == (None, 0.0)
    assert "Suggestions only" in run(*arguments).stdout


def test_evaluate_names_a_question_whose_article_is_not_there(home: Path) -> None:
    questions = home / "questions.jsonl"
    questions.write_text('{"question": "a", "articles": ["nowhere"]}\n')
    output = run("evaluate", "--articles", str(home / "desk" / "articles"), "--questions", str(questions), status=1)
    assert "nowhere" in output.output
