"""What runs say in Slack. A private link is said in one place only: `private_link`, when it is delivered."""

from datetime import datetime
from typing import Any, Final

from workers.runbooks import states
from workers.runbooks.files import Runbook
from workers.slack import notices
from workers.slack.blocks import Block, actions, button, context, escape, section
from workers.store.tables import Person, RunbookRun

Message = dict[str, Any]

ALWAYS_THE_SAME_REPLY: Final = (
    "If your account can be reset here, a private link arrives within a minute, as a direct message from me. "
    "It works once and only for a short time. If it may not be done here, a person takes over. "
    "I will never ask you for a password or a one-time code in Slack: don't send me one."
)
"""Said after every request, whatever came of it, so that the words give nothing away."""

PEOPLE_SEE_TO_IT: Final = (
    "Thank you. Where your account may have this, the team sees to it and writes to you here. "
    "I will never ask you for a password or a one-time code in Slack: don't send me one."
)
"""The same for a runbook that people do."""


def reply_to(runbook: Runbook) -> str:
    """What the requester reads, whatever came of the request."""
    return PEOPLE_SEE_TO_IT if runbook.for_people else ALWAYS_THE_SAME_REPLY


def private_link(run: RunbookRun, runbook: Runbook, address: str) -> Message:
    """The message with the link. The notification's text is without it: screens show it to others."""
    said = (
        f"🔑 *{escape(runbook.title)}*\n<{address}|Open your private page>. The link works once and for "
        f"{runbook.link_minutes} minutes, and only for your own account. Don't pass it on.\n"
        "Type the one-time code and the new password on that page only. Never in Slack, not even to me."
    )
    return {
        "text": "Your private link is here.",
        "blocks": [section(said), not_me(run)],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def not_me(run: RunbookRun) -> Block:
    """The button that stops everything."""
    wrong = button("This wasn't me", notices.RUNBOOK_NOT_ME, str(run.id), style="danger")
    return actions([wrong], block_id=f"run-{run.id}")


def said(run: RunbookRun, text: str) -> Message:
    """A line for the requester, with the button that stops everything."""
    return {"text": text, "blocks": [section(escape(text)), not_me(run)]}


def changed(ended_sessions: bool) -> str:
    """For every known channel, after the change."""
    elsewhere = " You were signed out on all other devices." if ended_sessions else ""
    return (
        f"Your password was changed just now.{elsewhere} If that wasn't you, press “This wasn't me” or phone the "
        "Service Desk at once: your old password is put back and Security looks into it."
    )


def plan(runbook: Runbook) -> str:
    """The steps for people to read, each with what takes it back."""
    return "\n".join(
        f"{place}. {step.says} (undo: {step.undo.replace('_', ' ')})"
        for place, step in enumerate(runbook.steps, start=1)
    )


def approval_card(run: RunbookRun, runbook: Runbook, checks: list[str]) -> Message:
    """For the team that says yes or no: who, what was checked, and what would happen with its undo."""
    who = f"<@{run.requester.slack_id}>"
    value = str(run.id)
    return {
        "text": f"{run.requester.name} asks: {runbook.title}. Approve or decline.",
        "blocks": [
            section(f"🔐 {who} asks: *{escape(runbook.title)}* (run {run.id})"),
            section(f"What would happen:\n{escape(plan(runbook))}"),
            context("Checked: " + escape("; ".join(checks)), "Nothing has been sent or changed yet."),
            actions(
                [
                    button("Approve", notices.RUNBOOK_APPROVE, value, style="primary"),
                    button("Decline", notices.RUNBOOK_DECLINE, value, style="danger"),
                    button("Why?", notices.WHY, f"receipt:{run.receipt_id}"),
                ],
                block_id=f"run-{run.id}",
            ),
        ],
    }


def decided_card(run: RunbookRun, runbook: Runbook, by: Person) -> Message:
    """What the card becomes when somebody has decided; for `chat.update`."""
    word = {states.LINK_DUE: "approved", states.REFUSED: "declined"}.get(run.state, "stopped")
    because = f" ({escape(run.refused_why)})" if run.refused_why and word == "stopped" else ""
    line = f"🔐 <@{run.requester.slack_id}>: *{escape(runbook.title)}* (run {run.id}) was {word} by <@{by.slack_id}>"
    return {"text": f"Run {run.id} was {word} by {by.name}.", "blocks": [section(f"{line}{because}.")]}


def declined(run: RunbookRun) -> Message:
    """For the requester, when a person said no."""
    return said(run, "A person looked at your request and did not let it run by itself. They will get in touch.")


def stopped(run: RunbookRun) -> Message:
    """For the requester, when a run ends before its time and they may be waiting."""
    return said(run, "Your request was stopped and nothing was changed. Ask me for a person, or ask again later.")


def interrupted(run: RunbookRun) -> Message:
    """For the requester, when nobody can say whether the change was made."""
    return said(
        run,
        "Setting your new password was interrupted. Try to sign in with the new one; if that does not work, the "
        "old one still holds: ask me again, or ask for a person.",
    )


def too_many_codes(run: RunbookRun) -> Message:
    """For the requester, when somebody typed wrong codes."""
    return said(
        run,
        "Too many wrong codes were typed on your private page, so the link no longer works. Nothing was changed. "
        "If that was you, ask me for a new link.",
    )


def burst_alarm(runbook: Runbook, people: int, moment: datetime) -> Message:
    """For Security: many accounts at once."""
    line = (
        f"🚨 *{escape(runbook.title)}* is suspended: {people} different people asked within an hour "
        f"({notices.slack_time(moment)}). Somebody may be trying accounts out. Look at the runs, then switch it on "
        f"again with `deskhand automations resume {runbook.automation}`."
    )
    return {"text": f"{runbook.automation} was suspended: a burst over many accounts", "blocks": [section(line)]}


def not_me_alarm(run: RunbookRun) -> Message:
    """For Security: somebody says that it wasn't them."""
    what = run.runbook.replace("_", " ")
    line = (
        f"🚨 <@{run.requester.slack_id}> says about the {escape(what)}, run {run.id}: *this wasn't me*. "
        "The runbook is suspended for everybody until somebody switches it on again with "
        f"`deskhand automations resume runbook:{run.runbook}`."
    )
    return {"text": f"“This wasn't me”, run {run.id}: {what} is suspended", "blocks": [section(line)]}
