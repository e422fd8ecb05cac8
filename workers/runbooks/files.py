"""The desk folder's `runbooks/*.yaml`: what an organisation decides about each runbook."""

import hashlib
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from workers.desk import DeskError, DeskProblem, Strict, read_checked
from workers.runbooks.steps import Step, for_people, wrong_steps


class Limits(Strict):
    """How often the runbook may run; counted before anything is sent."""

    per_requester_per_day: int = Field(3, ge=1, le=20)
    total_per_hour: int = Field(30, ge=1)
    alarm_accounts_per_hour: int = Field(15, ge=2)  # that many different people: suspend, and tell security


class PasswordRules(Strict):
    """NIST SP 800-63B: length and a blocklist, nothing about kinds of characters."""

    shortest: int = Field(14, ge=12, le=64)
    longest: int = Field(128, ge=64, le=1024)
    blocked_words: tuple[str, ...] = ()  # the organisation's own: products, places, teams

    @model_validator(mode="after")
    def _words_are_words(self) -> Self:
        if short := [word for word in self.blocked_words if len(word) < 3]:
            raise ValueError(f"blocked_words need 3 letters or more: {', '.join(short)}")
        return self


class Runbook(Strict):
    """What one runbook's file says, and `version`: the first half of the SHA-256 of its text."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=1, max_length=75)
    description: str = Field(min_length=1, max_length=500)
    article: str = Field(min_length=1)
    automation: str
    team: str = Field(min_length=1)  # approves runs, and gets the tickets of refused ones
    offer: str = Field(min_length=1, max_length=1000)
    button: str = Field(min_length=1, max_length=75)
    link_minutes: int = Field(15, ge=5, le=15)
    codes: int = Field(3, ge=1, le=5)  # sent for one link
    code_attempts: int = Field(5, ge=1, le=5)  # wrong ones for one link
    approval_minutes: int = Field(240, ge=5, le=2880)
    cooling_off_days: int = Field(7, ge=1, le=90)
    limits: Limits = Limits()
    password: PasswordRules = PasswordRules()
    steps: tuple[Step, ...]
    version: str = ""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.automation != f"runbook:{self.name}":
            raise ValueError(f"automation must be runbook:{self.name}")
        if wrong := wrong_steps(self.steps):
            raise ValueError(wrong)
        return self

    @property
    def for_people(self) -> tuple[str, ...]:
        """Its steps that no adapter does yet; with one of them, people do the whole runbook."""
        return for_people(self.steps)

    @property
    def ends_sessions(self) -> bool:
        """Whether the person is offered to be signed out elsewhere."""
        return any(step.do == "end_sessions" for step in self.steps)


def read_runbooks(folder: Path) -> dict[str, Runbook]:
    """Read and check every runbook of a folder, by name; a desk without the folder has none.

    Raises `DeskError` with file, line and field of every problem.
    """
    found: dict[str, Runbook] = {}
    problems: list[DeskProblem] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            runbook = _read(path)
        except DeskError as error:
            problems += error.problems
            continue
        if runbook.name != path.stem:
            problems.append(DeskProblem(path, 1, "name", f"must be {path.stem}, as the file is called"))
        found[runbook.name] = runbook
    if problems:
        raise DeskError(problems)
    return found


def _read(path: Path) -> Runbook:
    runbook = read_checked(path, Runbook)
    return runbook.model_copy(update={"version": hashlib.sha256(path.read_bytes()).hexdigest()[:32]})
