"""How urgent a new ticket is: a pure decision from what the taxonomy says of its label and what the classifier says."""

from dataclasses import dataclass

from classifier.model.inference import Value
from workers.desk import Desk, Impact, Priority, Urgency

_NEARNESS: dict[str, int] = {"high": 0, "medium": 1, "low": 2, "organisation": 0, "team": 1, "individual": 2}


@dataclass(frozen=True)
class Urged:
    """Impact and urgency, from which the desk's table makes the priority."""

    impact: str
    urgency: str
    priority: Priority
    why: str
    by_model: bool = False


def decide(desk: Desk, label: str | None, impact: str, urgency: str, value: Value | None) -> Urged | None:
    """The classifier's priority where it is sure enough, else the label's usual `impact` and `urgency`.

    `label` is the name of the label that was acted on. Without one, and without a sure priority, nothing is decided.
    The classifier's priority becomes the impact and urgency nearest to the usual ones that lead to it.
    """
    usual = desk.priority(impact, urgency)
    if value is not None and value.accepted and value.value != usual:
        pair = nearest(desk, impact, urgency, value.value)
        if pair is not None:
            of_what = f"usual for {label} is {usual}" if label else f"nothing else is known yet, which would be {usual}"
            why = f"{value.confidence:.0%} sure of {value.value} by closed tickets; {of_what}."
            return Urged(*pair, desk.priority(*pair), why, by_model=True)
    if label is None:
        return None
    return Urged(impact, urgency, usual, f"{label}: impact {impact}, urgency {urgency} by the taxonomy.")


def nearest(desk: Desk, impact: str, urgency: str, priority: str) -> tuple[Impact, Urgency] | None:
    """Impact and urgency that lead to `priority`, as few steps as possible from the given ones, urgency moving first:
    it is what a request's words tell. None where the desk's table does not lead there."""

    def steps(pair: tuple[Impact, Urgency]) -> tuple[int, int]:
        moved = abs(_NEARNESS[pair[0]] - _NEARNESS[impact]), abs(_NEARNESS[pair[1]] - _NEARNESS[urgency])
        return sum(moved), moved[0]

    pairs = [
        (of_impact, of_urgency)
        for of_impact, row in desk.priorities.items()
        for of_urgency, found in row.items()
        if found == priority
    ]
    return min(pairs, key=steps, default=None)
