"""How another system's export is read: which of its fields is which of ours, and what its words mean here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from classifier.data.rows import UTF_8
from classifier.errors import ClassifierError

Field = Literal["id", "subject", "body", "label", "team", "priority", "state", "opened_at", "closed_at", "requester",
                "resolution", "request_type"]  # fmt: skip
FIELDS: tuple[Field, ...] = get_args(Field)

_PRIORITIES = {
    "P1": ("1", "p1", "critical", "highest", "urgent", "blocker"),
    "P2": ("2", "p2", "high"),
    "P3": ("3", "p3", "moderate", "medium", "normal"),
    "P4": ("4", "5", "p4", "low", "lowest", "planning"),
}
_TYPES = {
    "incident": ("incident", "problem", "bug", "fault", "[system] incident"),
    "service_request": (
        "service request", "service_request", "request", "requested item", "catalog task", "sc_request", "sc_req_item",
        "sc_task", "service request with approvals", "it help", "[system] service request", "task", "question",
    ),
}  # fmt: skip
"""ITIL's two, as other systems write them."""


def _ours(words: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {theirs: ours for ours, every in words.items() for theirs in every}


@dataclass(frozen=True)
class FieldMapping:
    """One system's way to write tickets. Names are compared without regard to case."""

    system: str
    fields: Mapping[Field, tuple[str, ...]]
    """Where each of our fields stands: the first place that holds something counts, for labels the first that is
    known. Dots lead into JSON (`fields.status.name`), `*` stands for any part of a name, and of a list of
    `{"id": …, "value": …}` the one with that id is taken (`custom_fields.360001`)."""
    closed: frozenset[str]
    """States in which the work is over, so that the label is final."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Their word → our label; a word that is a label's id or name already needs no entry."""
    teams: Mapping[str, str] = field(default_factory=dict)
    priorities: Mapping[str, str] = field(default_factory=lambda: _ours(_PRIORITIES))
    types: Mapping[str, str] = field(default_factory=lambda: _ours(_TYPES))
    """Their word → `incident` or `service_request`."""
    times: tuple[str, ...] = ()
    """How times are written beside ISO 8601, as `strptime` takes it."""
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    """Of times that name none."""
    encoding: str = UTF_8


SERVICENOW = FieldMapping(
    "servicenow",
    {
        "id": ("number",),
        "subject": ("short_description", "short description"),
        "body": ("description",),
        "label": ("subcategory", "category"),
        "team": ("assignment_group", "assignment group"),
        "priority": ("priority",),
        "state": ("state", "incident_state", "incident state"),
        "opened_at": ("opened_at", "opened", "sys_created_on", "created"),
        "closed_at": ("closed_at", "closed", "resolved_at", "resolved"),
        "requester": ("caller_id", "caller"),
        "resolution": ("close_notes", "resolution notes", "close notes"),
        "request_type": ("sys_class_name", "task type", "type"),
    },
    closed=frozenset({"closed", "resolved", "6", "7"}),
    times=("%Y-%m-%d %I:%M:%S %p",),
)
JIRA_CSV = FieldMapping(
    "jira",
    {
        "id": ("issue key", "key"),
        "subject": ("summary",),
        "body": ("description",),
        "label": (
            "custom field (customer request type)", "custom field (request type)", "request type", "components",
            "component/s", "labels",
        ),
        "team": ("custom field (team)", "team"),
        "priority": ("priority",),
        "state": ("status category", "status"),
        "opened_at": ("created",),
        "closed_at": ("resolved",),
        "requester": ("reporter",),
        "resolution": ("resolution",),
        "request_type": ("issue type",),
    },
    closed=frozenset({"done", "closed", "resolved"}),
    times=("%d/%b/%y %I:%M %p", "%d/%b/%Y %I:%M %p", "%d/%b/%y %H:%M"),
)  # fmt: skip
JIRA_JSON = replace(
    JIRA_CSV,
    fields={
        "id": ("key",),
        "subject": ("fields.summary",),
        "body": ("fields.description",),
        "label": ("fields.customfield_*.requestType.name", "fields.components.name", "fields.labels"),
        "team": (),
        "priority": ("fields.priority.name",),
        "state": ("fields.status.statusCategory.key", "fields.status.name"),
        "opened_at": ("fields.created",),
        "closed_at": ("fields.resolutiondate", "fields.statuscategorychangedate"),
        "requester": ("fields.reporter.accountId", "fields.reporter.displayName"),
        "resolution": ("fields.resolution.name",),
        "request_type": ("fields.issuetype.name",),
    },
    times=("%Y-%m-%dT%H:%M:%S.%f%z",),
)
ZENDESK = FieldMapping(
    "zendesk",
    {
        "id": ("id",),
        "subject": ("subject", "raw_subject"),
        "body": ("description",),
        "label": ("tags", "type"),
        "team": ("group_id",),
        "priority": ("priority",),
        "state": ("status",),
        "opened_at": ("created_at",),
        "closed_at": ("metric_set.solved_at", "solved_at", "updated_at"),
        "requester": ("requester_id",),
        "resolution": (),
        "request_type": ("type",),
    },
    closed=frozenset({"closed", "solved"}),
)
SYSTEMS = {"servicenow": (SERVICENOW,), "jira": (JIRA_JSON, JIRA_CSV), "zendesk": (ZENDESK,)}


def detect(row: Mapping[str, Any]) -> FieldMapping | None:
    """Whose export this row is from; none where it looks like none that we know."""
    names = {name.lower() for name in row}
    if isinstance(row.get("fields"), dict) and "key" in names:
        return JIRA_JSON
    if {"issue key", "summary"} <= names:
        return JIRA_CSV
    if "number" in names and names & {"short_description", "short description"}:
        return SERVICENOW
    if {"id", "subject", "description", "status"} <= names:
        return ZENDESK
    return None


def mapping_for(row: Mapping[str, Any], own: Mapping[str, Any], where: str) -> FieldMapping:
    """The detected mapping with an organisation's own choices (as `read_choices` gives them) laid over it.

    Raises `ClassifierError` where nothing is detected and the choices do not say which fields there are.
    """
    system = own.get("system")
    detected = detect(row)
    if detected is None or (system and detected.system != system):
        detected = SYSTEMS[system][-1] if system else None
    if detected is None:
        if "fields" not in own:
            names = ", ".join(sorted(map(str, row)))[:300]
            raise ClassifierError(
                f"{where}: looks like no export of ServiceNow, Jira or Zendesk; it has the fields {names}. "
                "Say in a mapping which of them are the ticket's (docs/OPERATING.md)."
            )
        detected = FieldMapping("own", {}, frozenset())
    fields = {**detected.fields, **own.get("fields", {})}
    chosen = {name: own[name] for name in ("closed", "times", "time_zone", "encoding") if name in own}
    return replace(
        detected,
        fields=fields,
        labels=own.get("labels", {}),
        teams=own.get("teams", {}),
        priorities={**detected.priorities, **own.get("priorities", {})},
        types={**detected.types, **own.get("types", {})},
        **chosen,
    )


def read_choices(path: Path) -> dict[str, Any]:
    """A mapping file, checked. Raises `ClassifierError` that names the key that is wrong."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ClassifierError(f"{path}: cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ClassifierError(f"{path}: is not valid YAML: {error}") from error
    if not isinstance(values, dict):
        raise ClassifierError(f"{path}: must hold keys such as `fields` and `labels`.")
    readers: dict[str, Callable[[Any], Any]] = {
        "system": _system, "fields": _fields, "closed": _words, "labels": _dictionary, "teams": _dictionary,
        "priorities": _dictionary, "types": _dictionary, "times": tuple, "time_zone": _zone, "encoding": str,
    }  # fmt: skip
    chosen = {}
    for key, value in values.items():
        if key not in readers:
            raise ClassifierError(f"{path}: there is no key `{key}`; known: {', '.join(readers)}.")
        try:
            chosen[key] = readers[key](value)
        except (ValueError, TypeError, AttributeError) as error:
            raise ClassifierError(f"{path}: key `{key}`: {error}.") from error
    return chosen


def _system(value: Any) -> str:
    if value not in SYSTEMS:
        raise ValueError(f"there is no system {value!r}; known: {', '.join(SYSTEMS)}")
    return str(value)


def _fields(value: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    if unknown := [name for name in value if name not in FIELDS]:
        raise ValueError(f"a ticket has no field `{unknown[0]}`; known: {', '.join(FIELDS)}")
    return {name: tuple(map(str, at)) if isinstance(at, list) else (str(at),) for name, at in value.items()}


def _words(value: Any) -> frozenset[str]:
    return frozenset(str(word).casefold() for word in (value if isinstance(value, list) else [value]))


def _dictionary(value: dict[Any, Any]) -> dict[str, str]:
    return {str(theirs).casefold(): str(ours) for theirs, ours in value.items() if ours not in (None, "?")}


def _zone(value: Any) -> ZoneInfo:
    try:
        return ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"there is no time zone {value!r}; write it like Europe/Berlin") from error
