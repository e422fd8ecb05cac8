"""Which messages are for us, and what is kept of them when they are claimed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot import middleware
from bot.context import BotContext
from bot.knowledge import Knowledge
from tests.workers.office import STARTER, WORKSPACE, Office
from workers.service_desk import ServiceDesk
from workers.settings import Settings
from workers.store.session import Store
from workers.store.tables import InboxMessage, Ticket

BOT = "U0BOT"
SAID = {
    "type": "message",
    "channel": "D0ANNA",
    "channel_type": "im",
    "user": "U0ANNA",
    "ts": "1.1",
    "text": "VPN drops",
}
IN_CHANNEL = {**SAID, "channel": "C0NETWORK", "channel_type": "channel"}


@pytest.fixture
def office(sqlite_store: Store) -> Office:
    return Office.set_up(sqlite_store)


@pytest.fixture
def bot(office: Office, tmp_path: Path) -> Iterator[BotContext]:
    desk = ServiceDesk(Settings(home=tmp_path, desk=STARTER), office.store, office.handbook)
    yield BotContext(desk, Knowledge.of(desk), WORKSPACE, BOT, "B0BOT")


@pytest.mark.parametrize(
    ("event", "for_us"),
    [
        (SAID, True),
        (SAID | {"subtype": "file_share", "files": [{"id": "F1"}]}, True),
        (SAID | {"thread_ts": "1.0"}, True),
        (SAID | {"subtype": "thread_broadcast"}, True),
        (SAID | {"text": ""}, True),
        (SAID | {"user": BOT}, False),
        (SAID | {"user": "USLACKBOT"}, False),
        (SAID | {"bot_id": "B0OTHER"}, False),
        (SAID | {"bot_id": "B0OTHER", "user": "U0OTHERBOT"}, False),
        ({key: value for key, value in SAID.items() if key != "user"}, False),
        (SAID | {"subtype": "bot_message"}, False),
        (SAID | {"subtype": "message_deleted"}, False),
        (SAID | {"subtype": "channel_join"}, False),
        (IN_CHANNEL, False),
        (IN_CHANNEL | {"thread_ts": "9.9"}, False),
        (IN_CHANNEL | {"text": f"<@{BOT}> VPN drops"}, True),
        (IN_CHANNEL | {"text": "<@U0SOMEBODY> VPN drops"}, False),
        (IN_CHANNEL | {"text": f"<@{BOT}> hi", "bot_id": "B0OTHER"}, False),
    ],
)
def test_only_what_a_person_says_to_the_bot_is_for_us(bot: BotContext, event: dict[str, Any], for_us: bool) -> None:
    assert middleware.is_for_us(bot, event) is for_us


@pytest.mark.parametrize("what", ["edit", "link preview", "reply count"])
def test_what_slack_does_to_a_message_is_not_said_by_anybody(bot: BotContext, what: str) -> None:
    changed = SAID | {"edited": {"user": "U0ANNA", "ts": "1.2"}} if what == "edit" else SAID | {"attachments": []}
    event = {"type": "message", "subtype": "message_changed", "channel": "D0ANNA", "channel_type": "im", "ts": "1.3",
             "message": changed, "previous_message": SAID}  # fmt: skip
    assert not middleware.is_for_us(bot, event)


def test_a_reply_below_a_card_or_in_a_tickets_thread_is_for_us(bot: BotContext, office: Office) -> None:
    ticket = office.open_in()
    with office.store.begin() as session:
        row = session.get_one(Ticket, ticket)
        row.card_channel, row.card_ts = "C0NETWORK", "5.5"
        row.thread_channel, row.thread_ts = "C0GENERAL", "6.6"
    assert middleware.is_for_us(bot, IN_CHANNEL | {"thread_ts": "5.5"})
    assert middleware.is_for_us(bot, IN_CHANNEL | {"channel": "C0GENERAL", "thread_ts": "6.6"})
    assert not middleware.is_for_us(bot, IN_CHANNEL | {"channel": "C0OTHER", "thread_ts": "5.5"})


def claim(bot: BotContext, event: dict[str, Any], event_id: str = "Ev1") -> tuple[int | None, bool]:
    """The inbox id that was handed on, and whether a handler ran."""
    ran: list[bool] = []
    context: dict[str, Any] = {"bot": bot}
    answer = middleware.claim(context, {"event_id": event_id}, event, lambda: ran.append(True))
    assert (answer is None) == bool(ran)
    if answer is not None:
        assert answer.status == 200  # else Slack would send it again
    return context.get("inbox_id"), bool(ran)


def kept(office: Office) -> InboxMessage:
    with office.store.read() as session:
        return session.scalars(select(InboxMessage)).one()


def test_a_message_is_claimed_once_and_handed_on_once(bot: BotContext, office: Office) -> None:
    inbox_id, ran = claim(bot, dict(SAID))
    assert ran and inbox_id == kept(office).id
    assert claim(bot, dict(SAID)) == (None, False)
    assert claim(bot, dict(SAID), "Ev2") == (None, False)
    assert claim(bot, SAID | {"type": "app_mention"}, "Ev3") == (None, False)


def test_secrets_are_cut_out_before_anything_is_stored_or_handled(bot: BotContext, office: Office) -> None:
    event = SAID | {"text": "my password is Tulip7bridge", "blocks": [{"text": "my password is Tulip7bridge"}]}
    claim(bot, event)
    assert event["text"] == "my password is [password removed]"
    assert kept(office).event == {key: SAID[key] for key in SAID if key != "text"} | {"text": event["text"]}
    assert "Tulip7bridge" not in str(kept(office).event)


def test_what_is_not_for_us_is_not_stored(bot: BotContext, office: Office) -> None:
    assert claim(bot, dict(IN_CHANNEL)) == (None, False)
    with office.store.read() as session:
        assert session.scalars(select(InboxMessage)).all() == []


def test_a_claim_that_cannot_be_written_is_not_acknowledged(bot: BotContext, tmp_path: Path) -> None:
    nowhere = Store(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder' / 'desk.db'}")
    lost = BotContext(
        ServiceDesk(bot.desk.settings, nowhere, bot.desk.handbook), bot.knowledge, WORKSPACE, BOT, "B0BOT"
    )
    with pytest.raises(OperationalError):
        middleware.claim({"bot": lost}, {"event_id": "Ev1"}, dict(SAID), lambda: None)
    nowhere.close()
