"""The one decision on a message: a table of what people write, and that there is always exactly one."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import conversation
from bot.conversation import Context, Decision, decide
from knowledge_base.answering import Hit, Kind, Reply
from workers.governance.automations import TIERS, Permit

LONG = "The accounting system shows yesterday's bookings twice since the update this morning"


def permit(name: str = "answer", allowed: bool = True, tier: str = "auto") -> Permit:
    return Permit(name, allowed, next(t for t in TIERS if t == tier), 0.1, "mira.holt", f"{name} is on tier {tier}")


def hit(article: str = "vpn-drops", runbook: str | None = None) -> Hit:
    return Hit(
        article,
        "The VPN drops",
        "Restart it.",
        1,
        (),
        "4f1a",
        ("everyone",),
        runbook,
        "mira.holt",
        "2026-01-02",
        0.9,
        0.9,
        {},
    )


def reply(kind: Kind = "abstain", *hits: Hit) -> Reply:
    return Reply(kind, 0.9 if hits else 0.1, 0.8, hits, f"because of {kind}", "i1")


def context(given: Reply | None = None, **fields: object) -> Context:
    return Context(**{"reply": given or reply(), "answering": permit(), "runbooks": {}} | fields)  # type: ignore[arg-type]


ANSWER = reply("answer", hit())
TWO = (hit("vpn-drops"), hit("wifi-drops"))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hi", "small_talk"),
        ("Good morning, team!", "small_talk"),
        ("Hello there!!", "small_talk"),
        ("thanks", "small_talk"),
        ("ok thank you so much", "small_talk"),
        ("It works now, thanks!", "small_talk"),
        ("👍", "small_talk"),
        ("", "small_talk"),
        (" …?! ", "small_talk"),
        ("what can you do?", "small_talk"),
        ("help", "small_talk"),
        ("What's the status of my ticket?", "status"),
        ("any news on DESK-42?", "status"),
        ("DESK-42", "status"),
        ("my tickets", "status"),
        ("show me my open tickets", "status"),
        ("what is happening with my request", "status"),
        ("is there any progress on the ticket from Monday", "status"),
        ("what happened to my old request?", "status"),
        ("I want to talk to a human", "open_ticket"),
        ("please open a ticket", "open_ticket"),
        ("agent please", "open_ticket"),
        (f"please open a ticket: {LONG}", "open_ticket"),
    ],
)
def test_what_needs_no_article_is_decided_without_one(text: str, kind: str) -> None:
    assert decide(text, context(ANSWER)).kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "hi, my VPN drops",
        "thanks, but the VPN still drops",
        "it works no more",
        "I get a status error when I open the request form in SAP",
        "Windows update broke my laptop case hinge",
        "what is happening: I cannot reach Jira, the ticket page stays white",
        "the progress bar stops in every case",
        "news app needs a request header",
        "help me connect to the VPN",
    ],
)
def test_a_problem_is_answered_whatever_words_it_uses(text: str) -> None:
    assert decide(text, context(ANSWER)).kind == "answer"


def test_a_reference_names_the_ticket() -> None:
    assert decide("any news on desk-42?", context()) == conversation.Status(42, "Asks how a ticket is getting on.")
    assert decide("status of my ticket", context()) == conversation.Status(None, "Asks how a ticket is getting on.")
    assert decide("DESK-123456789012", context()) == conversation.Status(None, "Asks how a ticket is getting on.")


@pytest.mark.parametrize(("text", "needs_words"), [("talk to a person", True), (f"talk to a person. {LONG}", False)])
def test_who_asks_for_a_person_is_asked_what_for_once(text: str, needs_words: bool) -> None:
    decision = decide(text, context(ANSWER))
    assert isinstance(decision, conversation.OpenTicket)
    assert decision.needs_words is needs_words


@pytest.mark.parametrize(
    ("given", "fields", "kind"),
    [
        (ANSWER, {}, "answer"),
        (reply("suggestions", *TWO), {}, "suggestions"),
        (reply("clarify", *TWO), {}, "clarify"),
        (reply("clarify", *TWO), {"clarified": True}, "suggestions"),
        (reply("abstain"), {}, "open_ticket"),
        (ANSWER, {"answering": permit(allowed=False)}, "open_ticket"),
        (ANSWER, {"answering": permit(tier="suggest")}, "open_ticket"),
        (ANSWER, {"answering": permit(tier="approve")}, "suggestions"),
        (reply("clarify", *TWO), {"answering": permit(tier="suggest")}, "open_ticket"),
        (ANSWER, {"is_outsider": True}, "refuse"),
    ],
)
def test_what_the_articles_say_and_what_the_machine_may_do_decide(
    given: Reply, fields: dict[str, object], kind: str
) -> None:
    assert decide("the VPN drops", context(given, **fields)).kind == kind


RESET = hit("reset-your-password", "password_reset")


@pytest.mark.parametrize("kind", ["answer", "suggestions"])
def test_an_article_with_a_runbook_offers_to_do_it(kind: Kind) -> None:
    runbooks = {"password_reset": permit("runbook:password_reset")}
    decision = decide("I forgot my password", context(reply(kind, RESET), runbooks=runbooks))
    assert isinstance(decision, conversation.SelfService)
    assert (decision.runbook, decision.hit) == ("password_reset", RESET)


@pytest.mark.parametrize(
    "runbooks", [{}, {"password_reset": permit("runbook:password_reset", allowed=False)}], ids=["gone", "switched off"]
)
@pytest.mark.parametrize("kind", ["answer", "suggestions"])
def test_a_runbook_that_is_gone_or_switched_off_is_not_offered(kind: Kind, runbooks: dict[str, Permit]) -> None:
    assert decide("I forgot my password", context(reply(kind, RESET), runbooks=runbooks)).kind == kind


def test_of_competing_articles_none_is_done_before_it_is_clear() -> None:
    runbooks = {"password_reset": permit("runbook:password_reset")}
    both = reply("clarify", RESET, hit("account-locked"))
    assert decide("cannot log in", context(both, runbooks=runbooks)).kind == "clarify"
    assert decide("cannot log in", context(both, runbooks=runbooks, clarified=True)).kind == "suggestions"


def test_a_person_answers_when_the_machine_may_not_and_the_ticket_says_why() -> None:
    decision = decide("the VPN drops", context(ANSWER, answering=permit(allowed=False)))
    assert "a person answers" in decision.why


def test_one_word_that_no_article_knows_is_asked_about() -> None:
    assert decide("Foobar", context()).kind == "small_talk"
    assert decide("Foobar 7 broken", context()).kind == "open_ticket"


words = st.sampled_from(
    ["hi", "thanks", "help", "status", "ticket", "request", "DESK-7", "desk-", "talk", "human", "open", "my", "ok",
     "VPN", "?", "…", "👍", "\n", "٤٢", "desk-٤٢", "²", ",", "again", "password", "", "<@U0BOT>"]
)  # fmt: skip
texts = st.one_of(st.text(max_size=80), st.lists(words, max_size=8).map(" ".join))
hits = st.lists(st.builds(hit, st.just("a"), st.sampled_from([None, "password_reset", "gone"])), max_size=3)
permits = st.builds(permit, st.just("x"), st.booleans(), st.sampled_from(TIERS))
replies = st.builds(lambda kind, found: reply(kind, *found), st.sampled_from(get_args(Kind)), hits)
contexts = st.builds(
    Context, replies, permits, st.dictionaries(st.just("password_reset"), permits), st.booleans(), st.booleans()
)


@given(texts, contexts)
def test_there_is_always_exactly_one_decision_with_its_reason(text: str, given_context: Context) -> None:
    decision = decide(text, given_context)
    assert isinstance(decision, get_args(Decision))
    assert decision.why
    assert decide(text, given_context) == decision
    if given_context.is_outsider:
        assert decision.kind == "refuse"
    if not given_context.answering.allowed:
        assert decision.kind not in ("answer", "suggestions", "clarify", "self_service")
    if isinstance(decision, conversation.SelfService):
        assert given_context.runbooks[decision.runbook].allowed
    if isinstance(decision, conversation.Suggestions | conversation.Clarify):
        assert decision.hits


@given(st.integers(1, 2000))
def test_a_very_long_message_is_decided_too(times: int) -> None:
    assert decide("status update hi talk desk- " * times, context(ANSWER)).kind
