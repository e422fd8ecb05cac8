"""Tests for drift on made-up embeddings: quiet where nothing changed, loud where something did."""

import numpy as np
import pytest

from classifier.judging import drift
from classifier.judging.drift import Sample, holm, mmd, new_groups

LABELS = ("identity", "network", "printing", "email")


def sample(count: int, seed: int, shares: tuple[float, ...] = (0.25,) * 4, noise: float = 0.6) -> Sample:
    """Tickets around one direction a label."""
    draw = np.random.default_rng(seed)
    which = draw.choice(len(LABELS), size=count, p=shares)
    vectors = np.eye(16)[which] + noise / 4 * draw.normal(size=(count, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Sample(vectors.astype(np.float32), tuple(LABELS[at] for at in which), draw.beta(8, 2, count))


def by_name(reference: Sample, recent: Sample) -> dict[str, drift.Finding]:
    return {finding.what: finding for finding in drift.tests(reference, recent)}


def test_tickets_of_one_kind_raise_an_alarm_in_one_of_twenty_looks_at_most() -> None:
    looks = [drift.tests(sample(200, 2 * seed), sample(80, 2 * seed + 1)) for seed in range(20)]
    assert sum(any(finding.alarm for finding in look) for look in looks) <= 1


def test_a_label_that_takes_over_is_found_and_named() -> None:
    found = by_name(sample(300, 1), sample(150, 2, (0.1, 0.1, 0.7, 0.1)))
    assert found["labels"].alarm and found["inputs"].alarm
    assert found["labels"].detail.startswith("printing 2") and not found["confidence"].alarm


def test_a_model_that_has_become_unsure_is_found() -> None:
    before, after = sample(300, 1), sample(150, 2)
    unsure = Sample(after.vectors, after.labels, after.confidence * 0.7)
    found = by_name(before, unsure)
    assert [what for what, finding in found.items() if finding.alarm] == ["confidence"]


def test_a_difference_that_is_sure_but_small_is_no_alarm() -> None:
    before, after = sample(1, 1), sample(1, 2)
    many = Sample(np.repeat(before.vectors, 60, axis=0), ("network",) * 3000 + ("email",) * 3000, np.full(60, 0.8))
    more = Sample(np.repeat(after.vectors, 60, axis=0), ("network",) * 3250 + ("email",) * 2750, np.full(60, 0.8))
    labels = by_name(many, more)["labels"]
    assert labels.corrected < 0.05 and labels.effect < labels.least and not labels.alarm


def test_too_few_tickets_are_not_tested() -> None:
    assert drift.tests(sample(300, 1), sample(49, 2)) == ()


def test_rare_labels_are_put_together_and_one_label_alone_is_no_drift() -> None:
    assert by_name(sample(60, 1, (1.0, 0, 0, 0)), sample(60, 2, (1.0, 0, 0, 0)))["labels"].p_value == 1.0
    before = sample(60, 1)
    odd = Sample(before.vectors, tuple(f"label {n}" for n in range(60)), before.confidence)
    assert by_name(before, odd)["labels"].p_value < 0.001


def test_tickets_about_something_new_are_found_together_and_growth_of_something_old_is_not_new() -> None:
    known, recent = sample(400, 1), sample(150, 2, (0.4, 0.2, 0.2, 0.2))
    assert new_groups(known.vectors, recent.vectors) == []
    new = np.eye(16, dtype=np.float32)[[10] * 20] + 0.1 * np.random.default_rng(3).normal(size=(20, 16))
    new = (new / np.linalg.norm(new, axis=1, keepdims=True)).astype(np.float32)
    (found,) = new_groups(known.vectors, np.concatenate([recent.vectors, new]))
    assert len(found) >= 18 and np.mean(np.array(found) >= 150) >= 0.9


def test_where_nothing_is_new_a_group_is_found_in_one_of_twenty_looks_at_most() -> None:
    looks = [new_groups(sample(200, 2 * seed).vectors, sample(80, 2 * seed + 1).vectors) for seed in range(20)]
    assert sum(bool(look) for look in looks) <= 2


def test_a_handful_of_tickets_is_no_topic() -> None:
    assert new_groups(sample(100, 1).vectors, sample(5, 2).vectors) == []


def test_the_permutation_test_is_fair() -> None:
    p_values = [mmd(sample(60, 2 * seed).vectors, sample(60, 2 * seed + 1).vectors, seed) for seed in range(40)]
    assert 0.3 < np.mean(p_values) < 0.7
    assert np.mean(np.array(p_values) <= 0.1) <= 0.25


@pytest.mark.parametrize(
    ("given", "corrected"),
    [([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]), ([0.5, 0.9], [1.0, 1.0]), ([], [])],
)
def test_p_values_are_corrected_by_holm(given: list[float], corrected: list[float]) -> None:
    assert holm(given) == pytest.approx(corrected)
