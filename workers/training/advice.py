"""What to do with a challenger, in plain words: promote it, keep what is served, or label more first. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from classifier.learning.learning_curve import Gain, LearningCurve

Verb = Literal["promote", "keep", "label"]

WORTH_SAYING = 0.2
"""More of 100 tickets that would be right; a smaller gain is not worth anybody's labelling."""
NAMED = 3


@dataclass(frozen=True)
class Advice:
    """A recommendation with its reasons; a person decides."""

    verb: Verb
    headline: str
    reasons: tuple[str, ...]


def advise(
    comparison: Mapping[str, Any] | None,
    curve: LearningCurve | None,
    name: Callable[[str], str] = str,
    doubts: Sequence[str] = (),
) -> Advice:
    """From the comparison with the champion and the learning curve; `name` gives a label's name.

    `doubts` are sentences about tickets that were perhaps filed wrongly; they stand among the reasons.
    """
    found = comparison or {}
    verdict = str(found.get("recommendation", "not compared"))
    given = found.get("reasons") or [found.get("why", "")]
    reasons = (*(str(reason) for reason in given if reason), *doubts)
    wanted = more_tickets(curve, name)
    match verdict:
        case "better":
            return Advice("promote", "Promote it: it does measurably better than what is served.", (*reasons, *wanted))
        case "worse":
            return Advice("keep", "Keep what is served: the challenger does worse.", (*reasons, *wanted))
        case "as good" if wanted:
            headline = "It is as good as what is served. There is more to gain from more tickets: label these first."
            return Advice("label", headline, (*wanted, *reasons))
        case "as good":
            return Advice("keep", "Keep what is served: the challenger is as good, and no better.", reasons)
    headline = "Keep what is served: it cannot be told yet which is better. Have more tickets closed first."
    return Advice("label", headline, (*reasons, *wanted))


def more_tickets(curve: LearningCurve | None, name: Callable[[str], str] = str) -> tuple[str, ...]:
    """Whose tickets would help most; empty where the learning curve promises nothing worth saying."""
    gains = helpful(curve)
    if not gains or curve is None:
        return ()
    listed = "; ".join(
        f"{name(one.label)} ({one.learnt} now): about {one.worth:.1f} more of 100 tickets right" for one in gains
    )
    return (f"Twice as many tickets would help most with {listed}. Extrapolated from {curve.best}, not measured.",)


def helpful(curve: LearningCurve | None) -> Sequence[Gain]:
    """The labels whose tickets are worth most, where the whole interval is a gain."""
    gains = curve.gains if curve else ()
    return [one for one in gains if one.is_sure and one.worth >= WORTH_SAYING][:NAMED]
