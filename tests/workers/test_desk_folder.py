"""`deskhand starter check`: whatever contradicts itself in a desk folder is named with its file and line."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import build
from tests.workers.office import STARTER
from workers.folder.check import check


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The starter desk with few tickets, so that a test reads it in no time."""
    shutil.copytree(STARTER, tmp_path / "desk", ignore=shutil.ignore_patterns("tickets"))
    (tmp_path / "desk" / "tickets").mkdir()
    tickets(tmp_path / "desk", TICKET, TICKET | {"id": "LF-2", "text": "printer jam", "label": "printing"})
    (tmp_path / "desk" / "wrong_labels.jsonl").write_text("")
    return tmp_path / "desk"


TICKET = {
    "id": "LF-1",
    "text": "vpn drops",
    "label": "network_vpn",
    "team": "network",
    "priority": "P3",
    "opened_at": "2026-03-03T08:00:00Z",
    "closed_at": "2026-03-03T12:00:00Z",
}
MOVE = {"at": "2026-03-03T09:00:00Z", "from": "workplace", "to": "network"}


def tickets(folder: Path, *rows: object) -> Path:
    path = folder / "tickets" / "2026-03.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def mark(folder: Path, *more: str) -> None:
    """A ticket marked as wrongly labelled, and lines after it."""
    lines = ['{"id": "LF-1", "label": "identity_access"}', *more]
    (folder / "wrong_labels.jsonl").write_text("\n".join(lines) + "\n")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old} is not in {path}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def said(folder: Path) -> str:
    return "\n".join(str(problem).removeprefix(f"{folder}/") for problem in check(folder).problems)


def test_nothing_is_wrong_with_the_folder_that_the_other_tests_break(folder: Path) -> None:
    assert said(folder) == ""
    mark(folder)
    assert said(folder) == ""
    tickets(folder, TICKET | {"reassignments": [MOVE]}, TICKET | {"id": "LF-2", "text": "printer jam"})
    assert said(folder) == ""


def test_the_starter_desk_is_right() -> None:
    found = check(STARTER)
    assert [str(problem) for problem in found.problems] == []
    assert all(found.counts().values())


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("desk.yaml", "tier: suggest, risk_limit: 0.01", "tier: auto, risk_limit: 0.01",
         "runbook:unlock_account.tier: must be suggest: no adapter does identify_person, unlock_account yet"),
        ("desk.yaml", "runbook:vpn_profile", "runbook:vpn", "runbook:vpn: there is no runbooks/vpn.yaml"),
        ("desk.yaml", "runbook:vpn_profile", "runbook:vpn", "vpn_profile.yaml:8: automation: desk.yaml lists no such"),
        ("runbooks/password_reset.yaml", "article: reset-your-password", "article: reset",
         "password_reset.yaml:8: article: there is no article 'reset'"),
        ("runbooks/password_reset.yaml", "article: reset-your-password", "article: vpn-windows",
         "article: the article 'vpn-windows' does not name this runbook"),
        ("runbooks/password_reset.yaml", "team: identity ", "team: accounts ",
         "team: desk.yaml has no team 'accounts'"),
        ("articles/vpn-windows.md", "owner: jonas.brandt", "owner: jonas",
         "vpn-windows.md:4: owner: people.yaml has no"),
        ("articles/vpn-windows.md", "owner: jonas.brandt", "owner: anna.lind",
         "4: owner: 'anna.lind' is neither agent"),
        ("articles/vpn-windows.md", "id: vpn-windows", "id: vpn-win", "vpn-windows.md:2: id: must be vpn-windows"),
        ("articles/vpn-windows.md", "updated: 2026", "updated: 2126", "vpn-windows.md:5: updated: 2126-10-19 has not"),
        ("articles/vpn-windows.md", "updated: 2026", "updated: soon", "vpn-windows.md:5: updated: 'soon-10-19' is not"),
        ("articles/vpn-windows.md", "In an office", "[See](nowhere.md#top).\n\nIn an office",
         "there is no article nowhere"),
        ("articles/vpn-windows.md", "VPN stuck on connecting", "i forgot  my password",
         "is an example question of 'reset-your-password' too"),
        ("articles/account-locked.md", "runbook: unlock_account", "runbook: unlock",
         "there is no runbooks/unlock.yaml"),
        ("taxonomy.yaml", "team: workplace", "team: desks", "laptops_desktops.team: desk.yaml has no team 'desks'"),
        ("taxonomy.yaml", "impact: individual", "impact: me", "taxonomy.yaml:10: impact: `me` is not known"),
        ("questions/test.jsonl", '"articles": ["', '"articles": ["no-', "test.jsonl:1: articles: there is no article"),
        ("questions/test.jsonl", '"question": "', '"question": 7, "was": "', "test.jsonl:1: -: "),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_named_by_file_and_line(
    folder: Path, file: str, old: str, new: str, says: str
) -> None:
    edit(folder / file, old, new)
    assert says in said(folder)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"closed_at": "2026-03-02T12:00:00Z"}, "2026-03.jsonl:2: closed_at: is before `opened_at`"),
        ({"priority": "urgent"}, "2026-03.jsonl:2: priority: 'urgent' is not one of P1, P2, P3, P4"),
        ({"label": "telephony"}, "2026-03.jsonl:2: label: `telephony` is not a label"),
        ({"text": "the password is Winter2026!"}, "2026-03.jsonl:2: text: holds a password"),
        (
            {"reassignments": [MOVE | {"to": "identity"}]},
            "reassignments: end at 'identity', the ticket is with 'network'",
        ),
        ({"reassignments": [MOVE, MOVE]}, "2026-03.jsonl:2: reassignments: do not follow one another"),
        ({"reassignments": [MOVE | {"at": "2026-03-04T09:00:00Z"}]}, "are not between opening and closing"),
        ({"reassignments": [{"at": "x"}]}, "2026-03.jsonl:2: reassignments: must be a list"),
    ],
)
def test_a_ticket_that_cannot_be_is_named_by_its_line(folder: Path, change: dict[str, object], says: str) -> None:
    tickets(folder, TICKET, TICKET | {"id": "LF-2", "text": "printer jam"} | change)
    assert says in said(folder)


def test_closed_tickets_of_a_team_that_is_gone_are_fine(folder: Path) -> None:
    tickets(folder, TICKET | {"team": "telephony"})
    assert said(folder) == ""


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "must be a line like"),
        ('{"id": "LF-9", "label": "printing"}', "there is no ticket 'LF-9'"),
        ('{"id": "LF-1", "label": "telephony"}', "taxonomy.yaml has no label 'telephony'"),
        ('{"id": "LF-1", "label": "network_vpn"}', "LF-1 already has this label"),
    ],
)
def test_a_marked_wrong_label_that_is_none_is_named(folder: Path, line: str, says: str) -> None:
    mark(folder, line)
    assert "wrong_labels.jsonl:2: " in said(folder) and says in said(folder)


def test_one_question_in_two_splits_is_named(folder: Path) -> None:
    first = json.loads((folder / "questions" / "calibration.jsonl").read_text(encoding="utf-8").splitlines()[0])
    with (folder / "questions" / "test.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(first | {"id": "other", "group": ""}) + "\n")
        file.write(json.dumps(first | {"question": "something else", "group": ""}) + "\n")
    assert "question: is the same as in calibration.jsonl, line 1" in said(folder)
    assert f"id: {first['id']!r} is already used in calibration.jsonl, line 1" in said(folder)


def test_paraphrases_in_two_splits_are_named(folder: Path) -> None:
    for name in ("calibration", "test"):
        with (folder / "questions" / f"{name}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"id": f"z-{name}", "question": f"z {name}", "articles": [], "group": "zz"}) + "\n")
    assert "group: 'zz' is in calibration.jsonl too; paraphrases belong into one split" in said(folder)


def test_a_desk_without_tickets_runbooks_and_questions_is_fine(folder: Path) -> None:
    for part in ("tickets", "questions"):
        shutil.rmtree(folder / part)
    (folder / "wrong_labels.jsonl").unlink()
    assert said(folder) == ""


def test_every_broken_file_is_named_in_one_go(folder: Path) -> None:
    (folder / "desk.yaml").write_text("name: [")
    (folder / "runbooks" / "password_reset.yaml").write_text("[")
    (folder / "articles" / "vpn-windows.md").write_text("no front matter")
    (folder / "tickets" / "2026-03.jsonl").write_text("{")
    (folder / "questions" / "test.jsonl").write_text("{")
    for name in ("desk.yaml", "password_reset.yaml", "vpn-windows.md", "2026-03.jsonl", "test.jsonl"):
        assert f"{name}:" in said(folder)


def test_the_command_counts_names_and_fails(folder: Path) -> None:
    good = CliRunner().invoke(build(), ["starter", "check", str(folder)])
    assert good.exit_code == 0 and "2 tickets" in good.output and "nothing wrong" in good.output
    edit(folder / "articles" / "vpn-windows.md", "owner: jonas.brandt", "owner: jonas")
    bad = CliRunner().invoke(build(), ["starter", "check", str(folder)])
    assert (
        bad.exit_code == 1
        and "vpn-windows.md:4: owner" in bad.output.replace("\n", "")
        and "1 to correct" in bad.output
    )
    rows = json.loads(CliRunner().invoke(build(), ["starter", "check", str(folder), "--json"]).output)
    assert [problem["line"] for problem in rows["problems"]] == [4]


def test_articles_of_other_sources_are_checked_like_the_others(folder: Path) -> None:
    articles = folder / "articles"
    (articles / "articles.yaml").write_text(
        "defaults: {owner: mira.holt, audience: everyone, updated: 2026-01-01}\n"
        "files:\n  odd.html: {owner: nobody}\n  soon.html: {updated: 2999-01-01}\n"
    )
    for name in ("fine", "odd", "soon"):
        (articles / f"{name}.html").write_text(f"<title>{name}</title><p>See <a href='x.md'>the page</a>.")
    (articles / "help").mkdir()
    (articles / "help" / "source.yaml").write_text("kind: zendesk\nowner: mira.holt\n")
    (articles / "help" / "a.json").write_text('{"articles": [{"id": 7, "title": "T", "body": "<p>B"}]}')
    assert said(folder).splitlines() == [
        "articles/help/a.json:1: audience: zendesk:7: nothing says who may read it; "
        "give audience, or audiences for its words (it has none)",
        "articles/odd.html:1: owner: people.yaml has no 'nobody'",
        "articles/soon.html:1: updated: 2999-01-01 has not come yet",
    ]
