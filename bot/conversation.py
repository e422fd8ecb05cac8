"""What the bot does with a message: one pure function of message, person and context. It does no I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from knowledge_base.answering import Hit, Reply
from workers.governance.automations import Permit


@dataclass(frozen=True)
class Context:
    """What is known when the message is decided on."""

    reply: Reply
    answering: Permit
    runbooks: Mapping[str, Permit]  # runbook name → what it may do; only runbooks that exist
    clarified: bool = False  # this is the answer to a clarifying question: do not ask a second one
    is_outsider: bool = False


@dataclass(frozen=True)
class Answer:
    """Quote a passage; ask whether it solved the problem."""

    hit: Hit
    why: str
    kind: Literal["answer"] = "answer"


@dataclass(frozen=True)
class Suggestions:
    """Articles that may help, for the employee to choose from."""

    hits: tuple[Hit, ...]
    why: str
    kind: Literal["suggestions"] = "suggestions"


@dataclass(frozen=True)
class Clarify:
    """One question: which of these is meant?"""

    hits: tuple[Hit, ...]
    why: str
    kind: Literal["clarify"] = "clarify"


@dataclass(frozen=True)
class SelfService:
    """Offer to do what the article describes; nothing happens before the employee says yes."""

    hit: Hit
    runbook: str
    why: str
    kind: Literal["self_service"] = "self_service"


@dataclass(frozen=True)
class OpenTicket:
    """A person takes over."""

    why: str
    needs_words: bool = False  # somebody asked for a person without saying what for
    kind: Literal["open_ticket"] = "open_ticket"


@dataclass(frozen=True)
class Status:
    """Show the employee's tickets, or one of them."""

    ticket_id: int | None
    why: str
    kind: Literal["status"] = "status"


@dataclass(frozen=True)
class SmallTalk:
    """A greeting, thanks, or too little to work with."""

    topic: Literal["greeting", "thanks", "unclear", "help"]
    why: str
    kind: Literal["small_talk"] = "small_talk"


@dataclass(frozen=True)
class Refuse:
    """Not for this person."""

    why: str
    kind: Literal["refuse"] = "refuse"


Decision = Answer | Suggestions | Clarify | SelfService | OpenTicket | Status | SmallTalk | Refuse


def shown(decision: Decision) -> tuple[Hit, ...]:
    """The articles that the employee gets to see with a decision, in order."""
    match decision:
        case Answer(hit=hit) | SelfService(hit=hit):
            return (hit,)
        case Suggestions(hits=hits) | Clarify(hits=hits):
            return hits
    return ()


_FILLER = r"(?:there|all|team|bot|deskhand|it|mate|guys|everyone|again|so much|very much|a lot|you|u|for your help)"
_GREETING = re.compile(
    rf"(?i)^(?:hi|hello|hey|hiya|good (?:morning|afternoon|evening|day)|morning)(?:[\s,]+{_FILLER})*$"
)
_THANKS = re.compile(
    rf"(?i)^(?:thanks|thank you|thx|cheers|ta|great|perfect|ok|okay|cool|bye|goodbye|👍|🙏|(?:it )?works(?: now)?)"
    rf"(?:[\s,]+(?:thanks|thank you|{_FILLER}))*$"
)
_HELP = re.compile(r"(?i)^(?:help|help me|what can you do|what do you do|who are you|how does this work)$")
# Only small words may stand between: "a status error when I open a request" is a problem, not a question.
_STATUS = re.compile(
    r"(?i)\b(?:status|news|progress|happen(?:ing|ed)?|update\s+(?:on|for|about|regarding))"
    r"(?:\s+(?:on|of|for|about|with|to|regarding|is|it|the|my|this|that|our|open|old|last|latest|support))*"
    r"\s+(?:tickets?|requests?|case|desk-\d+)\b"
    r"|^(?:(?:show|list|see)(?: me)? )?my (?:open )?(?:tickets|requests)$"
    r"|^desk-\d+$"
)
_REFERENCE = re.compile(r"(?i)\bdesk-(\d{1,9})\b")
_PERSON = re.compile(
    r"(?i)\b(?:talk|speak|chat|connect|transfer|hand)\b.{0,20}\b(?:human|person|someone|somebody|agent|colleague)\b"
    r"|\b(?:open|create|raise|log|file|make)\b.{0,12}\bticket\b"
    r"|^(?:human|agent|a person|real person|person)(?: please)?$"
    r"|\b(?:real|actual) (?:human|person)\b"
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_ENOUGH_WORDS = 9  # a message that asks for a person and says this much describes its problem too


def decide(text: str, context: Context) -> Decision:
    """Choose exactly one of the decisions; the first rule that fits wins."""
    if context.is_outsider:
        return Refuse("Guests and people from other organisations are helped by their own IT.")
    return _about_the_bot(text) or _about_a_person(text) or _from_articles(text, context)


def _about_the_bot(text: str) -> Decision | None:
    plain = text.strip().rstrip(".!?… ")
    if _GREETING.match(plain):
        return SmallTalk("greeting", "A greeting.")
    if _THANKS.match(plain):
        return SmallTalk("thanks", "Thanks, or a yes that asks for nothing.")
    if not plain or _HELP.match(plain):
        return SmallTalk("help", "Asks what the bot can do, or says nothing.")
    if _STATUS.search(plain):
        reference = _REFERENCE.search(plain)
        return Status(int(reference[1]) if reference else None, "Asks how a ticket is getting on.")
    return None


def _about_a_person(text: str) -> Decision | None:
    if not _PERSON.search(text):
        return None
    enough = len(_WORD.findall(text)) >= _ENOUGH_WORDS
    return OpenTicket("The employee asked for a person.", needs_words=not enough)


def _from_articles(text: str, context: Context) -> Decision:
    reply, best = context.reply, context.reply.hits[0] if context.reply.hits else None
    if reply.kind == "abstain" or best is None:
        if len(_WORD.findall(text)) < 2:
            return SmallTalk("unclear", "Too few words to find an article or to open a ticket.")
        return OpenTicket(reply.why)
    if not context.answering.allowed or context.answering.tier == "suggest":
        # Agents see the article on the ticket; the employee is not answered by the machine.
        return OpenTicket(f"{context.answering.why}; a person answers.")
    if reply.kind == "clarify" and not context.clarified:
        return Clarify(reply.hits, reply.why)
    if reply.kind == "suggestions" or (reply.kind == "clarify") or context.answering.tier == "approve":
        return _suggest(reply, best, context)
    if runbook := _runbook(best, context):
        return SelfService(best, runbook, reply.why)
    return Answer(best, reply.why)


def _suggest(reply: Reply, best: Hit, context: Context) -> Decision:
    """Suggestions; but when the best one can be done by a runbook, offering that risks nothing: it asks first."""
    if reply.kind != "clarify" and (runbook := _runbook(best, context)):
        return SelfService(best, runbook, reply.why)
    return Suggestions(reply.hits, reply.why)


def _runbook(hit: Hit, context: Context) -> str | None:
    """The runbook that does what the article describes, unless it is gone or switched off."""
    permit = context.runbooks.get(hit.runbook or "")
    return hit.runbook if permit is not None and permit.allowed else None
