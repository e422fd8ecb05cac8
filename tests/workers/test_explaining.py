"""Why a ticket gets its label, with a real small model: for agents only, of their workspace, without secrets."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from bot.cli import build
from bot.context import BotContext
from bot.handlers import tickets
from bot.knowledge import Knowledge
from bot.views.talk import explained
from tests.bot.test_trainings_in_slack import InSlack
from tests.classifier.small_desk import small_tickets
from tests.workers.office import ANNA, JONAS, STARTER, WORKSPACE, Office
from tests.workers.shadow_world import LABELS
from tests.workers.slack_server import serve_slack
from tests.workers.test_learning import closed
from workers.routing.explaining import CannotExplain, Explainer, Why, telling_words
from workers.routing.missed import route_one
from workers.service_desk import ServiceDesk
from workers.settings import Settings
from workers.store.tables import Receipt, Ticket
from workers.tickets.permissions import NotAllowed
from workers.training import versions


@pytest.fixture
def desk(quick_office: Office, tmp_path: Path, small_model: Path) -> ServiceDesk:
    """A desk that serves the small model and has its tickets in the folder."""
    folder = tmp_path / "desk"
    (folder / "tickets").mkdir(parents=True)
    for name in ("desk.yaml", "people.yaml", "taxonomy.yaml"):
        shutil.copyfile(STARTER / name, folder / name)
    rows = [{"id": t.id, "text": t.text, "label": LABELS[t.label]} for t in small_tickets()]
    (folder / "tickets" / "2026.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = ServiceDesk(Settings(home=tmp_path, desk=folder), quick_office.store, quick_office.handbook)
    shutil.copytree(small_model, made.models / small_model.name)
    versions.promote(made, WORKSPACE, small_model.name, "test", "the small model")
    return made


def why(office: Office, desk: ServiceDesk, ticket_id: int, who: str = JONAS) -> Why:
    with office.store.read() as session:
        return Explainer(desk).ticket(session, office.person(who), ticket_id)


def test_words_runner_up_and_nearest_tickets_are_named(quick_office: Office, desk: ServiceDesk) -> None:
    before = closed(quick_office, "the toner in the copy room leaks", "printing")
    ticket = quick_office.open("hello, the toner in the copy room is empty")
    found = why(quick_office, desk, ticket)
    assert found.label == "printing" and found.runner_up != "printing"
    assert {"toner", "copy", "empty"} & set(found.telling)
    links = {near.reference: near.ticket_id for near in found.near}
    assert links[f"DESK-{before}"] == before and links["T-005"] is None
    assert all(near.ticket_id != ticket for near in found.near)
    said = explained(found)
    assert "runner-up" in said and f"DESK-{before}" in said and "toner" in said


def test_words_that_say_nothing_alone_are_not_named() -> None:
    words = (("the", 0.9), ("Toner,", 0.8), ("and", 0.7), ("toner", 0.6), ("empty", 0.05))
    assert telling_words(words) == ("Toner", "toner")


def test_employees_are_told_nothing_of_it(quick_office: Office, desk: ServiceDesk) -> None:
    ticket = quick_office.open("the toner is empty")
    with pytest.raises(NotAllowed):
        why(quick_office, desk, ticket, ANNA)


def test_another_workspaces_tickets_are_not_among_the_nearest(quick_office: Office, desk: ServiceDesk) -> None:
    other = closed(quick_office, "the toner in the cellar is empty", "printing")
    with quick_office.store.begin() as session:
        session.get_one(Ticket, other).workspace = "T0OTHER"
    found = why(quick_office, desk, quick_office.open("the toner in the cellar is empty, again"))
    assert found.near and all(near.ticket_id is None for near in found.near)


def test_no_secret_is_shown_even_where_a_file_holds_one(quick_office: Office, desk: ServiceDesk) -> None:
    with (desk.settings.desk / "tickets" / "more.jsonl").open("w") as file:
        file.write(json.dumps({"id": "LEAK", "text": "toner empty, my password is Tulip7bridge", "label": "printing"}))
    with quick_office.store.read() as session:
        found = Explainer(desk).text(session, quick_office.person(JONAS), "toner empty, my password is Tulip7bridge")
    assert "LEAK" in [near.reference for near in found.near]
    assert "Tulip7bridge" not in str(found)


def test_without_a_model_or_a_text_it_says_so(quick_office: Office, tmp_path: Path) -> None:
    desk = ServiceDesk(Settings(home=tmp_path, desk=tmp_path / "none"), quick_office.store, quick_office.handbook)
    with quick_office.store.read() as session, pytest.raises(CannotExplain, match="No classifier is served"):
        Explainer(desk).text(session, quick_office.person(JONAS), "toner")


def test_the_card_in_triage_says_what_spoke_for_the_likeliest_label(quick_office: Office, desk: ServiceDesk) -> None:
    ticket = quick_office.open("the toner is empty and I forgot my password")
    route_one(desk, ticket)
    with quick_office.store.read() as session:
        row = session.get_one(Ticket, ticket)
        receipt = session.get_one(Receipt, row.receipt_id)
    assert receipt.decision == "triage" and receipt.evidence["words"]
    (card,) = [one for one in quick_office.deliveries(lane=f"ticket:{ticket}") if one.record == f"card:{ticket}"]
    assert f"“{receipt.evidence['words'][0]}”" in json.dumps(card.payload, ensure_ascii=False)
    toward = [one for one in quick_office.deliveries(lane=f"ticket:{ticket}") if one.payload["to"].startswith("thread")]
    assert "speaks" not in str([one.payload for one in toward])  # the employee's messages


def test_why_in_slack_explains_to_agents_and_only_the_decision_to_employees(
    quick_office: Office, desk: ServiceDesk
) -> None:
    ticket = quick_office.open("the toner is empty and I forgot my password", by=ANNA)
    route_one(desk, ticket)
    with serve_slack() as slack:
        settings = desk.settings.model_copy(
            update={"slack_bot_token": SecretStr("xoxb-test"), "slack_api_url": slack.url}
        )
        bot = BotContext(replace(desk, settings=settings), Knowledge.of(desk), WORKSPACE, "U0BOT", "B0BOT")
        at = InSlack(bot, slack, quick_office)
        at.click(tickets.why, JONAS, f"ticket:{ticket}")
        at.click(tickets.why, ANNA, f"ticket:{ticket}")
        agent, employee = (str(call["text"]) for call in slack.called("chat.postEphemeral"))
    assert "runner-up" in agent and "Nearest closed tickets: " in agent
    assert "runner-up" not in employee and "Nearest" not in employee and "people choose the team" in employee


def test_the_command_explains_a_ticket_and_a_text(
    quick_office: Office, desk: ServiceDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path))
    monkeypatch.setenv("DESKHAND_DESK", str(desk.settings.desk))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'office.db'}")
    ticket = quick_office.open("the toner in the copy room is empty")

    def call(*words: str) -> str:
        done = CliRunner().invoke(build(), ["classifier", "explain", *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    found = json.loads(call(f"desk-{ticket}", "--json"))
    assert found["label"] == "printing" and found["near"][0]["reference"] == "T-005"
    said = call("[bold]toner is empty")
    assert "nearest closed ticket" in said and "T-005" in said
    missing = CliRunner().invoke(build(), ["classifier", "explain", "DESK-999"])
    assert missing.exit_code == 1 and "no ticket DESK-999" in missing.stderr
