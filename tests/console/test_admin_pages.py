"""Articles, models, automations and audit in a real browser, the first page, and how all of it looks."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from tests.console.browsing import Served
from tests.console.world import ADMIN, AGENT, MODELS, WORKSPACE, World
from workers import serving
from workers.governance import audit, automations
from workers.oversight import shadows, studies
from workers.store.columns import now
from workers.store.tables import AuditEntry, Delivery, ShadowScore, TicketEntry, TrainingRun
from workers.tickets import work
from workers.training import runs

# models


def test_a_challenger_is_trained_promoted_and_rolled_back(served: Served) -> None:
    page = served.page("/console/models", ADMIN)
    expect(page.get_by_test_id("comparison")).to_contain_text("Right on 91.1% instead of 87.2%")
    page.get_by_test_id("train").click()
    progress = page.get_by_test_id("progress")
    expect(progress).to_be_visible()
    expect(page.get_by_test_id("train")).to_be_disabled()
    with served.world.desk.store.begin() as session:
        run = session.scalars(select(TrainingRun).where(TrainingRun.state == "queued")).one()
        run.state, run.done, run.stage = "running", 0.4, "learning from all training tickets"
    expect(page.get_by_text("40% · learning from all training tickets")).to_be_visible()
    page.get_by_test_id("cancel-run").click()
    expect(progress).to_be_hidden()
    card = page.get_by_test_id(f"run-{run.id}")
    card.get_by_test_id("resume-run").click()
    expect(card.get_by_test_id("run-state")).to_have_text("queued")
    expect(page.get_by_text("40% · to be continued")).to_be_visible()
    card.get_by_test_id("cancel-run").click()
    expect(progress).to_be_hidden()
    page.get_by_test_id(f"version-{MODELS[1]}").get_by_test_id("promote").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Right on 91.1% instead of 87.2%")
    page.get_by_test_id("dialog-words").fill("Better on the same tickets")
    page.get_by_test_id("dialog-yes").click()
    expect(page.get_by_test_id(f"version-{MODELS[1]}").get_by_test_id("is-served")).to_be_visible()
    with served.world.desk.store.read() as session:
        assert serving.served(session, "classifier") == MODELS[1]
    page.get_by_test_id("roll-back").click()
    page.get_by_test_id("dialog-words").fill("Printing tickets go astray")
    page.get_by_test_id("dialog-yes").click()
    expect(page.get_by_test_id(f"version-{MODELS[0]}").get_by_test_id("is-served")).to_be_visible()
    with served.world.desk.store.read() as session:
        assert serving.served(session, "classifier") == MODELS[0]
    page.context.close()


def test_a_challenger_is_laid_aside(served: Served) -> None:
    with served.world.desk.store.begin() as session:
        made = runs.request(session, WORKSPACE, ADMIN)
        made.state, made.version = "done", MODELS[1]
        number = made.id
    page = served.page("/console/models", ADMIN)
    card = page.get_by_test_id(f"run-{number}")
    card.get_by_test_id("dismiss-run").click()
    expect(card).to_contain_text(f"laid aside by {ADMIN}")
    with served.world.desk.store.begin() as session:
        session.delete(session.get_one(TrainingRun, number))
    page.context.close()


def test_a_models_page_shows_what_it_confuses_and_whom_more_tickets_would_help(served: Served) -> None:
    page = served.page("/console/models", ADMIN)
    page.get_by_test_id(f"version-{MODELS[1]}").get_by_test_id("look-closer").click()
    expect(page.locator("h1")).to_have_text(f"Model {MODELS[1]}")
    for name in ("confusions", "reliability", "risk", "learning", "gains"):
        expect(page.get_by_test_id(f"picture-{name}").get_by_role("img")).to_be_visible()
    expect(page.get_by_test_id("picture-learning").get_by_role("img")).to_have_accessible_name(
        re.compile("extrapolated")
    )
    expect(page.get_by_test_id("advice")).to_contain_text("Promote it")
    expect(page.get_by_test_id("labels")).to_contain_text("Network & VPN")
    expect(page.get_by_test_id("fields")).to_contain_text("usual for its label")
    numbers = page.get_by_test_id("numbers-gains")
    numbers.click()
    expect(numbers.get_by_text("More right of 100 tickets")).to_be_visible()
    page.goto(f"{served.url}/console/models/versions/{MODELS[0]}")
    expect(page.get_by_test_id("empty")).to_contain_text("before tests were kept")
    page.goto(f"{served.url}/console/models/versions/served.json")
    expect(page.get_by_test_id("empty")).to_contain_text("There is no classifier version")
    page.context.close()


def test_a_challenger_scores_in_shadow_until_it_is_stopped(served: Served) -> None:
    page = served.page("/console/models", ADMIN)
    version = page.get_by_test_id(f"version-{MODELS[1]}")
    version.get_by_test_id("shadow").click()
    page.get_by_test_id("dialog-words").fill("To see how it does with the new building")
    page.get_by_test_id("dialog-yes").click()
    expect(version.get_by_test_id("in-shadow")).to_have_text("in shadow as challenger")
    world = served.world
    ticket = world.open_ticket("The badge printer in the new building is jammed", "network_vpn")
    with world.desk.store.begin() as session:
        session.add(ShadowScore(
            workspace=WORKSPACE, ticket_id=ticket, version=MODELS[1], label="printing", confidence=0.9, accepted=True,
            champion=MODELS[0], champion_label="network_vpn", champion_confidence=0.93, champion_accepted=True,
        ))  # fmt: skip
    world.do(ticket, work.relabel, "printing")
    world.do(ticket, work.resolve, "Cleared the jam")
    page.get_by_test_id("part-shadow").click()
    row = page.get_by_test_id(f"disagreement-{ticket}")
    expect(row).to_contain_text("Printing")
    expect(row.locator(".dh-tag")).to_have_text("shadow")
    expect(page.get_by_test_id("shadow-words")).to_contain_text(
        "Of 1 solved tickets the shadow saw the right team in 1"
    )
    page.get_by_test_id("part-versions").click()
    page.get_by_test_id(f"version-{MODELS[1]}").get_by_test_id("stop-shadow").click()
    expect(page.get_by_test_id(f"version-{MODELS[1]}").get_by_test_id("shadow")).to_be_visible()
    with world.desk.store.read() as session:
        assert shadows.running(session) == []
    page.context.close()


def test_the_last_days_are_replayed_with_another_version_and_limit(served: Served) -> None:
    page = served.page("/console/models/replay", ADMIN)
    expect(page.get_by_test_id("replay-state")).to_have_text("Nothing has been replayed yet.")
    page.get_by_test_id("limit").fill("5")
    page.get_by_test_id("limit").blur()
    page.get_by_test_id("replay").click()
    expect(page.get_by_test_id("replay-state")).to_contain_text("waiting for a worker")
    part = {"tickets": 20, "routed": 15, "misrouted": 1, "minutes": 55.0, "hours_saved": 0.75}
    side = {"version": MODELS[1], "limit": 0.05, "threshold": 0.7, "total": part, "by_team": {"network": part}}
    with served.world.desk.store.begin() as session:
        (study,) = studies.latest(session, WORKSPACE, "replay")
        assert study.asked == {"version": MODELS[1], "days": 90, "limit": 0.05}
        study.state, study.finished_at = "done", now()
        study.report = {
            "tickets": 20, "first": "2026-09-01", "last": "2026-11-20", "champion": None, "challenger": side,
            "words": ["It routes 75.0% of 20 tickets without a person."],
        }  # fmt: skip
    result = page.get_by_test_id("replayed")
    expect(result).to_contain_text("20 tickets, 2026-09-01 to 2026-11-20")
    expect(result.locator("tbody tr").first).to_contain_text("Network")
    expect(result.locator("svg").first).to_be_visible()
    page.context.close()


def test_a_look_for_drift_shows_what_changed_and_proposes_a_new_label(served: Served) -> None:
    page = served.page("/console/models/drift", ADMIN)
    expect(page.get_by_test_id("empty")).to_be_visible()
    page.get_by_test_id("look-now").click()
    expect(page.get_by_test_id("drift-state")).to_contain_text("waiting for a worker")
    expect(page.get_by_test_id("look-now")).to_be_disabled()
    findings = [
        {"what": what, "p_value": p, "corrected": p, "effect": effect, "least": 0.1, "detail": detail, "alarm": alarm}
        for what, p, effect, detail, alarm in (
            ("inputs", 0.4, 0.01, "+1.0% neighbours of the same time", False),
            ("labels", 0.001, 0.2, "printing 8% → 19%", True),
            ("confidence", 0.01, 0.05, "on average 81% → 79%", False),
        )
    ]
    topic = {"proposed": "coffee_machine", "words": ["coffee", "machine"], "tickets": ["DESK-3", "INC-9"], "people": 2,
             "examples": ["the coffee machine leaks"]}  # fmt: skip
    with served.world.desk.store.begin() as session:
        (study,) = studies.latest(session, WORKSPACE, "drift")
        study.state, study.finished_at, study.alarm = "done", now(), True
        study.report = {"version": MODELS[0], "words": ["x"], "findings": findings, "topics": [topic]}
    tests = page.get_by_test_id("tests")
    expect(tests).to_contain_text("printing 8% → 19%")
    expect(tests.locator(".dh-tag")).to_have_text(["as before", "changed", "changed a little"])
    card = page.get_by_test_id("topic-coffee_machine")
    expect(card).to_contain_text("the coffee machine leaks")
    expect(card).to_contain_text("id: coffee_machine")
    expect(page.get_by_test_id("history")).to_contain_text("changed: what it is about; new: coffee_machine")
    card.get_by_role("link", name="DESK-3").click()
    expect(page.locator("h1")).to_contain_text("DESK-3")
    page.context.close()


def test_an_admin_has_the_encoder_adapted_and_thinks_better_of_it(served: Served) -> None:
    page = served.page("/console/models", ADMIN)
    card = page.get_by_test_id("encoders")
    expect(card.get_by_test_id("encoder-untuned").get_by_test_id("encoder-served")).to_be_visible()
    card.get_by_test_id("adapt").click()
    expect(card.get_by_test_id("run-state").first).to_have_text("queued")
    expect(card.get_by_test_id("adapt")).to_be_disabled()
    with served.world.desk.store.read() as session:
        assert [run.state for run in runs.latest(session, WORKSPACE, "encoder")] == ["queued"]
    card.get_by_test_id("cancel-run").click()
    expect(card.get_by_test_id("run-state").first).to_have_text("cancelled")
    page.context.close()


# automations


def test_an_admin_suspends_resumes_demotes_and_promotes(served: Served) -> None:
    page = served.page("/console/automations", ADMIN)
    card = page.get_by_test_id("automation-route")
    card.get_by_test_id("suspend").click()
    page.get_by_test_id("dialog-words").fill("A wave of misroutes")
    page.get_by_test_id("dialog-yes").click()
    expect(card.get_by_test_id("state")).to_have_text("suspended")
    expect(card.get_by_test_id("why")).to_contain_text("A wave of misroutes")
    with served.world.desk.store.read() as session:
        assert not automations.permit(session, WORKSPACE, "route").allowed
    card.get_by_test_id("resume").click()
    expect(card.get_by_test_id("state")).to_have_text("running")
    card.get_by_test_id("demote").click()
    page.get_by_test_id("dialog-words").fill("Until the new labels are learnt")
    page.get_by_test_id("dialog-yes").click()
    expect(card).to_contain_text("approve: people approve each")
    card.get_by_test_id("promote").click()
    page.get_by_test_id("dialog-words").fill("They are learnt")
    page.get_by_test_id("dialog-yes").click()
    expect(card).to_contain_text("auto: acts by itself")
    page.get_by_test_id("decisions").locator("tbody tr").first.click()
    expect(page.get_by_role("dialog").get_by_test_id("receipt")).to_be_visible()
    page.context.close()


# audit


def test_the_chain_is_verified_and_a_change_in_it_is_found(served: Served) -> None:
    page = served.page("/console/audit", ADMIN)
    page.get_by_test_id("verify").click()
    expect(page.get_by_test_id("verdict")).to_contain_text("The chain is intact")
    page.get_by_test_id("filter-actor").fill("automation:route")
    expect(page.get_by_test_id("audit").locator("tbody tr").first).to_contain_text("Ticket routed")
    expect(page.get_by_test_id("audit")).not_to_contain_text("Signed in")
    with served.world.desk.store.begin() as session:
        entry = session.get_one(AuditEntry, 5)
        was, entry.actor = entry.actor, "somebody.else"
    try:
        page.get_by_test_id("verify").click()
        expect(page.get_by_test_id("verdict")).to_contain_text("broken at entry 5")
    finally:
        with served.world.desk.store.begin() as session:
            session.get_one(AuditEntry, 5).actor = was
            assert audit.verify(session).intact
    page.context.close()


def test_a_failed_message_is_sent_again(served: Served) -> None:
    with served.world.desk.store.begin() as session:
        failed = Delivery(
            workspace=WORKSPACE, method="chat.postMessage", lane="ticket:2", payload={"to": "channel:it-security"},
            state="failed", error="channel_not_found", attempts=8,
        )  # fmt: skip
        session.add(failed)
        session.flush()
        number = failed.id
    page = served.page("/console/audit", ADMIN)
    row = page.get_by_test_id("failed-delivery").filter(has_text="channel_not_found")
    row.get_by_test_id("send-again").click()
    expect(row).to_have_count(0)
    with served.world.desk.store.read() as session:
        assert session.get_one(Delivery, number).state == "waiting"
    page.context.close()


# the first page, the looks


def test_numbers_on_the_first_page_lead_to_what_they_count(served: Served) -> None:
    page = served.page("/console/", ADMIN)
    overdue = int(page.get_by_test_id("number-overdue").locator(".dh-number").inner_text())
    assert overdue > 0
    expect(page.get_by_test_id("machine")).to_contain_text("prioritise")
    page.get_by_test_id("number-overdue").click()
    expect(page.locator("h1")).to_have_text("Tickets")
    expect(page.locator("[data-testid^='row-']")).to_have_count(overdue)
    page.context.close()


def test_the_theme_is_kept_in_the_browser(served: Served) -> None:
    page = served.page("/console/", AGENT)
    page.get_by_test_id("theme").click()
    expect(page.locator("body.body--dark")).to_have_count(1)
    page.reload()
    expect(page.locator("body.body--dark")).to_have_count(1)
    page.context.close()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tickets?team=all",
        "tickets/3",
        "articles",
        "articles/gaps",
        "models",
        f"models/versions/{MODELS[1]}",
        "automations",
        "audit",
    ],
)
def test_no_page_is_wider_than_the_window_nor_reports_an_error(served: Served, path: str) -> None:
    fits(served, path)


@pytest.mark.parametrize("path", ["articles/answers", "articles/search?q=the+vpn+drops+on+windows"])
def test_no_page_about_the_search_is_either(answering: Served, path: str) -> None:
    fits(answering, path)


def fits(served: Served, path: str) -> None:
    page = served.context(ADMIN).new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(f"{served.url}/console/{path}")
    for width in (1360, 390):
        page.set_viewport_size({"width": width, "height": 900})
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert errors == []
    page.context.close()


PICTURES = {
    "model": f"/console/models/versions/{MODELS[1]}",
    "start": "/console/", "tickets": "/console/tickets?team=all", "articles": "/console/articles",
    "models": "/console/models", "automations": "/console/automations", "audit": "/console/audit",
}  # fmt: skip


@pytest.mark.parametrize("name", [*PICTURES, "ticket", "model-dark", "tickets-dark", "tickets-phone", "sign-in"])
def test_pictures_are_taken(served: Served, screenshots: Path, name: str) -> None:
    path, handle = PICTURES.get(name.split("-")[0], "/console/sign-in"), ADMIN
    if name == "ticket":
        path = f"/console/tickets/{_talked_about(served.world)}"
    page = served.page(
        path, None if name == "sign-in" else handle, dark="dark" in name, width=390 if "phone" in name else 1360
    )
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_load_state("networkidle")
    if name == "models":
        expect(page.locator("canvas").first).to_be_visible()
    page.screenshot(path=screenshots / f"console-{name}.png")
    page.context.close()
    assert (screenshots / f"console-{name}.png").stat().st_size > 5_000


KNOWING = {
    "answers": "/console/articles/answers",
    "search": "/console/articles/search?q=OneDrive+error+0x8007016A,+it+is+stuck",
}


@pytest.mark.parametrize("name", [*KNOWING, "answers-dark", "search-dark", "answers-phone", "search-phone"])
def test_pictures_of_the_search_are_taken(answering: Served, screenshots: Path, name: str) -> None:
    path = KNOWING[name.split("-")[0]]
    page = answering.page(path, ADMIN, dark="dark" in name, width=390 if "phone" in name else 1360)
    expect(page.locator("svg[width]" if "answers" in name else "mark").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=screenshots / f"console-{name}.png")
    page.context.close()
    assert (screenshots / f"console-{name}.png").stat().st_size > 5_000


def _talked_about(world: World) -> int:
    with world.desk.store.read() as session:
        return session.scalars(select(TicketEntry.ticket_id).where(TicketEntry.text.contains("half an hour"))).one()
