"""Modals: a new ticket, a reply, a note, a resolution, another team."""

from typing import Any, Final

from workers.handbook import Handbook
from workers.slack.blocks import Block, context, cut, escape, section
from workers.store.tables import Ticket

NEW_TICKET: Final = "form_new_ticket"
REPLY: Final = "form_reply"
NOTE: Final = "form_note"
RESOLVE: Final = "form_resolve"
REASSIGN: Final = "form_reassign"
PROMOTE: Final = "form_promote"

TEXT: Final = "text"  # the block and the action of the one text field
LABEL: Final = "label"
TEXT_LIMIT: Final = 3000

View = dict[str, Any]


def new_ticket(text: str = "", source: str = "") -> View:
    """The form for a request; `source` (channel/ts) ties it to the message that it is about."""
    fields = [_text("What is wrong, or what do you need?", text, hint="Never put a password here.")]
    return _modal(NEW_TICKET, "Open a ticket", "Send", source, fields)


def reply(ticket: Ticket) -> View:
    about = section(f"To *{escape(ticket.requester.name)}*, who reads it in their thread:")
    return _modal(REPLY, f"Reply {ticket.reference}", "Send", str(ticket.id), [about, _text("Reply")])


def note(ticket: Ticket) -> View:
    about = context("🔒 Only agents read this.")
    return _modal(NOTE, f"Note {ticket.reference}", "Keep", str(ticket.id), [about, _text("Internal note")])


def resolve(ticket: Ticket) -> View:
    about = section(f"> {cut(escape(' '.join(ticket.text.split())), 500)}")
    hint = "The employee reads this, and the next articles are written from it."
    return _modal(RESOLVE, f"Resolve {ticket.reference}", "Resolve", str(ticket.id), [about, _text("How?", hint=hint)])


def reassign(ticket: Ticket, handbook: Handbook) -> View:
    """Choose what the ticket is about; the team follows from it, and the choice teaches the classifier."""
    options = [
        _option(label.id, f"{label.name} → {handbook.desk.team(label.team).name}") for label in handbook.taxonomy.labels
    ]
    select: Block = {
        "type": "static_select",
        "action_id": LABEL,
        "options": options[:100],
        "placeholder": {"type": "plain_text", "text": "Choose"},
    }
    current = [option for option in options if option["value"] == ticket.label]
    if current:
        select["initial_option"] = current[0]
    field = {
        "type": "input",
        "block_id": LABEL,
        "label": {"type": "plain_text", "text": "What is it about?"},
        "element": select,
    }
    hints = [context(cut(escape(line), 500)) for line in handbook.where_it_ends(ticket.label)]
    return _modal(REASSIGN, f"Reassign {ticket.reference}", "Reassign", str(ticket.id), [field, *hints])


def promote(version: str, advice: str, metadata: str) -> View:
    """Whether a challenger shall be served; `metadata` says which training and message it is about."""
    about = section(f"Serve `{escape(version)}` in every process, from now on?\n*Recommendation:* {escape(advice)}")
    fields = [
        about,
        _text("Why?", hint="For the audit log."),
        context("`/desk rollback` brings back what is served now."),
    ]
    return _modal(PROMOTE, "Promote a challenger", "Promote", metadata, fields)


def typed(state: dict[str, Any]) -> str:
    """The text field's value from `view.state.values`."""
    return str(state.get(TEXT, {}).get(TEXT, {}).get("value") or "").strip()


def chosen(state: dict[str, Any]) -> str | None:
    """The chosen label from `view.state.values`."""
    option = state.get(LABEL, {}).get(LABEL, {}).get("selected_option")
    return str(option["value"]) if option else None


def _modal(callback: str, title: str, submit: str, metadata: str, blocks: list[Block]) -> View:
    return {
        "type": "modal",
        "callback_id": callback,
        "title": {"type": "plain_text", "text": cut(title, 24)},
        "submit": {"type": "plain_text", "text": submit},
        "close": {"type": "plain_text", "text": "Cancel"},
        "private_metadata": metadata,
        "blocks": blocks,
    }


def _text(label: str, initial: str = "", hint: str = "") -> Block:
    element: Block = {
        "type": "plain_text_input",
        "action_id": TEXT,
        "multiline": True,
        "max_length": TEXT_LIMIT,
        "focus_on_load": True,
    }
    if initial:
        element["initial_value"] = cut(initial, TEXT_LIMIT)
    block: Block = {
        "type": "input",
        "block_id": TEXT,
        "label": {"type": "plain_text", "text": label},
        "element": element,
    }
    return block | {"hint": {"type": "plain_text", "text": hint}} if hint else block


def _option(value: str, text: str) -> Block:
    return {"text": {"type": "plain_text", "text": cut(text, 75)}, "value": value}
