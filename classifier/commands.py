"""`deskhand classifier`: train, predict, evaluate, list and report from the command line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from classifier.data.dataset import Ticket, read_tickets, refuse
from classifier.data.taxonomy import Taxonomy
from classifier.errors import ClassifierError
from classifier.judging.evaluation import evaluate as measure
from classifier.learning.progress import Progress
from classifier.learning.recipe import TrainingSettings
from classifier.model.inference import Classifier, Prediction
from classifier.model.model_folder import REPORT_FILE, read_json
from classifier.model.parts import PARTS
from classifier.model.provenance import own_test_tickets, unseen
from classifier.model.registry import Registry
from classifier.pictures.report_files import write_report
from classifier.settings import ClassifierSettings

app = typer.Typer(help="Sort requests: train, measure and use models.", no_args_is_help=True)


class Peer(StrEnum):
    """What can be a model of its own."""

    WORDS = "words"
    UNTUNED = "untuned"


AT_ONCE = 256
"""Requests classified between two steps of the bar."""

Limit = Annotated[float, typer.Option(min=0.001, max=0.5, help="Highest share of misroutes accepted, such as 0.05.")]
ModelFolder = Annotated[Path | None, typer.Option("--model", help="Model folder; the served one when left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("train")
def train(
    out: Annotated[Path, typer.Option(help="Folder for the new model; must not be there yet.")],
    tickets: Annotated[Path | None, typer.Option(help="CSV, JSON Lines or a folder; the desk's when left out.")] = None,
    taxonomy: Annotated[Path | None, typer.Option(help="Refuse labels that this taxonomy does not have.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same tickets and seed give the same model.")] = 0,
    limit: Limit = 0.05,
    only: Annotated[Peer | None, typer.Option(help="A cheap peer alone as the model: trained in seconds.")] = None,
    base_model: Annotated[Path | None, typer.Option(help="Folder of another BERT encoder to start from.")] = None,
    as_json: AsJson = False,
) -> None:
    """Train a model on closed tickets, with its cheap peers beside it.

    One that was stopped goes on when it is started again with the same tickets, folder and options.
    """
    with plainly():
        settings = ClassifierSettings()
        if tickets is None:
            tickets, taxonomy = settings.desk / "tickets", taxonomy or settings.desk / "taxonomy.yaml"
        known = Taxonomy.read(taxonomy) if taxonomy else None
        found = read_tickets(tickets, known_labels=known.by_id if known else None)
        refuse(found.problems)
        wanted = TrainingSettings(
            base_model or settings.base_model,
            threads=settings.training_threads,
            device=settings.training_device,
            limit=limit,
            parts=(only.value,) if only else PARTS,
            descriptions=known.descriptions() if known else {},
        )
        with progress_bar("starting", quiet=as_json) as (bar, task):
            _train(found.tickets, out, wanted, seed, bar, task)
        _print_report(out, as_json)


def _train(tickets: tuple[Ticket, ...], out: Path, settings: TrainingSettings, seed: int, bar: Bar, task: Any) -> None:
    from classifier.learning import training  # torch takes seconds to load, which the other commands need not wait for

    def show(progress: Progress) -> None:
        bar.update(task, completed=progress.done, total=progress.total, description=progress.message)

    training.train(tickets, out, settings, show, seed, out.with_name(f".{out.name}.work"))


@app.command("predict")
def predict(
    source: Annotated[Path, typer.Option("--input", help="Requests: CSV or JSON Lines with `id` and `text`.")],
    output: Annotated[Path, typer.Option(help="JSON Lines to write.")],
    model: ModelFolder = None,
    limit: Limit = 0.05,
) -> None:
    """Sort the requests of a file; `accepted` is false where the model abstains."""
    with plainly():
        settings = ClassifierSettings()
        found = read_tickets(source, labelled=False)
        refuse(found.problems)
        classifier = Classifier.open(model or served_folder(settings), settings.threads)
        aside = output.with_name(f".{output.name}.partial")
        try:
            with aside.open("w", encoding="utf-8") as file, progress_bar("sorting") as (bar, task):
                bar.update(task, total=len(found.tickets))
                for start in range(0, len(found.tickets), AT_ONCE):
                    part = found.tickets[start : start + AT_ONCE]
                    predictions = classifier.classify([ticket.text for ticket in part], limit)
                    file.writelines(_line(t, p) for t, p in zip(part, predictions, strict=True))
                    bar.advance(task, len(part))
            aside.replace(output)
        except OSError as error:
            raise ClassifierError(f"{output}: cannot be written: {error.strerror or error}.") from error
        finally:
            aside.unlink(missing_ok=True)


def _line(ticket: Ticket, prediction: Prediction) -> str:
    return json.dumps({"id": ticket.id, **plain(prediction)}, ensure_ascii=False) + "\n"


def plain(prediction: Prediction) -> dict[str, Any]:
    """A prediction for programs: label, confidence, acceptance, the likeliest labels, and each field."""
    row: dict[str, Any] = {
        "label": prediction.label,
        "confidence": round(prediction.confidence, 4),
        "accepted": prediction.accepted,
        "top": [{"label": label, "confidence": round(share, 4)} for label, share in prediction.top],
    }
    for said in prediction.values:
        row[said.field] = {"value": said.value, "confidence": round(said.confidence, 4), "accepted": said.accepted}
    return row


def fields_in_words(prediction: Prediction) -> list[str]:
    """A line for each field that the model has learnt beside the label."""
    return [
        f"{said.field.replace('_', ' ')} {said.value} {said.confidence:.1%}: "
        f"{'accepted' if said.accepted else 'a person decides'}"
        for said in prediction.values
    ]


@app.command("evaluate")
def evaluate(
    model: ModelFolder = None,
    tickets: Annotated[Path | None, typer.Option(help="Labelled tickets; the model's own test when left out.")] = None,
    limit: Annotated[
        float | None, typer.Option(min=0.001, max=0.5, help="Share of misroutes accepted; by default as in training.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure a model on tickets that it has not learnt from, beside its cheap peers where they were measured."""
    with plainly():
        settings = ClassifierSettings()
        folder = model or served_folder(settings)
        trained_for = float(read_json(folder / REPORT_FILE)["metrics"]["limit"])
        limit = limit or trained_for
        found = read_tickets(tickets or settings.desk / "tickets")
        refuse(found.problems)
        own = tickets is None
        fair = own_test_tickets(found.tickets, folder) if own else unseen(found.tickets, folder)
        if not fair:
            raise ClassifierError(f"{tickets}: the model was trained or calibrated on every ticket in it.")
        result = measure(Classifier.open(folder, settings.threads), fair, limit).as_json()
        result["left_out"] = 0 if own else len(found.tickets) - len(fair)
        same_test = own and limit == trained_for
        result["peers"] = read_json(folder / REPORT_FILE)["peers"] if same_test else {}
    typer.echo(json.dumps(result)) if as_json else _print_metrics(result)


@app.command("list")
def list_versions(as_json: AsJson = False) -> None:
    """All model versions, the oldest first."""
    with plainly():
        registry = Registry(ClassifierSettings().models)
        served, rows = registry.served(), []
        for version in registry.versions():
            report = read_json(registry.path(version) / REPORT_FILE)
            metrics = {name: report["metrics"][name] for name in ("accuracy", "macro_f1", "auto_routed", "misrouted")}
            rows.append(
                {"version": version, "served": version == served, "created_at": report["created_at"], **metrics}
            )
    if as_json:
        typer.echo(json.dumps(rows))
    elif rows:
        table = Table()
        for name in rows[0]:
            table.add_column(name, no_wrap=name == "version")
        for row in rows:
            table.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row.values()))
        Console().print(table)
    else:
        typer.echo("No model yet: `deskhand classifier train --out FOLDER` makes one.")


@app.command("report")
def report(
    out: Annotated[Path, typer.Option(help="Folder to write to; made when it is not there.")],
    version: Annotated[str | None, typer.Argument(help="As `list` shows it; the served one when left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a model's report: a page with its pictures, the pictures as SVG, and tables as CSV.

    What is confused with what, whether the confidence means what it says, what routing more would cost, how many more
    tickets would help which label, and a sheet for every label.
    """
    with plainly():
        settings = ClassifierSettings()
        folder = Registry(settings.models).path(version) if version else served_folder(settings)
        written = write_report(folder, out)
    if as_json:
        typer.echo(json.dumps({"model": folder.name, "files": [str(path) for path in written]}))
    else:
        typer.echo(f"{written[0]} shows version {folder.name}; beside it lie {len(written) - 1} pictures and tables.")


def served_folder(settings: ClassifierSettings) -> Path:
    """The folder of the served version; of the newest where none is marked. Raises `ClassifierError` before any."""
    registry = Registry(settings.models)
    version = registry.served()
    if version is None and (versions := registry.versions()):
        version = versions[-1]
        typer.echo(f"No version is marked as served in {settings.models}; this is the newest, {version}.", err=True)
    if version is None:
        raise ClassifierError(f"{settings.models}: no model yet. Train one, or name a folder with --model.")
    return registry.path(version)


@contextmanager
def plainly() -> Iterator[None]:
    """Errors of the classifier as plain lines on stderr and exit status 1."""
    try:
        yield
    except ClassifierError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@contextmanager
def progress_bar(first: str, quiet: bool = False) -> Iterator[tuple[Bar, Any]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TextColumn("left"))
    shown = Bar(*columns, TimeRemainingColumn(), console=Console(stderr=True), disable=quiet, transient=True)
    with shown as bar:
        yield bar, bar.add_task(first, total=None)


def _print_report(folder: Path, as_json: bool) -> None:
    report = read_json(folder / REPORT_FILE)
    if as_json:
        shown = ("version", "minutes", "metrics", "peers", "summary")
        typer.echo(json.dumps({"model": str(folder), **{name: report[name] for name in shown}}))
        return
    for sentence in report["summary"]:
        typer.echo(sentence)
    typer.echo(f"{folder} holds version {report['version']} ({report['minutes']} minutes).")


def _print_metrics(result: dict[str, Any]) -> None:
    table = Table("", "served", *result["peers"])
    columns = [result, *result["peers"].values()]
    for name, value in result.items():
        if isinstance(value, int | float) and name != "left_out":
            table.add_row(name, *(_number(column.get(name)) for column in columns))
    Console().print(table)
    sheet = Table("label", "tickets", "precision", "recall", "f1")
    for label, values in result["by_label"].items():
        sheet.add_row(label, *(_number(value) for value in values.values()))
    Console().print(sheet)


def _number(value: float | None) -> str:
    return "-" if value is None else str(value) if isinstance(value, int) else f"{value:.3f}"
