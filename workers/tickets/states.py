"""The life of a ticket: which moves are legal. Anything else is refused."""

from typing import Final

NEW: Final = "new"  # written, not yet looked at by the classifier
TRIAGE: Final = "triage"  # the machine is unsure, or may not decide; people choose the team
ASSIGNED: Final = "assigned"  # with a team, nobody works on it yet
IN_PROGRESS: Final = "in_progress"  # an agent has claimed it
ON_HOLD: Final = "on_hold"  # waits for the employee; SLA timers pause
RESOLVED: Final = "resolved"  # solved in the agent's eyes; the employee may reopen it
CLOSED: Final = "closed"  # rated, or left alone long enough; may train the next model
MERGED: Final = "merged"  # another ticket carries on with it
WITHDRAWN: Final = "withdrawn"  # the employee does not need it any more

OPEN: Final = (NEW, TRIAGE, ASSIGNED, IN_PROGRESS, ON_HOLD)

# move → states that it may start from, state that it ends in
MOVES: Final[dict[str, tuple[frozenset[str], str]]] = {
    "triage": (frozenset({NEW}), TRIAGE),
    "assign": (frozenset({NEW, TRIAGE, ASSIGNED, IN_PROGRESS, ON_HOLD}), ASSIGNED),
    "back_to_triage": (frozenset({ASSIGNED}), TRIAGE),
    "claim": (frozenset({TRIAGE, ASSIGNED}), IN_PROGRESS),
    "release": (frozenset({IN_PROGRESS, ON_HOLD}), ASSIGNED),
    "hold": (frozenset({IN_PROGRESS}), ON_HOLD),
    "continue": (frozenset({ON_HOLD}), IN_PROGRESS),
    "resolve": (frozenset({NEW, TRIAGE, ASSIGNED, IN_PROGRESS, ON_HOLD}), RESOLVED),
    "reopen": (frozenset({RESOLVED, CLOSED}), ASSIGNED),
    "close": (frozenset({RESOLVED}), CLOSED),
    "merge": (frozenset(OPEN), MERGED),
    "withdraw": (frozenset(OPEN), WITHDRAWN),
}


class IllegalMove(Exception):
    """A move that the ticket's state does not allow, such as a second click on the same button."""


def after(state: str, move: str) -> str:
    """The state that `move` leads to from `state`; raises `IllegalMove`."""
    starts, end = MOVES[move]
    if state not in starts:
        raise IllegalMove(f"a ticket that is {state.replace('_', ' ')} cannot be changed by “{move}”")
    return end
