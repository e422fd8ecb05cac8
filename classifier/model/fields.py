"""What a model says about a ticket beside its label: priority and request type, learnt where tickets carry them.

Every part of a model gives one column a label, and after them one column for each value of each field.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from classifier.model.linear import Floats
from classifier.model.parts import Part, Weights

FieldName = Literal["priority", "request_type"]
FIELDS: tuple[FieldName, ...] = get_args(FieldName)
"""Each is an attribute of a ticket."""


@dataclass(frozen=True)
class Field:
    """One field as a model has learnt it."""

    name: FieldName
    values: tuple[str, ...]
    weights: Weights
    """Factors of the parts' columns in the sum, which is calibrated by them."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"name": self.name, "values": self.values, "weights": asdict(self.weights)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Field":
        """What `as_json` gave. Raises `ValueError` for a field that is not known here."""
        name = next((known for known in FIELDS if known == values["name"]), None)
        if name is None:
            raise ValueError(f"there is no field {values['name']!r}")
        return cls(name, tuple(map(str, values["values"])), Weights(**values["weights"]))


def columns(labels: int, sizes: Sequence[int]) -> Iterator[slice]:
    """Where the columns of each field stand, after those of the labels."""
    start = labels
    for size in sizes:
        yield slice(start, start + size)
        start += size


def of_labels(whole: Mapping[Part, Floats], labels: int) -> dict[Part, Floats]:
    """The labels' columns of every part."""
    return {part: rows[:, :labels] for part, rows in whole.items()}


def of_fields(whole: Mapping[Part, Floats], labels: int, fields: Sequence[Field]) -> dict[FieldName, Floats]:
    """Logits of every field: one row a text, one column a value."""
    places = columns(labels, [len(field.values) for field in fields])
    return {
        field.name: field.weights.add({part: rows[:, place] for part, rows in whole.items()})
        for field, place in zip(fields, places, strict=True)
    }
