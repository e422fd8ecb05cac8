"""The desk's handbook: everything that the desk folder says, read and checked together."""

from dataclasses import dataclass
from pathlib import Path

from classifier.errors import ClassifierError
from classifier.taxonomy import Taxonomy
from workers.desk import Desk, DeskError, DeskPerson, DeskProblem, Team, read_desk, read_people


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

    def team(self, team_id: str | None) -> Team:
        """The team with this id; triage's while none is chosen, and for one that desk.yaml does not have any more."""
        known = {team.id: team for team in self.desk.teams}
        return known.get(team_id or "") or self.desk.team(self.desk.triage)


def read_handbook(folder: Path) -> Handbook:
    """Read the desk folder. Raises `DeskError` with file, line and field of every problem."""
    try:
        taxonomy = Taxonomy.read(folder / "taxonomy.yaml")
    except ClassifierError as error:
        raise DeskError([DeskProblem(folder / "taxonomy.yaml", 1, "-", str(error))]) from error
    desk, people = read_desk(folder), read_people(folder)
    teams = {team.id for team in desk.teams}
    problems = [
        DeskProblem(folder / "taxonomy.yaml", 1, f"{label.id}.team", f"desk.yaml has no team {label.team!r}")
        for label in taxonomy.labels
        if label.team not in teams
    ]
    handles = {person.handle for person in people}
    problems += [
        DeskProblem(folder / "desk.yaml", 1, f"automations.{rule.name}.owner", f"people.yaml has no {rule.owner!r}")
        for rule in desk.automations
        if people and rule.owner and rule.owner not in handles
    ]
    if problems:
        raise DeskError(problems)
    return Handbook(desk, taxonomy, people)
