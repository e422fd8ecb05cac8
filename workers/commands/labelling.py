"""`deskhand classifier suspects`: closed tickets whose label is probably wrong, and what people say about them."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from workers.commands.shared import Json, Workspace, here, operator, plainly, show
from workers.labelling import reviews, searching
from workers.labelling.reviews import ReviewTrouble
from workers.store.tables import LabelReview

app = typer.Typer(help="Closed tickets whose label is probably wrong: find, list, decide, undo.", no_args_is_help=True)

Reference = Annotated[str, typer.Argument(help="The ticket, as the list names it.")]


@app.command()
def find(as_json: Json = False, workspace: Workspace = None) -> None:
    """Judge every closed ticket by a model that did not learn from it; changes no label. Ctrl-C cancels."""
    with plainly():
        desk, team = here(workspace)
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), disable=as_json, transient=True) as shown:
            task = shown.add_task("starting", total=1.0)
            came = searching.search_now(
                desk, team, operator(), lambda share, said: shown.update(task, completed=share, description=said)
            )
        if as_json:
            show([came], True, "")
            return
        for line in searching.in_words(came, desk.handbook):
            typer.echo(line)
        typer.echo(f"{came['waiting']:,} wait for a person: `deskhand classifier suspects list`, or the console.")


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, help="So many.")] = 30,
    as_json: Json = False,
    workspace: Workspace = None,
) -> None:
    """Those that wait for a person, the most doubtful first."""
    with plainly():
        desk, team = here(workspace)
        with desk.store.read() as session:
            rows = [_row(review) for review in reviews.waiting(session, team, limit)]
        if not as_json:
            rows = [row | {"text": " ".join(row["text"].split())[:160]} for row in rows]
        show(rows, as_json, "Nobody is asked about a label. `deskhand classifier suspects find` looks for wrong ones.")


@app.command()
def decide(
    ticket: Reference,
    label: Annotated[str | None, typer.Option(help="The right label; the given one when left out.")] = None,
    drop: Annotated[bool, typer.Option("--drop", help="Learn nothing from this ticket.")] = False,
    workspace: Workspace = None,
) -> None:
    """Say which label is right. It counts from the next training on; the ticket itself stays as it is."""
    with plainly():
        desk, team = here(workspace)
        if drop and label:
            raise ReviewTrouble("Say either --label or --drop.")
        with desk.store.begin() as session:
            review = reviews.find(session, team, ticket)
            decision: reviews.Decision = "drop" if drop else "keep" if label in (None, review.given) else "change"
            reviews.decide(session, team, desk.handbook, review.id, operator(), decision, label)
        typer.echo(f"{ticket}: {_said(review)}")


@app.command()
def undo(ticket: Reference, workspace: Workspace = None) -> None:
    """Take a decision back."""
    with plainly():
        desk, team = here(workspace)
        with desk.store.begin() as session:
            reviews.undo(session, team, reviews.find(session, team, ticket).id, operator())
        typer.echo(f"{ticket} waits again")


def _said(review: LabelReview) -> str:
    return "nothing is learnt from it" if review.decision == reviews.DROPPED else f"learnt as {review.label}"


def _row(review: LabelReview) -> dict[str, Any]:
    return {
        "ticket": review.ticket,
        "given": review.given,
        "likely": review.likely_labels()[0][0] if review.likely else None,
        "text": review.text,
        "nearest": ", ".join(near["id"] for near in review.nearest),
    }
