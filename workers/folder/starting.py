"""`deskhand init`: a copy of the starter desk that an organisation makes its own."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any

import yaml

from workers.desk import Desk, read_desk
from workers.handbook import read_handbook

STARTER = Path(__file__).resolve().parents[2] / "deploy" / "starter"
RECORD = ".starter.json"
"""In a copied folder: the fingerprint of every file as it was copied, so that the doctor can tell what is unchanged."""

NEVER_COPIED = frozenset({"people.yaml", RECORD})


class StartingTrouble(Exception):
    """A folder that cannot be begun; the message says what to do. Nothing was written."""


@dataclass(frozen=True)
class Admin:
    """Who begins: the first admin, who owns everything until they hand it on."""

    slack_id: str
    handle: str
    name: str


@dataclass(frozen=True)
class Answers:
    """What `deskhand init` asks."""

    name: str
    admin: Admin
    time_zone: str
    hours: tuple[time, time]
    languages: tuple[str, ...]
    channels: Mapping[str, str] = field(default_factory=dict)  # team id → channel; the starter's for those left out
    without: frozenset[str] = frozenset()  # teams that this organisation does not have; triage takes their work


def starter_desk() -> Desk:
    """The starter's own desk.yaml, whose values are the defaults of every question."""
    return read_desk(STARTER)


def begin(folder: Path, answers: Answers) -> list[Path]:
    """Copy the starter desk to a new folder and put the answers into it; gives the files that were written.

    Raises `StartingTrouble`, or `DeskError` for an answer that desk.yaml cannot hold; then there is no folder.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StartingTrouble(f"{folder} is there already and not empty. Name a new folder; nothing was changed.")
    aside = folder.with_name(f".{folder.name}.partial")
    try:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(STARTER, aside, ignore=shutil.ignore_patterns(*NEVER_COPIED))
        _put_answers(aside, starter_desk(), answers)
        read_handbook(aside)
        written = sorted(path.relative_to(aside) for path in aside.rglob("*") if path.is_file())
        record = {path.as_posix(): _fingerprint(aside / path) for path in written}
        (aside / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside.replace(folder)
    except OSError as error:
        raise StartingTrouble(f"{folder}: cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return [folder / path for path in written]


def _put_answers(folder: Path, starter: Desk, answers: Answers) -> None:
    if unknown := (set(answers.channels) | answers.without) - {team.id for team in starter.teams}:
        known = ", ".join(team.id for team in starter.teams)
        raise StartingTrouble(f"The starter desk has no team {sorted(unknown)[0]!r}; it has {known}.")
    if starter.triage in answers.without:
        raise StartingTrouble(f"The team {starter.triage!r} takes what nobody else does; it cannot be left out.")
    _edit(folder / "desk.yaml", lambda text: _desk(starter, text, answers))
    (folder / "people.yaml").write_text(_people(answers.admin), encoding="utf-8")
    for path in (folder / "articles").rglob("*.md"):
        _edit(path, lambda text: re.sub(r"(?m)^owner:.*$", f"owner: {answers.admin.handle}", text, count=1))
    gone = "|".join(sorted(answers.without))
    if gone:
        for path in (folder / "taxonomy.yaml", *(folder / "runbooks").glob("*.yaml")):
            _edit(path, lambda text: re.sub(rf"(?m)^(\s*team: )(?:{gone})\b", rf"\g<1>{starter.triage}", text))


def _edit(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def unchanged(folder: Path) -> list[str] | None:
    """The copied files that nobody has edited since, by their names; None for a folder that is no copy."""
    try:
        copied = json.loads((folder / RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return [name for name, was in copied.items() if (folder / name).is_file() and _fingerprint(folder / name) == was]


def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _people(admin: Admin) -> str:
    values = {"id": admin.slack_id, "handle": admin.handle, "name": admin.name, "role": "admin"}
    line = yaml.safe_dump(values, default_flow_style=True, sort_keys=False, allow_unicode=True, width=200).strip()
    return (
        "# Who has a role here; everybody else in Slack is an employee. Add your agents with their teams:\n"
        "#   - {id: U0123456789, handle: sam.lee, name: Sam Lee, role: agent, teams: [network]}\n"
        f"people:\n  - {line}\n"
    )


def _desk(starter: Desk, text: str, answers: Answers) -> str:
    """desk.yaml with the answers in place of the starter's values; its comments stay."""
    changes: list[tuple[yaml.Node, str]] = []
    root = yaml.compose(text, Loader=yaml.SafeLoader)

    def put(value: Any, *loc: str | int) -> None:
        flow = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=1000)
        changes.append((_node(root, loc), flow.removesuffix("\n").removesuffix("\n...")))

    put(answers.name, "name")
    put(list(answers.languages), "languages")
    put(answers.time_zone, "time_zone")
    for end, moment in zip(("from", "to"), answers.hours, strict=True):
        changes.append((_node(root, ("business_hours", end)), f'"{moment:%H:%M}"'))
    for place, team in enumerate(starter.teams):
        put(answers.channels.get(team.id, team.channel).removeprefix("#"), "teams", place, "channel")
        put([answers.admin.handle], "teams", place, "on_call")
    if starter.security_team in answers.without:
        put(starter.triage, "security_team")
    for place in range(len(starter.automations)):
        put(answers.admin.handle, "automations", place, "owner")
    for node, value in sorted(changes, key=lambda change: -change[0].start_mark.index):
        text = text[: node.start_mark.index] + value + text[node.end_mark.index :]
    lines = text.splitlines(keepends=True)
    gone = [f"  - {{id: {team}," for team in answers.without]
    return "".join(line for line in lines if not any(line.startswith(start) for start in gone))


def _node(node: Any, loc: tuple[str | int, ...]) -> Any:
    for step in loc:
        if isinstance(node, yaml.MappingNode):
            node = next(value for key, value in node.value if key.value == step)
        else:
            node = node.value[step]
    return node
