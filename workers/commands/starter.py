"""`deskhand init` and `deskhand starter check`: a desk folder of one's own, and whether it is right."""

import json
from datetime import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from workers.commands.shared import Json, plainly
from workers.desk import Desk
from workers.folder.check import Folder
from workers.folder.check import check as do_check
from workers.folder.starting import Admin, Answers, StartingTrouble, begin, starter_desk
from workers.settings import Settings

app = typer.Typer(help="The desk folder: what an organisation edits.", no_args_is_help=True)


@app.command()
def check(
    folder: Annotated[Path | None, typer.Argument(help="The desk folder; DESKHAND_DESK's when left out.")] = None,
    as_json: Json = False,
) -> None:
    """Read every file of a desk folder and name what is wrong, by line; exit status 1 when anything is."""
    with plainly():
        found = do_check(folder or Settings().desk)
    if as_json:
        rows = [vars(problem) | {"file": str(problem.file)} for problem in found.problems]
        print(json.dumps({"problems": rows, "counts": found.counts()}, ensure_ascii=False))
    else:
        _print(found)
    raise typer.Exit(1 if found.problems else 0)


def _print(found: Folder) -> None:
    console = Console(soft_wrap=True)
    for problem in found.problems:
        console.print(f"✗ {problem}", markup=False, highlight=False)
    counted = ", ".join(f"{number:,} {what}" for what, number in found.counts().items())
    verdict = f"{len(found.problems)} to correct" if found.problems else "nothing wrong"
    console.print(f"{found.path}: {counted}; {verdict}.", highlight=False)


def init(
    folder: Annotated[Path, typer.Argument(help="A new folder, which is made.")],
    name: Annotated[str | None, typer.Option(help="The desk's name, as employees read it.")] = None,
    admin: Annotated[
        str | None, typer.Option(help="Who begins, as SLACK_ID:handle:Full Name (Slack: profile → ⋮ → Copy member ID).")
    ] = None,
    time_zone: Annotated[str | None, typer.Option(help="Such as Europe/London.")] = None,
    hours: Annotated[str | None, typer.Option(help="Business hours, such as 08:00-18:00.")] = None,
    languages: Annotated[str | None, typer.Option(help="Such as en,de.")] = None,
    channel: Annotated[list[str] | None, typer.Option(help="TEAM=CHANNEL, once for each team.")] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="A team that you do not have; triage takes its work.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: the defaults for what is left out.")] = False,
) -> None:
    """Begin a desk of your own: a copy of the starter desk with your name, hours, teams and channels."""
    with plainly():
        desk = starter_desk()
        chosen = Answers(
            name=name or _ask("Name of the desk", desk.name, yes),
            admin=_admin(admin or _ask("First admin (Slack member id:handle:full name)", None, yes)),
            time_zone=time_zone or _ask("Time zone", desk.time_zone, yes),
            hours=_hours(hours or _ask("Business hours", _span(desk), yes)),
            languages=_languages(languages or _ask("Languages", ",".join(desk.languages), yes)),
            channels=_channels(desk, channel or [], without or [], yes),
            without=frozenset(without or []),
        )
        written = begin(folder, chosen)
    console = Console(soft_wrap=True)
    console.print(f"{folder}: {len(written)} files. What to do next:", highlight=False)
    console.print(f"  1. Edit desk.yaml, people.yaml and taxonomy.yaml; check with `deskhand starter check {folder}`.")
    console.print(f"  2. export DESKHAND_DESK={folder}, then `deskhand doctor` says what is still the starter's.")
    console.print("  3. `deskhand up`.")


def _ask(question: str, default: str | None, yes: bool) -> str:
    """The answer of whoever types; with `--yes` the default. A question without a default needs its option then."""
    if not yes:
        return str(typer.prompt(question, default=default)).strip()
    if default is None:
        raise StartingTrouble(f"{question}: has no default; give it as an option, see `deskhand init --help`.")
    return default


def _admin(text: str) -> Admin:
    parts = [part.strip() for part in text.split(":")]
    if len(parts) != 3 or not all(parts) or parts[0][0] not in "UW":
        raise StartingTrouble(
            f"{text!r} is not like U0123456789:sam.lee:Sam Lee. In Slack: profile → ⋮ → Copy member ID."
        )
    return Admin(*parts)


def _span(desk: Desk) -> str:
    return f"{desk.business_hours.opens:%H:%M}-{desk.business_hours.closes:%H:%M}"


def _hours(text: str) -> tuple[time, time]:
    try:
        opens, closes = (time.fromisoformat(part.strip()) for part in text.split("-"))
    except ValueError:
        raise StartingTrouble(f"{text!r} are no business hours; write them like 08:00-18:00.") from None
    return opens, closes


def _languages(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _channels(desk: Desk, given: list[str], without: list[str], yes: bool) -> dict[str, str]:
    """A channel for each team that stays; those given as options are not asked for."""
    channels = {}
    for pair in given:
        of, equals, name = pair.partition("=")
        if not equals or not name.strip("# "):
            raise StartingTrouble(f"{pair!r} is not like network=it-network.")
        channels[of.strip()] = name.strip()
    for team in desk.teams:
        if team.id not in channels and team.id not in without:
            channels[team.id] = _ask(f"Channel of {team.name}", team.channel, yes)
    return channels
