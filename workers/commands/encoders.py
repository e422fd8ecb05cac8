"""`deskhand kb adapt | versions | promote`: encoders that learn from the desk's own questions, and who is served."""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from knowledge_base.commands import bar
from workers.commands.shared import Json, Why, Workspace, here, operator, plainly, show
from workers.knowledge import adapting


def adapt(as_json: Json = False, workspace: Workspace = None) -> None:
    """Tune a challenger on the desk's questions, and compare it with the encoder that is served; takes minutes.

    It learns from questions/development.jsonl, the articles' `ask` lines and what people confirmed as solved; it is
    judged by questions/calibration.jsonl. What is served stays until somebody promotes it. Ctrl-C cancels.
    """
    with plainly():
        desk, team = here(workspace)
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), disable=as_json, transient=True) as shown:
            task = shown.add_task("starting", total=1.0)

            def progress(share: float, message: str) -> None:
                shown.update(task, description=message, completed=share)

            made = adapting.adapt_now(desk, team, operator(), progress)
        if as_json:
            show([made], True, "")
            return
        _print_comparison(Console(soft_wrap=True), made)


def _print_comparison(console: Console, made: dict[str, Any]) -> None:
    comparison = made["comparison"]
    console.print(f"challenger {made['version']}: {comparison['recommendation']}", highlight=False)
    for reason in comparison["reasons"]:
        console.print(f"  {reason}", markup=False, highlight=False)
    console.print(f'To serve it: deskhand kb promote {made["version"]} --why "…"', highlight=False)


def promote(
    version: Annotated[str, typer.Argument(help="As `deskhand kb versions` shows it; `untuned` is the original.")],
    why: Why = "no reason given",
    as_json: Json = False,
    workspace: Workspace = None,
) -> None:
    """Index the articles with this encoder and serve both; later syncs go on with it. `kb rollback` takes it back."""
    with plainly():
        desk, team = here(workspace)
        with bar(quiet=as_json) as progress:
            index = adapting.promote(desk, team, version, operator(), why, progress)
        if as_json:
            show([{"encoder": version, "version": index}], True, "")
        else:
            typer.echo(f"serving {index} with encoder {version}")


def versions(as_json: Json = False) -> None:
    """The encoders that can be served, newest first."""
    with plainly():
        desk, _ = here(None)
        show([asdict(one) for one in adapting.versions(desk)], as_json, "")
