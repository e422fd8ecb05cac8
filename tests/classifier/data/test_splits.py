from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.data import splits as splits_module
from classifier.data.dataset import Ticket, split_by_time
from classifier.data.splits import NEAR, by_hash, drop_duplicates, shingles
from tests.classifier.small_desk import small_tickets


def test_the_latest_tickets_are_the_test() -> None:
    splits = split_by_time(reversed(small_tickets()))
    assert (len(splits.train), len(splits.calibrate), len(splits.test)) == (48, 16, 16)
    ends = [[ticket.closed_at for ticket in side] for side in (splits.train, splits.calibrate, splits.test)]
    assert max(ends[0]) < min(ends[1]) and max(ends[1]) < min(ends[2])  # type: ignore[type-var]  # all have dates


def test_tickets_without_dates_are_dealt_out_within_each_label() -> None:
    undated = [replace(ticket, opened_at=None, closed_at=None) for ticket in small_tickets()]
    splits = split_by_time(undated)
    for label in {ticket.label for ticket in undated}:
        assert [sum(t.label == label for t in side) for side in (splits.train, splits.calibrate, splits.test)] == [
            12,
            4,
            4,
        ]
    assert split_by_time(reversed(undated)) == splits


def test_no_text_is_on_two_sides() -> None:
    start = datetime(2026, 5, 1, tzinfo=UTC)
    first = small_tickets()[0]
    late = [
        replace(first, id="same", text=f"  {first.text}\n", closed_at=start),
        replace(first, id="other-label", label="network", closed_at=start + timedelta(1)),
    ]
    splits = split_by_time([*small_tickets(), *late])
    assert [(dropped.id, dropped.same_as, dropped.labels_differ) for dropped in splits.dropped] == [
        ("same", "T-000", False),
        ("other-label", "T-000", True),
    ]


def test_a_million_equal_rows_become_one_and_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[str] = []
    monkeypatch.setattr(splits_module, "shingles", lambda text: looked_at.append(text) or shingles(text))
    rows = [Ticket("first", "the same words in every row", "x")]
    rows += [Ticket("later", "the same words in every row", "y")] * 1_000_000
    kept, dropped = drop_duplicates(rows)
    assert len(kept) == 1 and len(dropped) == 1_000_000
    assert looked_at == ["the same words in every row"]


words = st.lists(st.sampled_from("abcd"), min_size=1, max_size=12).map(" ".join)


@given(st.lists(words, max_size=12))
def test_near_duplicates_are_those_that_comparing_every_pair_finds(texts: list[str]) -> None:
    tickets = [Ticket(str(number), text, "x") for number, text in enumerate(texts)]
    kept: list[str] = []
    for text in texts:
        sketch = shingles(text)
        pairs = ((len(sketch & shingles(k)), len(sketch | shingles(k))) for k in kept)
        if not any(common >= NEAR * either for common, either in pairs):
            kept.append(text)
    assert [ticket.text for ticket in drop_duplicates(tickets)[0]] == kept


def test_setting_aside_leaves_every_label_a_ticket_to_learn_from() -> None:
    tickets = [Ticket("1", "a", "lonely"), *(Ticket(f"n{n}", str(n), "many") for n in range(10))]
    rest, aside = by_hash(tickets, 0.2)
    assert "lonely" in {ticket.label for ticket in rest} and len(aside) == 2
