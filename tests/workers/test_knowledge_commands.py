"""`deskhand kb gaps | draft | report` on a desk on disk."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import build
from knowledge_base.bundle import save_bundle
from knowledge_base.embedding import Encoder
from knowledge_base.index import Index
from knowledge_base.prior import PRIOR
from tests.workers.gap_world import ARTICLES, BADGE, finder, unsolved
from tests.workers.office import MIRA, STARTER, WORKSPACE
from workers import serving
from workers.knowledge import gap_searches, gaps
from workers.service_desk import ServiceDesk, open_desk
from workers.settings import Settings


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServiceDesk:
    """The starter desk in a home of its own, as the commands find it."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path))
    monkeypatch.setenv("DESKHAND_DESK", str(STARTER))
    desk = open_desk(Settings())
    desk.set_up(WORKSPACE)
    return desk


def call(*arguments: str) -> Result:
    return CliRunner().invoke(build(), ["kb", *arguments])


def test_a_desk_without_gaps_says_how_to_look_for_them(desk: ServiceDesk) -> None:
    assert "kb gaps refresh" in call("gaps").stdout
    refused = call("gaps", "refresh")
    assert refused.exit_code == 1 and "kb sync" in refused.stderr
    with desk.store.read() as session:
        search = gap_searches.latest(session, WORKSPACE)
    assert search is not None and search.state == "failed"
    assert call("report").exit_code == 1
    missing = call("draft", "7")
    assert missing.exit_code == 1 and "There is no gap 7." in missing.stderr


def test_gaps_are_listed_and_a_draft_is_written_to_a_new_file(
    desk: ServiceDesk, encoder_dir: Path, tmp_path: Path
) -> None:
    encoder = Encoder.open(encoder_dir)
    rows = [unsolved(text, text, resolution="Cleaned the badge reader.") for text in BADGE]
    bundle = save_bundle(Index.build(ARTICLES, encoder), PRIOR, desk.bundles)
    with desk.store.begin() as session:
        gaps.keep(session, WORKSPACE, finder(encoder).find(rows), {})
        serving.serve(session, WORKSPACE, "knowledge", bundle.name, MIRA, "first")
    (gap,) = json.loads(call("gaps", "--json").stdout)
    assert (gap["people"], gap["nearest"], gap["state"]) == (3, "car-park", "open")
    assert "car-park" in call("gaps").stdout
    file = tmp_path / "draft.md"
    assert call("draft", str(gap["id"]), "--out", str(file)).exit_code == 0
    assert "- Cleaned the badge reader. <!-- DESK-" in file.read_text(encoding="utf-8")
    again = call("draft", str(gap["id"]), "--out", str(file))
    assert again.exit_code == 1 and "there already" in again.stderr


def test_the_report_lists_what_nobody_was_shown(desk: ServiceDesk, encoder_dir: Path) -> None:
    bundle = save_bundle(Index.build(ARTICLES, Encoder.open(encoder_dir)), PRIOR, desk.bundles)
    with desk.store.begin() as session:
        serving.serve(session, WORKSPACE, "knowledge", bundle.name, MIRA, "first")
    report = json.loads(call("report", "--json").stdout)
    assert [one["article_id"] for one in report["never_used"]] == ["car-park", "vpn"]
    assert report["duplicates"] == report["contradictions"] == []
    assert "Shown to nobody for 90 days: 2" in call("report").stdout
