"""Buttons below answers, suggestions and questions."""

from typing import Any

from slack_bolt import Ack
from slack_sdk import WebClient

from bot.handlers.acting import Act, acting, value
from bot.views import answers, talk
from knowledge_base.answering import Hit
from workers import outbox
from workers.governance import audit, receipts
from workers.knowledge import shown
from workers.people import audiences
from workers.store.tables import Receipt
from workers.tickets.opening import Place, open_ticket
from workers.tickets.permissions import NotAllowed


def solved(ack: Ack, body: dict[str, Any], client: WebClient, context: dict[str, Any]) -> None:
    """The answer helped: that is evidence, and the buttons go."""
    ack()
    with acting(context["bot"], client, body) as act:
        receipt_id, _, article_id = value(body).partition(":")
        receipt = own_receipt(act, receipt_id)
        receipts.settle(act.session, receipt.id, "accepted", act.person.handle)
        shown.note_judged(act.session, receipt, article_id, solved=True)
        audit.append(act.session, act.bot.workspace, act.person.handle, "answer_confirmed", receipt.subject)
        _close_buttons(act, body, receipt, "✅ Solved. Glad that it helped!")


def not_solved(ack: Ack, body: dict[str, Any], client: WebClient, context: dict[str, Any]) -> None:
    """The answer did not help: a person takes over, with what was tried."""
    ack()
    with acting(context["bot"], client, body) as act:
        receipt_id, _, article_id = value(body).partition(":")
        receipt = own_receipt(act, receipt_id)
        if receipt.decision in ("answer", "self_service"):
            receipts.settle(act.session, receipt.id, "overridden", act.person.handle)
        shown.note_judged(act.session, receipt, article_id, solved=False)
        _open(act, receipt)
        _close_buttons(act, body, receipt, "🎫 A person takes over; see below.")


def show(ack: Ack, body: dict[str, Any], client: WebClient, context: dict[str, Any]) -> None:
    """One of the suggestions was chosen: quote it like an answer."""
    ack()
    receipt_id, _, article_id = value(body).partition(":")
    with acting(context["bot"], client, body) as act:
        receipt = own_receipt(act, receipt_id)
        hit = _hit(act, article_id, receipts.question(receipt))
        payload = answers.answer(hit, receipt.id) | _in_thread(receipt)
        lane = _lane(receipt)
        outbox.put(act.session, act.bot.workspace, "chat.postMessage", payload, lane=lane)
        act.lanes.append(lane)
        receipt.evidence = receipt.evidence | {"chosen": article_id}
        shown.note_quoted(act.session, receipt, hit)


def read(ack: Ack, body: dict[str, Any], client: WebClient, context: dict[str, Any]) -> None:
    """The whole article as a modal."""
    ack()
    _, _, article_id = value(body).partition(":")
    with acting(context["bot"], client, body) as act:
        found = act.bot.knowledge.article(article_id, audiences(act.person))
        if found is None:
            raise NotAllowed("This article is not there any more. Ask again, and I'll look for a better one.")
        view = answers.article(found.title, found.body, found.owner, f"{found.updated:%d %B %Y}")
        client.views_open(trigger_id=body["trigger_id"], view=view)


def own_receipt(act: Act, receipt_id: str) -> Receipt:
    """The decision that a button belongs to; only for the person whom it was about. Raises `NotAllowed`."""
    receipt = act.session.get(Receipt, int(receipt_id)) if receipt_id.isdigit() else None
    if receipt is None or receipt.workspace != act.bot.workspace:
        raise NotAllowed("This button is too old. Please ask again.")
    if receipt.person != act.person.handle:
        raise NotAllowed("Only the person who asked can use this button.")
    return receipt


def _open(act: Act, receipt: Receipt) -> None:
    place = place_of(receipt)
    hits = receipt.evidence.get("hits") or []
    tried = receipt.evidence.get("chosen") or (hits[0]["article"] if hits else None)
    opened = open_ticket(act.session, act.bot.desk.handbook, act.person, receipt.seen, place, tried_article=tried)
    act.lanes.append(f"ticket:{opened.ticket.id}")
    if opened.is_new:
        act.new_tickets.append(opened.ticket.id)


def _hit(act: Act, article_id: str, question: str) -> Hit:
    """The best passage of the chosen article for this question; only among what the person may read."""
    hit = act.bot.knowledge.passage(article_id, question, audiences(act.person))
    if hit is None:
        raise NotAllowed("This article is not there any more. Ask again, and I'll look for a better one.")
    return hit


def _close_buttons(act: Act, body: dict[str, Any], receipt: Receipt, line: str) -> None:
    """Take the buttons away, so that nobody wonders whether they still count."""
    message = body.get("message") or {}
    kept = [block for block in message.get("blocks", []) if block.get("type") != "actions"]
    payload = {
        "to": f"channel:{body['channel']['id']}",
        "ts": message["ts"],
        "text": message.get("text") or line,
        "blocks": [*kept, *talk.sentence(line)["blocks"]],
    }
    lane = _lane(receipt)
    outbox.put(act.session, act.bot.workspace, "chat.update", payload, lane=lane)
    act.lanes.insert(0, lane)


def place_of(receipt: Receipt) -> Place:
    """The message that a decision was about."""
    channel, _, ts = receipt.subject.removeprefix("message:").partition("/")
    return Place(channel, ts, receipt.evidence.get("thread"))


def _in_thread(receipt: Receipt) -> dict[str, str]:
    place = place_of(receipt)
    return {"to": f"channel:{place.channel}", "thread_ts": place.root}


def _lane(receipt: Receipt) -> str:
    place = place_of(receipt)
    return f"chat:{place.channel}:{place.root}"
