"""Where a ticket goes: a pure decision from what the classifier says and what it may do. When unsure, people decide."""

from dataclasses import dataclass

from classifier.model.inference import Prediction
from workers.governance.automations import Permit


@dataclass(frozen=True)
class Route:
    """The label that is acted on, or none: then triage chooses among `choices` (label ids, best first)."""

    label: str | None
    why: str
    choices: tuple[str, ...]


def decide(prediction: Prediction | None, permit: Permit) -> Route:
    """Route only when the classifier is sure enough and the automation may act by itself."""
    choices = tuple(label for label, _ in prediction.top) if prediction else ()
    if not permit.allowed:
        return Route(None, f"Routing is off: {permit.why}.", choices)
    if prediction is None:
        return Route(None, "No classifier can be asked now; people choose the team.", choices)
    if prediction.threshold is None:
        return Route(None, "Too few closed tickets to promise the misroute limit; people choose the team.", choices)
    if not prediction.accepted:
        needed = f"{prediction.threshold:.0%} is needed to keep the limit"
        return Route(None, f"Only {prediction.confidence:.0%} sure of the team; {needed}.", choices)
    if permit.tier != "auto":
        return Route(None, f"Suggested; routing is on tier {permit.tier}, so a person says yes.", choices)
    needed = f"{prediction.threshold:.0%} needed for at most {permit.risk_limit:.0%} misroutes"
    why = f"{prediction.confidence:.0%} sure of the team, {needed}."
    return Route(prediction.label, why, choices)
