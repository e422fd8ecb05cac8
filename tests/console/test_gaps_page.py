"""Gaps in a real browser: the ranked list, a draft from first sentence to file, the report, and who sees what."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import delete, select

from knowledge_base.documents import AUDIENCES
from knowledge_base.overlaps import Contradiction, Duplicate
from tests.console.browsing import Served
from tests.console.world import ADMIN, AGENT, WORKSPACE
from workers.governance import audit
from workers.knowledge import gaps
from workers.knowledge.article_report import Overlaps
from workers.knowledge.drafting import Step
from workers.knowledge.gap_finding import Gap, Nearest
from workers.knowledge.unsolved import Solution, Unsolved
from workers.store.columns import now
from workers.store.tables import ArticleDraft, GapSearch, KnowledgeGap

STAFF = frozenset({"everyone", "it"})
BADGE = (
    "My badge does not open the car park gate",
    "car park gate ignores my badge <b>again</b>",
    "badge stays red at the gate",
)
SCANNER = ("scan to folder fails on the third floor", "the scanner cannot save to my folder")
STEPS = (
    Step("Cleaned the badge reader with a dry cloth.", ("DESK-3", "LF-2002")),
    Step("Reset the gate controller in the reception.", ("DESK-3",)),
)  # fmt: skip


def question(text: str, number: int, team: str) -> Unsolved:
    solution = Solution(f"DESK-{number}", team, 90.0, "Cleaned it.")
    asked_at = now() - timedelta(days=number)
    return Unsolved(f"ticket:{text}", text, f"person {number}", asked_at, False, True, solution)


def gap(texts: tuple[str, ...], team: str, article: str, steps: tuple[Step, ...] = ()) -> Gap:
    near = Nearest(article, 0.31, ("badge", "gate"))
    asked = tuple(question(text, number, team) for number, text in enumerate(texts, 3))
    return Gap(asked, ("badge", "gate"), 0.7, {STAFF: near, frozenset(AUDIENCES): near}, "aisha.khan", steps)


@pytest.fixture
def numbers(served: Served) -> Iterator[dict[str, int]]:
    """Two gaps, of network and of workplace, by their names."""
    store = served.world.desk.store
    with store.begin() as session:
        gaps.keep(
            session,
            WORKSPACE,
            [gap(BADGE, "network", "office-wifi", STEPS), gap(SCANNER, "workplace", "vpn-windows")],
            {},
        )
        overlaps = Overlaps(
            (Duplicate("vpn-macos", "vpn-windows", "VPN on Windows", 0.93, 0.8),),
            (Contradiction("office-wifi", "guest-wifi", "It takes 14 days.", "It takes 12 days.", "14 ≠ 12"),),
        )  # fmt: skip
        kept = {
            "duplicates": [vars(d) for d in overlaps.duplicates],
            "contradictions": [vars(c) for c in overlaps.contradictions],
        }
        session.add(
            GapSearch(
                workspace=WORKSPACE, state="done", requested_by=ADMIN, questions=41, overlaps=kept, finished_at=now()
            )
        )
        session.flush()
        found = {row.name: row.id for row in session.scalars(select(KnowledgeGap))}
    yield found
    with store.begin() as session:
        for table in (ArticleDraft, KnowledgeGap, GapSearch):
            session.execute(delete(table))


def test_the_list_ranks_gaps_and_shows_what_is_missing(
    served: Served, numbers: dict[str, int], screenshots: Path
) -> None:
    page = served.page("/console/articles/gaps", ADMIN)
    rows = page.locator("[data-testid='gaps'] tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text(BADGE[0])
    for words in ("3", "4.5", "(31%)", "badge, gate", "aisha.khan", "open"):
        expect(rows.first).to_contain_text(words)
    expect(page.get_by_test_id("gap-search")).to_contain_text("41 questions were compared")
    page.screenshot(path=screenshots / "console-gaps.png")
    page.get_by_test_id("look-now").click()
    expect(page.get_by_test_id("gap-search")).to_contain_text("Looking for gaps")
    expect(page.get_by_test_id("look-now")).to_be_disabled()
    with served.world.desk.store.read() as session:
        assert session.scalars(select(GapSearch).where(GapSearch.state == "queued")).one().requested_by == ADMIN
    page.context.close()


def test_a_draft_is_put_together_edited_and_published_as_a_file(
    served: Served, numbers: dict[str, int], screenshots: Path
) -> None:
    page = served.page("/console/articles/gaps", ADMIN)
    page.get_by_test_id(f"gap-{numbers[BADGE[0]]}").click()
    expect(page.get_by_test_id("gap-questions")).to_contain_text("<b>again</b>")  # text from people stays text
    page.get_by_test_id("make-draft").click()
    expect(page.get_by_test_id("draft-sources")).to_contain_text("LF-2002")
    preview = page.get_by_test_id("draft-preview")
    expect(preview).to_contain_text("Cleaned the badge reader")
    expect(preview).not_to_contain_text("LF-2002")
    field = page.get_by_test_id("draft-text")
    text = field.input_value()
    field.fill(
        text.replace("- Reset the gate", "1. Reset the gate").replace("audience:\n- it", "audience: [everyone, robots]")
    )
    page.screenshot(path=screenshots / "console-gap.png", full_page=True)
    page.get_by_test_id("publish").click()
    page.get_by_test_id("dialog-yes").click()
    expect(page.get_by_text("'robots' is not one of everyone, managers, it")).to_be_visible()
    field.fill(text.replace("audience:\n- it", "audience: [everyone]"))
    page.get_by_test_id("publish").click()
    page.get_by_test_id("dialog-yes").click()
    expect(page.get_by_test_id("gap-state")).to_have_text("published")
    file = served.world.desk.settings.desk / "articles" / "my-badge-does-not-open-the-car-park-gate.md"
    try:
        written = file.read_text(encoding="utf-8")
        assert "audience: [everyone]" in written and "<!--" not in written and "Cleaned the badge reader" in written
    finally:
        file.unlink()
    page.context.close()


def test_what_was_typed_is_kept_and_can_be_discarded(served: Served, numbers: dict[str, int]) -> None:
    page = served.page(f"/console/articles/gaps/{numbers[SCANNER[0]]}", "aisha.khan")
    page.get_by_test_id("make-draft").click()
    expect(page.get_by_test_id("draft-sources")).to_contain_text("write what you know")
    field = page.get_by_test_id("draft-text")
    field.fill(field.input_value() + "Ask for the folder's rights.\n")
    expect(page.get_by_test_id("draft-preview")).to_contain_text("Ask for the folder's rights.")
    page.get_by_test_id("save-draft").click()
    expect(page.get_by_test_id("draft")).to_contain_text("Edited by aisha.khan")
    page.reload()
    expect(page.get_by_test_id("draft-preview")).to_contain_text("Ask for the folder's rights.")
    page.get_by_role("button", name="Discard…").click()
    page.get_by_test_id("dialog-yes").click()
    expect(page.get_by_test_id("make-draft")).to_be_visible()
    page.context.close()


def test_a_gap_is_dismissed_with_a_reason_and_taken_up_again(served: Served, numbers: dict[str, int]) -> None:
    number = numbers[SCANNER[0]]
    page = served.page(f"/console/articles/gaps/{number}", ADMIN)
    page.get_by_test_id("dismiss").click()
    page.get_by_test_id("dialog-words").fill("The scanners go in May")
    page.get_by_test_id("dialog-yes").click()
    expect(page.get_by_test_id("settled")).to_contain_text("mira.holt: The scanners go in May")
    with served.world.desk.store.read() as session:
        assert audit.latest(session, f"gap:{number}", limit=1)[0].action == "gap_dismissed"
    page.goto(served.url + "/console/articles/gaps")
    expect(page.get_by_test_id(f"gap-{number}")).to_have_count(0)
    page.get_by_test_id("gaps-every").click()
    page.get_by_test_id(f"gap-{number}").click()
    page.get_by_test_id("reopen").click()
    expect(page.get_by_test_id("gap-state")).to_have_text("open")
    page.context.close()


def test_an_agent_sees_gaps_of_the_own_team_and_writes_none(served: Served, numbers: dict[str, int]) -> None:
    page = served.page("/console/articles/gaps", AGENT)
    expect(page.locator("[data-testid='gaps'] tbody tr")).to_have_count(1)
    expect(page.get_by_test_id("look-now")).to_have_count(0)
    page.get_by_test_id(f"gap-{numbers[BADGE[0]]}").click()
    expect(page.get_by_test_id("gap-questions")).to_be_visible()
    expect(page.get_by_test_id("make-draft")).to_have_count(0)
    for hidden in (numbers[SCANNER[0]], 999_999):  # another team's gap, and none at all
        page.goto(f"{served.url}/console/articles/gaps/{hidden}")
        expect(page.get_by_test_id("empty")).to_contain_text("There is no such gap")
    page.context.close()


def test_the_report_names_contradictions_and_duplicates(
    served: Served, numbers: dict[str, int], screenshots: Path
) -> None:
    page = served.page("/console/articles/report", ADMIN)
    expect(page.get_by_test_id("contradictions")).to_contain_text("14 ≠ 12")
    expect(page.get_by_test_id("duplicates")).to_contain_text("vpn-macos and vpn-windows")
    expect(page.get_by_test_id("never-used")).to_contain_text("tomas.reyes")
    page.screenshot(path=screenshots / "console-article-report.png")
    page.context.close()


def test_a_desk_without_gaps_says_when_they_are_looked_for(served: Served) -> None:
    page = served.page("/console/articles/gaps", ADMIN)
    expect(page.get_by_test_id("empty")).to_contain_text("once a week")
    expect(page.get_by_test_id("gap-search")).to_contain_text("Nobody has looked for gaps yet")
    page.context.close()
