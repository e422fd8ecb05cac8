"""An admin's buttons for trainings, as Slack sends them; what runs on the queue is the workers' matter."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.context import BotContext
from bot.handlers import commands, home, trainings
from bot.knowledge import Knowledge
from bot.local_slack.validation.blocks import message_block_problems
from bot.local_slack.validation.views import view_problems
from bot.views import forms
from tests.console.world import write_version
from tests.workers.office import ANNA, JONAS, MIRA, STARTER, WORKSPACE, Office
from tests.workers.slack_server import Slack, serve_slack
from workers import serving
from workers.service_desk import ServiceDesk
from workers.settings import Settings
from workers.slack import trainings as messages
from workers.store.session import Store
from workers.store.tables import TrainingRun
from workers.training import news, runs
from workers.training.advice import Advice

VERSION = "20261120-101500-5be2d7-0"


@dataclass
class InSlack:
    """Somebody's clicks, and what Slack was told."""

    bot: BotContext
    slack: Slack
    office: Office
    answers: list[dict[str, Any]] = field(default_factory=list)

    def click(self, listener: Any, who: str, value: str = "classifier", **place: Any) -> None:
        """A button in an answer that only this person sees, unless `place` says otherwise."""
        body = {
            "user": {"id": self.office.person(who).slack_id},
            "actions": [{"value": value}],
            "container": {"is_ephemeral": True},
            "message": {"ts": "7.1", "text": "Training", "blocks": [{"type": "actions", "elements": []}]},
            "channel": {"id": "D0MIRA"},
            "trigger_id": "t1",
        }
        self._call(listener, body | place)

    def _call(self, listener: Any, body: dict[str, Any], **more: Any) -> None:
        given = {
            "ack": lambda **_: None,
            "body": body,
            "client": WebClient("xoxb-test", base_url=self.slack.url),
            "respond": lambda **answer: self.answers.append(answer),
            "context": {"bot": self.bot},
        } | more
        names = [name for name in given if name in listener.__code__.co_varnames[: listener.__code__.co_argcount]]
        listener(**{name: given[name] for name in names})

    def command(self, who: str, text: str) -> str:
        """`/desk text`; gives what was answered."""
        self._call(commands.desk, {"user_id": self.office.person(who).slack_id, "channel_id": "C1", "text": text})
        return str(self.answers[-1]) if self.answers else ""

    def send(self, who: str, words: str, about: str) -> None:
        """The form about a promotion."""
        view = {"private_metadata": about, "state": {"values": {forms.TEXT: {forms.TEXT: {"value": words}}}}}
        self._call(trainings.promote, {"user": {"id": self.office.person(who).slack_id}}, view=view)

    def told(self) -> list[str]:
        """What single people were told, such as a refusal."""
        return [str(call["text"]) for call in self.slack.called("chat.postEphemeral")] + [
            str(call["text"]) for call in self.slack.called("chat.postMessage")
        ]

    def runs(self) -> list[TrainingRun]:
        """The trainings, newest first."""
        with self.office.store.read() as session:
            return runs.latest(session, WORKSPACE, "classifier")


@pytest.fixture
def at(sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InSlack]:
    office = Office.set_up(sqlite_store)
    # Nobody listens on the queue: a request is written down, and the timetable would hand it over.
    monkeypatch.setenv("DESKHAND_HOME", str(tmp_path))
    with serve_slack() as slack:
        settings = Settings(home=tmp_path, desk=STARTER, slack_bot_token="xoxb-test", slack_api_url=slack.url)
        desk = ServiceDesk(settings, office.store, office.handbook)
        yield InSlack(BotContext(desk, Knowledge.of(desk), WORKSPACE, "U0BOT", "B0BOT"), slack, office)


def made(at: InSlack) -> int:
    """A training that has made a challenger."""
    write_version(at.bot.desk.models, VERSION, 0.9)
    with at.office.store.begin() as session:
        run = runs.request(session, WORKSPACE, MIRA)
        run.state, run.version, run.comparison = "done", VERSION, {"recommendation": "better", "reasons": ["p = 0.01"]}
        return run.id


def test_an_admin_starts_cancels_and_goes_on_with_a_training(at: InSlack) -> None:
    assert "challenger is being trained" in at.command(MIRA, "retrain")
    (run,) = at.runs()
    with at.office.store.begin() as session:
        session.get_one(TrainingRun, run.id).done = 0.25
    at.click(trainings.cancel, MIRA, str(run.id))
    assert at.runs()[0].state == "cancelled" and at.answers[-1]["replace_original"]
    at.click(trainings.resume, MIRA, str(run.id))
    assert at.runs()[0].state == "queued"
    assert messages.CANCEL in at.command(MIRA, "trainings")
    assert at.office.actions(f"training:{run.id}") == ["training_requested", "training_cancelled", "training_resumed"]


@pytest.mark.parametrize("who", [ANNA, JONAS])
@pytest.mark.parametrize("listener", [trainings.start, trainings.cancel, trainings.resume, trainings.dismiss])
def test_nobody_but_an_admin_may(at: InSlack, who: str, listener: Any) -> None:
    run_id = made(at)
    before = at.office.audited()
    at.click(listener, who, str(run_id))
    at.click(trainings.open_promotion, who, str(run_id))
    at.send(who, "I want it", f"{run_id}:D0MIRA:7.1")
    assert (at.office.audited(), len(at.runs())) == (before, 1)
    assert at.told().count("Only admins of the service desk can do this.") == 3
    assert at.slack.called("views.open") == []
    at.command(who, "trainings")
    assert at.answers == []


def test_a_challenger_is_promoted_after_a_reason_was_given(at: InSlack) -> None:
    run_id = made(at)
    at.click(trainings.open_promotion, MIRA, str(run_id))
    (opened,) = at.slack.called("views.open")
    assert "Promote it" in str(opened["view"])
    at.send(MIRA, "", f"{run_id}:D0MIRA:7.1")  # no reason: nothing happens
    with at.office.store.read() as session:
        assert serving.served(session, "classifier") is None
    at.slack.messages.append({"channel": "D0MIRA", "ts": "7.1", "text": "Training 1 is done.", "blocks": []})
    at.send(MIRA, "better on later tickets", f"{run_id}:D0MIRA:7.1")
    with at.office.store.read() as session:
        row = serving.history(session, "classifier")[0]
    assert (row.version, row.by, row.why) == (VERSION, MIRA, "better on later tickets")
    (changed,) = at.office.deliveries(lane=news.LANE)
    assert "is served since Mira Holt promoted it" in str(changed.payload)


def test_a_challenger_is_dismissed_and_its_message_says_by_whom(at: InSlack) -> None:
    run_id = made(at)
    at.click(trainings.dismiss, MIRA, str(run_id), container={"is_ephemeral": False})
    assert at.runs()[0].dismissed_by == MIRA
    (changed,) = at.office.deliveries(lane=news.LANE)
    assert "was laid aside by Mira Holt" in str(changed.payload)
    assert all(block["type"] != "actions" for block in changed.payload["blocks"])


def test_a_button_of_no_training_is_refused(at: InSlack) -> None:
    for value in ("99", "seven", ""):
        at.click(trainings.cancel, MIRA, value)
    assert at.told() == [
        "There is no training 99.", "This button belongs to no training.", "This button belongs to no training.",
    ]  # fmt: skip


def test_trainings_stand_on_the_home_of_admins_only(at: InSlack) -> None:
    made(at)
    seen = home.view_for(at.bot, at.office.person(MIRA))
    assert "Trainings of the classifier" in str(seen) and view_problems(seen, "home") == []
    for who in (ANNA, JONAS):
        assert "Training" not in str(home.view_for(at.bot, at.office.person(who)))


def test_slack_takes_every_message_and_form_about_trainings() -> None:
    shown_runs = [
        TrainingRun(id=number, state=state, requested_by="a<b", stage="learning & more", done=0.4, version=version,
                    error=error, dismissed_by=None)
        for number, (state, version, error) in enumerate(
            [("running", None, None), ("failed", None, "no <disk>" * 100), ("cancelled", None, None),
             ("done", VERSION, None), ("queued", None, None)]
        )
    ]  # fmt: skip
    advice = Advice("promote", "Promote it: it does better.", tuple("reason & <reason> " * 40 for _ in range(9)))
    shown = [messages.Progress(run, timedelta(minutes=3)) for run in shown_runs]
    every = [
        messages.overview(shown, "http://127.0.0.1:8100"), messages.overview([], "http://127.0.0.1:8100"),
        messages.report(shown_runs[3], advice, "http://127.0.0.1:8100"), messages.failed(shown_runs[1]),
        messages.due("it is time"),
    ]  # fmt: skip
    for message in [*every, *(messages.settled(one, "decided") for one in every)]:
        assert message_block_problems(message["blocks"]) == [], message
    assert "about 3 min left" in str(every[0])
    assert view_problems(forms.promote(VERSION, advice.headline, "1:D0MIRA:7.1"), "modal") == []
