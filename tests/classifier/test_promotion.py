from dataclasses import replace
from pathlib import Path

import pytest

from classifier.dataset import Ticket
from classifier.evaluation import Evaluation, LabelSheet
from classifier.promotion import compare, harmed_labels, recommend
from classifier.training import train
from tests.classifier.conftest import TINY, Trained
from tests.classifier.small_desk import small_tickets


def _later() -> list[Ticket]:
    """Requests that nobody has learnt from, in other words than the small desk's."""
    wishes = {
        "passwords": "please unlock the login of {}, the password was wrong",
        "printing": "{} says the toner of the printer is empty",
        "network": "{} has no wifi and no vpn since noon",
        "buying": "please order a new monitor for {}",
    }
    people = "Ada Bo Cy Dee Eli Fay Gus Hal Ida Jo Kai Lea Mo Ned Ola".split()
    return [
        Ticket(f"L-{label}-{person}", wish.format(f"{person} in {person}ville"), label)
        for person in people
        for label, wish in wishes.items()
    ]


@pytest.fixture(scope="module")
def confused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A challenger from the same tickets with half the labels swapped."""
    swap = {"passwords": "network", "network": "passwords"}
    wrong = [replace(ticket, label=swap.get(ticket.label, ticket.label)) for ticket in small_tickets()]
    return train(wrong, tmp_path_factory.mktemp("models") / "confused", TINY)


def test_a_challenger_from_poisoned_tickets_is_worse_and_the_other_way_round_better(
    trained: Trained, confused: Path
) -> None:
    comparison = compare(trained.folder, confused, _later(), limit=0.3)
    assert comparison.recommendation == "worse" and comparison.tickets == 60
    assert {"network", "passwords"} <= set(comparison.harmed)
    assert comparison.macro_f1_gain.high < 0
    assert compare(confused, trained.folder, _later(), limit=0.3).recommendation == "better"


def test_a_model_is_not_measurably_better_than_itself(trained: Trained) -> None:
    comparison = compare(trained.folder, trained.folder, _later(), limit=0.3)
    assert comparison.recommendation == "not measurably better" and comparison.p_value == 1.0


def test_tickets_that_either_model_has_learnt_from_are_left_out(trained: Trained) -> None:
    relabelled = [replace(ticket, id=f"copy-{ticket.id}") for ticket in small_tickets()]
    for given in (small_tickets(), relabelled):  # known by id, and by text
        comparison = compare(trained.folder, trained.folder, given, limit=0.3)
        assert (comparison.tickets, comparison.seen) == (16, 64)
        assert comparison.recommendation == "too few tickets"


def test_no_ticket_at_all_is_too_few(trained: Trained) -> None:
    assert compare(trained.folder, trained.folder, [], limit=0.3).recommendation == "too few tickets"


def _sheet(accuracy: float, recall: float) -> Evaluation:
    by_label = {"rare": LabelSheet(10, 0.9, recall, 0.9)}
    return Evaluation(100, accuracy, 0.8, 0.02, 0.9, 0.9, 0.05, 0.8, 0.5, 0.02, 0.01, by_label)


def test_a_challenger_that_gains_overall_but_loses_a_label_is_not_recommended() -> None:
    before, after = _sheet(0.8, 0.9), _sheet(0.9, 0.6)
    harmed = harmed_labels(before, after)
    assert harmed == ("rare",)
    recommendation, reasons = recommend(before, after, 0.001, harmed)
    assert recommendation == "not measurably better" and any("rare" in reason for reason in reasons)
    assert recommend(before, _sheet(0.9, 0.9), 0.001, ())[0] == "better"
    assert recommend(before, _sheet(0.9, 0.9), 0.2, ())[0] == "not measurably better"
