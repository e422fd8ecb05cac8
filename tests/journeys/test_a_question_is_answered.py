"""An employee asks, reads a passage with its source, and says that it helped."""

from sqlalchemy import select

from tests.journeys.running import RunningDesk, until
from tests.journeys.words import buttons, text_of, wait_reply
from workers.slack import notices
from workers.store.tables import Receipt, ShownArticle

QUESTION = "OneDrive is stuck syncing, what can I do about it?"


def test_an_answer_quotes_its_article_and_its_confirmation_is_kept_as_evidence(desk: RunningDesk) -> None:
    anna = desk.person("anna.lind")
    ts = anna.say(QUESTION)
    reply = wait_reply(desk, "anna.lind", ts, "solved")
    assert "onedrive does not sync" in text_of(reply).lower()
    assert "This solved it" in buttons(reply)
    assert "Not solved: open a ticket" in buttons(reply)

    anna.click(notices.SOLVED, ts=reply["ts"])
    wait_reply(desk, "anna.lind", ts, "Glad that it helped")
    with desk.store.read() as session:
        receipt = session.scalars(select(Receipt).where(Receipt.seen == QUESTION)).one()
        (row,) = session.scalars(select(ShownArticle).where(ShownArticle.receipt_id == receipt.id))
    assert receipt.outcome == "accepted"
    assert receipt.outcome_by == "anna.lind"
    assert receipt.versions["knowledge"]
    assert (row.article_id, row.solved) == ("onedrive-sync-stuck", True)
    assert desk.cli_json("kb", "feedback")["solved"] >= 1


def test_the_same_message_under_another_event_id_is_answered_once(desk: RunningDesk) -> None:
    admin, ben = desk.admin(), desk.person("ben.carter")
    admin.misbehave("duplicate_events")
    ts = ben.say("hello there")
    wait_reply(desk, "ben.carter", ts, "Tell me what is wrong")
    again = ben.say("thanks")
    wait_reply(desk, "ben.carter", again, "welcome")
    replies = [m for m in ben.messages(thread_ts=ts) if m["ts"] != ts]
    assert len(replies) == 1


def test_small_talk_opens_no_ticket(desk: RunningDesk) -> None:
    dev = desk.person("dev.patel")
    before = len(desk.cli_json("tickets", "list", "--all"))
    for words, answer in (("hi", "Tell me what is wrong"), ("thank you so much", "welcome"), ("help", "answer IT")):
        wait_reply(desk, "dev.patel", dev.say(words), answer)
    assert len(desk.cli_json("tickets", "list", "--all")) == before


def test_why_shows_the_receipt_to_the_person_it_was_about(desk: RunningDesk) -> None:
    anna = desk.person("anna.lind")
    ts = anna.say("my calendar delegate cannot see my meetings, how do I share my calendar with my assistant")
    reply = wait_reply(desk, "anna.lind", ts, "Why?")
    anna.click(notices.WHY, ts=reply["ts"])
    told = until(lambda: [m for m in anna.messages() + anna.messages(thread_ts=ts) if "Confidence" in text_of(m)])
    assert "needed" in text_of(told[-1])


def test_a_guest_is_refused_kindly(desk: RunningDesk) -> None:
    guest = desk.person("gus.visitor")
    ts = guest.say("I forgot my password, please reset it")
    wait_reply(desk, "gus.visitor", ts, "can't help")


def test_a_question_in_a_channel_is_answered_in_its_thread_from_what_everybody_may_read(desk: RunningDesk) -> None:
    chiara = desk.person("chiara.conti")  # a manager: in private she may read more
    bot = chiara.me["apps"][0]["bot_user_id"]
    chiara.invite("#general", bot)
    ts = chiara.say("@deskhand what do I do on an employee's last day, leaver checklist?", channel="#general")
    reply = chiara.wait_for(lambda seen: [m for m in seen if m["ts"] != ts], 20, channel="#general", thread_ts=ts)
    assert "leaver-checklist" not in text_of(reply[-1])
    assert "Leaver" not in text_of(reply[-1])
