"""The desk folder's `desk.yaml` and `people.yaml`: what an organisation decides about its service desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self, TypeVar
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from classifier.judging.costs import Costs

Impact = Literal["organisation", "team", "individual"]
Urgency = Literal["high", "medium", "low"]
Priority = Literal["P1", "P2", "P3", "P4"]
Tier = Literal["suggest", "approve", "auto"]
Role = Literal["employee", "agent", "admin"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class DeskProblem:
    """One thing to correct in a desk file."""

    file: Path
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.message}"


class DeskError(Exception):
    """A desk folder that cannot be used; lists every problem, changes nothing."""

    def __init__(self, problems: Sequence[DeskProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, problems)))


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class BusinessHours(Strict):
    days: tuple[Weekday, ...] = Field(min_length=1)
    opens: time = Field(alias="from")
    closes: time = Field(alias="to")
    holidays: frozenset[date] = frozenset()

    @field_validator("opens", "closes", mode="before")
    @classmethod
    def _sexagesimal(cls, value: Any) -> Any:
        """YAML reads 18:00 without quotes as 18 × 60."""
        return time(*divmod(value, 60)) if isinstance(value, int) and 0 <= value < 24 * 60 else value

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("`from` must be earlier than `to`")
        return self


class Team(Strict):
    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str = Field(min_length=1, max_length=60)
    channel: str = Field(min_length=1, max_length=80)
    on_call: tuple[str, ...] = ()


class Target(Strict):
    """Minutes until the first response and until the resolution."""

    first_response: int = Field(gt=0)
    resolution: int = Field(gt=0)
    clock: Literal["always", "business"] = "business"

    def minutes(self, target: str) -> int:
        """Minutes of a timer's target."""
        return self.first_response if target == "first_response" else self.resolution


class AutomationRule(Strict):
    name: str = Field(pattern=r"^(answer|route|prioritise|retrain|incident|runbook:[a-z0-9_]+)$")
    owner: str | None = None
    tier: Tier = "suggest"
    risk_limit: float = Field(gt=0, lt=1)


class CostRule(Strict):
    """Minutes of handling that a misroute and a person's choice in triage take away."""

    misroute_minutes: float = Field(Costs().misroute_minutes, gt=0, le=1440)
    triage_minutes: float = Field(Costs().triage_minutes, ge=0, le=1440)

    @property
    def costs(self) -> Costs:
        return Costs(self.misroute_minutes, self.triage_minutes)


class WatchRule(Strict):
    """How a classifier is watched after its promotion: as long as one of the two lasts."""

    days: int = Field(14, ge=1, le=365)
    tickets: int = Field(200, ge=20, le=100_000)
    demote: bool = True


class RetrainRule(Strict):
    """When the automation `retrain` trains a challenger: on a weekday or every so many days, if enough tickets have
    closed since, and as soon as `after_tickets` have."""

    weekday: Weekday | None = "sun"
    every_days: int | None = Field(None, ge=1, le=365)
    hour: int = Field(3, ge=0, le=23)
    at_least: int = Field(50, ge=1)
    after_tickets: int | None = Field(None, ge=10)


class Desk(Strict):
    """What `desk.yaml` says."""

    name: str
    languages: tuple[str, ...] = ("en",)
    time_zone: str = "UTC"
    business_hours: BusinessHours
    triage: str
    security_team: str
    teams: tuple[Team, ...] = Field(min_length=1)
    priorities: dict[Impact, dict[Urgency, Priority]]
    sla: dict[Priority, Target]
    automations: tuple[AutomationRule, ...] = ()
    costs: CostRule = CostRule()
    watch: WatchRule = WatchRule()
    retraining: RetrainRule = RetrainRule()

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"no such time zone: {value} (example: Europe/London)")
        return value

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        ids = [team.id for team in self.teams]
        _once("team", ids)
        _once("automation", [rule.name for rule in self.automations])
        for role in (self.triage, self.security_team):
            if role not in ids:
                raise ValueError(f"triage and security_team must be one of the teams; {role!r} is not")
        if missing := {"P1", "P2", "P3", "P4"} - set(self.sla):
            raise ValueError(f"sla lacks {', '.join(sorted(missing))}")
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def team(self, team_id: str) -> Team:
        """The team with this id; raises `KeyError` when the desk has none."""
        for team in self.teams:
            if team.id == team_id:
                return team
        raise KeyError(team_id)

    def priority(self, impact: str, urgency: str) -> Priority:
        """ITIL: priority from impact × urgency, by the desk's own table; P3 where the table is silent."""
        row = self.priorities.get(impact, {})  # type: ignore[call-overload]  # text from the database is looked up
        found: Priority = row.get(urgency, "P3")
        return found

    def promises(self, priority: str) -> Target:
        """What the desk promises at a priority; as for P3 at one that it does not know, such as an imported one."""
        return next((target for name, target in self.sla.items() if name == priority), self.sla["P3"])


class DeskPerson(Strict):
    """Somebody whose role the desk fixes; in the sample workspace also an account."""

    id: str
    handle: str
    name: str
    email: str | None = None
    role: Role = "employee"
    title: str = ""
    teams: tuple[str, ...] = ()
    manager: bool = False
    guest: bool = False
    privileged: bool = False
    vip: bool = False
    time_zone: str = "UTC"
    second_channel: str | None = None


class People(Strict):
    people: tuple[DeskPerson, ...] = ()

    @model_validator(mode="after")
    def _are_different(self) -> Self:
        _once("id", [person.id for person in self.people])
        _once("handle", [person.handle for person in self.people])
        return self


def _once(what: str, names: Sequence[str]) -> None:
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"{what} given twice: {', '.join(sorted(twice))}")


Model = TypeVar("Model", bound=Strict)


def read_desk(folder: Path) -> Desk:
    """Read and check `desk.yaml`. Raises `DeskError` with file, line and field of every problem."""
    return read_checked(folder / "desk.yaml", Desk)


def read_people(folder: Path) -> tuple[DeskPerson, ...]:
    """Read `people.yaml`; a desk without one takes everybody from Slack as an employee."""
    path = folder / "people.yaml"
    return read_checked(path, People).people if path.exists() else ()


def read_checked(path: Path, model: type[Model]) -> Model:
    """Read a YAML file into its model. Raises `DeskError` with file, line and field of every problem."""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except OSError as error:
        raise DeskError([DeskProblem(path, 1, "-", f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise DeskError([DeskProblem(path, 1, "-", "is not UTF-8 text")]) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise DeskError([DeskProblem(path, line, "-", f"is not YAML: {error}")]) from error
    except ValueError as error:  # a date that no calendar has
        raise DeskError([DeskProblem(path, 1, "-", f"holds a value that cannot be read: {error}")]) from error
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = [
            DeskProblem(path, _line(node, e["loc"]), ".".join(map(str, e["loc"])) or "-", e["msg"])
            for e in error.errors()
        ]
        raise DeskError(problems) from error


def line_of(path: Path, *loc: int | str) -> int:
    """The line of a place in a desk file that was read before, such as `"teams", 3, "on_call"`."""
    return _line(yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader), loc)


def _line(node: Any, loc: Sequence[int | str]) -> int:
    """Line of the place that `loc` leads to, or of the deepest place on the way that exists."""
    for step in loc:
        if isinstance(node, yaml.MappingNode):
            node = next((v for k, v in node.value if k.value == step), node)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
    return int(node.start_mark.line) + 1 if node is not None else 1
