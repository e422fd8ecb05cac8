"""`deskhand up`, `ask`, `sign-in`, `doctor`: the commands about the whole desk."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from workers.commands.shared import Json, Workspace, here, operator, plainly

app = typer.Typer()


@app.command("up")
def up() -> None:
    """Start all of it on one machine; Ctrl-C stops it. Without a Slack token the local Slack is used."""
    from bot.settings import BotSettings
    from bot.supervisor.up import Up
    from workers.settings import Settings

    with plainly():
        Up(Settings(), BotSettings(), Console()).run()


@app.command("prepare", hidden=True)
def prepare() -> None:
    """Index the articles and train the first model; `deskhand up` does this by itself."""
    from bot.supervisor.prepare import prepare as do
    from workers.service_desk import open_desk

    with plainly():
        do(open_desk(), Console())


@app.command("ask")
def ask(
    text: Annotated[str, typer.Argument(help="What somebody might write to the bot.")],
    audience: Annotated[list[str] | None, typer.Option(help="Who asks: everyone, managers, it.")] = None,
    as_json: Json = False,
) -> None:
    """What the bot would do with this message, and why. Changes nothing."""
    from bot.asking import ask as do
    from workers.service_desk import open_desk

    with plainly():
        asked = asdict(do(open_desk(), text, frozenset(audience or ["everyone"])))
    if as_json:
        print(json.dumps(asked, ensure_ascii=False))
        return
    table = Table(show_header=False, box=None)
    for name, value in asked.items():
        if value is not None:
            table.add_row(name, _shown(value))
    Console().print(table)


@app.command("sign-in")
def sign_in(
    handle: Annotated[str, typer.Argument(help="An agent's or admin's handle, such as mira.holt.")],
    workspace: Workspace = None,
) -> None:
    """A one-time link to the console."""
    from workers import people, sign_in
    from workers.service_desk import NotSetUp

    with plainly():
        desk, team = here(workspace)
        with desk.store.begin() as session:
            person = people.by_handle(session, team, handle)
            if person is None:
                raise NotSetUp(f"There is nobody with the handle {handle!r} here.")
            token = sign_in.make_link(session, person)
        typer.echo(sign_in.link_address(desk.settings.public_url, token))
        typer.echo(f"Good once, for 15 minutes. Asked for by {operator()}.", err=True)


@app.command("doctor")
def doctor(as_json: Json = False) -> None:
    """Check every setting and connection; say what to do about what is wrong."""
    from bot.doctor import examine

    findings = examine()
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        marks = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "wrong": "[red]✗[/]"}
        for finding in findings:
            Console().print(marks[finding.state], f"[bold]{finding.what}[/]", _escaped(finding.says))
            if finding.do:
                Console().print(f"    → {_escaped(finding.do)}")
    raise typer.Exit(1 if any(finding.state == "wrong" for finding in findings) else 0)


def _shown(value: Any) -> str:
    return _escaped(f"{value:.2f}" if isinstance(value, float) else str(value))


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")
