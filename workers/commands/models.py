"""`deskhand classifier promote | rollback` and `deskhand kb sync | rollback`: what is served, in every process."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from workers import learning, serving
from workers.commands.shared import Json, Workspace, here, operator, plainly, show
from workers.knowledge import indexing
from workers.service_desk import ServiceDesk

Why = Annotated[str, typer.Option("--why", help="The reason, for the audit log.")]


def promote(
    version: Annotated[str, typer.Argument(help="As `deskhand classifier list` shows it.")],
    why: Why = "no reason given",
    workspace: Workspace = None,
) -> None:
    """Serve this classifier; every worker swaps within a second."""
    with plainly():
        desk, team = here(workspace)
        learning.promote(desk, team, version, operator(), why)
        typer.echo(f"serving {version}")


def rollback_classifier(why: Why = "no reason given", workspace: Workspace = None) -> None:
    """Serve the classifier that was served before."""
    _roll_back(learning.roll_back, why, workspace)


def rollback_knowledge(why: Why = "no reason given", workspace: Workspace = None) -> None:
    """Serve the index that was served before."""
    _roll_back(indexing.roll_back, why, workspace)


def served(as_json: Json = False) -> None:
    """What is served, and what was before."""
    with plainly():
        desk, _ = here(None)
        with desk.store.read() as session:
            rows = [
                {"kind": row.kind, "version": row.version, "by": row.by, "why": row.why, "at": row.at}
                for kind in get_args(serving.Kind)
                for row in serving.history(session, kind)
            ]
        show(rows, as_json, "Nothing has been served yet.")


def sync(
    directory: Annotated[Path | None, typer.Argument(help="Folder of articles; the desk's by default.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    as_json: Json = False,
    workspace: Workspace = None,
) -> None:
    """Index the articles and serve them in every process."""
    with plainly():
        desk, team = here(workspace)
        columns = (TextColumn("{task.description}"), BarColumn())
        with Progress(*columns, console=Console(stderr=True), disable=as_json) as bar:
            task = bar.add_task("Reading", total=None)
            done = indexing.sync_articles(
                desk,
                team,
                operator(),
                folder=directory,
                dry_run=dry_run,
                progress=lambda stage, at, total: bar.update(task, description=stage, completed=at, total=total),
            )
        changed = [
            {"change": change, "article": name}
            for change in ("added", "changed", "removed")
            for name in getattr(done.changes, change)
        ]
        broken = [str(problem) for problem in done.problems]
        if as_json:
            row = {"version": done.version, "unchanged": done.changes.unchanged, "changes": changed, "broken": broken}
            show([row], True, "")
            return
        show(changed, False, f"No article has changed; {done.changes.unchanged} are as they were.")
        for problem in broken:
            typer.echo(f"left out: {problem}")
        typer.echo("nothing was changed (dry run)" if done.version is None else f"serving {done.version}")


def _roll_back(do: Callable[[ServiceDesk, str, str, str], str], why: str, workspace: str | None) -> None:
    with plainly():
        desk, team = here(workspace)
        typer.echo(f"serving {do(desk, team, operator(), why)} again")
