"""`deskhand tickets`: list, show, export, import."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from classifier.data.dataset import read_tickets, refuse
from workers.commands.shared import Json, Workspace, here, operator, plainly, show
from workers.governance import audit
from workers.labelling import triage
from workers.store.tables import Ticket
from workers.tickets import importing, queries, states
from workers.training import known_tickets
from workers.training.runs import TrainingTrouble

app = typer.Typer(help="Tickets: list, show, export, import.", no_args_is_help=True)


@app.command("list")
def list_(
    team: Annotated[str | None, typer.Option(help="Only this team's.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    teaching: Annotated[bool, typer.Option("--teaching", help="Those in triage, what teaches most first.")] = False,
    as_json: Json = False,
    workspace: Workspace = None,
) -> None:
    """Open tickets, the most urgent first; or those in triage, in the order in which labels teach most."""
    with plainly():
        desk, where = here(workspace)
        with desk.store.read() as session:
            if teaching:
                found: Sequence[Ticket] = triage.waiting(session, where)
            else:
                statuses = None if every else states.OPEN
                found = queries.queue(session, where, teams=[team] if team else None, statuses=statuses, limit=10_000)
            show([_row(ticket) for ticket in found], as_json, "No ticket waits.")


@app.command("show")
def show_(
    reference: Annotated[str, typer.Argument(help="Such as DESK-7 or 7.")],
    as_json: Json = False,
    workspace: Workspace = None,
) -> None:
    """One ticket with its history."""
    with plainly():
        desk, where = here(workspace)
        number = reference.upper().removeprefix("DESK-")
        if not number.isdigit():
            raise queries.NoSuchTicket(f"{reference!r} is no ticket number; write DESK-7 or 7.")
        with desk.store.read() as session:
            ticket = queries.get(session, where, int(number))
            history = [
                {"at": entry.at.isoformat(), "author": entry.author, "kind": entry.kind, "text": entry.text}
                for entry in ticket.entries
            ]
            full = _row(ticket) | {"text": ticket.text, "resolution": ticket.resolution, "history": history}
        if as_json:
            print(json.dumps(full, default=str, ensure_ascii=False))
            return
        console = Console()
        for name, value in full.items():
            if name != "history" and value is not None:
                console.print(f"{name.replace('_', ' '):>12}  {value}", markup=False, highlight=False)
        show(history, False, "Nothing has happened yet.")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="A JSON Lines file; it must not be there yet.")],
    workspace: Workspace = None,
) -> None:
    """Write the closed tickets with their final labels, as `deskhand classifier train` reads them."""
    with plainly():
        desk, where = here(workspace)
        with desk.store.read() as session:
            rows = known_tickets.closed_tickets(session, where)
        try:
            with file.open("x", encoding="utf-8") as out:
                out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        except OSError as error:
            raise TrainingTrouble(f"{file} cannot be written: {error.strerror}.") from error
        typer.echo(f"{len(rows)} closed tickets written to {file}")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV or JSON Lines, or a folder of them.")],
    workspace: Workspace = None,
) -> None:
    """Bring closed tickets of another system in, to learn from. A file with a mistake changes nothing."""
    with plainly():
        desk, where = here(workspace)
        found = read_tickets(file, known_labels=desk.handbook.taxonomy.by_id)
        refuse(found.problems)
        with desk.store.begin() as session:
            added = sum(
                importing.add_closed(session, where, ticket)
                for ticket in track(found.tickets, description="Importing", console=Console(stderr=True))
            )
            audit.append(session, where, operator(), "tickets_imported", f"file:{file.name}"[:80], tickets=added)
        typer.echo(f"{added} tickets imported; {len(found.tickets) - added} were there already")


def _row(ticket: Ticket) -> dict[str, Any]:
    return {
        "reference": ticket.reference,
        "status": ticket.status,
        "priority": ticket.priority,
        "team": ticket.team,
        "label": ticket.label,
        "requester": ticket.requester.handle,
        "assignee": ticket.assignee.handle if ticket.assignee else None,
        "opened_at": ticket.opened_at,
    }
