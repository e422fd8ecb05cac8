"""What Slack shows of versions in shadow: how many tickets they have scored, and who was right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workers.oversight import outcomes
from workers.oversight.outcomes import Tally
from workers.slack.blocks import Block, context, escape, section
from workers.store.tables import Shadow

HOW = "`/desk shadow start VERSION why` lets a version score along, `/desk shadow stop VERSION why` ends it."


@dataclass(frozen=True)
class Scoring:
    """A version in shadow, and how it does beside the champion."""

    shadow: Shadow
    counted: Tally


def overview(running: Sequence[Scoring], console_url: str) -> dict[str, Any]:
    """Those that score new tickets now, and what can be done about it."""
    blocks: list[Block] = [section("*Versions in shadow*")]
    blocks += [section(_lines(one)) for one in running]
    if not running:
        blocks.append(context("No version is in shadow."))
    blocks.append(context(HOW, f"The disagreements: {console_url}/console/models/shadow"))
    return {"text": "Versions in shadow", "blocks": blocks}


def _lines(one: Scoring) -> str:
    shadow, counted = one.shadow, one.counted
    role = "the champion before" if shadow.role == "predecessor" else "challenger"
    lines = [
        f"👥 `{escape(shadow.version)}` · {role} · since {shadow.started_at:%d %B %Y}, "
        f"started by {escape(shadow.started_by)}: {escape(shadow.why)}",
        f"It disagreed with the champion in {counted.differing} of {counted.scored} tickets. "
        f"{outcomes.in_words(counted)}",
    ]
    if counted.solved:
        lines.append(
            f"Right team: only the shadow {counted.only_shadow}, only the champion {counted.only_champion}, "
            f"both {counted.both_right}, neither {counted.neither}."
        )
    return "\n".join(lines)
