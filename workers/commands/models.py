"""`deskhand classifier promote | rollback` and `deskhand kb sync | rollback`: what is served, in every process."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console

from knowledge_base import syncing
from knowledge_base.commands import bar
from workers import serving
from workers.commands.shared import Json, Why, Workspace, here, operator, plainly, show
from workers.knowledge import indexing
from workers.service_desk import ServiceDesk
from workers.training import versions

Version = Annotated[str, typer.Argument(help="As `deskhand classifier list` shows it.")]


def promote(
    version: Version,
    why: Annotated[str, typer.Option("--why", help="The reason; needed against the test's recommendation.")] = "",
    workspace: Workspace = None,
) -> None:
    """Serve this classifier; every worker swaps within a second, and the one before goes on in shadow for a time."""
    with plainly():
        desk, team = here(workspace)
        versions.promote(desk, team, version, operator(), why)
        typer.echo(f"serving {version}")


def rollback_classifier(why: Why = "no reason given", workspace: Workspace = None) -> None:
    """Serve the classifier that was served before."""
    _roll_back(versions.roll_back, why, workspace)


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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change, and why.")] = False,
    as_json: Json = False,
    workspace: Workspace = None,
) -> None:
    """Index the articles and serve them in every process: Markdown, HTML, PDF, Word, and other systems' exports.

    Only what has changed is converted and encoded again. A broken file is named and the rest goes on; an article whose
    file broke stays as it was last served. docs/OPERATING.md lists the sources.
    """
    with plainly():
        desk, team = here(workspace)
        with bar(quiet=as_json) as progress:
            done = indexing.sync_articles(
                desk, team, operator(), folder=directory, dry_run=dry_run, progress=progress
            )  # fmt: skip
        show([syncing.as_row(done)], True, "") if as_json else syncing.show(done, Console())


def _roll_back(do: Callable[[ServiceDesk, str, str, str], str], why: str, workspace: str | None) -> None:
    with plainly():
        desk, team = here(workspace)
        typer.echo(f"serving {do(desk, team, operator(), why)} again")
