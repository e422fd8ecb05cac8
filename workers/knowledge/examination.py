"""How likely somebody looks at a suggestion in first, second, third place: the propensity of clicks.

Clicks on a list favour what stands on top, so a click below says more, and silence below says less. Following
Joachims, Swaminathan & Schnabel (Unbiased Learning-to-Rank with Biased Feedback, WSDM 2017), a click takes a look at
that place and relevance. The gate says how likely each suggestion answers, so at a place that everybody looks at as
many clicks are to be expected as the probabilities there add up to; what comes of them, in proportion to the first
place, is the share of looks. It holds as far as the gate's probabilities do. Nothing is shuffled to measure it:
people with a problem are not an experiment.
"""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workers.store.tables import ShownArticle

PLACES = 3  # as many suggestions as are shown
WORTH = 20.0  # expected clicks that the assumed curve 1, 1/2, 1/3 counts for, until there are more real ones
LEAST = 0.1  # no example may count more than ten times another (clipping, as Swaminathan & Joachims 2015)
RECENT = 3000  # newest rows that are looked at, so that a decision does not wait for it


@dataclass(frozen=True)
class Shares:
    """The share of people who look at each place, the first one 1."""

    by_place: tuple[float, ...]

    def at(self, place: int) -> float:
        """The share at a place, from 1; places beyond the last one as the last."""
        return self.by_place[min(place, len(self.by_place)) - 1]


@dataclass(frozen=True)
class Clicks:
    """What happened at one place."""

    shown: int
    expected: float  # the sum of the probabilities that were shown there
    chosen: int


def shares(session: Session, workspace: str) -> Shares:
    """Estimated from the newest suggestions."""
    return estimate(clicks(session, workspace))


def clicks(session: Session, workspace: str) -> tuple[Clicks, ...]:
    """Shown, expected and chosen at each place, from the newest suggestions."""
    recent = (
        select(ShownArticle.place, ShownArticle.probability, ShownArticle.quoted_at)
        .where(ShownArticle.workspace == workspace, ShownArticle.way.in_(("suggestions", "clarify")))
        .order_by(ShownArticle.at.desc())
        .limit(RECENT)
        .subquery()
    )
    columns = (func.count(), func.sum(recent.c.probability), func.count(recent.c.quoted_at))
    found = {
        place: Clicks(shown, float(expected), chosen)
        for place, shown, expected, chosen in session.execute(select(recent.c.place, *columns).group_by(recent.c.place))
    }
    return tuple(found.get(place, Clicks(0, 0.0, 0)) for place in range(1, PLACES + 1))


def estimate(by_place: tuple[Clicks, ...]) -> Shares:
    """Clicks over expected clicks, in proportion to the first place, between LEAST and 1."""
    ratios = [(seen.chosen + WORTH / place) / (seen.expected + WORTH) for place, seen in enumerate(by_place, 1)]
    return Shares(tuple(min(1.0, max(LEAST, ratio / ratios[0])) for ratio in ratios))
