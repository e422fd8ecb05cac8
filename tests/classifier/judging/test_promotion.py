from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.data.dataset import Ticket
from classifier.judging.costs import Costs
from classifier.judging.promotion import Comparison, Side, compare, harmed_labels, judge
from classifier.learning.training import train
from classifier.model.prediction import Prediction
from tests.classifier.conftest import TINY, Trained
from tests.classifier.small_desk import small_tickets

LABELS = ("identity", "network", "printing", "buying")


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
    quick = replace(TINY, parts=("words",))  # words mislead as well as an encoder does
    return train(wrong, tmp_path_factory.mktemp("models") / "confused", quick)


def test_a_challenger_from_poisoned_tickets_is_worse_and_the_other_way_round_better(
    trained: Trained, confused: Path
) -> None:
    comparison = compare(trained.folder, confused, _later(), limit=0.3)
    assert comparison.recommendation == "worse" and comparison.tickets == 60
    assert {"network", "passwords"} <= set(comparison.harmed)
    assert comparison.gains.macro_f1.high < 0
    assert compare(confused, trained.folder, _later(), limit=0.3).recommendation == "better"


def test_a_model_is_as_good_as_itself(trained: Trained) -> None:
    comparison = compare(trained.folder, trained.folder, _later(), limit=0.3)
    assert comparison.recommendation == "as good" and comparison.p_value == 1.0


def test_tickets_that_either_model_has_learnt_from_are_left_out(trained: Trained) -> None:
    relabelled = [replace(ticket, id=f"copy-{ticket.id}") for ticket in small_tickets()]
    for given in (small_tickets(), relabelled):  # known by id, and by text
        comparison = compare(trained.folder, trained.folder, given, limit=0.3)
        assert (comparison.tickets, comparison.seen) == (16, 64)
        assert comparison.recommendation == "cannot tell" and "Only 16 tickets" in comparison.reasons[0]


def test_no_ticket_at_all_is_too_few(trained: Trained) -> None:
    assert compare(trained.folder, trained.folder, [], limit=0.3).recommendation == "cannot tell"


# What two models said, made up: only so can each rule be looked at by itself.

TICKETS = [Ticket(f"T-{number}", "text", LABELS[number % 4], LABELS[number % 4]) for number in range(400)]


def _side(wrong: set[int], confidence: float = 0.9, routed: set[int] | None = None) -> Side:
    predictions = [
        Prediction(
            LABELS[(number + (number in wrong)) % 4], confidence, routed is None or number in routed, 0.5, (), ()
        )
        for number in range(len(TICKETS))
    ]
    return Side.of("v", TICKETS, predictions, 0.1)


def _judged(before: Side, after: Side, costs: Costs | None = None) -> Comparison:
    return judge(TICKETS, before, after, costs=costs)


def test_fewer_errors_are_better_and_more_are_worse() -> None:
    many, few = _side(set(range(60))), _side(set(range(20)))
    assert _judged(many, few).recommendation == "better"
    assert _judged(few, many).recommendation == "worse"


def test_a_gain_for_many_does_not_hide_what_one_label_loses() -> None:
    before = _side({number for number in range(200) if number % 4 != 2})
    after = _side({number for number in range(100) if number % 4 == 2})
    comparison = _judged(before, after)
    assert comparison.gains.macro_f1.low > 0 and comparison.harmed == ("printing",)
    assert comparison.recommendation == "cannot tell"
    assert any("printing" in reason for reason in comparison.reasons)
    assert "a person must weigh" in comparison.reasons[-1]


def test_the_price_of_a_misroute_decides_between_bold_and_careful() -> None:
    wrong = set(range(0, 400, 8))  # 50, whoever routes them
    careful, bold = _side(wrong, routed=set(range(400)) - wrong), _side(wrong)
    assert _judged(careful, bold, Costs(misroute_minutes=30, triage_minutes=5)).recommendation == "worse"
    assert _judged(careful, bold, Costs(misroute_minutes=5, triage_minutes=30)).recommendation == "better"
    assert _judged(careful, bold, Costs(misroute_minutes=30)).minutes == (0.625, 3.75)


def test_confidence_that_is_further_off_is_a_loss_though_the_labels_are_the_same() -> None:
    wrong = set(range(0, 400, 10))
    comparison = _judged(_side(wrong, confidence=0.9), _side(wrong, confidence=0.99))
    assert comparison.recommendation == "worse"
    assert any("off by 9.0% instead of 0.0%" in reason for reason in comparison.reasons)


def test_a_difference_within_chance_is_not_called_better() -> None:
    assert _judged(_side(set(range(40))), _side(set(range(20, 58)))).recommendation in ("as good", "cannot tell")


def test_labels_are_harmed_only_beyond_chance() -> None:
    truth = ["rare"] * 10 + ["other"] * 200
    before, after = np.ones(210, dtype=bool), np.ones(210, dtype=bool)
    after[:2] = False
    assert harmed_labels(truth, before, after) == ()  # two of ten: chance
    after[:8] = False
    assert harmed_labels(truth, before, after) == ("rare",)
    assert harmed_labels(truth[1:], before[1:], after[1:]) == ()  # nine tickets are too few to say so
