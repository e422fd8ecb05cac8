"""Exports of other systems, in the shape in which those write them (`exports/`)."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from knowledge_base.documents import Article
from knowledge_base.sources import ArticleSet, read_articles

EXPORTS = Path(__file__).parent / "exports"
TODAY = date(2026, 11, 25)


def read(folder: Path, kind: str) -> ArticleSet:
    if not (folder / kind).exists():
        shutil.copytree(EXPORTS / kind, folder / kind)
    return read_articles(folder, today=TODAY)


def by_id(found: ArticleSet) -> dict[str, Article]:
    return {article.id: article for article in found.articles}


def wrong(found: ArticleSet) -> dict[str, str]:
    return {problem.source: problem.field for problem in found.problems}


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_zendesk_articles_keep_their_text_day_language_and_owner(tmp_path: Path) -> None:
    found = by_id(read(tmp_path, "zendesk"))
    assert sorted(found) == ["zendesk-360001", "zendesk-360001-de", "zendesk-360002", "zendesk-360005"]
    vpn = found["zendesk-360001"]
    assert (vpn.title, vpn.owner, vpn.updated) == ("Connect to the VPN", "jonas.brandt", date(2026, 6, 30))
    assert (vpn.language, vpn.source, vpn.path) == ("en-US", "zendesk:360001", "zendesk/articles.json")
    assert "1. Open GlobalProtect.\n2. Enter `vpn.acme.example`." in vpn.body
    assert "| Leeds | vpn-uk |" in vpn.body
    assert "steal" not in vpn.body
    assert (found["zendesk-360001-de"].language, found["zendesk-360001-de"].title) == ("de", "Mit dem VPN verbinden")


def test_zendesk_segments_and_categories_decide_who_may_read(tmp_path: Path) -> None:
    found = read(tmp_path, "zendesk")
    assert {id: article.audience for id, article in by_id(found).items()} == {
        "zendesk-360001": ("everyone",),
        "zendesk-360001-de": ("everyone",),
        "zendesk-360002": ("it",),
        "zendesk-360005": ("managers",),
    }
    # An unknown segment, IT among managers alone, and an article that is one picture.
    assert wrong(found) == {"zendesk:360003": "audience", "zendesk:360006": "audience", "zendesk:360007": "body"}


def test_zendesk_drafts_and_outdated_translations_are_left_out_and_named(tmp_path: Path) -> None:
    left = {row.id: row.reason for row in read(tmp_path, "zendesk").left_out}
    assert left == {"zendesk-360001-fr": "is an outdated translation", "zendesk-360004": "is a draft"}


def test_servicenow_rows_keep_text_wiki_language_and_expiry(tmp_path: Path) -> None:
    found = by_id(read(tmp_path, "servicenow"))
    assert found["servicenow-KB0010001"].body == "Drives are mapped for you. Sign out and in again."
    spooler = found["servicenow-KB0010002"]
    assert spooler.body == (
        "## Steps\n\n1. Open **services.msc**\n1. Restart *Print Spooler*\n\n"
        "See [the print page](https://print.acme.example)."
    )
    assert (spooler.audience, spooler.expires) == (("it",), date(2027, 5, 31))
    overtime = found["servicenow-KB0010006"]
    assert (overtime.audience, overtime.language) == (("managers",), "pt-BR")


def test_servicenow_leaves_out_what_is_retired_or_expired_and_refuses_what_it_cannot_map(tmp_path: Path) -> None:
    found = read(tmp_path, "servicenow")
    assert {row.id: row.reason for row in found.left_out} == {
        "servicenow-KB0010003": "its state there is retired",
        "servicenow-KB0010004": "expired on 2026-03-20",
    }
    assert wrong(found) == {
        "servicenow:KB0010005": "audience",
        "servicenow:KB0010007": "cannot_read_user_criteria",
    }


def test_servicenow_csv_names_the_line_of_a_broken_row(tmp_path: Path) -> None:
    found = read(tmp_path, "servicenow-csv")
    (article,) = found.articles
    assert (article.id, article.title) == ("kb-KB0020001", 'Install "Visio"')
    assert article.body == "Open the portal.\n\n1. Search\n2. Install"
    (problem,) = found.problems
    assert (problem.file, problem.line, problem.field) == ("servicenow-csv/kb_knowledge.csv", 5, "valid_to")
    assert found.left_out[0].reason == "its state there is draft"


def test_confluence_macros_links_and_tables_become_markdown(tmp_path: Path) -> None:
    article = by_id(read(tmp_path, "confluence"))["confluence-98305"]
    assert (article.title, article.updated) == ("VPN on Linux", date(2026, 5, 28))
    assert article.body == (
        "Read this first. See the phone page or Office Wi-Fi.\n\n"
        "> **Do not share**\n>\n> Never give your code to anybody.\n\n"
        "## Linux\n\n"
        '```bash\nif [ 2 -gt 1 ]; then\n  echo "<b>&amp;" > /tmp/out\nfi\n```\n\n'
        "## Portals\n\n| Office | Portal |\n| --- | --- |\n| Leeds | vpn-uk |\n\n"
        "**Still not connected?**\n\n"
        "1. Restart.\n2. Ask us.\n   > **Info**\n   >\n   > We open at nine.\n\n"
        "- Check the cable\n\n"
        "State: APPROVED"
    )


def test_confluence_restrictions_hold_for_the_pages_below(tmp_path: Path) -> None:
    found = read(tmp_path, "confluence")
    assert {id: article.audience for id, article in by_id(found).items()} == {
        "confluence-98305": ("everyone",),  # only editing is restricted
        "confluence-98320": ("it",),
        "confluence-98330": ("it",),
        "confluence-98350": ("managers",),
    }
    assert wrong(found) == {"confluence:98340": "audience", "confluence:98380": "body"}


def test_confluence_serves_no_old_version_no_draft_and_nothing_thrown_away(tmp_path: Path) -> None:
    said = json.dumps([article.body for article in read(tmp_path, "confluence").articles])
    for words in ("Old words", "Deleted words", "Draft words", "Private notes", "secret-plan", "type here"):
        assert words not in said


def test_a_confluence_html_export_gives_the_main_part_of_each_page(tmp_path: Path) -> None:
    found = read(tmp_path, "confluence-html")
    (article,) = found.articles
    assert found.problems == ()
    assert (article.id, article.title, article.updated) == ("wiki-98401", "Phone setup", date(2026, 3, 3))
    assert article.body == "Install **Intune**.\n\n> Back up first.\n\n```bash\nadb devices\n```"


def test_pages_of_a_sitemap_are_read_from_disk_and_never_from_elsewhere(tmp_path: Path) -> None:
    found = read(tmp_path, "sitemap")
    articles = by_id(found)
    wifi, budget = articles["hc-wifi"], articles["hc-managers-budget"]
    assert (wifi.title, wifi.updated, wifi.language) == ("Office Wi-Fi", date(2026, 4, 2), "en-GB")
    assert wifi.body == "Join *acme-corp* with your password."
    assert (wifi.source, wifi.audience) == ("https://help.example.com/hc/wifi", ("everyone",))
    assert (budget.audience, budget.updated) == (("managers",), date(2026, 1, 2))
    assert set(wrong(found).values()) == {"loc"}
    assert len(found.problems) == 3


def test_a_word_under_audiences_that_no_article_has_is_named(tmp_path: Path) -> None:
    read(tmp_path, "zendesk")
    change(tmp_path / "zendesk" / "source.yaml", "category:People managers", "category:People manager")
    found = read(tmp_path, "zendesk")
    assert ("zendesk/source.yaml", 8, "audiences") in {(row.file, row.line, row.field) for row in found.problems}


@pytest.mark.parametrize("kind", ["zendesk", "servicenow", "servicenow-csv", "confluence", "sitemap"])
def test_without_a_mapping_nothing_of_an_export_is_served(tmp_path: Path, kind: str) -> None:
    read(tmp_path, kind)
    settings = tmp_path / kind / "source.yaml"
    settings.write_text(settings.read_text().split("audience")[0])
    found = read(tmp_path, kind)
    assert found.articles == ()
    assert "audience" in {problem.field for problem in found.problems}


@pytest.mark.parametrize(
    ("kind", "file"),
    [("zendesk", "articles.json"), ("servicenow", "kb_knowledge.json"), ("confluence", "entities.xml"),
     ("sitemap", "sitemap.xml")],
)  # fmt: skip
def test_an_export_that_breaks_off_is_named_and_the_rest_goes_on(tmp_path: Path, kind: str, file: str) -> None:
    read(tmp_path, kind)
    (tmp_path / "good.md").write_text(
        "---\nid: good\ntitle: G\nowner: a\nupdated: 2026-01-01\naudience: it\n---\nText"
    )  # fmt: skip
    path = tmp_path / kind / file
    path.write_bytes(path.read_bytes()[:300])
    found = read(tmp_path, kind)
    assert [article.id for article in found.articles] == ["good"]
    assert [problem.file for problem in found.problems] == [f"{kind}/{file}"]


def test_articles_of_a_broken_export_stay_as_they_were_served(tmp_path: Path) -> None:
    served = read(tmp_path, "zendesk").articles
    (tmp_path / "zendesk" / "articles.json").write_text("{")
    found = read_articles(tmp_path, served=served, today=TODAY)
    assert found.kept == {article.id for article in served}
    assert set(found.articles) == set(served)
    (tmp_path / "zendesk" / "source.yaml").write_text("kind: [")
    assert read_articles(tmp_path, served=served, today=TODAY).kept == found.kept


def test_an_article_whose_readers_were_narrowed_by_mistake_does_not_stay(tmp_path: Path) -> None:
    served = read(tmp_path, "zendesk").articles
    change(tmp_path / "zendesk" / "articles.json", '"user_segment_id": null,\n      "permission_group_id": 2',
           '"user_segment_id": 5599,\n      "permission_group_id": 2')  # fmt: skip
    found = read_articles(tmp_path, served=served, today=TODAY)
    assert "zendesk-360001" not in by_id(found)


def test_an_article_that_the_export_no_longer_has_is_gone_whatever_else_is_wrong_there(tmp_path: Path) -> None:
    served = read(tmp_path, "zendesk").articles
    articles = json.loads((tmp_path / "zendesk" / "articles.json").read_text())
    articles["articles"] = articles["articles"][1:]
    (tmp_path / "zendesk" / "articles.json").write_text(json.dumps(articles))
    change(tmp_path / "zendesk" / "source.yaml", "category:People managers", "category:People manager")
    found = read_articles(tmp_path, served=served, today=TODAY)
    assert (found.problems != (), found.kept) == (True, frozenset())
    assert "zendesk-360001" not in by_id(found)
