"""`deskhand automations`: what the machine may decide, and the switch."""

from typing import Annotated, Any

import typer

from workers.commands.shared import Json, Workspace, here, operator, plainly, show
from workers.governance import automations, receipts

app = typer.Typer(help="What the machine may decide: owner, tier, limit, switch.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Such as answer, route, runbook:password_reset; or `all`.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for the audit log.")]


@app.command("list")
def list_(as_json: Json = False, workspace: Workspace = None) -> None:
    """Every automation with its owner, tier, limit and evidence."""
    with plainly():
        desk, team = here(workspace)
        with desk.store.read() as session:
            rows: list[dict[str, Any]] = []
            for row in automations.all_of(session, team):
                found = receipts.evidence(session, team, row.name)
                rows.append(
                    {
                        "name": row.name,
                        "owner": row.owner,
                        "tier": row.tier,
                        "risk_limit": row.risk_limit,
                        "suspended": row.suspended_why if row.suspended_at else None,
                        "decisions": found.decisions,
                        "settled": found.settled,
                        "wrong_share": found.wrong_share,
                    }
                )
        show(rows, as_json, "There is no automation in desk.yaml.")


@app.command()
def suspend(name: Name, why: Why = "no reason given", workspace: Workspace = None) -> None:
    """Switch one off, or `all`. What is running finishes its step; the next step does not start."""
    with plainly():
        desk, team = here(workspace)
        with desk.store.begin() as session:
            rows = automations.suspend(session, team, name, operator(), why)
        typer.echo(f"suspended: {', '.join(row.name for row in rows)}")


@app.command()
def resume(name: Name, workspace: Workspace = None) -> None:
    """Switch it on again."""
    with plainly():
        desk, team = here(workspace)
        with desk.store.begin() as session:
            rows = automations.resume(session, team, name, operator())
        typer.echo(f"running again: {', '.join(row.name for row in rows)}")


@app.command()
def promote(name: Name, why: Why = "no reason given", workspace: Workspace = None) -> None:
    """One tier up: suggest → approve → auto."""
    _move(name, 1, why, workspace)


@app.command()
def demote(name: Name, why: Why = "no reason given", workspace: Workspace = None) -> None:
    """One tier down: auto → approve → suggest."""
    _move(name, -1, why, workspace)


def _move(name: str, step: int, why: str, workspace: str | None) -> None:
    with plainly():
        desk, team = here(workspace)
        with desk.store.begin() as session:
            row = automations.move_tier(session, team, name, step, operator(), why)
        typer.echo(f"{row.name} is on tier {row.tier} now")
