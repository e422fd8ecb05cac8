"""Tests of single labels' shares: a change is found and named, at once or slowly, and chance is not called one."""

import numpy as np
import pytest

from classifier.judging import drift, label_shares
from classifier.judging.drift import Sample
from classifier.judging.label_shares import largest_shift

LABELS = ("identity", "network", "printing", "email")


def weekly(draw: np.random.Generator, weeks: int, shares: tuple[float, ...]) -> list[list[str]]:
    """Labels of so many weeks with 75 tickets each."""
    return [[LABELS[at] for at in draw.choice(len(LABELS), size=75, p=shares)] for _ in range(weeks)]


def test_a_label_that_doubles_in_four_weeks_is_named_with_its_shares() -> None:
    draw = np.random.default_rng(1)
    before = [label for week in weekly(draw, 16, (0.4, 0.3, 0.1, 0.2)) for label in week]
    found = largest_shift(before, weekly(draw, 4, (0.35, 0.25, 0.2, 0.2)))
    assert found is not None and (found.label, found.weeks) == ("printing", 4) and found.p_value < 0.01
    assert found.before < 0.13 and found.after > 0.15


def test_a_slow_change_adds_up_over_the_weeks() -> None:
    draw = np.random.default_rng(5)
    before = [label for week in weekly(draw, 16, (0.4, 0.3, 0.1, 0.2)) for label in week]
    weeks = weekly(draw, 16, (0.38, 0.28, 0.14, 0.2))
    found, at_once = largest_shift(before, weeks), largest_shift(before, weeks[:4])
    assert found is not None and at_once is not None
    assert (found.label, found.weeks) == ("printing", 16) and found.p_value < 0.01 < at_once.p_value


def test_shares_that_do_not_change_are_significant_as_rarely_as_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_shares, "PERMUTATIONS", 99)
    draw, same = np.random.default_rng(3), (0.4, 0.3, 0.1, 0.2)
    looks = [largest_shift(weekly(draw, 1, same)[0], weekly(draw, 5, same), seed) for seed in range(60)]
    assert sum(look is not None and look.p_value <= 0.1 for look in looks) <= 12  # 6 on average


@pytest.mark.parametrize(("before", "weeks"), [(["a"], []), ([], [["a", "b"]]), (["a", "a"], [["a"]]), (["a"], [[]])])
def test_where_there_is_nothing_to_compare_no_share_has_changed(before: list[str], weeks: list[list[str]]) -> None:
    assert largest_shift(before, weeks) is None


def test_what_people_said_is_tested_beside_what_the_model_says() -> None:
    draw = np.random.default_rng(4)
    vectors = draw.normal(size=(150, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    said, sure = tuple(LABELS[at] for at in draw.integers(4, size=150)), draw.beta(8, 2, 150)
    before = Sample(vectors, said, sure, (("network",) * 100 + ("email",) * 300,))
    after = Sample(vectors, said, sure, (("network",) * 80 + ("email",) * 70,))
    found = {finding.what: finding for finding in drift.tests(before, after)}
    assert found["shares"].alarm and found["shares"].detail == "email 75.0% → 46.7% of the tickets of the last week"
    assert list(found) == ["inputs", "labels", "shares", "confidence"] and not found["labels"].alarm
