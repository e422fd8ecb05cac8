"""The only map: each event, command, button, form and shortcut of Slack, and the function that handles it."""

import re
from collections.abc import Callable
from typing import Final

from slack_bolt import App

from bot.handlers import answers, commands, home, messages, runbooks, tickets, trainings
from bot.handlers.errors import on_error
from bot.middleware import claim
from bot.views import forms
from workers.slack import notices
from workers.slack import trainings as training_messages

Handler = Callable[..., None]

MESSAGES: Final[dict[str, Handler]] = {
    "message": messages.on_message,
    "app_mention": messages.on_message,
}
EVENTS: Final[dict[str, Handler]] = {
    "app_home_opened": home.on_opened,
}
COMMANDS: Final[dict[str, Handler]] = {
    "/desk": commands.desk,
}
SHORTCUTS: Final[dict[str, Handler]] = {
    "ticket_from_message": tickets.open_from_message,
}
BUTTONS: Final[dict[str, Handler]] = {
    notices.SOLVED: answers.solved,
    notices.NOT_SOLVED: answers.not_solved,
    notices.OPEN_TICKET: answers.not_solved,
    notices.READ_ARTICLE: answers.read,
    notices.NEW_TICKET: tickets.open_new,
    notices.WITHDRAW: tickets.withdraw,
    notices.CLAIM: tickets.claim,
    notices.HOLD: tickets.hold,
    notices.CONTINUE: tickets.carry_on,
    notices.REPLY: tickets.open_reply,
    notices.NOTE: tickets.open_note,
    notices.RESOLVE: tickets.open_resolve,
    notices.REASSIGN: tickets.open_reassign,
    notices.REOPEN: tickets.reopen,
    notices.WHY: tickets.why,
    notices.RUNBOOK_START: runbooks.start,
    notices.RUNBOOK_APPROVE: runbooks.approve,
    notices.RUNBOOK_DECLINE: runbooks.decline,
    notices.RUNBOOK_NOT_ME: runbooks.not_me,
    training_messages.TRAIN: trainings.start,
    training_messages.REFRESH: trainings.refresh,
    training_messages.CANCEL: trainings.cancel,
    training_messages.RESUME: trainings.resume,
    training_messages.REPORT: trainings.look,
    training_messages.PROMOTE: trainings.open_promotion,
    training_messages.DISMISS: trainings.dismiss,
}
NUMBERED_BUTTONS: Final[dict[str, Handler]] = {  # several stand in one message: the id ends in _0, _1, …
    notices.SHOW_ARTICLE: answers.show,
    notices.CHOOSE_LABEL: tickets.choose_label,
    notices.RATE: tickets.rate,
}
FORMS: Final[dict[str, Handler]] = {
    forms.NEW_TICKET: tickets.create,
    forms.REPLY: tickets.reply,
    forms.NOTE: tickets.note,
    forms.RESOLVE: tickets.resolve,
    forms.REASSIGN: tickets.reassign,
    forms.PROMOTE: trainings.promote,
}


def register(app: App) -> None:
    """Put every handler into Bolt's hands."""
    for name, handler in MESSAGES.items():
        app.event(name, middleware=[claim])(handler)
    for name, handler in EVENTS.items():
        app.event(name)(handler)
    for name, handler in COMMANDS.items():
        app.command(name)(handler)
    for name, handler in SHORTCUTS.items():
        app.shortcut(name)(handler)
    for name, handler in BUTTONS.items():
        app.action(name)(handler)
    for name, handler in NUMBERED_BUTTONS.items():
        app.action(re.compile(rf"^{name}_\d+$"))(handler)
    for name, handler in FORMS.items():
        app.view(name)(handler)
    app.action(re.compile(".*"))(tickets.unknown_button)  # last: whatever no line above takes
    app.error(on_error)
