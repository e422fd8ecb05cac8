"""An article turns out wrong: its owner changes it, and the answer that quoted it is corrected in its thread."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.running import RunningDesk, running, with_fewer_tickets
from tests.journeys.words import Message, buttons, text_of, wait_reply
from workers.slack import notices

QUESTION = "OneDrive is stuck syncing, what can I do about it?"
ARTICLE = "onedrive-sync-stuck"
NEW = "If OneDrive is stuck syncing, quit it and start it again from the Start menu."
WHY = "The old steps do not help since the update of Monday"


@pytest.fixture
def editable(homes: Path, trained: Path) -> Iterator[RunningDesk]:
    """A desk whose articles this test alone edits."""
    with running(homes / "edited", "socket", trained, with_fewer_tickets(homes / "edited-desk")) as desk:
        yield desk


def plain(message: Message) -> str:
    """What can be read, without the marks of what answers."""
    return text_of(message).replace("**", "")


def edit(desk: RunningDesk) -> None:
    """As the article's owner does it: in the file, and a sync."""
    file = desk.desk_folder / "articles" / f"{ARTICLE}.md"
    head, body = file.read_text(encoding="utf-8").split("\n---\n", 1)
    file.write_text(f"{head}\n---\n\n{NEW}\n{body}", encoding="utf-8")
    desk.cli("kb", "sync")


def test_an_article_is_changed_and_the_answer_that_quoted_it_is_corrected_in_its_thread(editable: RunningDesk) -> None:
    desk, anna = editable, editable.person("anna.lind")
    ts = anna.say(QUESTION)
    reply = wait_reply(desk, "anna.lind", ts, "solved")
    assert "onedrive does not sync" in plain(reply).lower()
    (quoted,) = desk.cli_json("kb", "answers", ARTICLE)
    assert (quoted["person"], quoted["question"], quoted["is_outdated"]) == ("anna.lind", QUESTION, False)
    assert desk.cli_json("kb", "correct", ARTICLE, "--why", WHY) == []  # nothing has changed yet

    edit(desk)
    (quoted,) = desk.cli_json("kb", "answers", ARTICLE)
    assert quoted["is_outdated"]
    (planned,) = desk.cli_json("kb", "correct", ARTICLE, "--why", WHY)
    assert NEW in planned["quotes"]
    correction = wait_reply(desk, "anna.lind", ts, "Correction", WHY)
    assert NEW in plain(correction)
    assert {"Read the whole article", "Open a ticket"} <= set(buttons(correction))
    assert desk.cli_json("kb", "correct", ARTICLE, "--why", WHY) == []  # once is enough

    anna.click(notices.OPEN_TICKET, ts=correction["ts"])
    wait_reply(desk, "anna.lind", ts, "A person takes over")
