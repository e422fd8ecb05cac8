"""The life of a run: which moves are legal. Anything else is refused."""

from typing import Final

REQUESTED: Final = "requested"  # asked for, being checked
AWAITING_APPROVAL: Final = "awaiting_approval"  # a person says yes or no
LINK_DUE: Final = "link_due"  # the private link is to be sent
LINK_SENT: Final = "link_sent"  # the person has it
CODE_CONFIRMED: Final = "code_confirmed"  # it is them
CHANGING: Final = "changing"  # the directory is being asked; who ends here was interrupted
DONE: Final = "done"
REFUSED: Final = "refused"  # by the rules or by a person; nothing was sent
EXPIRED: Final = "expired"
CANCELLED: Final = "cancelled"  # stopped on the way: switch, too many codes, a newer run, “this wasn't me”
ROLLED_BACK: Final = "rolled_back"

WITH_LINK: Final = (LINK_DUE, LINK_SENT, CODE_CONFIRMED)  # the link may have reached the person, and works
LIVE: Final = (AWAITING_APPROVAL, *WITH_LINK, CHANGING)

# move → states that it may start from, state that it ends in
MOVES: Final[dict[str, tuple[frozenset[str], str]]] = {
    "refuse": (frozenset({REQUESTED, AWAITING_APPROVAL}), REFUSED),
    "ask_approval": (frozenset({REQUESTED}), AWAITING_APPROVAL),
    "grant": (frozenset({REQUESTED}), LINK_DUE),
    "approve": (frozenset({AWAITING_APPROVAL}), LINK_DUE),
    "link_sent": (frozenset({LINK_DUE}), LINK_SENT),
    "send_code": (frozenset(WITH_LINK), LINK_SENT),
    "confirm_code": (frozenset({LINK_SENT}), CODE_CONFIRMED),
    "change": (frozenset({CODE_CONFIRMED}), CHANGING),
    "change_refused": (frozenset({CHANGING}), CODE_CONFIRMED),
    "finish": (frozenset({CHANGING}), DONE),
    "expire": (frozenset(LIVE), EXPIRED),
    "cancel": (frozenset(LIVE), CANCELLED),
    "roll_back": (frozenset({DONE}), ROLLED_BACK),
}


class IllegalMove(Exception):
    """A move that the run's state does not allow, such as a second use of the same link."""


def after(state: str, move: str) -> str:
    """The state that `move` leads to from `state`; raises `IllegalMove`."""
    starts, end = MOVES[move]
    if state not in starts:
        raise IllegalMove(f"a run that is {state.replace('_', ' ')} cannot be changed by “{move}”")
    return end
