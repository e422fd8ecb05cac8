import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.runbooks import states

ENDS = {states.REFUSED, states.EXPIRED, states.CANCELLED, states.ROLLED_BACK}
EVERY = {states.REQUESTED, states.DONE, *ENDS, *states.LIVE}


@given(st.sampled_from(sorted(EVERY)), st.sampled_from(sorted(states.MOVES)))
def test_a_move_leads_to_its_end_or_is_refused(state: str, move: str) -> None:
    starts, end = states.MOVES[move]
    if state in starts:
        assert states.after(state, move) == end
    else:
        with pytest.raises(states.IllegalMove):
            states.after(state, move)


@given(st.lists(st.sampled_from(sorted(states.MOVES)), max_size=30))
def test_no_way_leads_to_done_but_over_the_link_and_the_code(moves: list[str]) -> None:
    state, seen = states.REQUESTED, [states.REQUESTED]
    for move in moves:
        try:
            state = states.after(state, move)
        except states.IllegalMove:
            continue
        seen.append(state)
    if states.DONE in seen:
        before = seen[: seen.index(states.DONE)]
        assert [s for s in (states.LINK_SENT, states.CODE_CONFIRMED, states.CHANGING) if s in before] == [
            states.LINK_SENT, states.CODE_CONFIRMED, states.CHANGING,
        ]  # fmt: skip


def test_what_has_ended_stays_ended() -> None:
    for end in ENDS:
        assert not [move for move, (starts, _) in states.MOVES.items() if end in starts]
    assert [move for move, (starts, _) in states.MOVES.items() if states.DONE in starts] == ["roll_back"]


def test_every_live_run_can_be_stopped_and_runs_out() -> None:
    for state in states.LIVE:
        assert states.after(state, "cancel") == states.CANCELLED
        assert states.after(state, "expire") == states.EXPIRED
