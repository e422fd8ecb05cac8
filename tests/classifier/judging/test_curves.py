"""What is computed from a model's test, on tests small enough to count by hand."""

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.judging import curves
from classifier.judging.trial import Said, Trial
from classifier.pictures.pictures import confusion_picture, pictures

TEAMS = {"vpn": "network", "wifi": "network", "toner": "workplace"}


def trial(
    truth: Sequence[str],
    guessed: Sequence[str],
    sure: Sequence[float] | None = None,
    teams: Mapping[str, str] = TEAMS,
) -> Trial:
    """A test whose model learnt from 12 tickets of each label, but from 3 of `toner`."""
    labels = tuple(sorted({*truth, *guessed}))
    places = [np.array([labels.index(label) for label in side], dtype=np.int64) for side in (truth, guessed)]
    confidence = np.array(sure if sure is not None else [0.9] * len(truth))
    said = Said(places[1], confidence, confidence >= 0.8)
    learnt = {label: 3 if label == "toner" else 12 for label in labels}
    return Trial(labels, learnt, teams, 0.1, tuple(map(str, range(len(truth)))), places[0], {"served": said})


def test_confusions_are_counted_with_the_largest_first() -> None:
    test = trial(["vpn", "vpn", "vpn", "toner", "toner"], ["wifi", "wifi", "toner", "toner", "vpn"])
    found = [(one.truth, one.guessed, one.tickets, one.of) for one in curves.confusions(test, test.served)]
    assert found == [("vpn", "wifi", 2, 3), ("toner", "vpn", 1, 2), ("vpn", "toner", 1, 3)]
    assert [one.same_team for one in curves.confusions(test, test.served)] == [True, False, False]


def test_a_mistake_within_a_team_is_no_misroute() -> None:
    test = trial(["vpn", "vpn"], ["wifi", "toner"])
    assert test.right_team(test.served).tolist() == [True, False]
    alone = trial(["vpn", "vpn"], ["wifi", "vpn"], teams={})
    assert alone.right_team(alone.served).tolist() == [False, True]


@pytest.mark.parametrize("labels", [14, 150])
def test_the_matrix_counts_every_ticket_however_many_labels_there_are(labels: int) -> None:
    generator = np.random.default_rng(labels)
    names = [f"label_{number:03}" for number in range(labels)]
    truth = [names[number] for number in generator.integers(0, labels, 600)]
    guessed = [t if generator.random() < 0.7 else names[generator.integers(0, 4)] for t in truth]
    test = trial(truth, guessed)
    found = curves.matrix(test, test.served)
    assert sum(map(sum, found.counts)) == 600
    assert len(found.labels) == min(len(test.labels), curves.SHOWN_LABELS)
    assert found.left_out == max(0, len(test.labels) - curves.SHOWN_LABELS + 1) * (labels > curves.SHOWN_LABELS)
    if labels > curves.SHOWN_LABELS:
        assert {"label_000", "label_001", "label_002", "label_003"} <= set(found.labels)
        assert found.labels[-1] == curves.OTHERS
    assert confusion_picture(found).count("<rect") == len(found.labels) ** 2


def test_the_curve_of_risk_says_what_routing_more_would_cost() -> None:
    points = curves.risk_coverage(np.array([0.9, 0.9, 0.8, 0.5]), np.array([True, True, False, True]))
    assert [(p.covered, round(p.wrong, 3), p.threshold) for p in points] == [
        (0.5, 0, 0.9),
        (0.75, 0.333, 0.8),
        (1, 0.25, 0.5),
    ]


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_reliability_and_risk_count_every_ticket_once(tickets: list[tuple[float, bool]]) -> None:
    sure = np.array([confidence for confidence, _ in tickets])
    right = np.array([hit for _, hit in tickets], dtype=bool)
    bins, points = curves.reliability(sure, right), curves.risk_coverage(sure, right)
    assert sum(one.tickets for one in bins) == len(tickets)
    assert all(0 <= one.low <= one.came_true <= one.high <= 1 for one in bins)
    assert [one.said for one in bins] == sorted(one.said for one in bins)
    if tickets:
        assert points[-1].covered == 1 and points[-1].wrong == pytest.approx((~right).mean())
        assert [one.covered for one in points] == sorted({one.covered for one in points})


def test_a_label_has_a_sheet_and_a_thin_one_is_said_to_be_so() -> None:
    test = trial(["vpn", "vpn", "toner"], ["wifi", "vpn", "toner"])
    rows = {row.label: row for row in curves.label_rows(test, test.served)}
    assert (rows["vpn"].tickets, rows["vpn"].recall, rows["vpn"].taken_for, rows["vpn"].taken) == (2, 0.5, "wifi", 1)
    assert (rows["wifi"].tickets, rows["wifi"].precision, rows["wifi"].team) == (0, 0.0, "network")
    assert [row.label for row in rows.values() if row.is_thin] == ["toner"]


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.floats(0, 1)), max_size=12))
def test_any_test_can_be_drawn_be_it_empty(tickets: list[tuple[str, str, float]]) -> None:
    truth, guessed, sure = ([one[side] for one in tickets] for side in range(3))
    test = trial([str(t) for t in truth], [str(g) for g in guessed], [float(str(s)) for s in sure])
    for one in pictures(test, None):
        ElementTree.fromstring(one.svg)
        assert "nan" not in one.svg and "inf" not in one.svg.replace("sans-serif", "")


def test_a_picture_says_in_words_what_it_shows_and_takes_no_label_for_markup() -> None:
    test = trial(["<b>vpn", "toner"], ["toner", "toner"])
    drawn = {one.name: one.svg for one in pictures(test, None)}
    assert set(drawn) == {"confusions", "reliability", "risk"}
    assert "&lt;b&gt;vpn taken for toner 1 times" in drawn["confusions"] and "<b>" not in drawn["confusions"]
    assert all('role="img"' in svg and "<desc>" in svg for svg in drawn.values())
