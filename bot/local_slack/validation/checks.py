"""Small checks that compose into a schema; each yields what is wrong with a value and where."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One fault; `pointer` is the JSON pointer of the value."""

    message: str
    pointer: str

    def __str__(self) -> str:
        return f"[ERROR] {self.message} [json-pointer:{self.pointer}]"


Check = Callable[[Any, str], Iterator[Problem]]


def string(max_length: int, min_length: int = 1) -> Check:
    """A string of so many characters."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield Problem("must provide a string", at)
        elif len(value) > max_length:
            yield Problem(f"must be less than {max_length + 1} characters", at)
        elif len(value) < min_length:
            yield Problem(f"must be more than {min_length - 1} characters", at)

    return check


def flag(value: Any, at: str) -> Iterator[Problem]:
    """True or false."""
    if not isinstance(value, bool):
        yield Problem("must provide a boolean", at)


def number(low: float | None = None, high: float | None = None) -> Check:
    """A whole number within bounds."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield Problem("must provide a number", at)
        elif low is not None and value < low:
            yield Problem(f"must be more than {low - 1}", at)
        elif high is not None and value > high:
            yield Problem(f"must be less than {high + 1}", at)

    return check


def anything(value: Any, at: str) -> Iterator[Problem]:
    """Not looked at."""
    yield from ()


def mapping_of_anything(value: Any, at: str) -> Iterator[Problem]:
    """Some object."""
    if not isinstance(value, dict):
        yield Problem("must provide an object", at)


def choice(*allowed: str) -> Check:
    """One of these words."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, str) or value not in allowed:
            yield Problem(f"must be one of: {', '.join(allowed)}", at)

    return check


def listing(item: Check, min_items: int, max_items: int) -> Check:
    """A list of so many items, each checked."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem("must provide an array", at)
            return
        if len(value) > max_items:
            yield Problem(f"no more than {max_items} items allowed", at)
        if len(value) < min_items:
            yield Problem(f"no fewer than {min_items} items allowed", at)
        for index, entry in enumerate(value):
            yield from item(entry, f"{at}/{index}")

    return check


def record(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    """An object with these properties and no others. A null is as good as an absent property."""
    known = required | (optional or {})

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem("must provide an object", at)
            return
        for key in required:
            if value.get(key) is None:
                yield Problem(f"missing required field: {key}", at)
        for key, entry in value.items():
            if key not in known:
                yield Problem(f"invalid additional property: {key}", at)
            elif entry is not None:
                yield from known[key](entry, f"{at}/{key}")

    return check


def typed(table: dict[str, Check], *, also_known: frozenset[str] = frozenset()) -> Check:
    """An object whose `type` picks the check. `also_known` types exist, but not in this place."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem("must provide an object", at)
            return
        kind = value.get("type")
        if kind is None:
            yield Problem("missing required field: type", at)
        elif isinstance(kind, str) and kind in table:
            yield from table[kind](value, at)
        elif isinstance(kind, str) and kind in also_known:
            yield Problem(f"{kind} is not allowed here", f"{at}/type")
        else:
            yield Problem(f"unsupported type: {kind}", f"{at}/type")

    return check


def every(*checks: Check) -> Check:
    """All of these checks."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        for one in checks:
            yield from one(value, at)

    return check
