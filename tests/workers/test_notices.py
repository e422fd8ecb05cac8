"""What is sent later keeps Slack's limits, whatever people wrote."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.slack import blocks, notices
from workers.store.tables import Person, SlaTimer, Ticket
from workers.tickets import states

ANNA = Person(id=1, workspace="T", slack_id="U0ANNA", handle="anna.lind", name="Anna <Lind> & Co", teams=[])
STATUSES = [value for name, value in vars(states).items() if name.isupper() and isinstance(value, str)]
nasty = st.one_of(
    st.text(max_size=200),
    st.sampled_from(
        ["<!channel>", "<@U0ANNA>", "&amp;", "&", "> quote", "*bold*", "x" * 4_000, "&" * 4_000, "\n" * 500]
    ),
)


def ticket(text: str, status: str = states.ASSIGNED) -> Ticket:
    moment = datetime(2026, 3, 3, tzinfo=UTC)
    timers = [SlaTimer(target=target, state="running", due_at=moment) for target in ("first_response", "resolution")]
    return Ticket(id=7, text=text, status=status, priority="P3", requester=ANNA, assignee=ANNA, timers=timers,
                  resolution=text)  # fmt: skip


def check(payload: dict[str, Any]) -> None:
    """https://api.slack.com/reference/block-kit/blocks"""
    assert 0 < len(payload["text"]) <= 40_000
    assert 0 < len(payload["blocks"]) <= 50
    ids = [element["action_id"] for block in payload["blocks"] for element in block.get("elements", [])
           if "action_id" in element]  # fmt: skip
    assert len(ids) == len(set(ids))
    for block in payload["blocks"]:
        match block["type"]:
            case "section":
                assert 0 < len(block["text"]["text"]) <= 3000
            case "context":
                assert 0 < len(block["elements"]) <= 10
                assert all(0 < len(element["text"]) <= 2000 for element in block["elements"])
            case "actions":
                assert 0 < len(block["elements"]) <= 25
                for element in block["elements"]:
                    assert 0 < len(element["text"]["text"]) <= 75
                    assert 0 < len(element["value"]) <= 2000
    assert "<!channel>" not in str([payload["text"], *read_as_mrkdwn(payload)])


def read_as_mrkdwn(payload: dict[str, Any]) -> list[str]:
    """What Slack looks for mentions in; a button's label is plain text."""
    texts = [part["text"] for part in payload["blocks"] if part["type"] == "section"]
    texts += [element for part in payload["blocks"] if part["type"] == "context" for element in part["elements"]]
    return [text["text"] for text in texts if text["type"] == "mrkdwn"]


def test_an_assigned_tickets_card_says_what_to_ask_first() -> None:
    shown = notices.Card("Network", "Network & VPN", "why", ask=("Where are you?", "What cannot be reached?"))
    assert "Unless it is said: Where are you? What cannot be reached?" in read_as_mrkdwn(
        notices.card(ticket("vpn is down", "assigned"), shown)
    )
    assert not any("Unless" in text for text in read_as_mrkdwn(notices.card(ticket("vpn is down", "resolved"), shown)))


@settings(max_examples=50)
@given(nasty, st.sampled_from(STATUSES), st.lists(st.tuples(st.just("printing"), nasty.filter(str.strip)), max_size=3))
def test_a_card_keeps_slacks_limits(text: str, status: str, choices: list[tuple[str, str]]) -> None:
    shown = notices.Card(text or "team", text or "label", text, 0.93, choices, [text])
    check(notices.card(ticket(text, status), shown))
    assert notices.status_words(status)


@given(nasty)
def test_every_message_keeps_slacks_limits(text: str) -> None:
    about = ticket(text)
    for payload in (
        notices.opened(about), notices.claimed(about), notices.resolved(about), notices.reopened(about),
        notices.withdrawn(about), notices.reply(ANNA, text), notices.note("mira.holt", text),
        notices.said_before("anna.lind", "reply", text), notices.moved_card(about, text),
        notices.overdue(about, "first_response", True, ["U0JONAS"]), notices.event_line(text or "-"),
    ):  # fmt: skip
        check(payload)


@given(st.text(st.sampled_from("a&<> é"), max_size=20), st.integers(1, 60))
def test_cutting_keeps_the_limit_and_halves_no_entity(text: str, limit: int) -> None:
    escaped = blocks.escape(text)
    kept = blocks.cut(escaped, limit)
    assert len(kept) <= limit
    if len(escaped) > limit:
        assert kept.endswith("…")
        whole = kept[:-1].replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
        assert not set("&<>") & set(whole)
    else:
        assert kept == escaped


@pytest.mark.parametrize("text", ["<!channel>", "<https://evil.example|bank>", "<@U0MIRA>"])
def test_peoples_text_makes_no_mention_and_no_link(text: str) -> None:
    assert "<" not in blocks.escape(text)
    assert blocks.quote(text).startswith("> &lt;")


def test_a_moment_is_shown_in_the_readers_own_time() -> None:
    shown = notices.slack_time(datetime(2026, 3, 3, 9, tzinfo=UTC))
    assert shown == "<!date^1772528400^{date_short_pretty} {time}|03 Mar 09:00 UTC>"
