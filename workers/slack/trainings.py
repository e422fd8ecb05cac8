"""What Slack shows of trainings: progress, the finished report, and their buttons, whose ids are named here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from workers.slack.blocks import Block, actions, button, context, cut, escape, section
from workers.store.tables import TrainingRun
from workers.training.advice import Advice

TRAIN: Final = "training_start"
REFRESH: Final = "training_refresh"
CANCEL: Final = "training_cancel"  # value: the run's id, as for all below
RESUME: Final = "training_resume"
REPORT: Final = "training_report"  # a link; Slack tells about the click all the same
PROMOTE: Final = "training_promote"
DISMISS: Final = "training_dismiss"

_ICON = {"queued": "⏳", "running": "🏋️", "done": "✅", "failed": "⚠️", "cancelled": "⏹️"}
_BAR = 12

Message = dict[str, Any]


@dataclass(frozen=True)
class Progress:
    """A training, and how long it will still take."""

    run: TrainingRun
    left: timedelta | None


def in_words(left: timedelta | None) -> str:
    """How long still: about 3 min left; empty when nobody knows."""
    if left is None:
        return ""
    seconds = left.total_seconds()
    return (
        f"about {round(seconds / 60)} min left" if seconds >= 90 else f"about {max(5, round(seconds / 5) * 5)} s left"
    )


def overview(shown: Sequence[Progress], console_url: str) -> Message:
    """The last trainings, with what can be done about them."""
    blocks: list[Block] = [section("*Trainings of the classifier*")]
    for one in shown:
        blocks += progress_blocks(one)
    if not shown:
        blocks.append(context("Nothing has been trained yet."))
    buttons = [button("Refresh", REFRESH, "trainings")]
    if not any(one.run.state in ("queued", "running") for one in shown):
        buttons.insert(0, button("Train a challenger", TRAIN, "classifier", style="primary"))
    blocks += [actions(buttons), context(f"All of it: {console_url}/console/models")]
    return {"text": "Trainings of the classifier", "blocks": blocks}


def progress_blocks(one: Progress) -> list[Block]:
    """One training in a few lines."""
    run = one.run
    line = f"{_ICON.get(run.state, '')} *Training {run.id}* · {run.state} · asked for by {escape(run.requested_by)}"
    if run.state == "running":
        full = round(run.done * _BAR)
        parts = (f"`{'█' * full}{'░' * (_BAR - full)}` {run.done:.0%}", escape(run.stage), in_words(one.left))
        line += "\n" + " · ".join(part for part in parts if part)
    elif run.state == "queued":
        line += f"\n{escape(run.stage)}"
    elif run.version:
        line += f"\nMade `{escape(run.version)}`" + (
            f", laid aside by {escape(run.dismissed_by)}" if run.dismissed_by else ""
        )
    if run.error:
        line += f"\n{cut(escape(run.error), 300)}"
    blocks = [section(line)]
    if run.state in ("queued", "running"):
        blocks.append(actions([button("Cancel", CANCEL, str(run.id), style="danger")]))
    elif run.state in ("cancelled", "failed"):
        blocks.append(actions([button("Go on with it", RESUME, str(run.id))]))
    return blocks


def report(run: TrainingRun, advice: Advice, console_url: str) -> Message:
    """The finished training, for its owner: what to do and why, and the buttons for it."""
    words = "\n".join(f"• {escape(reason)}" for reason in advice.reasons)
    promote = button("Promote…", PROMOTE, str(run.id), style="primary" if advice.verb == "promote" else None)
    blocks = [
        section(f"🎓 *Training {run.id}* made `{escape(run.version or '')}`.\n*{escape(advice.headline)}*"),
        section(cut(words, 2900)) if words else context("No reason was given."),
        actions(
            [
                button("View report", REPORT, str(run.id), url=f"{console_url}/console/models/versions/{run.version}"),
                promote,
                button("Dismiss", DISMISS, str(run.id)),
            ]
        ),
        context("Nothing is served differently until somebody promotes it; `/desk rollback` takes that back."),
    ]
    return {"text": cut(f"Training {run.id} is done. {advice.headline}", 300), "blocks": blocks}


def failed(run: TrainingRun) -> Message:
    """A training that failed, for its owner."""
    line = f"⚠️ *Training {run.id}* failed; what is served goes on.\n{cut(escape(run.error or ''), 600)}"
    return {
        "text": f"Training {run.id} failed.",
        "blocks": [section(line), actions([button("Go on with it", RESUME, str(run.id))])],
    }


def due(why: str) -> Message:
    """For the owner, where the automation may only suggest: it is time to train."""
    line = f"🗓️ It is time to train the classifier: {escape(why)}."
    return {
        "text": "It is time to train the classifier.",
        "blocks": [section(line), actions([button("Train a challenger", TRAIN, "classifier", style="primary")])],
    }


def settled(message: Message, line: str) -> Message:
    """A message whose buttons were used: what was decided stands in their place."""
    kept = [block for block in message.get("blocks", []) if block.get("type") != "actions"]
    return {"text": message.get("text") or line, "blocks": [*kept, context(escape(line))]}
