"""The desk's handbook: everything that the desk folder says, read and checked together."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from classifier.data.taxonomy import Taxonomy
from classifier.errors import ClassifierError
from workers.desk import Desk, DeskError, DeskPerson, DeskProblem, Team, line_of, read_desk, read_people

SHOWN_BORDERS = 3


@dataclass(frozen=True)
class Handbook:
    """Rules, labels and people of one desk."""

    desk: Desk
    taxonomy: Taxonomy
    people: tuple[DeskPerson, ...]

    def label_name(self, label: str | None) -> str:
        """A label as people read it; labels that are gone from the taxonomy keep their id."""
        known = self.taxonomy.by_id.get(label or "")
        return known.name if known else (label or "not labelled yet")

    def team_of(self, label: str) -> str:
        """The team for a label; triage for one that the taxonomy does not have any more."""
        known = self.taxonomy.by_id.get(label)
        return known.team if known else self.desk.triage

    def questions_for(self, label: str | None) -> tuple[str, ...]:
        """What an agent needs to know first about a request of this label."""
        known = self.taxonomy.by_id.get(label or "")
        return known.ask if known else ()

    def where_it_ends(self, label: str | None) -> list[str]:
        """What a label is not, and requests near its border that belong elsewhere; for people who correct."""
        known = self.taxonomy.by_id.get(label or "")
        if known is None:
            return []
        beyond = [border for border in known.borders if border.label != known.id][:SHOWN_BORDERS]
        lines = [f"Not {known.name}: {known.excludes}"] if known.excludes else []
        return lines + [f"“{border.text}” → {self.label_name(border.label)}" for border in beyond]

    @cached_property
    def teams_by_label(self) -> dict[str, str]:
        """The team of every label, as the taxonomy has it today."""
        return {label.id: label.team for label in self.taxonomy.labels}

    def team(self, team_id: str | None) -> Team:
        """The team with this id; triage's while none is chosen, and for one that desk.yaml does not have any more."""
        known = {team.id: team for team in self.desk.teams}
        return known.get(team_id or "") or self.desk.team(self.desk.triage)


def read_handbook(folder: Path) -> Handbook:
    """Read the desk folder. Raises `DeskError` with file, line and field of every problem."""
    try:
        taxonomy = Taxonomy.read(folder / "taxonomy.yaml")
    except ClassifierError as error:
        path = folder / "taxonomy.yaml"
        problems = [DeskProblem(path, found.line, found.field or "-", found.message) for found in error.problems]
        raise DeskError(problems or [DeskProblem(path, 1, "-", str(error))]) from error
    handbook = Handbook(read_desk(folder), taxonomy, read_people(folder))
    if unknown := [*_unknown_teams(folder, handbook), *_unknown_people(folder, handbook)]:
        raise DeskError(unknown)
    return handbook


def _unknown_teams(folder: Path, handbook: Handbook) -> Iterator[DeskProblem]:
    teams = {team.id for team in handbook.desk.teams}
    path = folder / "taxonomy.yaml"
    for place, label in enumerate(handbook.taxonomy.labels):
        if label.team not in teams:
            line = line_of(path, "labels", place, "team")
            yield DeskProblem(path, line, f"{label.id}.team", f"desk.yaml has no team {label.team!r}")
    path = folder / "people.yaml"
    for place, person in enumerate(handbook.people):
        for team in set(person.teams) - teams:
            line = line_of(path, "people", place, "teams")
            yield DeskProblem(path, line, f"{person.handle}.teams", f"desk.yaml has no team {team!r}")


def _unknown_people(folder: Path, handbook: Handbook) -> Iterator[DeskProblem]:
    if not handbook.people:
        return  # everybody comes from Slack
    path, known = folder / "desk.yaml", {name for person in handbook.people for name in (person.handle, person.id)}
    for place, rule in enumerate(handbook.desk.automations):
        if rule.owner and rule.owner not in known:
            line = line_of(path, "automations", place, "owner")
            yield DeskProblem(path, line, f"automations.{rule.name}.owner", f"people.yaml has no {rule.owner!r}")
    for place, team in enumerate(handbook.desk.teams):
        for name in set(team.on_call) - known:
            line = line_of(path, "teams", place, "on_call")
            yield DeskProblem(path, line, f"teams.{team.id}.on_call", f"people.yaml has no {name!r}")
