"""What routing costs people, in minutes of handling. A ticket that goes straight to its team costs nothing here."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
Minutes = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Costs:
    """Prices of the two ways in which a ticket does not reach its team by itself.

    The defaults are an assumption, not a measurement: a wrong team reads the ticket, finds out that it is not theirs,
    hands it on, and the right one reads it again. Both can be set in `desk.yaml`.
    """

    misroute_minutes: float = 30.0
    """Handling that a ticket at the wrong team takes away."""
    triage_minutes: float = 5.0
    """A person's time to choose the team of one ticket."""

    def of(self, routed: Flags, right: Flags) -> Minutes:
        """Minutes for each ticket: `routed` without a person, and whether that team is `right`."""
        return np.where(routed, np.where(right, 0.0, self.misroute_minutes), self.triage_minutes)

    @property
    def most(self) -> float:
        """The dearest thing that can happen to one ticket."""
        return max(self.misroute_minutes, self.triage_minutes)
