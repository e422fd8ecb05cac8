"""The taxonomy: what a request can be about, which team takes it, and how urgent it usually is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from classifier.data.ticket import Problem, refuse
from classifier.errors import ClassifierError

IMPACTS = ("individual", "team", "organisation")
URGENCIES = ("low", "medium", "high")


@dataclass(frozen=True, slots=True)
class Border:
    """One request near the border between two labels, and the label that it rightly has."""

    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Label:
    """One kind of request. Models learn `id`; everything else may change without retraining."""

    id: str
    name: str
    team: str
    description: str
    excludes: str
    """Where the border to the neighbours lies (`not` in the file)."""
    impact: str
    urgency: str
    ask: tuple[str, ...]
    """What an agent needs to know first."""
    borders: tuple[Border, ...]
    """Requests that could be taken for this label's or a neighbour's, for people who label and correct."""


@dataclass(frozen=True)
class Taxonomy:
    """All labels of a desk, in the order of the file."""

    labels: tuple[Label, ...]

    @classmethod
    def read(cls, path: Path | str) -> "Taxonomy":
        """Read `taxonomy.yaml`.

        Raises `ClassifierError` that names file, line and field of everything that is wrong in it.
        """
        path = Path(path)
        root = _compose(path)
        problems: list[Problem] = []
        labels = tuple(_labels(root, str(path), problems))
        refuse(problems)
        return cls(labels)

    @cached_property
    def by_id(self) -> dict[str, Label]:
        """Every label under its id."""
        return {label.id: label for label in self.labels}

    def descriptions(self) -> dict[str, tuple[str, ...]]:
        """What each label is about, in sentences: its name, its description, and the border requests that are its."""
        return {
            label.id: (label.name, label.description, *(b.text for b in label.borders if b.label == label.id))
            for label in self.labels
        }

    def team_of(self, label: str) -> str:
        """The team that takes this label. Raises `ClassifierError` for a label that the taxonomy does not have."""
        if label not in self.by_id:
            raise ClassifierError(f"The taxonomy has no label `{label}`. Known: {', '.join(self.by_id)}.")
        return self.by_id[label].team


_FILE_NAMES = {"excludes": "not"}
_KEYS = tuple(_FILE_NAMES.get(field.name, field.name) for field in fields(Label))
_REQUIRED = ("id", "name", "team", "description", "impact", "urgency")
_CHOICES = {"impact": IMPACTS, "urgency": URGENCIES}


def _compose(path: Path) -> yaml.Node:
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise ClassifierError(f"{path}: cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ClassifierError(f"{path}: is not UTF-8 text (byte {error.start}). Save it as UTF-8.") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        problem = Problem(str(path), line, "", f"not valid YAML: {error.problem}.")
        raise ClassifierError(str(problem), (problem,)) from error
    except yaml.YAMLError as error:
        raise ClassifierError(f"{path}: not valid YAML: {error}.") from error
    if node is None:
        raise ClassifierError(f"{path}: is empty; it needs a list `labels`.")
    return node


def _labels(root: yaml.Node, file: str, problems: list[Problem]) -> Iterator[Label]:
    entries: dict[str, yaml.Node] = {}
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            entries[str(key.value)] = value
            if key.value != "labels":
                problems.append(Problem(file, _line(key), str(key.value), "unknown key; only `labels` is known."))
    listed = entries.get("labels")
    if not isinstance(listed, yaml.SequenceNode) or not listed.value:
        problems.append(Problem(file, _line(listed or root), "labels", "must be a list of at least one label."))
        return
    lines: dict[str, int] = {}
    for node in listed.value:
        label = _label(node, file, problems)
        if label is None:
            continue
        if label.id in lines:
            message = f"`{label.id}` is already used in line {lines[label.id]}; every id must be unique."
            problems.append(Problem(file, _line(node), "id", message))
        lines.setdefault(label.id, _line(node))
        yield label
    _check_borders([node for node in listed.value if isinstance(node, yaml.MappingNode)], file, problems)


def _check_borders(labels: Sequence[yaml.MappingNode], file: str, problems: list[Problem]) -> None:
    """Every border leads to a label that the file has, be that one right or not."""
    known = {value.value for node in labels for key, value in node.value if key.value == "id"}
    for node in labels:
        for key, value in node.value:
            for border in value.value if key.value == "borders" and isinstance(value, yaml.SequenceNode) else ():
                for name, text in border.value if isinstance(border, yaml.MappingNode) else ():
                    if name.value == "label" and text.value not in known:
                        message = f"`{text.value}` is not a label of this taxonomy."
                        problems.append(Problem(file, _line(text), "borders", message))


def _label(node: yaml.Node, file: str, problems: list[Problem]) -> Label | None:
    if not isinstance(node, yaml.MappingNode):
        problems.append(Problem(file, _line(node), "labels", "each label must be a block of `key: value` lines."))
        return None
    before = len(problems)
    values: dict[str, Any] = {"not": "", "ask": (), "borders": ()}
    for key, value in node.value:
        name = str(key.value)
        if name not in _KEYS:
            problems.append(Problem(file, _line(key), name, f"unknown key; known: {', '.join(_KEYS)}."))
        else:
            values[name] = _value(name, value, file, problems)
    for name in _REQUIRED:
        if name not in values:
            problems.append(Problem(file, _line(node), name, "is missing."))
    if len(problems) > before:
        return None
    return Label(**{field.name: values[_FILE_NAMES.get(field.name, field.name)] for field in fields(Label)})


def _value(
    name: str, node: yaml.Node, file: str, problems: list[Problem]
) -> str | tuple[str, ...] | tuple[Border, ...]:
    if name == "borders":
        return _borders(node, file, problems)
    if name == "ask":
        if isinstance(node, yaml.SequenceNode) and all(isinstance(item, yaml.ScalarNode) for item in node.value):
            return tuple(str(item.value).strip() for item in node.value)
        problems.append(Problem(file, _line(node), name, "must be a list of questions."))
        return ()
    if not isinstance(node, yaml.ScalarNode):
        problems.append(Problem(file, _line(node), name, "must be one line of text."))
        return ""
    value = str(node.value).strip()
    if name in _REQUIRED and not value:
        problems.append(Problem(file, _line(node), name, "must not be empty."))
    elif name in _CHOICES and value not in _CHOICES[name]:
        message = f"`{value}` is not known; use one of {', '.join(_CHOICES[name])}."
        problems.append(Problem(file, _line(node), name, message))
    return value


def _borders(node: yaml.Node, file: str, problems: list[Problem]) -> tuple[Border, ...]:
    found = []
    for item in node.value if isinstance(node, yaml.SequenceNode) else [node]:
        pairs = item.value if isinstance(item, yaml.MappingNode) else []
        values = {str(k.value): str(v.value).strip() for k, v in pairs if isinstance(v, yaml.ScalarNode)}
        if set(values) == {"text", "label"} and all(values.values()):
            found.append(Border(**values))
        else:
            problems.append(Problem(file, _line(item), "borders", "must be lines of {text: a request, label: an id}."))
    return tuple(found)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
