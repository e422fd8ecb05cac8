"""`deskhand trainings`: ask for one, see how far it is, cancel it, go on with it, read what came of it."""

import time
from typing import Annotated, Any, get_args

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from workers import tasks
from workers.app import create_app
from workers.commands.shared import Json, Workspace, here, operator, plainly, show
from workers.service_desk import ServiceDesk
from workers.slack.trainings import in_words
from workers.store.columns import now
from workers.store.tables import TrainingRun
from workers.training import news, runs
from workers.training.runs import ALIVE, Kind, TrainingTrouble

app = typer.Typer(
    help="Trainings of challengers, done by a worker: start, watch, cancel, resume.", no_args_is_help=True
)

LOOK_EVERY_S = 1.0

Number = Annotated[int, typer.Argument(help="As `deskhand trainings list` shows it.")]
Which = Annotated[str, typer.Option("--kind", help="classifier, or encoder.")]
Watch = Annotated[bool, typer.Option("--watch", help="Show its progress until it ends; Ctrl-C leaves it running.")]


@app.command("list")
def list_(kind: Which = "classifier", as_json: Json = False, workspace: Workspace = None) -> None:
    """The last trainings, newest first."""
    with plainly():
        desk, team = here(workspace)
        with desk.store.read() as session:
            rows = [_row(run) for run in runs.latest(session, team, _kind(kind))]
        show(rows, as_json, "Nothing has been trained yet.")


@app.command("start")
def start(kind: Which = "classifier", watch: Watch = False, as_json: Json = False, workspace: Workspace = None) -> None:
    """Have a worker train a challenger. What is served goes on."""
    with plainly():
        desk, team = here(workspace)
        with desk.store.begin() as session:
            run_id = runs.request(session, team, operator(), _kind(kind)).id
        _to_a_worker(desk, run_id)
        _follow(desk, run_id, watch, as_json, "asked for")


@app.command("watch")
def watch_(number: Number, as_json: Json = False, workspace: Workspace = None) -> None:
    """Show a training's progress until it ends, and then what came of it; Ctrl-C leaves it running."""
    with plainly():
        desk, team = here(workspace)
        with desk.store.begin() as session:
            runs.the_run(session, team, number)
        _follow(desk, number, True, as_json, "")


@app.command("cancel")
def cancel(number: Number, workspace: Workspace = None) -> None:
    """Stop a training. What it has reached is kept to go on from."""
    with plainly():
        desk, team = here(workspace)
        with desk.store.begin() as session:
            was_alive = runs.cancel(session, team, number, operator())
        typer.echo(f"training {number} cancelled" if was_alive else f"training {number} had ended before")


@app.command("resume")
def resume(number: Number, watch: Watch = False, as_json: Json = False, workspace: Workspace = None) -> None:
    """Have a worker go on with a training that was cancelled or failed."""
    with plainly():
        desk, team = here(workspace)
        with desk.store.begin() as session:
            runs.resume(session, team, number, operator())
        _to_a_worker(desk, number)
        _follow(desk, number, watch, as_json, "goes on")


@app.command("dismiss")
def dismiss(number: Number, workspace: Workspace = None) -> None:
    """Lay the challenger aside that a training made; it stays on disk."""
    with plainly():
        desk, team = here(workspace)
        with desk.store.begin() as session:
            version = runs.dismiss(session, team, number, operator()).version
        typer.echo(f"{version} laid aside")


def _kind(name: str) -> Kind:
    for kind in get_args(Kind):
        if kind == name:
            return kind  # type: ignore[no-any-return]  # one of the literals
    raise TrainingTrouble(f"{name!r} cannot be trained; --kind is one of: {', '.join(get_args(Kind))}.")


def _to_a_worker(desk: ServiceDesk, run_id: int) -> None:
    create_app(desk.settings)
    if not tasks.hand_over(tasks.train, run_id):
        typer.echo("The queue cannot be reached; a worker takes it up when it is back.", err=True)


def _follow(desk: ServiceDesk, run_id: int, watch: bool, as_json: bool, said: str) -> None:
    run = _watched(desk, run_id, quiet=as_json) if watch else _read(desk, run_id)
    if as_json:
        show([_row(run)], True, "")
    elif run.state in ALIVE:
        typer.echo(f"training {run_id} {said}; `deskhand trainings watch {run_id}` shows how far it is")
    else:
        _print_end(desk, run)


def _watched(desk: ServiceDesk, run_id: int, quiet: bool) -> TrainingRun:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as bar:
        task = bar.add_task("waiting for a worker", total=1.0)
        while (run := _read(desk, run_id)).state in ALIVE:
            left = in_words(runs.time_left(run, now()))
            bar.update(task, completed=run.done, description=", ".join(filter(None, (run.stage, left))))
            time.sleep(LOOK_EVERY_S)
    return run


def _print_end(desk: ServiceDesk, run: TrainingRun) -> None:
    console = Console(soft_wrap=True, highlight=False, markup=False)
    console.print(f"training {run.id}: {run.state}" + (f", {run.error}" if run.error else ""))
    if run.state == "done" and run.kind == "classifier":
        with desk.store.read() as session:
            advice = news.advice_for(session, desk, run)
        console.print(advice.headline)
        for reason in advice.reasons:
            console.print(f"  {reason}")
        console.print(f"To see it:   deskhand classifier report {run.version} --out FOLDER")
        console.print(f'To serve it: deskhand classifier promote {run.version} --why "…"')
    if run.state in runs.RESUMABLE:
        console.print(f"To go on:    deskhand trainings resume {run.id}")


def _read(desk: ServiceDesk, run_id: int) -> TrainingRun:
    with desk.store.read() as session:
        return session.get_one(TrainingRun, run_id)


def _row(run: TrainingRun) -> dict[str, Any]:
    left = runs.time_left(run, now())
    return {
        "id": run.id,
        "state": run.state,
        "done": round(run.done, 3),
        "stage": run.stage,
        "seconds_left": round(left.total_seconds()) if left else None,
        "by": run.requested_by,
        "requested_at": run.requested_at,
        "version": run.version,
        "dismissed_by": run.dismissed_by,
        "error": run.error,
    }
