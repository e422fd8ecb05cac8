"""Wrong labels are found on a desk where some were made wrong on purpose."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.data.dataset import Ticket
from classifier.errors import ClassifierError
from classifier.labelling.label_noise import confident, find_suspects
from classifier.labelling.suspects import Findings
from tests.classifier.small_desk import small_tickets


def solved(tickets: list[Ticket]) -> list[Ticket]:
    """With a resolution each, as closed tickets have."""
    said = {"passwords": "Reset the password", "printing": "Changed the toner", "network": "Restarted the switch",
            "buying": "Ordered it"}  # fmt: skip
    return [replace(ticket, resolution=said[ticket.label]) for ticket in tickets]


def test_a_wrong_label_is_found_and_the_right_one_named_with_tickets_like_it() -> None:
    tickets = solved(small_tickets())
    tickets[8] = replace(tickets[8], label="buying")  # a password that cannot be reset
    found = find_suspects(tickets)
    first = found.suspects[0]
    assert (first.id, first.given, first.likely[0][0]) == (tickets[8].id, "buying", "passwords")
    assert first.nearest and all(near.id != first.id for near in first.nearest)
    assert found.judged == 80 and len(found.suspects) < 10


def test_labels_that_were_flipped_for_one_team_stand_out() -> None:
    tickets = solved(small_tickets())
    flipped = [
        replace(t, label="printing") if t.label == "network" and n % 3 == 0 else t for n, t in enumerate(tickets)
    ]
    (group,) = find_suspects(flipped).groups
    assert (group.given, group.likely) == ("printing", "network") and group.suspects >= 3
    assert find_suspects(tickets).groups == ()


def test_equal_rows_are_judged_once() -> None:
    tickets = solved(small_tickets())
    found = find_suspects([*tickets, *[replace(tickets[0], id=f"again-{n}") for n in range(50_000)]])
    assert found.judged == 80


def test_labels_with_few_tickets_are_named_and_not_judged() -> None:
    rare = [Ticket(f"r{n}", f"badge {n} is broken", "badges") for n in range(4)]
    found = find_suspects([*small_tickets(), *rare])
    assert found.too_few == ("badges",)
    assert not {suspect.id for suspect in found.suspects} & {ticket.id for ticket in rare}
    with pytest.raises(ClassifierError, match="Two labels"):
        find_suspects(rare)


def test_tickets_without_label_get_the_likely_ones() -> None:
    open_ = [Ticket("u1", "printer jammed again, toner everywhere", ""), Ticket("u2", "order a headset please", "")]
    found = find_suspects([*small_tickets(), *open_])
    assert {one.id: one.likely[0][0] for one in found.unlabelled} == {"u1": "printing", "u2": "buying"}
    assert {one.given for one in found.unlabelled} == {""}


def test_findings_survive_their_file() -> None:
    tickets = solved(small_tickets())
    tickets[8] = replace(tickets[8], label="buying")
    found = find_suspects([*tickets, Ticket("u1", "toner", "")])
    assert Findings.from_json(found.as_json()) == found


@given(st.integers(0, 2**31), st.integers(2, 5), st.integers(2, 40))
def test_a_ticket_is_suspected_only_where_another_label_is_above_what_is_usual(
    seed: int, labels: int, count: int
) -> None:
    dice = np.random.default_rng(seed)
    sure = dice.dirichlet(np.ones(labels), count)
    given_ = np.concatenate([np.arange(labels), dice.integers(0, labels, count)])[:count] % labels
    if len(set(given_.tolist())) < labels:
        return
    likely, doubt = confident(sure, given_)
    usual = np.array([sure[given_ == label, label].mean() for label in range(labels)])
    for row in range(count):
        above = [label for label in range(labels) if sure[row, label] >= usual[label]]
        assert likely[row] == (max(above, key=lambda label: sure[row, label]) if above else given_[row])
    assert np.isfinite(doubt).all()
