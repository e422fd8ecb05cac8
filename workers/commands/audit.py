"""`deskhand audit`: what happened, and the proof that nobody changed it."""

import json
from typing import Annotated

import typer

from workers.commands.shared import Json, Workspace, here, plainly, show
from workers.governance import audit

app = typer.Typer(help="What happened, and the proof that nobody changed it.", no_args_is_help=True)


@app.command("show")
def show_(
    subject: Annotated[str | None, typer.Argument(help="Such as ticket:7, automation:route, run:3.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    as_json: Json = False,
    workspace: Workspace = None,
) -> None:
    """The newest entries, of one subject or of all."""
    with plainly():
        desk, team = here(workspace)
        with desk.store.read() as session:
            entries = audit.latest(session, subject, limit, team)
        rows = [
            {
                "seq": entry.seq,
                "at": entry.at,
                "actor": entry.actor,
                "action": entry.action,
                "subject": entry.subject,
                "detail": entry.detail if as_json else json.dumps(entry.detail, ensure_ascii=False),
            }
            for entry in entries
        ]
        show(rows, as_json, "Nothing has been written yet.")


@app.command()
def verify(as_json: Json = False) -> None:
    """Check the whole chain; exit status 1 when an entry was changed, removed or put in between."""
    with plainly():
        desk, _ = here(None)
        with desk.store.read() as session:
            verdict = audit.verify(session)
        if as_json:
            print(json.dumps({"intact": verdict.intact, **vars(verdict)}))
        elif verdict.intact:
            typer.echo(f"The chain of {verdict.entries} entries is intact.")
        else:
            typer.echo(f"Entry {verdict.broken_at}: {verdict.why}. The {verdict.entries} entries before it are intact.")
        raise typer.Exit(0 if verdict.intact else 1)
