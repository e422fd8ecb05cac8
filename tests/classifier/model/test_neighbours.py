"""Nearest closed tickets: by words alone, and by meaning with an encoder that knows two words for the same thing."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.data.ticket import Ticket
from classifier.model.neighbours import ClosedTickets, Remembered, Vectors
from tests.classifier.small_desk import small_tickets

SAME = {"sign": "login", "log": "login", "login": "login", "printer": "print", "copier": "print"}


def encode(texts: Sequence[str]) -> Vectors:
    """Unit vectors by what the words mean; others mean nothing."""
    meanings = sorted(set(SAME.values()))
    rows = np.array([[sum(SAME.get(w) == m for w in text.lower().split()) for m in meanings] for text in texts], float)
    lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return (rows / lengths).astype(np.float32)


def ids(closed: ClosedTickets, text: str, **options: object) -> list[str]:
    return [near.ticket.id for near in closed.nearest(text, 3, **options)]  # type: ignore[arg-type]


def test_the_same_rare_words_make_tickets_alike() -> None:
    closed = ClosedTickets(small_tickets())
    first = closed.nearest("the toner of our printer is empty again", 3)[0]
    assert first.ticket.text == "toner is empty in the copy room" and 0.2 < first.likeness < 1


def test_meaning_finds_what_shares_no_word() -> None:
    tickets = [Ticket("1", "cannot sign in since Monday", "passwords"), Ticket("2", "login", "passwords")]
    closed = ClosedTickets([*tickets, Ticket("3", "the printer since Monday", "printing")])
    assert "2" not in ids(closed, "log on fails since Monday")
    assert ids(closed, "log on fails since Monday", label="passwords", encode=encode)[:2] == ["1", "2"]


def test_the_tickets_own_and_repeated_texts_are_left_out() -> None:
    closed = ClosedTickets([Ticket(str(n), "the VPN drops", "network") for n in range(4)])
    assert ids(closed, "the VPN drops", without="0") == ["1"]
    assert ClosedTickets([]).nearest("the VPN drops", 3, encode=encode) == []
    assert ids(closed, "") == ids(closed, "quite something else") == []


def test_vectors_are_computed_once_and_the_oldest_forgotten() -> None:
    asked: list[str] = []

    def counted(texts: Sequence[str]) -> Vectors:
        asked.extend(texts)
        return encode(texts)

    memory = Remembered(most=2)
    for text in ("login", "printer", "login", "copier", "login"):
        memory.vectors([text], counted)
    assert asked == ["login", "printer", "copier", "login"]


@settings(max_examples=30)  # each builds an index
@given(st.text(max_size=80))
def test_any_text_may_be_asked_for_and_is_as_like_itself_as_can_be(text: str) -> None:
    closed = ClosedTickets([Ticket("own", text, "x"), *small_tickets()])
    for near in closed.nearest(text, 3):
        assert 0 < near.likeness <= 1
        assert near.likeness <= closed.nearest(text, 1)[0].likeness
